// What telemetry costs ingest, by the profile of a server that sends it. By clocks it can't be told: two servers without
// telemetry, and even turns of one, differ by more than it costs.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { askJson } from "./lib/ask.mjs"
import { onFresh } from "./lib/databases.mjs"
import { CONNECTIONS, checkStored, openFeed } from "./lib/feed.mjs"
import { cpuSeconds, startServer, withServer } from "./lib/processes.mjs"
import { profileFlags, readableProgram, shareOf } from "./lib/profile.mjs"
import { FLAGS, MQTT_PORT, startTidemark } from "./lib/tidemark.mjs"

const COLLECTOR = fileURLToPath(new URL("lib/collector.mjs", import.meta.url))
/** What telemetry is: what makes traces, what asks for them, and what sends. */
const TELEMETRY =
  /telemetry\/(Traces|Otlp)|@effect\/opentelemetry|HttpClient|undici|Handover\.js:(spanOf|endSpan)|Appender\.js:trace\d*$/
/** Of the sending of metrics. By default they are sent once a minute, which no run is long enough to see. */
const OFTEN_MS = 100
/** What is left is sent by then. */
const SENT_WITHIN_MS = 6_000

/** A server on a fresh database, which is loaded by `publish`. */
const withTidemark = (makeDatabase, env, body, flags, program) =>
  onFresh(makeDatabase, (database) =>
    withServer(startTidemark({ ...database.env, ...env }, flags, program), async ({ answers, pid }) => {
      const feed = openFeed(answers[MQTT_PORT])
      const publish = async (messages) => {
        await feed.publish({ kind: "reading", messages })
        await database.settled()
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

/** The share of a server's work, in %, that telemetry is; its start is part of that. */
const shareOfIngest = async (makeDatabase, telemetry, { messages, settleMs, turns }) => {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-bench-profile-"))
  try {
    const load = async ({ publish }) => {
      for (let turn = 0; turn < turns; turn += 1) await publish(messages)
      await sleep(settleMs)
    }
    const program = readableProgram()
    await withTidemark(makeDatabase, telemetry, load, [...FLAGS, ...profileFlags(folder)], program)
    return shareOf(folder, program, TELEMETRY)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

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

const ours = async (context) => {
  const { isSmoke, makeDatabase, size } = context
  const [share, { "/v1/traces": bytes }] = await withCollector((telemetry) =>
    shareOfIngest(makeDatabase, telemetry, size)
  )
  if (bytes === undefined && !isSmoke) throw new Error("no traces were sent")
  return { share, sending: await sendingOf(context) }
}

export const tracing = {
  name: "tracing",
  title: "What telemetry costs",
  about:
    `the messages of ${CONNECTIONS} publishers as in ingest, to a server that sends traces of 1 % of them, metrics and logs, as the ` +
    "defaults are, to a collector of its own process that swallows all. Its share is by a CPU profile: what makes traces, asks for them " +
    "and sends, and all that is called by it, the HTTP client among it. Collecting garbage is taken to be shared alike. " +
    "Sending metrics once is measured on an idle server that does it ten times a second.",
  measures: {
    share: { name: "share of the processor time of ingest", unit: "%", better: "lower", target: { max: 3 } },
    sending: { name: "processor time of sending metrics once", unit: "ms", better: "lower" }
  },
  // What telemetry costs is this process' own, whatever database it has.
  databases: ["SQLite"],
  sizes: {
    smoke: { warmUp: 200, messages: 1_000, turns: 1, settleMs: 0, idleMs: 400 },
    full: { warmUp: 40_000, messages: 50_000, turns: 4, settleMs: SENT_WITHIN_MS, idleMs: 4_000 }
  },
  ours
}
