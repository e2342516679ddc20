/**
 * The head of the log, and its order: who gives out positions.
 *
 * Invariants:
 * 1. Every event that is committed is at or below the head, so a reader of the head misses none.
 * 2. Whoever holds the order gives out positions, alone. Of a file the transaction is that lock; of a server it is the
 *    row 0 of `log_reservations`.
 * 3. With the order held and nothing reserved, the head is the last position given out.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { type Position, position } from "../../domain/Ids.js"
import type { Micros } from "../../domain/Time.js"
import type { RejectedTally } from "./append/RejectedTally.js"

const headOf = Rows.only((row) => ({
  position: position(Rows.integer(row.position)),
  recordedAt: Rows.time(row.recorded_at)
}))

export const head = (sql: SqlClient) =>
  Effect.flatMap(sql`SELECT position, recorded_at FROM log_head WHERE id = 1`, headOf)

const wholeHeadOf = Rows.only((row) => ({
  position: position(Rows.integer(row.position)),
  recordedAt: Rows.time(row.recorded_at),
  rejectedBytes: Rows.integer(row.rejected_bytes),
  coldDays: Rows.integer(row.cold_days),
  /** Of the last event of a sensor: who knows the sensors as of then knows them as they are. */
  sensorsPosition: position(Rows.integer(row.sensors_position))
}))

const WHOLE = "position, recorded_at, rejected_bytes, cold_days, sensors_position"

const wholeHead = (sql: SqlClient) =>
  Effect.flatMap(sql`SELECT ${sql.literal(WHOLE)} FROM log_head WHERE id = 1`, wholeHeadOf)

/** The head with its row locked: nobody else moves it before the transaction ends. */
export const publishingHead = (sql: SqlClient) =>
  Effect.flatMap(sql`SELECT ${sql.literal(WHOLE)} FROM log_head WHERE id = 1 FOR UPDATE`, wholeHeadOf)

/** How a transaction leaves the head. */
export interface HeadMove {
  readonly position: Position
  readonly recordedAt: Micros
  readonly rejected: Pick<RejectedTally, "bytes" | "messages">
  readonly sensorsPosition: Position
}

/** Written last: whoever sees it sees what is below it. */
export const moveHead = (
  sql: SqlClient,
  { encodeTime }: Pick<DatabaseService, "encodeTime">,
  { position, recordedAt, rejected, sensorsPosition }: HeadMove
) =>
  sql`UPDATE log_head SET position = ${position}, recorded_at = ${encodeTime(recordedAt)},
    rejected_messages = rejected_messages + ${rejected.messages}, rejected_bytes = ${rejected.bytes},
    sensors_position = ${sensorsPosition} WHERE id = 1`

const orderOf = Rows.only((row) => Rows.integer(row.first_position))

/** Takes the order, until the transaction ends. Fails where its row is gone: without it nobody would wait for anybody. */
export const lockOrder = (sql: SqlClient) =>
  Effect.flatMap(
    sql`SELECT first_position FROM log_reservations WHERE first_position = 0 FOR UPDATE`,
    orderOf
  )

/**
 * Ends what is reserved: waits for whoever is at it, and takes back what nobody is at, or the log would wait for it for
 * ever. From the last one down, as an appender waits for those below its own: so none waits for one that waits for it.
 */
const takeBack = (sql: SqlClient) =>
  Effect.zipRight(
    sql`SELECT first_position FROM log_reservations WHERE first_position > 0
      ORDER BY first_position DESC FOR UPDATE`,
    sql`DELETE FROM log_reservations WHERE first_position > 0`
  )

const reservedHeadOf = Rows.only((row) => ({ isReserved: Rows.integer(row.reserved) > 0, row }))

const orderedHead = (sql: SqlClient) =>
  Effect.gen(function* () {
    yield* lockOrder(sql)
    const { isReserved, row } = yield* Effect.flatMap(
      sql`SELECT ${sql.literal(WHOLE)},
          EXISTS (SELECT 1 FROM log_reservations WHERE first_position > 0) AS reserved
        FROM log_head WHERE id = 1`,
      reservedHeadOf
    )
    return yield* isReserved ? Effect.zipRight(takeBack(sql), wholeHead(sql)) : wholeHeadOf([row])
  })

/**
 * The log's own lock, for as long as the transaction lasts: one writer at a time, and nothing is reserved. Of a file the
 * transaction is that lock.
 */
export const lockedHead = (sql: SqlClient, { locksRows }: Pick<DatabaseService, "locksRows">) =>
  locksRows ? orderedHead(sql) : wholeHead(sql)
