/**
 * The quality of a window: scores, what fails, gaps, and how it went over time.
 *
 * Invariants:
 * 1. An answer is made as of one position of the log, so its checks agree with each other while data arrive; stored
 *    minutes are compared with the readings as of the position that they are folded up to.
 * 2. What is counted already is not counted again: a window of a day reads its hours, never a year.
 * 3. No statement holds a connection (or, with SQLite, the event loop) for long, and an answer can be interrupted.
 * 4. As of a position of the past an answer is what it was then, with what was planned then, and says nothing of what
 *    keeps no past: the stored minutes, and rejected messages, which have no position.
 * 5. At most ANSWERS_MAX answers are made at once; the others wait.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Database, type DatabaseService } from "../../db/Transaction.js"
import type { Annotation } from "../../domain/catalogue/Annotation.js"
import type { CatalogueEvent } from "../../domain/catalogue/CatalogueEdits.js"
import { downtimesIn } from "../../domain/catalogue/PlannedDowntime.js"
import { position as asPosition, type SensorId } from "../../domain/Ids.js"
import { CHECKS } from "../../domain/quality/QualityChecks.js"
import { makeReport, type QualityReport } from "../../domain/quality/QualityReport.js"
import { goneInWindow, type Window } from "../../domain/quality/QualityTally.js"
import { lackOf } from "../../domain/quality/Quantity.js"
import { NOTHING } from "../../domain/quality/Tally.js"
import type { Sensor } from "../../domain/Sensor.js"
import type { TaggedSensors } from "../../domain/shaping/Tags.js"
import { MICROS_PER_DAY, type Micros, micros } from "../../domain/Time.js"
import { CatalogueLog } from "../../eventlog/CatalogueLog.js"
import { ColdLog } from "../../eventlog/cold/ColdLog.js"
import type { LogError } from "../../eventlog/EventLog.js"
import { asLogError } from "../../eventlog/LogFailure.js"
import { nowMicros } from "../../telemetry/Instant.js"
import * as Rows from "./QualityCells.js"
import { counting, type ReadError } from "./QualityCounting.js"
import { downtimeIn } from "./QualityDowntime.js"
import * as History from "./QualityHistory.js"
import * as Lists from "./QualityLists.js"
import { measure, othersOf } from "./QualityMeasure.js"
import * as Remarks from "./QualityRemarks.js"
import type { CountRequest } from "./QualityWindow.js"
import type { QualityDb } from "./SqlQuality.js"
import { statements } from "./SqlQuality.js"

/** The window where none is asked for: the last 24 hours. */
export const DEFAULT_WINDOW = MICROS_PER_DAY
const ANSWERS_MAX = 2

/** As of when a question is asked. */
export interface QualityPast {
  readonly position: number
  /** When that position was recorded: what is "now". */
  readonly at: Micros
  /** The sensors as they were registered then. */
  readonly sensors: ReadonlyArray<Sensor>
}

export interface QualityQuestion {
  /** The minutes must be folded up to there; absent: as of the log's head. */
  readonly asOf?: QualityPast | undefined
  /** Inclusive, device time; absent: 24 h before the end. */
  readonly start?: Micros | undefined
  /** Exclusive, device time; absent: now. */
  readonly end?: Micros | undefined
  readonly sensorId?: SensorId | undefined
  /** Of these alone. */
  readonly tagged?: TaggedSensors | undefined
}

export interface ChangeExtent {
  /** µs since 1970. */
  readonly earliest: number
  /** The log was looked at up to here: what is not folded yet is touched once it is. */
  readonly position: number
  /** What was planned, as of the answer: where it is another one, any time may be touched. */
  readonly plan: number
}

export interface QualityService {
  /** Scores, checks and sensors of a window; an empty window (start ≥ end) has null scores. `fresh`: all of it is
   * counted from the log again. */
  readonly report: (
    question: QualityQuestion & { readonly fresh?: boolean }
  ) => Effect.Effect<QualityReport, LogError>
  /** What fails a check, by sensor, then time. */
  readonly failures: (
    question: QualityQuestion & Lists.FailuresQuestion
  ) => Effect.Effect<Lists.Page<Lists.Failure>, LogError>
  /** Spells in which readings are missing, by sensor, then time. */
  readonly gaps: (
    question: QualityQuestion & Lists.GapsQuestion
  ) => Effect.Effect<Lists.Page<Lists.Gap>, LogError>
  /**
   * The earliest device time that the log's events after a position are about: what was counted of it, or of times
   * behind it, may hold no longer. Infinity: there is none, or no position is given; 0: there are too many to look at.
   */
  readonly touched: (since: number | undefined) => Effect.Effect<ChangeExtent, LogError>
  /** What stands out in a sensor's window; at most `max` readings are named. */
  readonly remarks: (
    question: QualityQuestion & { readonly sensorId: SensorId; readonly max: number }
  ) => Effect.Effect<Remarks.Remarks, LogError>
  /** The scores of each hour or day of a window, as the log is now. */
  readonly history: (
    question: QualityQuestion & History.HistoryQuestion
  ) => Effect.Effect<ReadonlyArray<History.HistoryEntry>, LogError>
}

export class Quality extends Context.Tag("tidemark/Quality")<Quality, QualityService>() {}

