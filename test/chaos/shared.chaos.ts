/**
 * A shared subscription: Mosquitto shares the messages out among two processes with the same settings, and one of them is
 * killed (kill -9), or stopped (SIGSTOP), again and again.
 *
 * Proves: whatever the broker handed out and was told to forget is stored, once; and no minute is wrong. What Mosquitto
 * itself loses (mosquitto#2662) it never handed out: it is counted apart.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { assert, describe } from "vitest"
import { freePort } from "../support/mysql.global.js"
import { until } from "../support/tidemark.js"
import { chance, report, scaled } from "./kit/figures.js"
import { hasMosquitto, Mosquitto } from "./kit/mosquitto.js"
import { newPlan, onMysql, type Scene, verdictOn } from "./kit/scene.js"
import type { Server } from "./kit/server.js"
import { numberOf, type Store } from "./kit/store.js"
import { Tap } from "./kit/tap.js"

const KILLS = scaled(10, 2)
const STOPS = scaled(5, 1)
const RATE = 1_000
/** A process that is stopped for so long has lost its lease, and its connection. */
const STOPPED_MS = 25_000
/** Nothing more is stored: what waits in a session was handed over by then. */
const QUIET_MS = 15_000

const READINGS = "SELECT COUNT(*) AS n FROM events WHERE type = 'ReadingRecorded'"

const subscribed = (server: Server) =>
  until("the subscription", 60_000, async () => {
    const health = await fetch(`${server.http}/health`)
    const { broker } = (await health.json()) as { readonly broker?: { readonly connected: boolean } }
    return broker?.connected
  })

const quiet = async (store: Store): Promise<void> => {
  for (
    let [before, since] = [-1, performance.now()];
    performance.now() - since < QUIET_MS;
    await sleep(500)
  ) {
    const now = await numberOf(store, READINGS)
    if (now !== before) [before, since] = [now, performance.now()]
  }
}

/** Of what was acknowledged, what is not stored. */
const unstored = async (store: Store, acknowledged: ReadonlySet<string>): Promise<number> => {
  const rows = await store.query("SELECT sensor_id, occurred_at FROM events WHERE type = 'ReadingRecorded'")
  const stored = new Set(
    rows.map(({ occurred_at, sensor_id }) => {
      const [date, time = ""] = String(occurred_at).split(" ")
      return `${sensor_id} ${date}T${time.includes(".") ? time : `${time}.000000`}Z`
    })
  )
  return [...acknowledged].filter((payload) => {
    const { sensor_id, timestamp } = JSON.parse(payload) as { sensor_id: number; timestamp: string }
    return !stored.has(`${sensor_id} ${timestamp}`)
  }).length
}

const shared = async (scene: Scene, store: Store): Promise<void> => {
  const random = chance(9)
  const mosquitto = await Mosquitto.make()
  scene.atEnd(() => mosquitto.remove())
  const tap = await Tap.start(mosquitto.port)
  scene.atEnd(() => tap.stop())
  // Of two addresses the first is of a node that is away.
  const settings = {
    MQTT_URL: `mqtt://127.0.0.1:${await freePort()},127.0.0.1:${tap.port}`,
    MQTT_SHARE: "tide"
  }
  const servers = [await scene.server(store.url, settings), await scene.server(store.url, settings)]
  for (const server of servers) {
    await server.ready()
    await subscribed(server)
  }
  const publisher = scene.publisher("shared", { port: mosquitto.port, plan: newPlan(), rate: RATE })
  const progress = async () => {
    const before = await numberOf(store, READINGS)
    await until("messages to be stored", 60_000, async () => (await numberOf(store, READINGS)) > before)
  }
  for (let n = 0; n < KILLS; n++) {
    const server = servers[n % 2]
    if (server === undefined) continue
    await progress()
    await sleep(random() * 1_000)
    await server.end("SIGKILL")
    await progress()
    server.start()
    await subscribed(server)
  }
  for (let n = 0; n < STOPS; n++) {
    const server = servers[n % 2]
    await progress()
    server?.signal("SIGSTOP")
    await sleep(STOPPED_MS)
    await progress()
    server?.signal("SIGCONT")
    if (server !== undefined) await subscribed(server)
  }
  const end = await publisher.stop()
  await quiet(store)
  const verdict = await verdictOn(store, [publisher], [end])
  const ours = await unstored(store, tap.acknowledged)
  report("shared among two processes", {
    kills: KILLS,
    stops: STOPS,
    messages: end.produced,
    "handed out": tap.handedOut,
    stored: verdict.stored,
    "client ids": [...tap.clientIds].sort().join(" "),
    "acknowledged by us, not stored": ours,
    "never stored": verdict.lost,
    doubled: verdict.doubled,
    "wrong minutes": verdict.wrongMinutes
  })
  assert.deepStrictEqual(
    { ours, doubled: verdict.doubled, wrong: verdict.wrongMinutes, invented: verdict.invented },
    { ours: 0, doubled: 0, wrong: 0, invented: 0 }
  )
  assert.isAbove(tap.acknowledged.size, 0)
}

describe.skipIf(!hasMosquitto())("a shared subscription of Mosquitto", () => {
  onMysql(`two processes, killed ${KILLS} times and stopped ${STOPS} times`, shared)
})
