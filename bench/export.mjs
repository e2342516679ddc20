// All readings in each format, written to a client that only counts the bytes.
import { writeFileSync } from "node:fs"
import { get } from "node:http"
import { fileURLToPath } from "node:url"
import { largeLog } from "./lib/largeLog.mjs"
import { memoryMiB, startServer, withServer } from "./lib/processes.mjs"
import { HTTP_PORT, startTidemark } from "./lib/tidemark.mjs"

const FORMATS = ["csv", "ndjson", "parquet", "arrow"]
const path = (name) => fileURLToPath(new URL(name, import.meta.url))

const startBare = ({ args }) => startServer([path("bare/export.mjs"), ...args], {}, [/http port (\d+)/])

/** Reads an answer to its end: bytes, and seconds. */
const read = (port, asked) =>
  new Promise((resolve, reject) => {
    const started = performance.now()
    let bytes = 0
    get({ port, path: asked, host: "127.0.0.1" }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`${asked} was answered with ${answer.statusCode}`))
      answer.on("data", (chunk) => {
        bytes += chunk.length
      })
      answer.on("end", () => resolve({ bytes, seconds: (performance.now() - started) / 1_000 }))
      answer.on("aborted", () => reject(new Error(`${asked} was broken off`)))
    }).on("error", reject)
  })

/** Starts the peak (VmHWM) anew. */
const forgetPeak = (pid) => writeFileSync(`/proc/${pid}/clear_refs`, "5")

/** Rows a second of each format; of ours also what the peak of memory grew by from a small export to the whole one. */
const measure = (starting, pathOf, { rows, warmUpRows }, isOurs) =>
  withServer(starting, async ({ answers, pid }) => {
    const port = answers[HTTP_PORT]
    const figures = {}
    for (const format of FORMATS) {
      await read(port, pathOf(format, warmUpRows))
      if (isOurs) forgetPeak(pid)
      const { bytes, seconds } = await read(port, pathOf(format, rows))
      // Less than this would not be all of the rows.
      if (bytes < rows * 10) throw new Error(`${format}: ${bytes} bytes are not ${rows} rows`)
      figures[format] = rows / seconds
      if (isOurs) figures[`${format}Memory`] = memoryMiB(pid, "VmHWM")
    }
    return figures
  })

const rateOf = (format, library) => ({
  name: format,
  unit: "rows/s",
  better: "higher",
  limit: `the driver's rows, ${library}, written out`,
  target: { ratioMin: 0.7 }
})
const memoryOf = (format) => ({
  name: `memory of ${format}`,
  unit: "MiB",
  better: "lower",
  target: { max: 250 }
})

export const exports = {
  name: "export",
  title: "Exports",
  about:
    "Rows a second of an export of 300,000 readings of a log of 1,100,000 (all of 10,000,000 with --large) in each " +
    "format, over HTTP to a client that only counts; and the peak of resident memory meanwhile.",
  measures: {
    csv: rateOf("CSV", "joined"),
    ndjson: rateOf("NDJSON", "JSON.stringify"),
    parquet: rateOf("Parquet", "hyparquet-writer"),
    arrow: rateOf("Arrow", "apache-arrow"),
    csvMemory: memoryOf("CSV"),
    ndjsonMemory: memoryOf("NDJSON"),
    parquetMemory: memoryOf("Parquet"),
    arrowMemory: memoryOf("Arrow")
  },
  sizes: {
    smoke: { log: "smoke", rows: 5_000, warmUpRows: 1_000 },
    full: { log: "full", rows: 300_000, warmUpRows: 30_000 },
    large: { log: "large", rows: 10_000_000, warmUpRows: 100_000 }
  },
  minutesMax: 90,
  prepare: ({ database, makeDatabase, size }) => largeLog(database, makeDatabase, size.log),
  ours: ({ prepared, size }) =>
    measure(
      startTidemark(prepared.env),
      (format, rows) => `/data/?format=${format}&limit=${rows}`,
      size,
      true
    ),
  bare: ({ prepared, size }) =>
    measure(startBare(prepared), (format, rows) => `/${format}/${rows}`, size, false)
}
