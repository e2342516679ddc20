// All readings in each format: time, first byte, and how much memory the server takes for it; and what a page costs
// at depth 900,000 beside the first one.
import { writeFileSync } from "node:fs"
import { request } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { fill, SENSORS } from "./lib/fill.mjs"
import { memoryMiB, withServer } from "./lib/processes.mjs"
import { median } from "./lib/results.mjs"
import { HTTP_PORT, startTidemark } from "./lib/tidemark.mjs"

const FORMATS = ["csv", "ndjson", "parquet", "arrow"]

/** Asks, and reads to the end: status, headers, bytes, ms to the first byte and to the last. */
const ask = (port, path, headers = {}) =>
  new Promise((resolve, reject) => {
    const started = performance.now()
    let [first, bytes, text] = [0, 0, ""]
    const asked = request({ port, path, headers, host: "127.0.0.1" }, (answer) => {
      const small = answer.headers["content-type"] === "application/json"
      answer.on("data", (chunk) => {
        if (first === 0) first = performance.now() - started
        bytes += chunk.length
        if (small) text += chunk
      })
      answer.on("end", () =>
        resolve({
          status: answer.statusCode,
          headers: answer.headers,
          text,
          bytes,
          first,
          total: performance.now() - started
        })
      )
      answer.on("aborted", () => reject(new Error(`${path} was broken off`)))
    })
    asked.on("error", reject)
    asked.end()
  })

/** Registers the sensors, so that the log has them when it is filled. */
const register = async (env) => {
  const server = await startTidemark(env)
  const readings = Array.from({ length: SENSORS }, (_, index) => ({
    sensor_id: index + 1,
    timestamp: "2025-12-31T00:00:00Z",
    value: 0,
    unit: "C",
    type: "temperature",
    description: `Bench ${index + 1}`
  }))
  const answer = await fetch(`http://127.0.0.1:${server.answers[HTTP_PORT]}/data/`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(readings)
  })
  if (answer.status !== 201) throw new Error(`the sensors were not registered: ${await answer.text()}`)
  await server.stop()
}

/** Starts the peak (VmHWM) anew. */
const forgetPeak = (pid) => {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5")
  } catch {
    console.log("the peak of memory can't be reset here: it is that of the whole run")
  }
}

const exported = (database, format, { settleMs }) =>
  withServer(startTidemark(database.env), async ({ answers, pid }) => {
    const port = answers[HTTP_PORT]
    await ask(port, `/data/?format=${format}&limit=20000`)
    await sleep(settleMs)
    forgetPeak(pid)
    const before = memoryMiB(pid, "VmRSS")
    const { first, status, total } = await ask(port, `/data/?format=${format}`)
    if (status !== 200) throw new Error(`${format} was answered ${status}`)
    return { first, total: total / 1_000, growth: Math.max(0, memoryMiB(pid, "VmHWM") - before) }
  })

const withLimit = (path, limit) => {
  const [base, query] = path.split("?")
  const search = new URLSearchParams(query)
  search.set("limit", limit)
  return `${base}?${search}`
}

/** The address of the page at a depth, found by walking there. */
const deepPage = async (port, to) => {
  let path = "/data/?limit=1000"
  for (let depth = 0; depth < to; depth += 1_000) {
    const { headers } = await ask(port, path)
    path = /<(.*)>/.exec(headers.link)?.[1]
  }
  return withLimit(path, 100)
}

/** Medians of the first page and of one deep in the log, each asked in turn. */
const pages = (database, { pages: count, rows }) =>
  withServer(startTidemark(database.env), async ({ answers }) => {
    const port = answers[HTTP_PORT]
    const deep = await deepPage(port, Math.floor(rows * 0.9))
    const times = { first: [], deep: [] }
    for (let page = 0; page < count + 5; page++) {
      const [first, last] = [await ask(port, "/data/?limit=100"), await ask(port, deep)]
      if (first.status !== 200 || last.status !== 200) throw new Error("a page failed")
      // The first few warm up.
      if (page >= 5) {
        times.first.push(first.total)
        times.deep.push(last.total)
      }
    }
    return { first: median(times.first), deep: median(times.deep) }
  })

const measuresOf = (format) => [
  [`${format}_total`, { name: `${format}, to the last byte`, unit: "s", better: "lower" }],
  [`${format}_first`, { name: `${format}, first byte`, unit: "ms", better: "lower" }],
  [`${format}_growth`, { name: `${format}, memory that it takes`, unit: "MiB", better: "lower" }]
]

export const exports = {
  name: "export",
  title: "Exports",
  about:
    "all readings of ten sensors, random doubles, in each format; and a page of 100 at nine tenths of the depth.",
  measures: {
    ...Object.fromEntries(FORMATS.flatMap(measuresOf)),
    page: { name: "a deep page", unit: "ms", better: "lower", limit: "the first page" }
  },
  sizes: {
    smoke: { rows: 5_000, pages: 1, settleMs: 0 },
    full: { rows: Number(process.env.EXPORT_ROWS ?? 1_000_000), pages: 20, settleMs: 1_000 }
  },
  prepare: async ({ makeDatabase, size }) => {
    const database = await makeDatabase()
    await register(database.env)
    await fill(database.args, size.rows)
    await withServer(startTidemark(database.env), () => database.settled())
    return database
  },
  release: (database) => database.drop(),
  measure: async ({ prepared, size }) => {
    const ours = {}
    for (const format of FORMATS) {
      const { first, growth, total } = await exported(prepared, format, size)
      Object.assign(ours, {
        [`${format}_total`]: total,
        [`${format}_first`]: first,
        [`${format}_growth`]: growth
      })
    }
    const { deep, first } = await pages(prepared, size)
    return { ours: { ...ours, page: deep }, bare: { page: first } }
  }
}
