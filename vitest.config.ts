import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/mysql.global.ts"],
    // Real servers and databases share two cores in CI: a few files at a time keep their timings honest. Most of them
    // wait for half of their time, so three keep two cores at work.
    maxWorkers: 3,
    // Simulations make much that lives for a moment.
    poolOptions: { forks: { execArgv: ["--max-semi-space-size=64"] } },
    testTimeout: 180_000,
    hookTimeout: 120_000
  }
})
