import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const HOUR_MS = 3_600_000

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    include: ["test/chaos/**/*.chaos.ts"],
    globalSetup: ["test/support/mysql.global.ts"],
    // Each scenario has the machine for itself: what it measures would be another's load.
    fileParallelism: false,
    testTimeout: HOUR_MS,
    hookTimeout: 120_000,
    reporters: ["verbose"],
    // Figures are printed as they come.
    disableConsoleIntercept: true
  }
})
