/**
 * Eight writers whose commits take from nothing to five seconds, a tenth of which roll back at the last moment, and a
 * reader that polls `position > p` by plain SQL.
 *
 * Proves: whoever reads the log by its positions misses no row that commits later. Beside it, as a control, the same
 * reader over an AUTO_INCREMENT column with the same delays: it must miss rows, or the delays prove nothing.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import mysql from "mysql2/promise"
import { assert } from "vitest"
import { parseDatabaseUrl } from "../../src/config/DatabaseTarget.js"
import { layer as databaseLayer } from "../../src/db/Database.js"
import { DatabaseError } from "../../src/db/Failure.js"
import { Database, type DatabaseService } from "../../src/db/Transaction.js"
import { EventLog } from "../../src/eventlog/EventLog.js"
import * as SqlEventLog from "../../src/eventlog/sql/SqlEventLog.js"
import { candidate, message } from "../eventlog/contract/support.js"
import { chance, report, scaled } from "./kit/figures.js"
import { onMysql } from "./kit/scene.js"
import { numberOf, type Store } from "./kit/store.js"

const WRITERS = 8
const SECONDS = scaled(150, 20)
const DELAY_MS_MAX = 5_000
/** Most delays are short, so that many transactions end while a long one is open: u to this power of the longest. */
const DELAY_POWER = 8
const ROLLBACKS = 0.1
const BATCH_MAX = 20
const POLL_MS = 5

interface Tally {
  commits: number
  rollbacks: number
  longestMs: number
}

const delayMs = (random: () => number): number => DELAY_MS_MAX * random() ** DELAY_POWER

/** The real service, whose transactions dawdle before their commit, and may end in a rollback there. */
const dawdling = (database: DatabaseService, random: () => number, tally: Tally): DatabaseService => ({
  ...database,
  transact: (body, options) =>
    database.transact(
      (sql) =>
        Effect.gen(function* () {
          const answer = yield* body(sql)
          const ms = delayMs(random)
          tally.longestMs = Math.max(tally.longestMs, ms)
          yield* Effect.sleep(ms)
          if (random() < ROLLBACKS) {
            tally.rollbacks += 1
            return yield* new DatabaseError({
              kind: "Transient",
              code: "",
              reason: "rolled back by the test"
            })
          }
          return answer
        }),
      options
    )
})

/** A log of its own, with connections of its own, that appends until the time is over. */
const writer = (url: string, index: number, end: number, tally: Tally) => {
  const random = chance(1_000 + index)
  const target = Either.getOrThrowWith(parseDatabaseUrl(url), Error)
  const database = Layer.effect(
    Database,
    Effect.map(Database, (real) => dawdling(real, random, tally))
  ).pipe(Layer.provide(databaseLayer(target)))
  return Effect.gen(function* () {
    const log = yield* EventLog
    for (let round = 0; performance.now() < end; round++) {
      const batch = Array.from({ length: 1 + Math.floor(random() * BATCH_MAX) }, (_, item) =>
        message(candidate(round + item / 100 + index / 10_000, random()))
      )
      yield* Effect.retry(log.append(batch), { while: (error) => error._tag === "LogUnavailable" })
      tally.commits += 1
    }
  }).pipe(Effect.provide(Layer.fresh(Layer.provide(SqlEventLog.layer(), database))))
}

/** Polls by the column until told to stop and nothing more comes; all that it saw, in order. */
const follow = async (store: Store, table: string, column: string, stopped: () => boolean) => {
  const connection = await mysql.createConnection(store.url)
  const seen: Array<number> = []
  try {
    for (let last = 0; ; ) {
      const over = stopped()
      const [rows] = await connection.query<Array<mysql.RowDataPacket>>(
        `SELECT ${column} AS position FROM ${table} WHERE ${column} > ? ORDER BY ${column} LIMIT 1000`,
        [last]
      )
      const found = rows.map((row) => Number(row.position))
      seen.push(...found)
      last = found.at(-1) ?? last
      if (over && found.length === 0) return seen
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  } finally {
    connection.destroy()
  }
}

const controlWriter = async (url: string, index: number, end: number) => {
  const random = chance(2_000 + index)
  const connection = await mysql.createConnection(url)
  while (performance.now() < end) {
    await connection.query("START TRANSACTION")
    await connection.query("INSERT INTO control (writer) VALUES (?)", [index])
    await new Promise((resolve) => setTimeout(resolve, delayMs(random)))
    await connection.query(random() < ROLLBACKS ? "ROLLBACK" : "COMMIT")
  }
  connection.destroy()
}

const indices = Array.from({ length: WRITERS }, (_, index) => index)

/** How many rows the reader of an AUTO_INCREMENT missed. */
const control = async (store: Store): Promise<number> => {
  const connection = await mysql.createConnection(store.url)
  await connection.query("CREATE TABLE control (id BIGINT AUTO_INCREMENT PRIMARY KEY, writer INT)")
  connection.destroy()
  const end = performance.now() + scaled(20_000, 5_000)
  let over = false
  const reader = follow(store, "control", "id", () => over)
  await Promise.all(indices.map((index) => controlWriter(store.url, index, end)))
  over = true
  const seen = await reader
  return (await numberOf(store, "SELECT COUNT(*) AS n FROM control")) - seen.length
}

onMysql(`a reader by position misses nothing of ${WRITERS} writers in ${SECONDS} s`, async (_, store) => {
  const tally: Tally = { commits: 0, rollbacks: 0, longestMs: 0 }
  const target = Either.getOrThrowWith(parseDatabaseUrl(store.url), Error)
  // Migrated before anybody reads.
  await Effect.runPromise(Effect.scoped(Layer.build(databaseLayer(target))))
  const missedOfControl = await control(store)
  const end = performance.now() + SECONDS * 1_000
  let over = false
  const reader = follow(store, "events", "position", () => over)
  await Effect.runPromise(
    Effect.forEach(indices, (index) => writer(store.url, index, end, tally), {
      concurrency: "unbounded",
      discard: true
    }).pipe(Logger.withMinimumLogLevel(LogLevel.Warning))
  )
  over = true
  const seen = await reader
  const rows = await store.query("SELECT position FROM events ORDER BY position")
  const stored = rows.map((row) => Number(row.position))
  const known = new Set(seen)
  report("readers by position on MariaDB", {
    writers: WRITERS,
    commits: tally.commits,
    rollbacks: tally.rollbacks,
    "longest delay (ms)": tally.longestMs,
    rows: stored.length,
    missed: stored.filter((position) => !known.has(position)).length,
    "missed by the control": missedOfControl
  })
  assert.isAbove(missedOfControl, 0, "the control missed nothing: the delays prove nothing")
  assert.isAbove(tally.rollbacks, 0)
  assert.deepStrictEqual(seen, stored)
  assert.deepStrictEqual(
    stored,
    Array.from({ length: stored.length }, (_, index) => index + 1)
  )
})
