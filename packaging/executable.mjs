/**
 * `npm run build:executable`: dist/tidemark, one file that needs no Node on the machine it runs on. It is Node's own
 * binary with the bundle and the pages' files in it; the database is `node:sqlite`, so nothing native lies beside it.
 *
 * NODE_BINARY names another Node to build with, of 26 or later: one for another kind of machine, say.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"

/** The first release line with --build-sea and long-term support. */
const NODE_VERSION = "26.12.1"
const DIST = resolve("dist")
const OUTPUT = join(DIST, "tidemark")
/** As `npm start` has it. */
const HEAP_MIB = 512

const scratch = mkdtempSync(join(tmpdir(), "tidemark-executable-"))

/** Out of the registry, beside the tree: it is no dependency of anything. */
const fetchNode = () => {
  if (process.platform !== "linux")
    throw new Error(`no Node is fetched for ${process.platform}: set NODE_BINARY`)
  const name = `node-linux-${process.arch}`
  const args = ["install", "--prefix", scratch, "--no-save", "--ignore-scripts", `${name}@${NODE_VERSION}`]
  execFileSync("npm", args, { stdio: ["ignore", "ignore", "inherit"] })
  return join(scratch, "node_modules", name, "bin", "node")
}

try {
  const node = process.env.NODE_BINARY || fetchNode()
  const assets = readdirSync(join(DIST, "assets")).map((name) => [name, join(DIST, "assets", name)])
  const settings = join(scratch, "executable.json")
  writeFileSync(
    settings,
    JSON.stringify({
      main: join(DIST, "tidemark.cjs"),
      output: OUTPUT,
      disableExperimentalSEAWarning: true,
      // Compiled once here, and not at each start. It holds for this Node alone, which is the one inside.
      useCodeCache: true,
      execArgv: [`--max-old-space-size=${HEAP_MIB}`],
      assets: Object.fromEntries(assets)
    })
  )
  execFileSync(node, ["--build-sea", settings], { stdio: ["ignore", "ignore", "inherit"] })
  console.log(`${OUTPUT}: ${Math.round(statSync(OUTPUT).size / 1_048_576)} MiB with Node within`)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
