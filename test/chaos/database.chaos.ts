/**
 * Every kind of fault of a MariaDB, again and again, under load.
 *
 * Proves: nothing acknowledged is lost, nothing is doubled, minutes are the fold of the log; nothing is acknowledged
 * while nothing can be committed; health says so; ingest is back within seconds of the database, by itself.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { BREAKS, type Break } from "./kit/breaks.js"
import { chance, quantile, report, scaled } from "./kit/figures.js"
import { hasMariaDb, MariaDb } from "./kit/mariadb.js"
import { holds, Scene, verdictOn } from "./kit/scene.js"
import { backIn, type Stack, startStack, troubleIn } from "./kit/stack.js"

const ROUNDS = scaled(10, 1)
const RATE = 1_000
/** Acknowledgements of what was committed before the fault have arrived by then. */
const GRACE_MS = 500
/** Health must tell of a fault that lasts. */
const NOTICED_MS = 10_000

interface Seen {
  /** ms from the mending to the first acknowledgement. */
  readonly back: Array<number>
  /** ms from the fault until health said so; of faults during which nothing can be committed. */
  readonly noticed: Array<number>
  /** Acknowledgements while nothing can have been committed. */
  early: number
}

const round = async (stack: Stack, fault: Break, number: number, random: number, seen: Seen) => {
  const { publisher, server } = stack
  const lasts = fault.lasts(number, random)
  await fault.break(stack, number)
  const { acked: atBreak } = await publisher.status()
  if (fault.down) {
    const noticing = troubleIn(server, Math.min(lasts + 500, NOTICED_MS))
    await sleep(Math.min(GRACE_MS, lasts))
    const { acked } = await publisher.status()
    await sleep(Math.max(0, lasts - GRACE_MS))
    seen.early += (await publisher.status()).acked - acked
    // A short fault is over before it must have been noticed.
    const ms = await noticing
    if (!Number.isNaN(ms) || lasts >= NOTICED_MS) seen.noticed.push(ms)
  } else await sleep(lasts)
  const { acked: before } = lasts > 0 ? await publisher.status() : { acked: atBreak }
  await fault.mend(stack)
  seen.back.push(await backIn(publisher, before, 60_000))
  await publisher.acknowledgedMore(RATE / 4, 60_000)
}

const runOf = (mariadb: () => MariaDb, fault: Break) => async (): Promise<void> => {
  const scene = new Scene()
  const random = chance(fault.name.length * 31)
  const seen: Seen = { back: [], noticed: [], early: 0 }
  try {
    const stack = await startStack(scene, mariadb(), { rate: RATE })
    for (let number = 0; number < ROUNDS; number++) await round(stack, fault, number, random(), seen)
    const end = await stack.publisher.stop()
    const verdict = await verdictOn(stack.store, [stack.publisher], [end])
    report(`MariaDB: ${fault.name}`, {
      times: ROUNDS,
      messages: end.produced,
      lost: verdict.lost,
      doubled: verdict.doubled,
      invented: verdict.invented,
      "wrong minutes": verdict.wrongMinutes,
      "acknowledged while down": fault.down ? seen.early : "-",
      "noticed at the latest (ms)": seen.noticed.length === 0 ? "-" : Math.max(...seen.noticed),
      "back p50 (ms)": quantile(seen.back, 0.5),
      "longest (ms)": Math.max(...seen.back)
    })
    holds(verdict)
    assert.strictEqual(verdict.stored, end.produced)
    assert.strictEqual(seen.early, 0, "acknowledged while nothing could be committed")
    assert.isAtMost(Math.max(0, ...seen.noticed), NOTICED_MS)
    assert.isFalse(seen.noticed.some(Number.isNaN), "a fault that lasted was never told of")
    assert.isAtMost(Math.max(...seen.back), fault.backMs)
  } finally {
    await scene.end()
  }
}

describe.skipIf(!hasMariaDb())("faults of a MariaDB", () => {
  let mariadb: MariaDb | undefined
  beforeAll(async () => {
    mariadb = await MariaDb.make()
  })
  afterAll(() => mariadb?.remove())
  const server = () => {
    if (mariadb === undefined) throw new Error("MariaDB was not started")
    return mariadb
  }
  for (const fault of BREAKS)
    it(`${fault.name}, ${ROUNDS} times under ${RATE} messages/s`, runOf(server, fault))
})