const windowOf = (question: QualityQuestion) =>
  Effect.map(question.asOf === undefined ? nowMicros : Effect.succeed(question.asOf.at), (now): Window => {
    const end = question.end ?? micros(Math.max(now, (question.start ?? 0) + 1))
    return { start: question.start ?? micros(Math.max(0, end - DEFAULT_WINDOW)), end, now }
  })

/** The sensors that are asked for: the one, and those of the tags; undefined: all of them. */
const onlyOf = ({ sensorId, tagged }: QualityQuestion): ReadonlySet<number> | undefined =>
  sensorId === undefined
    ? tagged?.sensors
    : new Set((tagged?.sensors.has(sensorId) ?? true) ? [sensorId] : [])

const askedOf = (
  db: QualityDb,
  sql: SqlClient,
  question: QualityQuestion,
  downtimes: ReadonlyArray<Annotation>,
  fresh: boolean
) =>
  Effect.gen(function* () {
    const window = yield* windowOf(question)
    const { folded, head, marked } = yield* Effect.flatMap(statements(db, sql).heads(), Rows.heads)
    const past = question.asOf
    const request: CountRequest = {
      of:
        past === undefined
          ? counting(db, sql, head, folded)
          : counting(db, sql, past.position, past.position),
      past: past === undefined ? null : new Map(past.sensors.map((sensor) => [sensor.id, sensor])),
      window,
      only: onlyOf(question),
      marked: fresh ? 0 : marked,
      downtimes
    }
    return request
  })

/** Events that are looked at for the earliest time among them: some 20 ms of SQLite. */
const TOUCHED_MAX = 50_000

const touchedSince = (db: DatabaseService, sql: SqlClient, since: number | undefined) =>
  Effect.gen(function* () {
    const ask = statements(db, sql)
    const { folded: position } = yield* Effect.flatMap(ask.heads(), Rows.heads)
    if (since === undefined || since >= position) return { earliest: Number.POSITIVE_INFINITY, position }
    if (position - since > TOUCHED_MAX) return { earliest: 0, position }
    const earliest = yield* Effect.flatMap(ask.earliest(since, position), Rows.earliest)
    return { earliest: earliest ?? Number.POSITIVE_INFINITY, position }
  })

/** The position of the last event of any annotation; 0: there is none. */
const planOf = (events: ReadonlyArray<CatalogueEvent>): number =>
  events.reduce((last, { position }) => Math.max(last, position), 0)

/** What is not judged as of a position of the past. */
const PASTLESS = Object.fromEntries(
  CHECKS.filter(
    ({ dataset, name }) =>
      dataset === "aggregated_sensor_data" || name === "minutes_match" || name === "accepted"
  ).map(({ name }) => [name, NOTHING])
)

const reportOf = (request: CountRequest, { sensorId, tagged }: QualityQuestion) =>
  Effect.gen(function* () {
    const measures = yield* measure(request)
    const { end, start } = request.window
    return makeReport({
      start,
      end,
      position: request.of.asOf,
      sensorId,
      tags: tagged?.conditions,
      sensors: measures.map(({ facts, tallies }) => ({
        sensorId: facts.sensorId,
        tallies: request.past === null ? tallies : { ...tallies, ...PASTLESS },
        lack: lackOf(facts.type, facts.unit),
        goneSince: goneInWindow(facts, request.window),
        downtime: downtimeIn(request, facts.sensorId)
      })),
      others: yield* othersOf(request, measures)
    })
  })

/** Quality from the log and the stored minutes of the database. */
export const layer = Layer.effect(
  Quality,
  Effect.gen(function* () {
    const db: QualityDb = { ...(yield* Database), lake: yield* ColdLog }
    const words = yield* CatalogueLog
    const annotations = (past: QualityPast | undefined) =>
      words.current("annotation", past && asPosition(past.position))
    const permits = yield* Effect.makeSemaphore(ANSWERS_MAX)
    const answer = <A>(
      name: string,
      question: QualityQuestion,
      make: (request: CountRequest) => Effect.Effect<A, ReadError>,
      fresh = false
    ) =>
      Effect.flatMap(annotations(question.asOf), (events) =>
        db
          .read((sql) => Effect.flatMap(askedOf(db, sql, question, downtimesIn(events), fresh), make))
          .pipe(Effect.mapError(asLogError))
      ).pipe(permits.withPermits(1), Effect.withSpan(`Quality.${name}`))
    return Quality.of({
      report: (question) =>
        answer("report", question, (request) => reportOf(request, question), question.fresh ?? false),
      failures: (question) => answer("failures", question, (request) => Lists.failures(request, question)),
      gaps: (question) => answer("gaps", question, (request) => Lists.gaps(request, question)),
      touched: (since) =>
        Effect.zipWith(
          Effect.map(annotations(undefined), planOf),
          db.read((sql) => touchedSince(db, sql, since)).pipe(Effect.mapError(asLogError)),
          (plan, extent) => ({ ...extent, plan })
        ),
      remarks: (question) =>
        answer("remarks", question, (request) => Remarks.remarks(request, question.sensorId, question.max)),
      history: (question) => answer("history", question, (request) => History.history(request, question))
    })
  })
)
