import { defineConfig } from "vitest/config"

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
