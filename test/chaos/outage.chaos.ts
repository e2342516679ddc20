/**
 * A MariaDB that is away for three minutes, gone or silent, under 1,000 messages/s.
 *
 * Proves: memory is bounded (what waits is bounded, then sockets are held); readers over HTTP get a 503 problem, and
 * soon; health says what is wrong and since when; QoS 0 is dropped and counted; nothing else is lost.
 */
import { readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import mqtt from "mqtt"
import { assert, it } from "vitest"
import { quantile, report, SCALE } from "./kit/figures.js"
import { hasMariaDb, MariaDb } from "./kit/mariadb.js"
import { payloadOf } from "./kit/plan.mjs"
import { holds, Scene, verdictOn } from "./kit/scene.js"
import type { Server } from "./kit/server.js"
import { backIn, healthOf, type Stack, startStack } from "./kit/stack.js"

const RATE = 1_000
const BASELINE_MS = Math.max(10_000, 30_000 * SCALE)
const OUTAGE_MS = Math.max(20_000, 180_000 * SCALE)
const GROWTH_MIB_MAX = 64
/** An answer over HTTP comes within this time, also while nobody knows yet that the database is silent. */
const ANSWER_MS_MAX = 10_000
const BACK_MS = 5_000
const NOTICED_MS = 10_000
/** Of one connection Aedes takes what one reading of its socket gives: many of them reach the bound of what waits. */
const CONNECTIONS = 100
/** Clients at QoS 0, and messages of each: together more than may wait. */
const QOS0_CLIENTS = 60
const QOS0_MESSAGES = 400
const TICK_MS = 1_000

const rssMib = (server: Server): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1]) / 1_024

/** Looks at memory each second until it is ended; answers the greatest, MiB. */
const watchMemory = (server: Server) => {
  const seen = [rssMib(server)]
  const timer = setInterval(() => seen.push(rssMib(server)), TICK_MS)
  return () => {
    clearInterval(timer)
    return Math.max(...seen)
  }
}

interface Answer {
  readonly ms: number
  readonly status: number
  readonly type: string
}

const ask = async (server: Server, path: string): Promise<Answer> => {
  const start = performance.now()
  const response = await fetch(server.http + path, { signal: AbortSignal.timeout(60_000) }).catch(() => null)
  const type = response?.headers.get("content-type") ?? ""
  await response?.text()
  return { ms: performance.now() - start, status: response?.status ?? 0, type }
}

/** Asks each second, whether or not the one before was answered; answers all of them. */
const probe = (server: Server, path: string) => {
  const answers: Array<Promise<Answer>> = []
  const timer = setInterval(() => answers.push(ask(server, path)), TICK_MS)
  return () => {
    clearInterval(timer)
    return Promise.all(answers)
  }
}

/** Connects clients that send, when they are told, what is due already once more, at QoS 0: it may be dropped. */
const careless = async ({ publisher, server }: Stack): Promise<() => Promise<void>> => {
  const connected = Array.from({ length: QOS0_CLIENTS }, () =>
    mqtt.connectAsync(`mqtt://127.0.0.1:${server.mqttPort}`, { reconnectPeriod: 0 })
  )
  const clients = await Promise.all(connected)
  for (const client of clients) client.on("error", () => undefined)
  return async () => {
    const { produced } = await publisher.status()
    for (const client of clients) {
      for (let n = 0; n < QOS0_MESSAGES; n++) {
        client.publish("sensors/chaos", payloadOf(publisher.options.plan, n % produced), { qos: 0 })
      }
    }
    await sleep(2_000)
    for (const client of clients) client.end(true)
  }
}

interface Way {
  readonly name: string
  readonly away: (stack: Stack) => Promise<unknown>
  readonly back: (stack: Stack) => Promise<unknown>
}

const WAYS: ReadonlyArray<Way> = [
  {
    name: "killed",
    away: ({ mariadb }) => mariadb.end("SIGKILL"),
    back: ({ mariadb }) => mariadb.start()
  },
  {
    name: "silent (a black hole)",
    away: async ({ proxy }) => proxy.blackHole(),
    back: ({ proxy }) => proxy.pass()
  }
]

const outage = async (scene: Scene, { away, back, name }: Way): Promise<void> => {
  const mariadb = await MariaDb.make()
  scene.atEnd(() => mariadb.remove())
  const stack = await startStack(scene, mariadb, { rate: RATE, connections: CONNECTIONS })
  const { publisher, server, store } = stack
  const flood = await careless(stack)
  await sleep(BASELINE_MS)
  const baseline = rssMib(server)

  const memory = watchMemory(server)
  const awayAt = Date.now()
  await away(stack)
  const data = probe(server, "/data/?limit=10")
  const told = probe(server, "/health")
  await flood()
  await sleep(NOTICED_MS)
  const { acked } = await publisher.status()
  await sleep(OUTAGE_MS - NOTICED_MS)
  const health = await healthOf(server)
  const early = (await publisher.status()).acked - acked
  const [answers, healths] = [await data(), await told()]
  const peak = memory()

  const after = watchMemory(server)
  await back(stack)
  const backMs = await backIn(publisher, acked, 60_000)
  const end = await publisher.stop(300_000)
  const verdict = await verdictOn(store, [publisher], [end])
  const statuses = new Set(answers.map((answer) => `${answer.status} ${answer.type}`))
  const sinceMs = Date.parse(health.database.since) - awayAt
  report(`MariaDB away for ${OUTAGE_MS / 1_000} s, ${name}`, {
    messages: end.produced,
    lost: verdict.lost,
    doubled: verdict.doubled,
    invented: verdict.invented,
    "wrong minutes": verdict.wrongMinutes,
    "acknowledged while away": early,
    "baseline (MiB)": baseline,
    "grown by (MiB)": peak - baseline,
    "while catching up (MiB)": after() - baseline,
    pending: health.ingest.pending,
    "QoS 0 dropped": health.ingest.dropped,
    "/data/": [...statuses].join(" and "),
    "p50 (ms)": quantile(
      answers.map(({ ms }) => ms),
      0.5
    ),
    "slowest (ms)": Math.max(...answers.map(({ ms }) => ms)),
    "slowest /health (ms)": Math.max(...healths.map(({ ms }) => ms)),
    "health says since (ms after)": sinceMs,
    "back (ms)": backMs
  })
  holds(verdict)
  assert.strictEqual(verdict.stored, end.produced)
  assert.strictEqual(early, 0, "acknowledged while the database was away")
  assert.isAtMost(peak - baseline, GROWTH_MIB_MAX)
  assert.deepStrictEqual([...statuses], ["503 application/problem+json"])
  assert.isAtMost(Math.max(...answers.map(({ ms }) => ms)), ANSWER_MS_MAX)
  assert.isAtMost(Math.max(...healths.map(({ ms }) => ms)), ANSWER_MS_MAX)
  assert.strictEqual(health.status, "unavailable")
  assert.isFalse(health.database.reachable)
  assert.isNotEmpty(health.database.reason)
  assert.isTrue(sinceMs >= 0 && sinceMs <= NOTICED_MS, `since ${health.database.since}`)
  assert.strictEqual(health.ingest.status, "waiting")
  assert.isAbove(health.ingest.dropped, 0, "no QoS 0 message was dropped: the bound was not reached")
  assert.isAtMost(backMs, BACK_MS)
}

for (const way of WAYS) {
  it.skipIf(!hasMariaDb())(`a MariaDB that is ${way.name} for ${OUTAGE_MS / 1_000} s`, async () => {
    const scene = new Scene()
    await outage(scene, way).finally(() => scene.end())
  })
}
