/**
 * A broker elsewhere: a plan is published to Mosquitto, from which Tidemark takes it by a session that is kept.
 *
 * Proves: it stores at least 2,000 messages/s that way; and when it is killed in the middle, again and again, all that
 * Mosquitto had acknowledged is stored, once.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { assert, describe } from "vitest"
import { until } from "../support/tidemark.js"
import { chance, report, scaled } from "./kit/figures.js"
import { readLedger } from "./kit/ledger.js"
import { hasMosquitto, Mosquitto } from "./kit/mosquitto.js"
import { monotonicMicros } from "./kit/Publisher.js"
import { holds, newPlan, onMysql, onSqlite, type Scene, verdictOn } from "./kit/scene.js"
import type { Server } from "./kit/server.js"
import { numberOf, type Store } from "./kit/store.js"

const MESSAGES = scaled(10_000, 5_000)
const KILLS = scaled(10, 2)
/** Stored, messages/s. */
const RATE_MIN = 2_000
/** While it is killed: the publisher is not to be done before the last kill. */
const RATE_WHILE_KILLED = 2_000
const STORED_MS_MAX = 120_000

const READINGS = "SELECT COUNT(*) AS n FROM events WHERE type = 'ReadingRecorded'"

const setUp = async (scene: Scene, store: Store) => {
  const mosquitto = await Mosquitto.make()
  scene.atEnd(() => mosquitto.remove())
  const server = await scene.server(store.url, { MQTT_URL: `mqtt://127.0.0.1:${mosquitto.port}` })
  await subscribed(server)
  return { mosquitto, server }
}

const subscribed = async (server: Server): Promise<void> => {
  await server.ready()
  await until("the subscription", 20_000, async () => {
    const health = await fetch(`${server.http}/health`)
    const { broker } = (await health.json()) as { readonly broker?: { readonly connected: boolean } }
    return broker?.connected
  })
}

const stored = (store: Store, count: number): Promise<true> =>
  until(
    `${count} messages to be stored`,
    STORED_MS_MAX,
    async () => (await numberOf(store, READINGS)) >= count
  )

const atFullSpeed = async (scene: Scene, store: Store): Promise<void> => {
  const { mosquitto } = await setUp(scene, store)
  const publisher = scene.publisher("external", {
    port: mosquitto.port,
    plan: newPlan(),
    rate: 1_000_000,
    count: MESSAGES
  })
  await stored(store, MESSAGES)
  const over = monotonicMicros()
  // From Mosquitto's first acknowledgement on: the publisher's own start is none of ours.
  const [began = Number.NaN] = readLedger(publisher.options.ledger).firsts
  const rate = MESSAGES / ((over - began) / 1e6)
  const end = await publisher.stop()
  const verdict = await verdictOn(store, [publisher], [end])
  report(`Mosquitto to ${store.name}`, {
    messages: verdict.stored,
    "stored, messages/s": rate,
    lost: verdict.lost,
    doubled: verdict.doubled,
    "wrong minutes": verdict.wrongMinutes
  })
  holds(verdict)
  assert.strictEqual(verdict.stored, MESSAGES)
  assert.isAtLeast(rate, RATE_MIN)
}

const killedInTheMiddle = async (scene: Scene, store: Store): Promise<void> => {
  const random = chance(6)
  const { mosquitto, server } = await setUp(scene, store)
  const publisher = scene.publisher("killed", {
    port: mosquitto.port,
    plan: newPlan(),
    rate: RATE_WHILE_KILLED
  })
  for (let kills = 0; kills < KILLS; kills++) {
    const before = await numberOf(store, READINGS)
    await until("messages to be stored", 30_000, async () => (await numberOf(store, READINGS)) > before)
    await sleep(random() * 500)
    await server.end("SIGKILL")
    server.start()
  }
  // A few kills are soon over: it goes on until there is something to count.
  await stored(store, MESSAGES)
  const end = await publisher.stop()
  await stored(store, end.produced)
  const verdict = await verdictOn(store, [publisher], [end])
  report(`Mosquitto to ${store.name}, kill -9`, {
    kills: KILLS,
    messages: end.produced,
    lost: verdict.lost,
    doubled: verdict.doubled,
    invented: verdict.invented,
    "wrong minutes": verdict.wrongMinutes
  })
  holds(verdict)
  assert.isAtLeast(end.produced, MESSAGES)
  assert.strictEqual(verdict.stored, end.produced)
}

describe.skipIf(!hasMosquitto())("from Mosquitto", () => {
  onSqlite(`${MESSAGES} messages at full speed, to SQLite`, atFullSpeed)
  onSqlite(`kill -9 ${KILLS} times in the middle, on SQLite`, killedInTheMiddle)
  onMysql(`${MESSAGES} messages at full speed, to MariaDB`, atFullSpeed)
  onMysql(`kill -9 ${KILLS} times in the middle, on MariaDB`, killedInTheMiddle)
})
