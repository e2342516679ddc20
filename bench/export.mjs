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

/** Reads an answer to its end: bytes, seconds, and ms to the first byte. */
const read = (port, asked) =>
  new Promise((resolve, reject) => {
    const started = performance.now()
    let [bytes, first] = [0, 0]
    get({ port, path: asked, host: "127.0.0.1" }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`${asked} was answered with ${answer.statusCode}`))
      answer.on("data", (chunk) => {
        if (bytes === 0) first = performance.now() - started
        bytes += chunk.length
      })
      answer.on("end", () => resolve({ bytes, first, seconds: (performance.now() - started) / 1_000 }))
      answer.on("aborted", () => reject(new Error(`${asked} was broken off`)))
    }).on("error", reject)
  })

/** Starts the peak (VmHWM) anew. */
const forgetPeak = (pid) => writeFileSync(`/proc/${pid}/clear_refs`, "5")

/** Rows a second of each format; of ours also the peak of memory, and the first byte of the slowest. */
const measure = (starting, pathOf, { rows, warmUpRows }, isOurs) =>
  withServer(starting, async ({ answers, pid }) => {
    const port = answers[HTTP_PORT]
    const figures = {}
    for (const format of FORMATS) {
      await read(port, pathOf(format, warmUpRows))
      if (isOurs) forgetPeak(pid)
      const { bytes, first, seconds } = await read(port, pathOf(format, rows))
      // Less than this would not be all of the rows.
      if (bytes < rows * 10) throw new Error(`${format}: ${bytes} bytes are not ${rows} rows`)
      figures[format] = rows / seconds
      if (!isOurs) continue
      figures[`${format}Memory`] = memoryMiB(pid, "VmHWM")
      figures.first = Math.max(figures.first ?? 0, first)
    }
    return figures
  })

const rateOf = (format) => ({
  name: format,
  unit: "rows/s",
  better: "higher",
  limit: "bare",
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
    "rows a second of an export of 200,000 readings of a log of 1,100,000 (all of 10,000,000 with --large), over HTTP " +
    "to a client that only counts, and the peak of resident memory meanwhile. Bare: a loop over the rows as the driver " +
    "streams them, written out as text, or by the libraries that Tidemark writes Parquet and Arrow with.",
  measures: {
    csv: rateOf("CSV"),
    ndjson: rateOf("NDJSON"),
    parquet: rateOf("Parquet"),
    arrow: rateOf("Arrow"),
    csvMemory: memoryOf("CSV"),
    ndjsonMemory: memoryOf("NDJSON"),
    parquetMemory: memoryOf("Parquet"),
    arrowMemory: memoryOf("Arrow"),
    first: { name: "the first byte, of the slowest format", unit: "ms", better: "lower" }
  },
  sizes: {
    smoke: { log: "smoke", rows: 5_000, warmUpRows: 1_000 },
    full: { log: "full", rows: 200_000, warmUpRows: 20_000 },
    // Half a minute and more a format and side.
    large: { log: "large", rows: 10_000_000, warmUpRows: 100_000, rounds: 1 }
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
