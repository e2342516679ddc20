/**
 * Quality as it was measured: each run is kept with its moment and position, beside what the log says of the same
 * window today. An hour that has ended is measured by itself; anybody may have a window measured.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
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

/** A run as it is kept. */
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
  /** Measures the last hour that has ended, once. */
  readonly measureLastHour: Effect.Effect<void, LogError>
}

export class QualityRuns extends Context.Tag("tidemark/QualityRuns")<QualityRuns, QualityRunsService>() {}

const keep = (db: DatabaseService, report: QualityReport, question: QualityQuestion, cause: RunCause) =>
  Effect.gen(function* () {
    const now = yield* nowMicros
    const checks = Object.fromEntries(
      [report.details, report.aggregated_details].flatMap((details) =>
        DIMENSIONS.flatMap((dimension) =>
          details[dimension].checks.map(({ denominator, name, numerator }) => [
            name,
            { numerator, denominator }
          ])
        )
      )
    )
    const results = JSON.stringify({ results: report.results, checks })
    // The same window in the same microsecond is the same run.
    yield* db.transact(
      (
        sql
      ) => sql`REPLACE INTO quality_runs (measured_at, window_start, window_end, sensor_id, position, cause, results)
        VALUES (${db.encodeTime(now)}, ${db.encodeTime(parseStoredTime(report.start_time))},
          ${db.encodeTime(parseStoredTime(report.end_time))}, ${question.sensorId ?? 0}, ${report.position}, ${cause},
          ${results})`
    )
  }).pipe(Effect.mapError(asLogError))

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
          WHERE window_start >= ${db.encodeTime(start)} AND window_start < ${db.encodeTime(end)}
          ORDER BY window_start DESC, measured_at DESC, window_end DESC, sensor_id DESC
          LIMIT ${sql.literal(String(limit))} OFFSET ${sql.literal(String(skip))}`,
        Rows.every(runOf)
      )
    )
    .pipe(Effect.mapError(asLogError))

/** How long after its end an hour is measured. */
const SETTLED_AFTER = 3 * MICROS_PER_MINUTE

const lastHour = (db: DatabaseService, quality: QualityService) =>
  Effect.gen(function* () {
    const now = yield* nowMicros
    const end = hourOf(now - SETTLED_AFTER)
    const start = micros(Math.max(0, end - MICROS_PER_HOUR))
    const known = yield* read(db, { start, end: micros(end) }, { skip: 0, limit: 50 })
    if (known.some((run) => run.cause === "schedule" && run.start === start)) return
    const question = { start, end: micros(end) }
    const report = yield* quality.report(question)
    if (report.sensors_total > 0) yield* keep(db, report, question, "schedule")
  })

export const layer = Layer.effect(
  QualityRuns,
  Effect.gen(function* () {
    const db = yield* Database
    const quality = yield* Quality
    return QualityRuns.of({
      run: (question, cause) =>
        Effect.tap(quality.report({ ...question, fresh: true }), (report) =>
          keep(db, report, question, cause)
        ),
      runs: (spell, page) => read(db, spell, page),
      measureLastHour: lastHour(db, quality)
    })
  })
)

/** Measures each hour after it has ended, for as long as the layer lives. */
export const scheduled = Layer.scopedDiscard(
  Effect.flatMap(QualityRuns, ({ measureLastHour }) => {
    const loop: Effect.Effect<never> = measureLastHour.pipe(
      Effect.catchAllCause((cause) =>
        Cause.isInterruptedOnly(cause)
          ? Effect.failCause(cause as Cause.Cause<never>)
          : Effect.logDebug(
              `measuring the last hour waits: ${Option.match(Cause.failureOption(cause), {
                onNone: () => Cause.pretty(cause),
                onSome: ({ reason }) => reason
              })}`
            )
      ),
      Effect.zipRight(Effect.sleep("1 minute")),
      Effect.flatMap(() => loop)
    )
    return Effect.forkScoped(loop)
  })
)
