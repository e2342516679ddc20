// npm run bench -- ingest | http | export | quality: Tidemark and a bare loop in turn, on SQLite and on MariaDB, medians of 3;
// fold: what percentiles cost. With --smoke: that it runs, in seconds, with tiny sizes; of all of them where none is named.
import { cpus } from "node:os"
import { benchExport } from "./export.mjs"
import { benchFold } from "./fold.mjs"
import { benchHttp } from "./http.mjs"
import { benchIngest } from "./ingest.mjs"
import { withDatabases } from "./lib/databases.mjs"
import { benchQuality } from "./quality.mjs"

const benchmarks = {
  ingest: benchIngest,
  http: benchHttp,
  export: benchExport,
  fold: benchFold,
  quality: benchQuality
}
const smoke = process.argv.includes("--smoke")
const named = process.argv.slice(2).filter((argument) => argument !== "--smoke")
const names = smoke && named.length === 0 ? Object.keys(benchmarks) : named
if (names.length === 0 || !names.every((name) => Object.hasOwn(benchmarks, name))) {
  console.error(`usage: npm run bench -- ${Object.keys(benchmarks).join(" | ")} [--smoke]`)
  process.exit(1)
}

const failed = []
await withDatabases(smoke, async (databases) => {
  for (const name of names) {
    const started = performance.now()
    console.log(`${name}: Node ${process.version}, ${cpus().length} cores`)
    try {
      await benchmarks[name](databases, smoke)
    } catch (error) {
      failed.push(name)
      console.error(error)
    }
    console.log(`${name} took ${((performance.now() - started) / 1_000).toFixed(0)} s`)
  }
})
if (failed.length > 0) {
  console.error(`failed: ${failed.join(", ")}`)
  process.exitCode = 1
}
