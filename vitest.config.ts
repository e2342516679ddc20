import { accessSync, constants, readFileSync, statfsSync } from "node:fs"
import { defineConfig } from "vitest/config"

/** Where Linux keeps files in memory. */
const IN_MEMORY = "/dev/shm"
/** What a run of all tests leaves there at its peak is far less. */
const FREE_BYTES_MIN = 6 * 2 ** 30

/** Tests install programs and start them: containers often forbid that there. */
const startsPrograms = (): boolean => {
  const mount = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .find((line) => line.split(" ")[1] === IN_MEMORY)
  return mount?.includes("noexec") === false
}

/** Whether the tests' databases fit there. Each commit of theirs waits for a disk otherwise. */
const fitsInMemory = (): boolean => {
  try {
    accessSync(IN_MEMORY, constants.W_OK)
    const { bavail, bsize } = statfsSync(IN_MEMORY)
    return bavail * bsize >= FREE_BYTES_MIN && startsPrograms()
  } catch {
    return false
  }
}

// What is tested of durability is what a process that is killed leaves, and that is the same in memory.
if (process.env.TMPDIR === undefined && fitsInMemory()) process.env.TMPDIR = IN_MEMORY

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/mysql.global.ts"],
    setupFiles: ["test/support/restoreIt.ts"],
    // Real servers and databases share two cores in CI: a few files at a time keep their timings honest. Most of them
    // wait for half of their time, so three keep two cores at work.
    maxWorkers: 3,
    // The pool ends workers beyond the least number though they still have files.
    minWorkers: 3,
    // The files of a process share the program's modules, which take as long to load as most files take to run.
    // Simulations make much that lives for a moment.
    poolOptions: { forks: { isolate: false, execArgv: ["--max-semi-space-size=64"] } },
    testTimeout: 180_000,
    hookTimeout: 120_000
  }
})
