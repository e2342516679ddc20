/**
 * Three processes ingest at once into one MariaDB, each messages of its own and many of them, so that they reserve their
 * positions and insert side by side. One of them, drawn by chance, is killed again and again, and stopped (SIGSTOP) for
 * longer than its server waits for it.
 *
 * Proves: nothing acknowledged is lost, nothing is doubled, positions rise without a hole whatever a process leaves
 * behind; and the others go on.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { assert } from "vitest"
import { chance, quantile, report, scaled } from "./kit/figures.js"
import type { Publisher } from "./kit/Publisher.js"
import { readied } from "./kit/processes.js"
import { holds, newPlan, onMysql, verdictOn } from "./kit/scene.js"

const PROCESSES = 3
const KILLS = scaled(50, 3)
const STOPS = scaled(10, 1)
/** Messages a second to each: batches are large enough to be worth a reservation. */
const RATE = 2_500
const LIFE_MS_MAX = 600
const STOPPED_MS = 8_000
/** The others wait for one that is stopped until the server drops it, after 5 s. */
const HELD_MS_MAX = 10_000

/** ms until each of them has more acknowledged than now. */
const heldFor = async (publishers: ReadonlyArray<Publisher>): Promise<number> => {
  const since = performance.now()
  await Promise.all(publishers.map((publisher) => publisher.acknowledgedMore(1, 2 * HELD_MS_MAX)))
  return performance.now() - since
}

onMysql(
  `${PROCESSES} processes that append at a time, one killed ${KILLS} times and one stopped ${STOPS} times`,
  async (scene, store) => {
    const random = chance(51)
    const indexes = Array.from({ length: PROCESSES }, (_, index) => index)
    const servers = await Promise.all(indexes.map(() => scene.server(store.url)))
    await Promise.all(servers.map((server) => readied(server)))
    const plan = newPlan()
    const publishers = servers.map((server, index) =>
      scene.publisher(`appender${index}`, {
        port: server.mqttPort,
        plan,
        rate: RATE,
        share: { index, of: PROCESSES }
      })
    )
    await Promise.all(publishers.map((publisher) => publisher.acknowledgedMore(RATE, 30_000)))
    const one = () => Math.floor(random() * PROCESSES)
    const othersOf = (index: number) => publishers.filter((_, other) => other !== index)
    const held = { killed: [] as Array<number>, stopped: [] as Array<number> }
    for (let kills = 0; kills < KILLS; kills++) {
      await sleep(random() * LIFE_MS_MAX)
      const index = one()
      await servers[index]?.end("SIGKILL")
      held.killed.push(await heldFor(othersOf(index)))
      servers[index]?.start()
      await publishers[index]?.acknowledgedMore(1, 30_000)
    }
    for (let stops = 0; stops < STOPS; stops++) {
      await sleep(random() * LIFE_MS_MAX)
      const index = one()
      servers[index]?.signal("SIGSTOP")
      const until = performance.now() + STOPPED_MS
      held.stopped.push(await heldFor(othersOf(index)))
      await sleep(Math.max(0, until - performance.now()))
      servers[index]?.signal("SIGCONT")
      await publishers[index]?.acknowledgedMore(1, 30_000)
    }
    const ends = await Promise.all(publishers.map((publisher) => publisher.stop()))
    const verdict = await verdictOn(store, publishers, ends)
    report("processes that append at a time", {
      kills: KILLS,
      stops: STOPS,
      "others held by a kill, max (ms)": Math.max(...held.killed),
      "by a stop, p50 (ms)": quantile(held.stopped, 0.5),
      "by a stop, max (ms)": Math.max(...held.stopped),
      stored: verdict.stored,
      lost: verdict.lost,
      doubled: verdict.doubled,
      invented: verdict.invented,
      "wrong minutes": verdict.wrongMinutes
    })
    holds(verdict)
    assert.isAtMost(Math.max(...held.killed, ...held.stopped), HELD_MS_MAX)
  }
)
