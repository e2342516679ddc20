// Requests a second of what is read most: a page of 100 readings of a large log, a range of 1,000, and a page that has
// not changed.
import { fileURLToPath } from "node:url"
import { largeLog } from "./lib/largeLog.mjs"
import { runJson, startServer, withServer } from "./lib/processes.mjs"
import { HTTP_PORT, startTidemark } from "./lib/tidemark.mjs"

const CONNECTIONS = 32
const path = (name) => fileURLToPath(new URL(name, import.meta.url))

const startBare = ({ args }) => startServer([path("bare/http.mjs"), ...args], {}, [/http port (\d+)/])

const PAGE = "/data/?limit=100"
const range = (limit) => `/data/range/?start_time={time}&end_time=2026-01-03T00:00:00Z&limit=${limit}`
const measure = (starting, { measuredMs, warmUpMs }) =>
  withServer(starting, async (server) => {
    const port = server.answers[HTTP_PORT]
    const load = (millis, [asked, ...known]) =>
      runJson([path("lib/loader.mjs"), port, asked, CONNECTIONS, millis, ...known].map(String))
    const rates = {}
    for (const [key, asked] of Object.entries(PATHS)) {
      await load(warmUpMs, asked)
      const { requests, seconds } = await load(measuredMs, asked)
      rates[key] = requests / seconds
    }
    return rates
  })

const PATHS = { page: [PAGE], pages: [range(100)], range: [range(1_000)], known: [PAGE, "known"] }

const rateOf = (name, limit, ratioMin) => ({
  name,
  unit: "requests/s",
  better: "higher",
  limit,
  target: { ratioMin }
})

export const http = {
  name: "http",
  title: "Pages of readings",
  about:
    "requests a second over 32 kept connections, of a log of 1,100,000 readings (10,000,000 with --large). " +
    "Pages from another time each lie anywhere in the log. What is known is a page whose entity tag the client sends. Bare: node:http, the driver, the same SQL, and " +
    "JSON.stringify of the same fields; for what is known a look at the head of the log.",
  measures: {
    page: rateOf("the first page of 100", "bare", 0.7),
    pages: rateOf("100 from another time each", "bare", 0.7),
    range: rateOf("1,000 from another time each", "bare", 0.7),
    known: rateOf("304 for a page", "bare", 0.7)
  },
  sizes: {
    smoke: { log: "smoke", warmUpMs: 50, measuredMs: 100 },
    full: { log: "full", warmUpMs: 300, measuredMs: 1_000 },
    large: { log: "large", warmUpMs: 2_000, measuredMs: 5_000 }
  },
  minutesMax: 60,
  prepare: ({ database, makeDatabase, size }) => largeLog(database, makeDatabase, size.log),
  ours: ({ prepared, size }) => measure(startTidemark(prepared.env), size),
  bare: ({ prepared, size }) => measure(startBare(prepared), size)
}
