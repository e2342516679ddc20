// Requests a second of 100 readings as JSON, over 16 kept connections; and the memory of a server at rest.
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { onEachDatabase } from "./lib/databases.mjs"
import { median, memoryMiB, runJson, startServer } from "./lib/processes.mjs"
import { HTTP_PORT, MQTT_PORT, startTidemark } from "./lib/tidemark.mjs"

const RUNS = 3
const CONNECTIONS = 16
const READINGS = 20_000
const WARM_UP_MS = 2_000
const MEASURED_MS = 4_000
const REST_MS = 15_000
const PATH = "/data/?limit=100"
const path = (name) => fileURLToPath(new URL(name, import.meta.url))

const startBare = ({ args }) => startServer([path("bare/http.mjs"), ...args], {}, [/http port (\d+)/])
const load = (port, millis) => runJson([path("lib/loader.mjs"), port, PATH, CONNECTIONS, millis].map(String))

const fill = async (database) => {
  const server = await startTidemark(database.env)
  const port = server.answers[MQTT_PORT]
  await runJson([path("lib/publisher.mjs"), port, 10, READINGS, 200, 0].map(String))
  await server.stop()
}

const measure = async (server) => {
  const port = server.answers[HTTP_PORT]
  try {
    await load(port, WARM_UP_MS)
    const { bytes, requests, seconds } = await load(port, MEASURED_MS)
    return { rate: requests / seconds, bytes, peak: memoryMiB(server.pid, "VmHWM") }
  } finally {
    await server.stop()
  }
}

/** What a server with the five sensors of sensors.json takes when nothing else asks of it. */
const atRest = async (makeDatabase) => {
  const database = await makeDatabase()
  const server = await startTidemark({ ...database.env, SIMULATE: "true" })
  await sleep(REST_MS)
  const resident = memoryMiB(server.pid, "VmRSS")
  await server.stop()
  await database.drop()
  return resident
}

export const benchHttp = () =>
  onEachDatabase(async (name, makeDatabase) => {
    const database = await makeDatabase()
    await fill(database)
    const [ours, bare] = [[], []]
    for (let run = 0; run < RUNS; run++) {
      bare.push(await measure(await startBare(database)))
      ours.push(await measure(await startTidemark(database.env)))
    }
    await database.drop()
    const [ourRate, bareRate] = [ours, bare].map((results) => median(results.map(({ rate }) => rate)))
    const peak = Math.max(...ours.map((result) => result.peak))
    console.log(
      `${name}: Tidemark ${ourRate.toFixed(0)} requests/s (${ours[0].bytes} bytes), bare ${bareRate.toFixed(0)} ` +
        `(${bare[0].bytes} bytes), ratio ${(ourRate / bareRate).toFixed(2)}; peak memory ${peak.toFixed(0)} MiB`
    )
    const rest = await atRest(makeDatabase)
    console.log(`${name}: ${rest.toFixed(0)} MiB at rest with five simulated sensors`)
  })
