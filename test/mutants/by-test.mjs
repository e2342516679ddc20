/** Finds a planted bug by a test of the suite, in a copy of the sources in which the bug is planted. */
import { spawn } from "node:child_process"
import { cp, mkdir, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"

/** A run that takes longer than this, in ms, says nothing: each test has a time-out of its own. */
const TIMEOUT_MILLIS = 900_000
const COPIED = [
  "src",
  "test",
  "migrations",
  "package.json",
  "tsconfig.json",
  "vitest.config.ts",
  "sensors.json"
]

const runTest = (folder, test) =>
  new Promise((done) => {
    const vitest = join(folder, "node_modules/vitest/vitest.mjs")
    const child = spawn(process.execPath, [vitest, "run", test, "--no-color"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"]
    })
    let out = ""
    const keep = (chunk) => {
      out += chunk
    }
    child.stdout.on("data", keep)
    child.stderr.on("data", keep)
    // By SIGTERM it ends the server that it has started.
    const timer = setTimeout(() => child.kill("SIGTERM"), TIMEOUT_MILLIS)
    child.on("close", () => {
      clearTimeout(timer)
      const line = out
        .split("\n")
        .find((text) => /^(\w*Error|Log(?:Corrupt|Unavailable)): /.test(text.trim()))
      done({ found: line === undefined ? null : { kind: "test", text: line.trim() }, out })
    })
  })

/** What the mutant's test found, or null; `source` is its file with the bug, or as it is. */
export const huntByTest = async (root, folder, mutant, source) => {
  await mkdir(folder, { recursive: true })
  for (const name of COPIED) await cp(join(root, name), join(folder, name), { recursive: true })
  await symlink(join(root, "node_modules"), join(folder, "node_modules"))
  await writeFile(join(folder, mutant.file), source)
  const { found, out } = await runTest(folder, mutant.test)
  if (/\d+ skipped/.test(out) && !/passed|failed/.test(out))
    throw new Error("no server for the test to run on")
  return found
}
