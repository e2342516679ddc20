// What telemetry costs ingest: two servers of which one sends it, in turn with the same load.
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { askJson } from "./lib/ask.mjs"
import { onFresh } from "./lib/databases.mjs"
import { CONNECTIONS, checkStored, openFeed } from "./lib/feed.mjs"
import { cpuSeconds, startServer, withServer } from "./lib/processes.mjs"
import { MQTT_PORT, startTidemark } from "./lib/tidemark.mjs"

const COLLECTOR = fileURLToPath(new URL("lib/collector.mjs", import.meta.url))
/** Of the sending of metrics. By default they are sent once a minute, which no run is long enough to see. */
const OFTEN_MS = 100
/** What is left is sent by then. */
const SENT_WITHIN_MS = 6_000

/** A server on a fresh database, which is loaded by `publish`. */
const withTidemark = (makeDatabase, env, body) =>
  onFresh(makeDatabase, (database) =>
    withServer(startTidemark({ ...database.env, ...env }), async ({ answers, pid }) => {
      const feed = openFeed(answers[MQTT_PORT])
      const publish = async (messages) => {
        const { seconds } = await feed.publish({ kind: "reading", messages })
        await database.settled()
        return seconds
      }
      const answer = await body({ pid, publish })
      await checkStored(database, feed)
      return answer
    })
  )

const withCollector = (body) =>
  withServer(startServer([COLLECTOR], {}, [/collector port (\d+)/]), async ({ answers: [port] }) => {
    const answer = await body({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` })
    // Servers are stopped by now, and have sent what was left.
    return [answer, await askJson(Number(port), "/")]
  })

/**
 * Messages a second and processor time a message of each server, in short turns. Spans are sent some seconds later, so
 * processor time is that of all turns, those of the other server too.
 */
const inTurns = async (servers, { messages, settleMs, turns }) => {
  const names = Object.keys(servers)
  const seconds = Object.fromEntries(names.map((name) => [name, 0]))
  const cpuOf = () => Object.fromEntries(names.map((name) => [name, cpuSeconds(servers[name].pid)]))
  const before = cpuOf()
  for (let turn = 0; turn < turns; turn += 1)
    for (const name of turn % 2 === 0 ? names : names.toReversed())
      seconds[name] += await servers[name].publish(messages)
  await sleep(settleMs)
  const after = cpuOf()
  const sent = messages * turns
  const figuresOf = (name) => ({
    messages: sent / seconds[name],
    cpu: ((after[name] - before[name]) / sent) * 1_000_000
  })
  return Object.fromEntries(names.map((name) => [name, figuresOf(name)]))
}

/** Each server is started first in every other round: the older one goes first. */
const ingestOf = (makeDatabase, round, size) =>
  withCollector((telemetry) => {
    const environments = Object.entries({ bare: {}, ours: telemetry })
    const [first, second] = round % 2 === 0 ? environments : environments.toReversed()
    return withTidemark(makeDatabase, first[1], (older) =>
      withTidemark(makeDatabase, second[1], async (younger) => {
        await older.publish(size.warmUp)
        await younger.publish(size.warmUp)
        return inTurns({ [first[0]]: older, [second[0]]: younger }, size)
      })
    )
  })

/** Processor seconds a second of a server that nobody asks, with as many sensors as the load has. */
const idleOf = (makeDatabase, env, { idleMs, warmUp }) =>
  withTidemark(makeDatabase, env, async ({ pid, publish }) => {
    await publish(warmUp)
    await sleep(idleMs / 2)
    const [cpu, started] = [cpuSeconds(pid), performance.now()]
    await sleep(idleMs)
    return (cpuSeconds(pid) - cpu) / ((performance.now() - started) / 1_000)
  })

const sendingOf = async ({ isSmoke, makeDatabase, size }) => {
  const idle = await idleOf(makeDatabase, {}, size)
  const [sending, { "/v1/metrics": bytes }] = await withCollector((telemetry) =>
    idleOf(makeDatabase, { ...telemetry, OTEL_METRIC_EXPORT_INTERVAL: String(OFTEN_MS) }, size)
  )
  // So short a run may end before anything is due.
  if (bytes === undefined && !isSmoke) throw new Error("no metrics were sent")
  return (sending - idle) * OFTEN_MS
}

const measure = async (context) => {
  const { isSmoke, makeDatabase, round, size } = context
  const [{ bare, ours }, { "/v1/traces": bytes }] = await ingestOf(makeDatabase, round, size)
  if (bytes === undefined && !isSmoke) throw new Error("no traces were sent")
  return { ours: { ...ours, sending: await sendingOf(context) }, bare }
}

export const tracing = {
  name: "tracing",
  title: "What telemetry costs",
  about:
    `the messages of ${CONNECTIONS} publishers as in ingest, in turn to two servers. One sends traces of 1 % of them, metrics ` +
    "and logs, as the defaults are, to a collector of its own process that swallows all. The limit is the other one, which sends nothing. " +
    "Processor time is that of the server, with its fold, what it sends, and its waiting for its turn. Sending metrics once is measured on an idle server " +
    "that does it ten times a second.",
  measures: {
    messages: {
      name: "stored and acknowledged",
      unit: "messages/s",
      better: "higher",
      limit: "without",
      target: { ratioMin: 0.97 }
    },
    cpu: {
      name: "processor time of a message",
      unit: "µs",
      better: "lower",
      limit: "without",
      target: { ratioMax: 1.03 }
    },
    sending: { name: "processor time of sending metrics once", unit: "ms", better: "lower" }
  },
  // What telemetry costs is this process' own, whatever database it has.
  databases: ["SQLite"],
  sizes: {
    smoke: { warmUp: 200, messages: 1_000, turns: 1, settleMs: 0, idleMs: 400 },
    full: { warmUp: 40_000, messages: 20_000, turns: 14, settleMs: SENT_WITHIN_MS, idleMs: 4_000 }
  },
  measure
}
