import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const MINUTE_MS = 60_000

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    include: ["test/cluster/**/*.cluster.ts"],
    // Each scenario has the machine for itself: what it measures would be another's load.
    fileParallelism: false,
    // A cluster that hangs is killed with the run.
    testTimeout: 9 * MINUTE_MS,
    hookTimeout: 2 * MINUTE_MS,
    reporters: ["verbose"],
    // Figures are printed as they come.
    disableConsoleIntercept: true
  }
})
