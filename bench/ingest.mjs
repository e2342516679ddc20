// Messages a second, QoS 1, acknowledged after the commit: 10 connections, 10 sensors each, about 170 bytes.
import { fileURLToPath } from "node:url"
import { median, memoryMiB, runJson, startServer } from "./lib/processes.mjs"
import { MQTT_PORT, startTidemark } from "./lib/tidemark.mjs"

const CONNECTIONS = 10
const IN_FLIGHT = 500
const FULL = { runs: 3, warmUp: 10_000, messages: 60_000 }
const SMOKE = { runs: 1, warmUp: 100, messages: 500 }
const path = (name) => fileURLToPath(new URL(name, import.meta.url))

const startBare = ({ args }) => startServer([path("bare/ingest.mjs"), ...args], {}, [/mqtt port (\d+)/])

const publish = (port, messages, offset) =>
  runJson([path("lib/publisher.mjs"), port, CONNECTIONS, messages, IN_FLIGHT, offset].map(String))

const measure = async (makeDatabase, start, portIndex, size) => {
  const database = await makeDatabase()
  const server = await start(database)
  try {
    const port = server.answers[portIndex]
    await publish(port, size.warmUp, 0)
    const { seconds, messages } = await publish(port, size.messages, 100_000)
    const peak = memoryMiB(server.pid, "VmHWM")
    await server.stop()
    const stored = await database.readings()
    const sent = size.warmUp + size.messages
    if (stored !== sent) throw new Error(`stored ${stored} of ${sent}`)
    return { rate: messages / seconds, peak }
  } finally {
    await server.stop()
    await database.drop()
  }
}

export const benchIngest = async (databases, smoke) => {
  const size = smoke ? SMOKE : FULL
  for (const [name, makeDatabase] of databases) {
    const [ours, bare] = [[], []]
    for (let run = 0; run < size.runs; run++) {
      bare.push(await measure(makeDatabase, startBare, 0, size))
      ours.push(await measure(makeDatabase, (database) => startTidemark(database.env), MQTT_PORT, size))
    }
    const [ourRate, bareRate] = [ours, bare].map((results) => median(results.map(({ rate }) => rate)))
    const [ourPeak, barePeak] = [ours, bare].map((results) => Math.max(...results.map(({ peak }) => peak)))
    console.log(
      `${name}: Tidemark ${ourRate.toFixed(0)} messages/s, bare ${bareRate.toFixed(0)}, ` +
        `ratio ${(ourRate / bareRate).toFixed(2)}; peak memory ${ourPeak.toFixed(0)} MiB, bare ${barePeak.toFixed(0)} MiB`
    )
  }
}
