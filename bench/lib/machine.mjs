// What a result was measured on.
import { execFileSync } from "node:child_process"
import { cpus, release, totalmem, type } from "node:os"

export const machine = () => ({
  processor: cpus()[0]?.model.trim() ?? "unknown",
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  system: `${type()} ${release()}`
})

const git = (...args) => {
  try {
    return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim()
  } catch {
    return ""
  }
}

/** The commit, with a plus where the sources differ from it. */
export const commit = () => {
  const changed = git("status", "--porcelain", "--", "src", "bench", "migrations") !== ""
  return `${git("rev-parse", "--short", "HEAD") || "unknown"}${changed ? "+" : ""}`
}
