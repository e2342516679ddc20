/**
 * Quality as it was measured: each run is kept with its moment and position, beside what the log says of the same
 * window today. An hour that has ended is measured by itself, once; anybody may have a window measured.
 *
 * The hours are a projection that follows the clock: the last run of the schedule is its checkpoint. What was measured
 * can't be made again.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Rows from "../../db/Rows.js"
import { Database, type DatabaseService } from "../../db/Transaction.js"
import { DIMENSIONS } from "../../domain/quality/QualityChecks.js"
import { type QualityReport, QualityScores } from "../../domain/quality/QualityReport.js"
import {
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  type Micros,
  micros,
  parseStoredTime
} from "../../domain/Time.js"
import type { LogError } from "../../eventlog/EventLog.js"
import { asLogError } from "../../eventlog/LogFailure.js"
import { nowMicros } from "../../telemetry/Instant.js"
import * as Checkpoints from "../Checkpoints.js"
import { type Checkpoint, type Fold, make } from "../Projection.js"
import * as ProjectionRunner from "../ProjectionRunner.js"
import { Quality, type QualityQuestion, type QualityService } from "./Quality.js"
import { hourOf } from "./QualityCounting.js"

export type RunCause = "schedule" | "request"

const Tally = Schema.Struct({ numerator: Schema.Int, denominator: Schema.Int })
const Results = Schema.parseJson(
  Schema.Struct({
    results: Schema.Struct({ sensor_data: QualityScores, aggregated_sensor_data: QualityScores }),
    checks: Schema.Record({ key: Schema.String, value: Tally })
  })
)

export interface QualityRun {
  readonly measuredAt: Micros
  readonly start: Micros
  readonly end: Micros
  /** Null: all sensors. */
  readonly sensorId: number | null
  readonly position: number
  readonly cause: string
  readonly results: QualityReport["results"]
  readonly checks: Readonly<Record<string, typeof Tally.Type>>
}

export interface QualityRunsService {
  /** Measures a window now, from the log anew, and keeps what it finds. */
  readonly run: (question: QualityQuestion, cause: RunCause) => Effect.Effect<QualityReport, LogError>
  /** The runs of windows that begin in a spell, the newest window first. */
  readonly runs: (
    spell: { readonly start: Micros; readonly end: Micros },
    page: { readonly skip: number; readonly limit: number }
  ) => Effect.Effect<ReadonlyArray<QualityRun>, LogError>
}

export class QualityRuns extends Context.Tag("tidemark/QualityRuns")<QualityRuns, QualityRunsService>() {}

const checksOf = (report: QualityReport) =>
  Object.fromEntries(
    [report.details, report.aggregated_details].flatMap((details) =>
      DIMENSIONS.flatMap((dimension) =>
        details[dimension].checks.map(({ denominator, name, numerator }) => [
          name,
          { numerator, denominator }
        ])
      )
    )
  )

// The same window in the same microsecond is the same run.
const keep = (
  db: DatabaseService,
  sql: SqlClient,
  report: QualityReport,
  sensorId: number | undefined,
  cause: RunCause
) =>
  Effect.flatMap(nowMicros, (now) => {
    const results = JSON.stringify({ results: report.results, checks: checksOf(report) })
    return sql`REPLACE INTO quality_runs (measured_at, window_start, window_end, sensor_id, position, cause, results)
      VALUES (${db.syntax.encodeTime(now)}, ${db.syntax.encodeTime(parseStoredTime(report.start_time))},
        ${db.syntax.encodeTime(parseStoredTime(report.end_time))}, ${sensorId ?? 0}, ${report.position}, ${cause},
        ${results})`
  })

const decodeResults = Schema.decodeUnknownSync(Results)

