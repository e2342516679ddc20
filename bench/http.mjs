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
const RANGE = "/data/range/?start_time=2026-01-01T03:00:00Z&end_time=2026-01-01T09:00:00Z&limit=1000"
/** Pages on the way to the deep one. */
const STEP = 1_000

/** The address of a page deep in the log, by the links of the pages before. */
const deepPath = (env, depth) =>
  withServer(startTidemark(env), async ({ answers }) => {
    let path = `/data/?limit=${STEP}`
    for (let at = 0; at < depth; at += STEP) {
      const answer = await fetch(`http://127.0.0.1:${answers[HTTP_PORT]}${path}`)
      await answer.arrayBuffer()
      path = /<(.*)>; rel="next"/.exec(answer.headers.get("link"))[1]
    }
    return path.replace(`limit=${STEP}`, "limit=100")
  })

const measure = (starting, paths, { measuredMs, warmUpMs }) =>
  withServer(starting, async (server) => {
    const port = server.answers[HTTP_PORT]
    const load = (millis, [asked, ...known]) =>
      runJson([path("lib/loader.mjs"), port, asked, CONNECTIONS, millis, ...known].map(String))
    const rates = {}
    for (const [key, asked] of Object.entries(paths)) {
      await load(warmUpMs, asked)
      const { requests, seconds } = await load(measuredMs, asked)
      rates[key] = requests / seconds
    }
    return rates
  })

const PATHS = { page: [PAGE], range: [RANGE], known: [PAGE, "known"] }

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
    "What is known is a page whose entity tag the client sends. Bare: node:http, the driver, the same SQL, and " +
    "JSON.stringify of the same fields; for what is known a look at the head of the log.",
  measures: {
    page: rateOf("a page of 100", "bare", 0.7),
    range: rateOf("a range of 1,000", "bare", 0.7),
    known: rateOf("304 for a page", "bare", 0.7),
    deep: rateOf("a page of 100, deep in the log", "the first page", 0.8)
  },
  sizes: {
    smoke: { log: "smoke", depth: 2_000, warmUpMs: 50, measuredMs: 100 },
    full: { log: "full", depth: 300_000, warmUpMs: 300, measuredMs: 1_000 },
    large: { log: "large", depth: 5_000_000, warmUpMs: 2_000, measuredMs: 5_000 }
  },
  minutesMax: 60,
  prepare: async ({ database, makeDatabase, size }) => {
    const log = await largeLog(database, makeDatabase, size.log)
    return { ...log, deep: await deepPath(log.env, size.depth) }
  },
  measure: async ({ prepared, round, size }) => {
    const sides = {
      ours: () => measure(startTidemark(prepared.env), { ...PATHS, deep: [prepared.deep] }, size),
      bare: () => measure(startBare(prepared), PATHS, size)
    }
    const rates = {}
    for (const side of round % 2 === 0 ? ["bare", "ours"] : ["ours", "bare"])
      rates[side] = await sides[side]()
    return { ours: rates.ours, bare: { ...rates.bare, deep: rates.ours.page } }
  }
}
