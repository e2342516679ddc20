// Requests a second of what is read most: a page of 100 readings of a large log, a range of 1,000, and a page that has
// not changed.
import { fileURLToPath } from "node:url"
import { largeLog } from "./lib/largeLog.mjs"
import { runJson, startServer, withServer } from "./lib/processes.mjs"
import { HTTP_PORT, startTidemark } from "./lib/tidemark.mjs"

const CONNECTIONS = 32
const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const BARE = "node:http, the driver, and JSON.stringify of the same fields"
const TARGET = { ratioMin: 0.7 }

const startBare = ({ args }) => startServer([path("bare/http.mjs"), ...args], {}, [/http port (\d+)/])

const PATHS = {
  page: ["/data/?limit=100"],
  range: ["/data/range/?start_time=2026-01-01T03:00:00Z&end_time=2026-01-01T09:00:00Z&limit=1000"],
  known: ["/data/?limit=100", "known"]
}

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

export const http = {
  name: "http",
  title: "Pages of readings",
  about:
    "Requests a second over 32 kept connections, of a log of 1,100,000 readings (10,000,000 with --large): " +
    "a page of 100, a range of 1,000, and a page whose entity tag the client knows.",
  measures: {
    page: { name: "a page of 100", unit: "requests/s", better: "higher", limit: BARE, target: TARGET },
    range: { name: "a range of 1,000", unit: "requests/s", better: "higher", limit: BARE, target: TARGET },
    known: {
      name: "304 for a page",
      unit: "requests/s",
      better: "higher",
      limit: "node:http, a look at the head of the log, and 304",
      target: TARGET
    }
  },
  sizes: {
    smoke: { log: "smoke", warmUpMs: 50, measuredMs: 100 },
    full: { log: "full", warmUpMs: 700, measuredMs: 1_500 },
    large: { log: "large", warmUpMs: 2_000, measuredMs: 5_000 }
  },
  minutesMax: 60,
  prepare: ({ database, makeDatabase, size }) => largeLog(database, makeDatabase, size.log),
  ours: ({ prepared, size }) => measure(startTidemark(prepared.env), size),
  bare: ({ prepared, size }) => measure(startBare(prepared), size)
}
