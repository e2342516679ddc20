// What telemetry costs ingest: one server with messages of which 1 % are traced, in turn with some of which none are. Two
// servers would not do: by their heaps and what was compiled they differ by more than traces cost.
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
      const publish = async (options) => {
        const { seconds } = await feed.publish({ kind: "reading", ...options })
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

/** So many in a hundred are traced; the server itself draws none. */
const LOADS = { bare: 0, ours: 1 }
const NONE_DRAWN = { OTEL_TRACES_SAMPLER_ARG: "0" }

/** Messages a second and processor time a message of one load after the other, until what it left is sent. */
const inTurns = async ({ pid, publish }, { messages, settleMs, turns }) => {
  const names = Object.keys(LOADS)
  const spent = Object.fromEntries(names.map((name) => [name, { cpu: 0, seconds: 0 }]))
  for (let turn = 0; turn < turns; turn += 1)
    for (const name of turn % 2 === 0 ? names : names.toReversed()) {
      const before = cpuSeconds(pid)
      spent[name].seconds += await publish({ messages, traced: LOADS[name] })
      await sleep(settleMs)
      spent[name].cpu += cpuSeconds(pid) - before
    }
  const sent = messages * turns
  const figuresOf = ({ cpu, seconds }) => ({ messages: sent / seconds, cpu: (cpu / sent) * 1_000_000 })
  return Object.fromEntries(names.map((name) => [name, figuresOf(spent[name])]))
}

const ingestOf = (makeDatabase, size) =>
  withCollector((telemetry) =>
    withTidemark(makeDatabase, { ...telemetry, ...NONE_DRAWN }, async (server) => {
      await server.publish({ messages: size.warmUp, traced: LOADS.ours })
      return inTurns(server, size)
    })
  )

/** Processor seconds a second of a server that nobody asks, with as many sensors as the load has. */
const idleOf = (makeDatabase, env, { idleMs, warmUp }) =>
  withTidemark(makeDatabase, env, async ({ pid, publish }) => {
    await publish({ messages: warmUp })
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
  const { isSmoke, makeDatabase, size } = context
  const [{ bare, ours }, { "/v1/traces": bytes }] = await ingestOf(makeDatabase, size)
  if (bytes === undefined && !isSmoke) throw new Error("no traces were sent")
  return { ours: { ...ours, sending: await sendingOf(context) }, bare }
}

export const tracing = {
  name: "tracing",
  title: "What telemetry costs",
  about:
    `the messages of ${CONNECTIONS} publishers as in ingest, by MQTT 5, to one server that sends traces, metrics and logs to a ` +
    "collector of its own process. In one turn 1 % of the messages belong to a trace; the limit is the other turn, where none " +
    "does. Processor time is that of the server, with its fold, what it sends, and its waiting for its turn. " +
    "Sending metrics once is measured on an idle server that does it ten times a second.",
  measures: {
    messages: {
      name: "stored and acknowledged",
      unit: "messages/s",
      better: "higher",
      limit: "untraced",
      target: { ratioMin: 0.97 }
    },
    cpu: {
      name: "processor time of a message",
      unit: "µs",
      better: "lower",
      limit: "untraced",
      target: { ratioMax: 1.03 }
    },
    sending: { name: "processor time of sending metrics once", unit: "ms", better: "lower" }
  },
  // What telemetry costs is this process' own, whatever database it has.
  databases: ["SQLite"],
  sizes: {
    smoke: { warmUp: 200, messages: 1_000, turns: 1, settleMs: 0, idleMs: 400 },
    full: { warmUp: 80_000, messages: 40_000, turns: 4, settleMs: SENT_WITHIN_MS, idleMs: 4_000 }
  },
  measure
}
