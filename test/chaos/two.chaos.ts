/**
 * Two processes ingest the whole stream at once into one MariaDB: each message is delivered to both. Again and again
 * one of them is stopped (SIGSTOP) in the middle of a transaction, with its sockets open, until the other goes on.
 *
 * Proves: nothing is doubled, positions rise without a hole; a stopped process holds the other for a bounded time, and
 * goes on by itself when it is woken.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { assert, it } from "vitest"
import { chance, report, scaled } from "./kit/figures.js"
import { hasMariaDb, MariaDb } from "./kit/mariadb.js"
import type { Publisher } from "./kit/Publisher.js"
import { holds, newPlan, Scene, verdictOn } from "./kit/scene.js"
import { mysqlStore } from "./kit/store.js"

/** Stops that hit a process with a transaction open. */
const HITS = scaled(10, 2)
const TRIES_MAX = 200
const RATE = 500
/** What was on its way when the process was stopped has arrived by then; InnoDB's tables of itself are fresh. */
const SETTLE_MS = 300
/** The other process must go on within this time of the stop. */
const HELD_MS_MAX = 15_000

/** Each process has a user of its own, so that its transactions can be told. */
const userUrl = async (database: MariaDb, name: string): Promise<string> => {
  const root = await database.root()
  await root.query(`CREATE USER '${name}'@'127.0.0.1' IDENTIFIED BY 'test'`)
  await root.query(`GRANT ALL ON *.* TO '${name}'@'127.0.0.1'`)
  await root.end()
  return `mysql://${name}:test@127.0.0.1:${database.port}`
}

const OPEN = `SELECT COUNT(*) AS n FROM information_schema.innodb_trx t
  JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id
  WHERE p.user = 'first' AND t.trx_rows_locked > 0`

/** ms from `since` until more than `acked` messages are acknowledged. */
const heldFor = async (publisher: Publisher, acked: number, since: number): Promise<number> => {
  for (;;) {
    const { acked: now } = await publisher.status()
    const held = performance.now() - since
    if (now > acked || held > 4 * HELD_MS_MAX) return held
    await sleep(20)
  }
}

const stopOne = async (scene: Scene): Promise<void> => {
  const random = chance(3)
  const database = await MariaDb.make()
  scene.atEnd(() => database.remove())
  const store = await mysqlStore(database.url)
  const name = store.url.slice(store.url.lastIndexOf("/"))
  const first = await scene.server((await userUrl(database, "first")) + name)
  const second = await scene.server((await userUrl(database, "second")) + name)
  // One after the other: both would migrate.
  await first.ready()
  await second.ready()
  const plan = newPlan()
  const toFirst = scene.publisher("first", { port: first.mqttPort, plan, rate: RATE })
  const toSecond = scene.publisher("second", { port: second.mqttPort, plan, rate: RATE })
  await toSecond.acknowledgedMore(RATE, 30_000)
  const root = await database.root()
  scene.atEnd(() => root.destroy())
  const held: Array<number> = []
  let tries = 0
  for (; held.length < HITS && tries < TRIES_MAX; tries++) {
    await sleep(random() * 200)
    const stopped = performance.now()
    first.signal("SIGSTOP")
    await sleep(SETTLE_MS)
    const [[row]] = await root.query<Array<{ readonly n: number } & import("mysql2").RowDataPacket>>(OPEN)
    if (Number(row?.n) > 0) {
      const { acked } = await toSecond.status()
      held.push(await heldFor(toSecond, acked, stopped))
    }
    first.signal("SIGCONT")
    await toFirst.acknowledgedMore(1, 30_000)
  }
  const ends = [await toFirst.stop(), await toSecond.stop()]
  const verdict = await verdictOn(store, [toFirst, toSecond], ends)
  report("two processes on MariaDB, one of them stopped", {
    stops: tries,
    "in a transaction": held.length,
    "that held the other over 1 s": held.filter((ms) => ms > 1_000).length,
    "longest (ms)": Math.max(...held),
    deliveries: ends.reduce((sum, end) => sum + end.sent + end.resent, 0),
    stored: verdict.stored,
    lost: verdict.lost,
    doubled: verdict.doubled,
    invented: verdict.invented,
    "wrong minutes": verdict.wrongMinutes
  })
  holds(verdict)
  assert.isAtLeast(held.length, HITS, "too few stops hit a transaction")
  assert.isAbove(Math.max(...held), 1_000, "no stop held the other process: the harness missed the moment")
  assert.isAtMost(Math.max(...held), HELD_MS_MAX)
}

it.skipIf(!hasMariaDb())(
  `two processes take each message, and one is stopped ${HITS} times in a transaction`,
  async () => {
    const scene = new Scene()
    await stopOne(scene).finally(() => scene.end())
  }
)
