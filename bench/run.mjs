// npm run bench -- ingest | http | export | quality: Tidemark and a bare loop in turn, on SQLite and on MariaDB, medians of 3;
// fold: what percentiles cost.
import { cpus } from "node:os"
import { benchExport } from "./export.mjs"
import { benchFold } from "./fold.mjs"
import { benchHttp } from "./http.mjs"
import { benchIngest } from "./ingest.mjs"
import { benchQuality } from "./quality.mjs"

const benchmarks = {
  ingest: benchIngest,
  http: benchHttp,
  export: benchExport,
  fold: benchFold,
  quality: benchQuality
}
const name = process.argv[2]
const run = Object.hasOwn(benchmarks, name ?? "") ? benchmarks[name] : undefined
if (run === undefined) {
  console.error(`usage: npm run bench -- ${Object.keys(benchmarks).join(" | ")}`)
  process.exit(1)
}
const started = performance.now()
console.log(`${name}: Node ${process.version}, ${cpus().length} cores`)
await run()
console.log(`took ${((performance.now() - started) / 1_000).toFixed(0)} s`)
