// What ingest takes, and how soon it acknowledges: one server after another with all loads, so that a run is short.
import { fileURLToPath } from "node:url"
import { onFresh } from "./lib/databases.mjs"
import { CONNECTIONS, checkStored, openFeed } from "./lib/feed.mjs"
import { memoryMiB, runJson, startServer, withServer } from "./lib/processes.mjs"
import { MQTT_PORT, startTidemark } from "./lib/tidemark.mjs"

/** A server runs for weeks: what it takes is told of compiled code. */
const WARM_UP = 40_000

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const startBare = ({ args }) => startServer([path("bare/ingest.mjs"), ...args], {}, [/mqtt port (\d+)/])

/** All loads on one server. Latency is measured at `rate` messages a second, or at half of what was taken. */
const loads = (database, starting, portIndex, size, rate) =>
  withServer(starting, async (server) => {
    const feed = openFeed(server.answers[portIndex])
    await feed.publish({ kind: "reading", messages: size.warmUp })
    await feed.publish({ kind: "metrics", messages: size.warmUp / 10 })
    await database.settled()
    const single = await feed.publish({ kind: "reading", messages: size.singles, gap: size.gapMs })
    const readings = await feed.publish({ kind: "reading", messages: size.messages })
    await database.settled()
    const metrics = await feed.publish({ kind: "metrics", messages: size.messages / 10 })
    await database.settled()
    const half = rate ?? readings.messages / readings.seconds / 2
    const paced = await feed.publish({ kind: "reading", messages: half * size.pacedSeconds, rate: half })
    const peak = memoryMiB(server.pid, "VmHWM")
    await checkStored(database, feed)
    return {
      messages: readings.messages / readings.seconds,
      rows: metrics.rows / metrics.seconds,
      p50: paced.p50,
      p99: paced.p99,
      single: single.p50,
      peak,
      half
    }
  })

const measure = async ({ makeDatabase, size }) => {
  const { half, ...ours } = await onFresh(makeDatabase, (database) =>
    loads(database, startTidemark(database.env), MQTT_PORT, size)
  )
  const { half: _, ...bare } = await onFresh(makeDatabase, (database) =>
    loads(database, startBare(database), 0, size, half)
  )
  const { p50: single } = await onFresh(makeDatabase, ({ args }) =>
    runJson([path("bare/commit.mjs"), ...args, size.singles, size.gapMs].map(String))
  )
  return { ours, bare: { ...bare, single } }
}

const rate = (name, unit) => ({ name, unit, better: "higher", limit: "bare", target: { ratioMin: 0.8 } })
const millis = (name, limit, target) => ({ name, unit: "ms", better: "lower", limit, target })

export const ingest = {
  name: "ingest",
  title: "Ingest",
  about:
    `QoS 1 messages of ${CONNECTIONS} publishers over raw sockets, each with up to 250 in flight. Bare is the same broker, ` +
    `driver, table and durability, and nothing else. Each takes ${WARM_UP.toLocaleString("en")} messages first, so that its ` +
    "code is compiled. Both are held to the same latency load, half of what Tidemark took, and latency counts from when a message was due. A single message is one at a time on an idle server.",
  measures: {
    messages: rate("stored and acknowledged", "messages/s"),
    rows: rate("with seven metrics each", "rows/s"),
    p50: millis("acknowledgement at half of that, p50", "bare", { ratioMax: 1.5, max: 15 }),
    p99: millis("acknowledgement at half of that, p99", "bare", { ratioMax: 1.5, max: 60 }),
    single: millis("a single message", "one commit", { ratioMax: 2, plus: 5 }),
    peak: { name: "memory, peak", unit: "MiB", better: "lower", limit: "bare", target: { max: 250 } }
  },
  sizes: {
    smoke: { warmUp: 200, messages: 1_000, singles: 3, gapMs: 1, pacedSeconds: 0.2 },
    full: { warmUp: WARM_UP, messages: 40_000, singles: 30, gapMs: 20, pacedSeconds: 3 }
  },
  measure
}
