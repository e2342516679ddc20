// All readings in each format: time, first byte, and how much memory the server takes for it; and what a page costs
// at depth 900,000 beside the first one.
import { writeFileSync } from "node:fs"
import { request } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { fill, SENSORS } from "./lib/fill.mjs"
import { median, memoryMiB } from "./lib/processes.mjs"
import { HTTP_PORT, startTidemark } from "./lib/tidemark.mjs"

const FULL = { rows: Number(process.env.EXPORT_ROWS ?? 1_000_000), pages: 20, runs: 3, settleMs: 1_000 }
const SMOKE = { rows: 5_000, pages: 1, runs: 1, settleMs: 0 }
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

/** Waits until the minutes are folded as far as the log goes. */
const folded = async (port) => {
  const head = Number((await ask(port, "/data/?limit=1")).headers["tidemark-position"])
  for (;;) {
    const { headers } = await ask(port, "/aggregated_data/?limit=1")
    if (Number(headers["tidemark-position"]) >= head) return
    await sleep(500)
  }
}

/** Starts the peak (VmHWM) anew. */
const forgetPeak = (pid) => {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5")
  } catch {
    console.log("the peak of memory can't be reset here: it is that of the whole run")
  }
}

const benchFormat = async (name, database, format, size) => {
  const runs = []
  for (let run = 0; run < size.runs; run++) {
    const server = await startTidemark(database.env)
    const port = server.answers[HTTP_PORT]
    await ask(port, `/data/?format=${format}&limit=20000`)
    await sleep(size.settleMs)
    forgetPeak(server.pid)
    const before = memoryMiB(server.pid, "VmRSS")
    const { bytes, first, status, total } = await ask(port, `/data/?format=${format}`)
    runs.push({ bytes, first, total, status, growth: memoryMiB(server.pid, "VmHWM") - before })
    await server.stop()
  }
  const middle = (key) => median(runs.map((run) => run[key]))
  console.log(
    `${name}: ${format}: ${(middle("total") / 1_000).toFixed(1)} s, first byte ${middle("first").toFixed(0)} ms ` +
      `(at most ${Math.max(...runs.map(({ first }) => first)).toFixed(0)}), ` +
      `${(runs[0].bytes / 1_048_576).toFixed(0)} MiB, memory +${Math.max(...runs.map(({ growth }) => growth)).toFixed(0)} MiB`
  )
}

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

const benchPages = async (name, database, { pages, rows }) => {
  const depth = Math.floor(rows * 0.9)
  const server = await startTidemark(database.env)
  const port = server.answers[HTTP_PORT]
  const deep = await deepPage(port, depth)
  const times = { first: [], deep: [] }
  for (let page = 0; page < pages + 5; page++) {
    const [first, last] = [await ask(port, "/data/?limit=100"), await ask(port, deep)]
    if (first.status !== 200 || last.status !== 200) throw new Error("a page failed")
    // The first few warm up.
    if (page >= 5) {
      times.first.push(first.total)
      times.deep.push(last.total)
    }
  }
  await server.stop()
  const [first, last] = [median(times.first), median(times.deep)]
  console.log(
    `${name}: a page of 100: first ${first.toFixed(1)} ms, at depth ${depth} ${last.toFixed(1)} ms, ` +
      `ratio ${(last / first).toFixed(2)} (medians of ${pages})`
  )
}

export const benchExport = async (databases, smoke) => {
  const size = smoke ? SMOKE : FULL
  for (const [name, makeDatabase] of databases) {
    const database = await makeDatabase()
    await register(database.env)
    await fill(database.args, size.rows)
    const server = await startTidemark(database.env)
    await folded(server.answers[HTTP_PORT])
    await server.stop()
    console.log(`${name}: ${size.rows} readings`)
    for (const format of FORMATS) await benchFormat(name, database, format, size)
    await benchPages(name, database, size)
    await database.drop()
  }
}
