/**
 * Positions that are given out before their events are there, so that several transactions insert at a time.
 *
 * 1. `reserve`, a short transaction that holds the order: the next positions are this batch's. It is committed at once.
 * 2. `claim`, first in the batch's own transaction: takes the reservation off. As long as that is not committed its row is
 *    locked, and whoever waits for it waits for this transaction.
 * 3. The events are inserted, beside those of others.
 * 4. `publishing`, last: waits for those below it, locks the head, and finds it just below its own first position. So
 *    batches commit in the order of their positions, and the log has no hole.
 *
 * A batch that fails, or whose process dies, leaves its reservation with nobody at it. Those above it can't commit then:
 * they fail, and append with the log to themselves, which takes back what is reserved (LogHead.ts).
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Rows from "../../../db/Rows.js"
import type { DatabaseService } from "../../../db/Transaction.js"
import { type Position, position } from "../../../domain/Ids.js"
import { type Micros, micros } from "../../../domain/Time.js"
import { lockOrder, publishingHead } from "../LogHead.js"

export interface Reservation {
  readonly first: Position
  readonly recordedAt: Micros
}

/** The batch has to be appended with the log to itself: nothing of it was stored. */
export class OutOfTurn {
  readonly _tag = "OutOfTurn"
}

export const OUT_OF_TURN = Effect.suspend(() => Effect.fail(new OutOfTurn()))

const standingOf = Rows.only((row) => ({
  position: position(Rows.integer(row.position)),
  last: Rows.total(row.last_position),
  recordedAt: Math.max(Rows.time(row.recorded_at), Rows.maybeTime(row.reserved_at) ?? 0),
  coldDays: Rows.integer(row.cold_days),
  sensorsPosition: position(Rows.integer(row.sensors_position))
}))

const standing = (sql: SqlClient) =>
  Effect.flatMap(
    sql`SELECT h.position, h.recorded_at, h.cold_days, h.sensors_position,
        (SELECT MAX(last_position) FROM log_reservations) AS last_position,
        (SELECT MAX(recorded_at) FROM log_reservations) AS reserved_at
      FROM log_head h WHERE h.id = 1`,
    standingOf
  )

/**
 * Reserves so many positions, in a transaction of its own. Fails where the sensors are not those of `sensorsPosition` any
 * more, or where a day is cold: then more has to be looked at than a reading alone.
 */
export const reserve = (
  sql: SqlClient,
  { encodeTime }: Pick<DatabaseService, "encodeTime">,
  count: number,
  sensorsPosition: Position,
  now: Micros
) =>
  Effect.gen(function* () {
    yield* lockOrder(sql)
    const before = yield* standing(sql)
    if (before.coldDays > 0 || before.sensorsPosition !== sensorsPosition) return yield* OUT_OF_TURN
    const last = Math.max(before.position, before.last)
    const recordedAt = micros(Math.max(now, before.recordedAt))
    yield* sql`INSERT INTO log_reservations (first_position, last_position, recorded_at)
      VALUES (${last + 1}, ${last + count}, ${encodeTime(recordedAt)})`
    return { first: position(last + 1), recordedAt } satisfies Reservation
  })

/** Takes the reservation off: fails where it was taken back. */
export const claim = (sql: SqlClient, { first }: Reservation) =>
  sql`SELECT first_position FROM log_reservations WHERE first_position = ${first} FOR UPDATE`.pipe(
    Effect.flatMap((rows) => (rows.length === 0 ? OUT_OF_TURN : Effect.void)),
    Effect.zipRight(sql`DELETE FROM log_reservations WHERE first_position = ${first}`)
  )

/** Waits for those below, and locks the head: fails where one of them did not commit. */
export const publishing = (sql: SqlClient, { first }: Reservation) =>
  Effect.gen(function* () {
    const below = yield* sql`SELECT first_position FROM log_reservations
      WHERE first_position > 0 AND first_position < ${first}
      ORDER BY first_position DESC FOR UPDATE`
    if (below.length > 0) return yield* OUT_OF_TURN
    const head = yield* publishingHead(sql)
    return head.position === first - 1 ? head : yield* OUT_OF_TURN
  })
