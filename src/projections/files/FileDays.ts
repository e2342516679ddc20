/**
 * The days that hold readings, and the last position that touched each: what the names of day files are made of. They
 * are taken from the minutes, and so as far as the log is folded. Every process finds the same.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Rows from "../../db/Rows.js"
import { Database, type DatabaseService } from "../../db/Transaction.js"
import { dayStart } from "../../domain/dataset/DayFile.js"
import { type Position, position, type SensorId, sensorId } from "../../domain/Ids.js"
import { MICROS_PER_DAY, type Micros } from "../../domain/Time.js"
import { LogCorrupt, type LogError, LogUnavailable } from "../../eventlog/EventLog.js"
import { mapped } from "../../eventlog/LogFailure.js"
import { nextTurn } from "../../telemetry/EventLoop.js"
import * as Checkpoints from "../Checkpoints.js"

/** Positions looked through in one statement: some 10 ms. */
const STRETCH = 50_000
/** Where more was appended since, each day is looked at again as it is asked for. */
const CAUGHT_UP_MAX = 1_000_000

export interface FileDaysService {
  /** The days (their starts, UTC) before this time in which there ever was a reading, in order. */
  readonly days: (before: Micros) => Effect.Effect<ReadonlyArray<Micros>, LogError>
  /** The position of the last event that touched the day; null: there was none. */
  readonly lastTouch: (day: Micros) => Effect.Effect<Position | null, LogError>
  /** The sensors that ever had a reading on the day, in order. */
  readonly sensors: (day: Micros) => Effect.Effect<ReadonlyArray<SensorId>, LogError>
}

export class FileDays extends Context.Tag("tidemark/FileDays")<FileDays, FileDaysService>() {}

const nextDay = (sql: SqlClient, database: DatabaseService, generation: number, from: number, to: number) =>
  sql`SELECT m.minute FROM sensor_minutes m WHERE m.generation = ${generation}
      AND m.minute >= ${database.encodeTime(from)} AND m.minute < ${database.encodeTime(to)}
    ORDER BY m.minute LIMIT 1`.pipe(Effect.flatMap(Rows.first(({ minute }) => dayStart(Rows.time(minute)))))

const allDays = (sql: SqlClient, database: DatabaseService, generation: number, before: Micros) =>
  Effect.gen(function* () {
    const days: Array<Micros> = []
    for (let from = 0; ; ) {
      const day = yield* nextDay(sql, database, generation, from, before)
      if (day === undefined) return days
      days.push(day)
      from = day + MICROS_PER_DAY
    }
  })

const inDay = (sql: SqlClient, database: DatabaseService, generation: number, day: Micros) =>
  sql`m.generation = ${generation} AND m.minute >= ${database.encodeTime(day)}
    AND m.minute < ${database.encodeTime(day + MICROS_PER_DAY)}`

/** Of these positions, the last one that touched each day. */
const touchedIn = (sql: SqlClient, after: number, upTo: number) =>
  sql`SELECT MIN(e.occurred_at) AS earliest, MAX(e.position) AS position FROM events e
    WHERE e.position > ${after} AND e.position <= ${upTo}
      AND e.type IN ('ReadingRecorded', 'ReadingCorrected', 'ReadingDeleted')
    GROUP BY substr(e.occurred_at, 1, 10)`.pipe(
    Effect.flatMap(
      Rows.every((row) => [dayStart(Rows.time(row.earliest)), position(Rows.integer(row.position))] as const)
    )
  )

/** A definition of a derived sensor among these positions touches any day. */
const definedIn = (sql: SqlClient, after: number, upTo: number) =>
  Effect.map(
    sql`SELECT 1 AS one FROM catalogue_events c WHERE c.kind = 'derivation'
      AND c.log_position > ${after} AND c.log_position <= ${upTo} LIMIT 1`,
    (rows) => rows.length > 0
  )

const live = (database: DatabaseService) =>
  Effect.flatMap(Checkpoints.read(database, "minutes"), (checkpoint) =>
    checkpoint === null
      ? Effect.fail(new LogCorrupt({ reason: "the checkpoint of minutes is gone" }))
      : Effect.succeed(checkpoint)
  )

/**
 * Remembers days that were asked for.
 *
 * Invariant: what is remembered of a day is its last touch as of `upTo`, or a later one.
 */
const remembering = (database: DatabaseService) => {
  const touches = new Map<Micros, Position>()
  let upTo = 0

  const catchUp = (to: number) =>
    Effect.gen(function* () {
      if (to < upTo || to - upTo > CAUGHT_UP_MAX) touches.clear()
      if (touches.size > 0 && (yield* database.read((sql) => definedIn(sql, upTo, to)))) touches.clear()
      for (let from = touches.size === 0 ? to : upTo; from < to; from += STRETCH) {
        const end = Math.min(to, from + STRETCH)
        for (const [day, at] of yield* database.read((sql) => touchedIn(sql, from, end))) {
          if (touches.has(day)) touches.set(day, at)
        }
        upTo = end
        yield* nextTurn
      }
      upTo = to
    })

  return (day: Micros) =>
    Effect.gen(function* () {
      const { generation, position: to } = yield* live(database)
      yield* catchUp(to)
      const cacheEntry = touches.get(day)
      if (cacheEntry !== undefined) return cacheEntry
      const at = yield* database.read((sql) =>
        Effect.flatMap(
          sql`SELECT MAX(m.position) AS position FROM sensor_minutes m
            WHERE ${inDay(sql, database, generation, day)}`,
          Rows.only((row) => Rows.maybeInteger(row.position))
        )
      )
      if (at === null) return null
      // Folded meanwhile; or a derived sensor's history is being computed, ahead of the checkpoint: then no file of
      // the day could say what it holds.
      if (at > to && at > (yield* live(database)).position) {
        return yield* new LogUnavailable({ reason: "a derived sensor is being computed" })
      }
      touches.set(day, position(at))
      return position(at)
    })
}

export const layer: Layer.Layer<FileDays, never, Database> = Layer.effect(
  FileDays,
  Effect.gen(function* () {
    const database = yield* Database
    const oneAtATime = yield* Effect.makeSemaphore(1)
    const lastTouch = remembering(database)
    return {
      days: (before) =>
        mapped(
          Effect.flatMap(live(database), ({ generation }) =>
            database.read((sql) => allDays(sql, database, generation, before))
          )
        ),
      lastTouch: (day) => mapped(oneAtATime.withPermits(1)(lastTouch(day))),
      sensors: (day) =>
        mapped(
          Effect.flatMap(live(database), ({ generation }) =>
            database.read((sql) =>
              sql`SELECT DISTINCT m.sensor_id FROM sensor_minutes m
                WHERE ${inDay(sql, database, generation, day)} ORDER BY m.sensor_id`.pipe(
                Effect.flatMap(Rows.every((row) => sensorId(Rows.integer(row.sensor_id))))
              )
            )
          )
        )
    }
  })
)
