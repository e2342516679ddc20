// Requests a second of 100 readings as JSON, over 16 kept connections; and the memory of a server at rest.
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { onFresh } from "./lib/databases.mjs"
import { openFeed } from "./lib/feed.mjs"
import { memoryMiB, runJson, startServer, withServer } from "./lib/processes.mjs"
import { HTTP_PORT, MQTT_PORT, startTidemark } from "./lib/tidemark.mjs"

const CONNECTIONS = 16
const PATH = "/data/?limit=100"
const path = (name) => fileURLToPath(new URL(name, import.meta.url))

const startBare = ({ args }) => startServer([path("bare/http.mjs"), ...args], {}, [/http port (\d+)/])
const load = (port, millis) => runJson([path("lib/loader.mjs"), port, PATH, CONNECTIONS, millis].map(String))

const measure = (starting, { measuredMs, warmUpMs }) =>
  withServer(starting, async (server) => {
    const port = server.answers[HTTP_PORT]
    await load(port, warmUpMs)
    const { requests, seconds } = await load(port, measuredMs)
    return { requests: requests / seconds, peak: memoryMiB(server.pid, "VmHWM") }
  })

/** What a server with the five sensors of sensors.json takes when nothing else asks of it. */
const atRest = (makeDatabase, restMs) =>
  onFresh(makeDatabase, ({ env }) =>
    withServer(startTidemark({ ...env, SIMULATE: "true" }), async ({ pid }) => {
      await sleep(restMs)
      return memoryMiB(pid, "VmRSS")
    })
  )

export const http = {
  name: "http",
  title: "Requests",
  about: `\`${PATH}\` over ${CONNECTIONS} connections. Bare: node:http, the driver, the same SQL, and JSON.stringify.`,
  measures: {
    requests: {
      name: "100 readings as JSON",
      unit: "requests/s",
      better: "higher",
      limit: "bare",
      target: { ratioMin: 0.7 }
    },
    peak: { name: "memory, peak", unit: "MiB", better: "lower", limit: "bare" },
    rest: { name: "memory at rest, five sensors", unit: "MiB", better: "lower", target: { max: 150 } }
  },
  sizes: {
    smoke: { readings: 500, warmUpMs: 100, measuredMs: 200, restMs: 500 },
    full: { readings: 20_000, warmUpMs: 2_000, measuredMs: 4_000, restMs: 15_000 }
  },
  prepare: async ({ makeDatabase, size }) => {
    const database = await makeDatabase()
    await withServer(startTidemark(database.env), ({ answers }) =>
      openFeed(answers[MQTT_PORT]).publish({ kind: "reading", messages: size.readings })
    )
    return database
  },
  release: (database) => database.drop(),
  bare: ({ prepared, size }) => measure(startBare(prepared), size),
  ours: async ({ makeDatabase, prepared, size }) => ({
    ...(await measure(startTidemark(prepared.env), size)),
    rest: await atRest(makeDatabase, size.restMs)
  })
}
