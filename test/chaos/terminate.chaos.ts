/**
 * SIGTERM at random moments under load.
 *
 * Proves: the process ends by itself with code 0 within 5 s; nothing that it acknowledged is lost, and what it stored
 * without having said so is not stored again by the next one.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { assert } from "vitest"
import { chance, quantile, report, scaled } from "./kit/figures.js"
import { holds, newPlan, onBoth, type Scene, verdictOn } from "./kit/scene.js"
import type { Store } from "./kit/store.js"

const STOPS = scaled(50, 3)
const RATE = 1_000
const LIFE_MS_MAX = 1_000
const STOP_MS_MAX = 5_000

const stopAgainAndAgain = async (scene: Scene, store: Store): Promise<void> => {
  const random = chance(50)
  const server = await scene.server(store.url)
  await server.ready()
  const publisher = scene.publisher("terminate", { port: server.mqttPort, plan: newPlan(), rate: RATE })
  const durations: Array<number> = []
  for (let stops = 0; stops < STOPS; stops++) {
    await publisher.acknowledgedSince(server.startedAt, 30_000)
    await sleep(random() * LIFE_MS_MAX)
    const ended = await server.end("SIGTERM")
    durations.push(ended.ms)
    assert.strictEqual(ended.code, 0, `${ended.signal}: ${server.output.slice(-1_000)}`)
    server.start()
  }
  const end = await publisher.stop()
  const verdict = await verdictOn(store, [publisher], [end])
  report(`SIGTERM on ${store.name}`, {
    stops: STOPS,
    messages: end.produced,
    resent: end.resent,
    lost: verdict.lost,
    doubled: verdict.doubled,
    invented: verdict.invented,
    minutes: verdict.minutes,
    "wrong minutes": verdict.wrongMinutes,
    "time to end p50 (ms)": quantile(durations, 0.5),
    "longest (ms)": Math.max(...durations)
  })
  holds(verdict)
  assert.strictEqual(verdict.stored, end.produced)
  assert.isAtMost(Math.max(...durations), STOP_MS_MAX)
}

onBoth(`SIGTERM ${STOPS} times under ${RATE} messages/s`, stopAgainAndAgain)
