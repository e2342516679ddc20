// Messages a second, QoS 1, acknowledged after the commit: 10 connections, 10 sensors each, about 170 bytes.
import { fileURLToPath } from "node:url"
import { onEachDatabase } from "./lib/databases.mjs"
import { median, memoryMiB, runJson, startServer } from "./lib/processes.mjs"
import { MQTT_PORT, startTidemark } from "./lib/tidemark.mjs"

const RUNS = 3
const CONNECTIONS = 10
const IN_FLIGHT = 500
const WARM_UP = 10_000
const MESSAGES = 60_000
const path = (name) => fileURLToPath(new URL(name, import.meta.url))

const startBare = ({ args }) => startServer([path("bare/ingest.mjs"), ...args], {}, [/mqtt port (\d+)/])

const publish = (port, messages, offset) =>
  runJson([path("lib/publisher.mjs"), port, CONNECTIONS, messages, IN_FLIGHT, offset].map(String))

const measure = async (makeDatabase, start, portIndex) => {
  const database = await makeDatabase()
  const server = await start(database)
  try {
    const port = server.answers[portIndex]
    await publish(port, WARM_UP, 0)
    const { seconds, messages } = await publish(port, MESSAGES, 100_000)
    const peak = memoryMiB(server.pid, "VmHWM")
    await server.stop()
    const stored = await database.readings()
    if (stored !== WARM_UP + MESSAGES) throw new Error(`stored ${stored} of ${WARM_UP + MESSAGES}`)
    return { rate: messages / seconds, peak }
  } finally {
    await server.stop()
    await database.drop()
  }
}

export const benchIngest = () =>
  onEachDatabase(async (name, makeDatabase) => {
    const [ours, bare] = [[], []]
    for (let run = 0; run < RUNS; run++) {
      bare.push(await measure(makeDatabase, startBare, 0))
      ours.push(await measure(makeDatabase, (database) => startTidemark(database.env), MQTT_PORT))
    }
    const [ourRate, bareRate] = [ours, bare].map((results) => median(results.map(({ rate }) => rate)))
    const [ourPeak, barePeak] = [ours, bare].map((results) => Math.max(...results.map(({ peak }) => peak)))
    console.log(
      `${name}: Tidemark ${ourRate.toFixed(0)} messages/s, bare ${bareRate.toFixed(0)}, ` +
        `ratio ${(ourRate / bareRate).toFixed(2)}; peak memory ${ourPeak.toFixed(0)} MiB, bare ${barePeak.toFixed(0)} MiB`
    )
  })
