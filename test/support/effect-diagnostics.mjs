// Runs the Effect language service over the product and fails when it looked at nothing: without its plugin
// entry in tsconfig.json it reports success on 0 files.
import { spawnSync } from "node:child_process"

const run = spawnSync(
  "npx",
  [
    "--no-install",
    "effect-language-service",
    "diagnostics",
    "--project",
    "tsconfig.build.json",
    "--format",
    "text"
  ],
  { encoding: "utf8" }
)
process.stdout.write(run.stdout)
process.stderr.write(run.stderr)
const checked = Number(/Checked (\d+) files/.exec(run.stdout + run.stderr)?.[1] ?? 0)
if (checked === 0) {
  console.error("Effect diagnostics checked no file: is the plugin entry in tsconfig.json?")
  process.exit(1)
}
process.exit(run.status ?? 1)
