/**
 * `npm run build:executable`: dist/tidemark, one file that needs no Node on the machine it runs on. It is Node's own
 * binary with the bundle and the pages' files in it; the database is `node:sqlite`, so nothing native lies beside it.
 *
 * NODE_BINARY names another Node to build with, of 24.8 or later.
 */
import { execFileSync } from "node:child_process"
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"

/** Node 26 would build it without postject, but needs libatomic, which a bare Debian does not have. */
const NODE_VERSION = "24.22.3"
const POSTJECT = "postject@1.0.0-alpha.6"
/** Where Node looks for what is injected: https://nodejs.org/api/single-executable-applications.html. */
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2"
const DIST = resolve("dist")
const OUTPUT = join(DIST, "tidemark")
/** As `npm start` has it. */
const HEAP_MIB = 512

const scratch = mkdtempSync(join(tmpdir(), "tidemark-executable-"))

const run = (command, args) => execFileSync(command, args, { stdio: ["ignore", "ignore", "inherit"] })

/** Out of the registry, beside the tree: none is a dependency of anything. */
const fetched = (...packages) =>
  run("npm", ["install", "--prefix", scratch, "--no-save", "--ignore-scripts", ...packages])

const nodeFor = (platform, arch) => {
  if (platform !== "linux") throw new Error(`no Node is fetched for ${platform}: set NODE_BINARY`)
  return `node-linux-${arch}`
}

try {
  let node = process.env.NODE_BINARY
  if (node) fetched(POSTJECT)
  else {
    const name = nodeFor(process.platform, process.arch)
    fetched(POSTJECT, `${name}@${NODE_VERSION}`)
    node = join(scratch, "node_modules", name, "bin", "node")
  }
  const assets = readdirSync(join(DIST, "assets")).map((name) => [name, join(DIST, "assets", name)])
  const settings = join(scratch, "executable.json")
  const blob = join(scratch, "tidemark.blob")
  writeFileSync(
    settings,
    JSON.stringify({
      main: join(DIST, "program.cjs"),
      output: blob,
      disableExperimentalSEAWarning: true,
      // Compiled once here, and not at each start. It holds for this Node alone, which is the one inside.
      useCodeCache: true,
      execArgv: [`--max-old-space-size=${HEAP_MIB}`],
      assets: Object.fromEntries(assets)
    })
  )
  run(node, ["--experimental-sea-config", settings])
  // Not in place: a program that runs can't be written.
  const made = join(scratch, "tidemark")
  copyFileSync(node, made)
  run(process.execPath, [
    join(scratch, "node_modules/postject/dist/cli.js"),
    ...[made, "NODE_SEA_BLOB", blob, "--sentinel-fuse", FUSE]
  ])
  rmSync(OUTPUT, { force: true })
  copyFileSync(made, OUTPUT)
  console.log(`${OUTPUT}: ${Math.round(statSync(OUTPUT).size / 1_048_576)} MiB with Node within`)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
