// Keeps the compiled code of the built program beside it (src/launch/KeptCode.ts), for each way to start it that
// package.json has: `node packaging/keep-code.mjs`, after the bundle.
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { boundHeap } from "../dist/src/launch/Heap.js"
import { keepCode } from "../dist/src/launch/KeptCode.js"

const PROGRAM = resolve("dist/program.cjs")
/** In a process with some flags: runs what ends by itself, and keeps what was compiled for it. */
const KEEP = "--keep"

const { scripts } = JSON.parse(readFileSync("package.json", "utf8"))
/** Without flags, as the command that is installed; and as our own scripts start it. */
const flagSets = () => {
  const starts = Object.values(scripts).map((script) => /^node ((?:--\S+ )*)dist\/tidemark\.cjs/.exec(script))
  return new Set(["", ...starts.flatMap((start) => (start === null ? [] : [start[1].trim()]))])
}

if (process.argv[2] === KEEP) {
  process.argv.splice(1, 2, PROGRAM, "--version")
  boundHeap()
  keepCode(PROGRAM)
} else {
  const self = fileURLToPath(import.meta.url)
  for (const flags of flagSets())
    execFileSync(process.execPath, [...flags.split(" ").filter((flag) => flag !== ""), self, KEEP], {
      stdio: ["ignore", "ignore", "inherit"]
    })
}
