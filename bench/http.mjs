// Requests a second of 100 readings as JSON, over 16 kept connections; and the memory of a server at rest.
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { median, memoryMiB, runJson, startServer } from "./lib/processes.mjs"
import { HTTP_PORT, MQTT_PORT, startTidemark } from "./lib/tidemark.mjs"

const CONNECTIONS = 16
const FULL = { runs: 3, readings: 20_000, warmUpMs: 2_000, measuredMs: 4_000, restMs: 15_000 }
const SMOKE = { runs: 1, readings: 500, warmUpMs: 100, measuredMs: 200, restMs: 500 }
const PATH = "/data/?limit=100"
const path = (name) => fileURLToPath(new URL(name, import.meta.url))

const startBare = ({ args }) => startServer([path("bare/http.mjs"), ...args], {}, [/http port (\d+)/])
const load = (port, millis) => runJson([path("lib/loader.mjs"), port, PATH, CONNECTIONS, millis].map(String))

const fill = async (database, readings) => {
  const server = await startTidemark(database.env)
  const port = server.answers[MQTT_PORT]
  await runJson([path("lib/publisher.mjs"), port, 10, readings, 200, 0].map(String))
  await server.stop()
}

const measure = async (server, { measuredMs, warmUpMs }) => {
  const port = server.answers[HTTP_PORT]
  try {
    await load(port, warmUpMs)
    const { bytes, requests, seconds } = await load(port, measuredMs)
    return { rate: requests / seconds, bytes, peak: memoryMiB(server.pid, "VmHWM") }
  } finally {
    await server.stop()
  }
}

/** What a server with the five sensors of sensors.json takes when nothing else asks of it. */
const atRest = async (makeDatabase, restMs) => {
  const database = await makeDatabase()
  const server = await startTidemark({ ...database.env, SIMULATE: "true" })
  await sleep(restMs)
  const resident = memoryMiB(server.pid, "VmRSS")
  await server.stop()
  await database.drop()
  return resident
}

export const benchHttp = async (databases, smoke) => {
  const size = smoke ? SMOKE : FULL
  for (const [name, makeDatabase] of databases) {
    const database = await makeDatabase()
    await fill(database, size.readings)
    const [ours, bare] = [[], []]
    for (let run = 0; run < size.runs; run++) {
      bare.push(await measure(await startBare(database), size))
      ours.push(await measure(await startTidemark(database.env), size))
    }
    await database.drop()
    const [ourRate, bareRate] = [ours, bare].map((results) => median(results.map(({ rate }) => rate)))
    const peak = Math.max(...ours.map((result) => result.peak))
    console.log(
      `${name}: Tidemark ${ourRate.toFixed(0)} requests/s (${ours[0].bytes} bytes), bare ${bareRate.toFixed(0)} ` +
        `(${bare[0].bytes} bytes), ratio ${(ourRate / bareRate).toFixed(2)}; peak memory ${peak.toFixed(0)} MiB`
    )
    const rest = await atRest(makeDatabase, size.restMs)
    console.log(`${name}: ${rest.toFixed(0)} MiB at rest with five simulated sensors`)
  }
}
