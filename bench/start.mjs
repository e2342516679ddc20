// From the start of the process to the first message that it acknowledges.
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { freePort } from "./lib/databases.mjs"
import { largeLog, register } from "./lib/largeLog.mjs"
import { connectClient, publishPacket } from "./lib/mqtt.mjs"
import { runJson, startServer } from "./lib/processes.mjs"
import { FLAGS, main, SETTINGS } from "./lib/tidemark.mjs"

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const TRY_EVERY_MS = 5
const START_MS_MAX = 120_000

/** As soon as somebody listens. */
const connected = async (port) => {
  for (let tries = 0; tries < START_MS_MAX / TRY_EVERY_MS; tries++) {
    try {
      return await connectClient(port, "bench-start")
    } catch {
      await sleep(TRY_EVERY_MS)
    }
  }
  throw new Error("nobody listens")
}

const publishOne = async (port, payload) => {
  const client = await connected(port)
  const acknowledged = new Promise((resolve, reject) => {
    client.onAck = resolve
    client.onClose = reject
  })
  client.send([publishPacket({ topic: "sensors/1", payload }, 0)])
  await acknowledged
  client.close()
}

const timeOf = async ({ env }, value) => {
  const port = await freePort()
  const started = performance.now()
  const starting = startServer([...FLAGS, main, "start"], { ...SETTINGS, ...env, MQTT_PORT: String(port) }, [
    /mqtt:\/\/127\.0\.0\.1:(\d+)/
  ])
  try {
    await publishOne(port, JSON.stringify({ sensor_id: "1", timestamp: new Date().toISOString(), value }))
    return performance.now() - started
  } finally {
    await (await starting).stop()
  }
}

const opening = async ({ args }) => {
  const started = performance.now()
  await runJson([path("bare/open.mjs"), ...args])
  return performance.now() - started
}

export const start = {
  name: "start",
  title: "Start",
  about:
    "from the start of the process to the first message that it acknowledges, with 1,100,000 events in the log " +
    "(10,000,000 with --large). The limits are the same start on an empty log, and a process that opens the large " +
    "database and reads its head.",
  measures: {
    empty: {
      name: "against an empty log",
      unit: "ms",
      better: "lower",
      limit: "an empty log",
      target: { ratioMax: 1, plus: 1_000 }
    },
    open: {
      name: "against opening the database",
      unit: "ms",
      better: "lower",
      limit: "opening it",
      target: { ratioMax: 1, plus: 1_000 }
    }
  },
  sizes: { smoke: { log: "smoke" }, full: { log: "full" }, large: { log: "large" } },
  minutesMax: 60,
  prepare: async ({ database, makeDatabase, size }) => {
    const empty = await makeDatabase()
    await register(empty.env, 1)
    return { empty, log: await largeLog(database, makeDatabase, size.log) }
  },
  release: ({ empty }) => empty.drop(),
  measure: async ({ prepared, round }) => {
    const open = await opening(prepared.log)
    const empty = await timeOf(prepared.empty, round)
    const ours = await timeOf(prepared.log, round)
    return { ours: { empty: ours, open: ours }, bare: { empty, open } }
  }
}
