/**
 * kill -9 of Tidemark at random moments under load: in the middle of transactions, between commit and
 * acknowledgement, between two folds, and (a tenth of the kills) before the start has ended.
 *
 * Proves: nothing acknowledged is lost, what is sent again is not stored again, minutes are the fold of the log; and
 * how soon after a restart the first message is committed and acknowledged.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { assert } from "vitest"
import { chance, quantile, report, scaled } from "./kit/figures.js"
import { firstAfter, readLedger } from "./kit/ledger.js"
import { holds, newPlan, onBoth, type Scene, verdictOn } from "./kit/scene.js"
import type { Store } from "./kit/store.js"

const KILLS = scaled(200, 3)
const RATE = 1_000
/** A process lives so long at most after its first acknowledgement. */
const LIFE_MS_MAX = 800
/** The share of starts that are killed on their way, and how far they get. */
const EARLY = 0.1
const EARLY_MS_MAX = 1_000
const RESTART_P99_MS = 2_000

const killAgainAndAgain = async (scene: Scene, store: Store): Promise<void> => {
  const random = chance(200)
  const server = await scene.server(store.url)
  await server.ready()
  const publisher = scene.publisher("kill", { port: server.mqttPort, plan: newPlan(), rate: RATE })
  await publisher.acknowledgedMore(100, 20_000)
  /** When each process was started, and when it listened, µs. */
  const starts: Array<number> = []
  const listened: Array<number> = []
  for (let kills = 0; kills < KILLS; ) {
    await server.end("SIGKILL")
    server.start()
    if (random() < EARLY) {
      await sleep(random() * EARLY_MS_MAX)
      continue
    }
    kills += 1
    starts.push(server.startedAt)
    await publisher.acknowledgedSince(server.startedAt, 30_000)
    await sleep(random() * LIFE_MS_MAX)
    listened.push(server.runningAt)
  }
  const end = await publisher.stop()
  const verdict = await verdictOn(store, [publisher], [end])
  const ledger = readLedger(publisher.options.ledger)
  const restarts = starts.map((start) => ((firstAfter(ledger, start) ?? Number.NaN) - start) / 1_000)
  const listens = starts.map((start, index) => ((listened[index] ?? 0) - start) / 1_000)
  const p99 = quantile(restarts, 0.99)
  report(`kill -9 on ${store.name}`, {
    kills: KILLS,
    messages: end.produced,
    resent: end.resent,
    lost: verdict.lost,
    doubled: verdict.doubled,
    invented: verdict.invented,
    minutes: verdict.minutes,
    "wrong minutes": verdict.wrongMinutes,
    "restart to listening p50 (ms)": quantile(listens, 0.5),
    "restart to first commit p50 (ms)": quantile(restarts, 0.5),
    "p99 (ms)": p99
  })
  holds(verdict)
  assert.strictEqual(end.unexpected, 0, "acknowledgements of nothing that was in flight")
  assert.strictEqual(verdict.stored, end.produced)
  assert.isAbove(end.resent, 0, "no kill hit a message in flight")
  assert.isAtMost(p99, RESTART_P99_MS)
}

onBoth(`kill -9 ${KILLS} times under ${RATE} messages/s`, killAgainAndAgain)
