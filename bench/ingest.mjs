// Messages a second, QoS 1, acknowledged after the commit.
import { fileURLToPath } from "node:url"
import { memoryMiB, runJson, startServer, withServer } from "./lib/processes.mjs"
import { MQTT_PORT, startTidemark } from "./lib/tidemark.mjs"

const CONNECTIONS = 20
const IN_FLIGHT = 250
const path = (name) => fileURLToPath(new URL(name, import.meta.url))

const startBare = ({ args }) => startServer([path("bare/ingest.mjs"), ...args], {}, [/mqtt port (\d+)/])

const publish = (port, messages, offset) =>
  runJson([path("lib/publisher.mjs"), port, CONNECTIONS, messages, IN_FLIGHT, offset].map(String))

const measure = async (makeDatabase, start, portIndex, size) => {
  const database = await makeDatabase()
  try {
    const figures = await withServer(start(database), async (server) => {
      const port = server.answers[portIndex]
      await publish(port, size.warmUp, 0)
      const { messages, seconds } = await publish(port, size.messages, 100_000)
      return { messages: messages / seconds, peak: memoryMiB(server.pid, "VmHWM") }
    })
    const [stored, sent] = [await database.readings(), size.warmUp + size.messages]
    if (stored !== sent) throw new Error(`stored ${stored} of ${sent}`)
    return figures
  } finally {
    await database.drop()
  }
}

export const ingest = {
  name: "ingest",
  title: "Ingest",
  about: `QoS 1 messages of ${CONNECTIONS} publishers over raw sockets. Bare: the same broker, driver, table and durability.`,
  measures: {
    messages: {
      name: "stored and acknowledged",
      unit: "messages/s",
      better: "higher",
      limit: "bare",
      target: { ratioMin: 0.8 }
    },
    peak: { name: "memory, peak", unit: "MiB", better: "lower", limit: "bare", target: { max: 250 } }
  },
  sizes: {
    smoke: { warmUp: 100, messages: 500 },
    full: { warmUp: 10_000, messages: 60_000 }
  },
  bare: ({ makeDatabase, size }) => measure(makeDatabase, startBare, 0, size),
  ours: ({ makeDatabase, size }) =>
    measure(makeDatabase, (database) => startTidemark(database.env), MQTT_PORT, size)
}