const runOf = (row: Rows.Row): QualityRun => {
  const sensorId = Rows.integer(row.sensor_id)
  return {
    measuredAt: Rows.time(row.measured_at),
    start: Rows.time(row.window_start),
    end: Rows.time(row.window_end),
    sensorId: sensorId === 0 ? null : sensorId,
    position: Rows.integer(row.position),
    cause: Rows.text(row.cause),
    ...decodeResults(row.results)
  }
}

const read = (
  db: DatabaseService,
  { end, start }: { readonly start: Micros; readonly end: Micros },
  { limit, skip }: { readonly skip: number; readonly limit: number }
) =>
  db
    .read((sql) =>
      Effect.flatMap(
        sql`SELECT measured_at, window_start, window_end, sensor_id, position, cause, results FROM quality_runs
          WHERE window_start >= ${db.syntax.encodeTime(start)} AND window_start < ${db.syntax.encodeTime(end)}
          ORDER BY window_start DESC, measured_at DESC, window_end DESC, sensor_id DESC
          LIMIT ${sql.literal(String(limit))} OFFSET ${sql.literal(String(skip))}`,
        Rows.every(runOf)
      )
    )
    .pipe(Effect.mapError(asLogError))

/** How long after its end an hour is measured. */
const SETTLED_AFTER = 3 * MICROS_PER_MINUTE

/** The end of the last hour that is to be measured by now. */
const lastEnd = Effect.map(nowMicros, (now) => micros(Math.max(MICROS_PER_HOUR, hourOf(now - SETTLED_AFTER))))

/** Where the schedule stands: at that end if the hour is measured, else at its start. */
const standing = (db: DatabaseService, sql: SqlClient, end: Micros) => {
  const start = micros(end - MICROS_PER_HOUR)
  return Effect.map(
    sql`SELECT 1 FROM quality_runs WHERE window_start = ${db.syntax.encodeTime(start)}
      AND window_end = ${db.syntax.encodeTime(end)} AND sensor_id = 0 AND cause = 'schedule' LIMIT 1`,
    (runs): Checkpoint<Micros> => ({ generation: 1, position: runs.length > 0 ? end : start })
  )
}

const hourFold = (db: DatabaseService, quality: QualityService): Fold<Micros, QualityReport> => ({
  checkpoint: Effect.flatMap(lastEnd, (end) => db.read((sql) => standing(db, sql, end))).pipe(
    Effect.mapError(asLogError)
  ),
  head: lastEnd,
  next: (_, end) =>
    Effect.map(quality.report({ start: micros(end - MICROS_PER_HOUR), end }), (rows) =>
      rows.sensors_total > 0 ? { to: end, rows } : null
    ),
  commit: (_, { rows, to }) =>
    db
      .transact((sql) =>
        Effect.gen(function* () {
          // Of several processes one keeps it.
          yield* Checkpoints.locked(sql, db, "quality")
          if ((yield* standing(db, sql, to)).position === to) return false
          yield* keep(db, sql, rows, undefined, "schedule")
          return true
        })
      )
      .pipe(Effect.mapError(asLogError))
})

export const layer = Layer.effect(
  QualityRuns,
  Effect.gen(function* () {
    const db = yield* Database
    const quality = yield* Quality
    return QualityRuns.of({
      run: Effect.fn("QualityRuns.run")(function* (question, cause) {
        const report = yield* quality.report({ ...question, fresh: true })
        yield* Effect.mapError(
          db.transact((sql) => keep(db, sql, report, question.sensorId, cause)),
          asLogError
        )
        return report
      }),
      runs: (spell, page) => read(db, spell, page).pipe(Effect.withSpan("QualityRuns.runs"))
    })
  })
)

/** Measures each hour once it has ended. */
export const hourly = Effect.flatMap(Effect.all([Database, Quality]), ([db, quality]) =>
  make({
    name: "quality runs",
    fold: hourFold(db, quality),
    origin: micros(0),
    rebuild: null,
    schedule: { every: 60_000, backoffMax: 60_000 }
  })
)

export const scheduled = ProjectionRunner.scheduled(hourly)
