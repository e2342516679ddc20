// Memory of a server: at rest with the five sensors of sensors.json, and at its peak while messages come as fast as it
// takes them; as `npm start` starts it, and started without flags.
import { setTimeout as sleep } from "node:timers/promises"
import { onFresh } from "./lib/databases.mjs"
import { openFeed } from "./lib/feed.mjs"
import { memoryMiB, withServer } from "./lib/processes.mjs"
import { FLAGS, MQTT_PORT, startTidemark } from "./lib/tidemark.mjs"

const STARTED = { "": FLAGS, Plain: [] }

const withFresh = (makeDatabase, settings, flags, body) =>
  onFresh(makeDatabase, ({ env }) => withServer(startTidemark({ ...env, ...settings }, flags), body))

const atRest = (makeDatabase, flags, { restMs }) =>
  withFresh(makeDatabase, { SIMULATE: "true" }, flags, async ({ pid }) => {
    await sleep(restMs)
    return memoryMiB(pid, "VmRSS")
  })

const atPeak = (makeDatabase, flags, { messages }) =>
  withFresh(makeDatabase, {}, flags, async ({ answers, pid }) => {
    await openFeed(answers[MQTT_PORT]).publish({ kind: "reading", messages })
    return memoryMiB(pid, "VmHWM")
  })

const measureOf = (name, max) => ({ name, unit: "MiB", better: "lower", target: { max } })

export const memory = {
  name: "memory",
  title: "Memory",
  about:
    "resident memory of the server with its five simulated sensors, 15 s after its start; and its peak while " +
    "60,000 messages come as fast as they are acknowledged. Without flags the launcher alone bounds the heap.",
  measures: {
    rest: measureOf("at rest", 150),
    restPlain: measureOf("at rest, without flags", 150),
    peak: measureOf("peak of ingest", 250),
    peakPlain: measureOf("peak of ingest, without flags", 250)
  },
  sizes: { smoke: { restMs: 500, messages: 1_000 }, full: { restMs: 15_000, messages: 60_000 } },
  roundsMax: 1,
  ours: async ({ makeDatabase, size }) => {
    const figures = {}
    // Servers at rest do not hold each other up.
    const resting = Object.entries(STARTED).map(async ([name, flags]) => {
      figures[`rest${name}`] = await atRest(makeDatabase, flags, size)
    })
    await Promise.all(resting)
    for (const [name, flags] of Object.entries(STARTED))
      figures[`peak${name}`] = await atPeak(makeDatabase, flags, size)
    return figures
  }
}
