/**
 * What people changed of a sensor's readings: its corrections and deletions in a window of device time.
 *
 * Invariant: no statement looks at more than PART of device time, so none holds the embedded database for long.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Rows from "../../db/Rows.js"
import { Database, type DatabaseService } from "../../db/Transaction.js"
import { type Position, position, type ReadingId, readingId, type SensorId } from "../../domain/Ids.js"
import { MICROS_PER_DAY, type Micros, micros } from "../../domain/Time.js"
import { type ColdDay, coldDays, stretchesOf } from "../../eventlog/cold/ColdDays.js"
import { touchingCold } from "../../eventlog/cold/ColdEvents.js"
import { ColdLog, type ColdLogService } from "../../eventlog/cold/ColdLog.js"
import { COLD_CELL, ofTold, toldRows, unlessCold } from "../../eventlog/cold/ColdTold.js"
import type { LogError } from "../../eventlog/EventLog.js"
import { asLogError } from "../../eventlog/LogFailure.js"
import { shortTurn } from "../Turn.js"

/** Device time that one statement looks at, µs. */
const PART = MICROS_PER_DAY

export interface Amendment {
  readonly readingId: ReadingId
  readonly kind: "corrected" | "deleted"
  readonly occurredAt: Micros
  readonly recordedAt: Micros
  /** The value that it was corrected to; null: it was deleted. */
  readonly value: number | null
  /** Nothing has superseded it since. */
  readonly inForce: boolean
}

export interface AmendmentQuery {
  readonly sensorId: SensorId
  /** Inclusive, device time. */
  readonly start: Micros
  /** Exclusive, device time. */
  readonly end: Micros
  readonly limit: number
  /** As they were when the log ended here; absent: as they are. */
  readonly asOf?: Position | undefined
}

export interface CorrectionsService {
  /** The newest by device time first, at most `limit`. */
  readonly inWindow: (query: AmendmentQuery) => Effect.Effect<ReadonlyArray<Amendment>, LogError>
}

export class Corrections extends Context.Tag("tidemark/Corrections")<Corrections, CorrectionsService>() {}

const amendmentOf =
  (asOf: number) =>
  (row: Rows.Row): Amendment => ({
    readingId: readingId(Rows.integer(row.reading_id)),
    kind: row.type === "ReadingDeleted" ? "deleted" : "corrected",
    occurredAt: Rows.time(row.occurred_at),
    recordedAt: Rows.time(row.recorded_at),
    value: Rows.maybeDouble(row.value),
    inForce: row.superseded_by === null || Rows.integer(row.superseded_by) > asOf
  })

/** The same of a day that is cold. */
const coldPart = (
  lake: ColdLogService,
  days: ReadonlyArray<ColdDay>,
  { asOf = position(Number.MAX_SAFE_INTEGER), end, limit, sensorId, start }: AmendmentQuery
) =>
  Effect.map(touchingCold(lake, days, { sensor: sensorId, start, end, asOf }), (events) =>
    events
      .flatMap((event) =>
        event.readingId === null
          ? []
          : [
              {
                readingId: event.readingId,
                kind: event.type === "ReadingDeleted" ? ("deleted" as const) : ("corrected" as const),
                occurredAt: event.occurredAt,
                recordedAt: event.recordedAt,
                value: event.value,
                inForce: event.supersededBy === null || event.supersededBy > asOf
              }
            ]
      )
      .toReversed()
      .slice(0, limit)
  )

/** What the statement selects. */
const AMENDMENT_CELLS = 7

const logPart = (
  db: DatabaseService,
  sql: SqlClient,
  { asOf = position(Number.MAX_SAFE_INTEGER), end, limit, sensorId, start }: AmendmentQuery
) =>
  Effect.flatMap(
    toldRows(
      sql,
      db,
      sql`SELECT e.reading_id, e.type, e.occurred_at, e.recorded_at, e.value, e.superseded_by, ${sql.literal(COLD_CELL)}
          FROM events e ${sql.literal(db.syntax.byIndex("events_sensor_time"))}
          WHERE e.sensor_id = ${sensorId} AND e.occurred_at >= ${db.encodeTime(start)}
            AND e.occurred_at < ${db.encodeTime(end)} AND e.type IN ('ReadingCorrected', 'ReadingDeleted')
            AND e.position <= ${asOf}
          ORDER BY e.occurred_at DESC, e.position DESC LIMIT ${sql.literal(String(limit))}`,
      AMENDMENT_CELLS
    ),
    ofTold(Rows.every(amendmentOf(asOf)))
  )

/** Of one day at most; `query` ends in it. */
const part = (db: DatabaseService, lake: ColdLogService, query: AmendmentQuery) =>
  db
    .read((sql) =>
      unlessCold(logPart(db, sql, query), coldDays(sql, db, query), (days) =>
        Effect.gen(function* () {
          const amendments: Array<Amendment> = []
          for (const { cold, end, start } of stretchesOf(query, days).toReversed()) {
            const limit = query.limit - amendments.length
            if (limit <= 0) break
            const of = { ...query, start: start ?? query.start, end: end ?? query.end, limit }
            amendments.push(
              ...(cold === null ? (yield* logPart(db, sql, of)).answer : yield* coldPart(lake, [cold], of))
            )
          }
          return amendments as ReadonlyArray<Amendment>
        })
      )
    )
    .pipe(Effect.mapError(asLogError))

export const layer = Layer.effect(
  Corrections,
  Effect.zipWith(Database, ColdLog, (db, lake) => ({
    inWindow: (query: AmendmentQuery) =>
      Effect.gen(function* () {
        const amendments: Array<Amendment> = []
        let end: number = query.end
        while (end > query.start && amendments.length < query.limit) {
          const start = Math.max(query.start, end - PART)
          const limit = query.limit - amendments.length
          amendments.push(
            ...(yield* part(db, lake, { ...query, start: micros(start), end: micros(end), limit }))
          )
          // Others get their turn: with the embedded database the statement held the event loop.
          yield* shortTurn
          end = start
        }
        return amendments
      })
  }))
)
