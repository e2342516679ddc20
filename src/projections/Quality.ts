/**
 * The quality of a window, counted by the database.
 *
 * Invariants:
 * 1. The readings' checks are made as of one position, so they agree with each other while data arrive; stored
 *    minutes are compared with the readings as of the position that they are folded up to.
 * 2. The window is counted in parts of about PART_ROWS rows: no statement holds a connection (or, with SQLite,
 *    the event loop) for long, and a report can be interrupted. Spells without data are leapt over.
 * 3. At most REPORTS_MAX reports are made at once; the others wait.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Database, type DatabaseService } from "../db/Transaction.js"
import { type Position, position, type SensorId } from "../domain/Ids.js"
import { plausibleBounds } from "../domain/Moments.js"
import { makeReport, noTallies, type QualityReport, type Tallies } from "../domain/Quality.js"
import * as Tally from "../domain/QualityTally.js"
import { MICROS_PER_DAY, MICROS_PER_MINUTE, type Micros, micros, minuteOf } from "../domain/Time.js"
import type { LogError } from "../eventlog/EventLog.js"
import { nowMicros } from "../telemetry/Now.js"
import * as Rows from "./QualityRows.js"
import { asLogError } from "./SqlCells.js"
import { statements } from "./SqlQuality.js"
import type { Part } from "./SqlQualityParts.js"

/** The window where none is asked for: the last 24 hours. */
export const DEFAULT_WINDOW = MICROS_PER_DAY
/** How many events one statement counts, give or take the last minute's: 30 ms of SQLite. */
const PART_ROWS = 5_000
const REPORTS_MAX = 2
const SENSORS_PAGE = 5_000

export interface QualityQuestion {
  /** Inclusive, device time; absent: 24 h before the end. */
  readonly start?: Micros | undefined
  /** Exclusive, device time; absent: now. */
  readonly end?: Micros | undefined
  readonly sensorId?: SensorId | undefined
}

export interface QualityService {
  /** Scores, checks and sensors of a window; an empty window (start ≥ end) has null scores. */
  readonly report: (question: QualityQuestion) => Effect.Effect<QualityReport, LogError>
}

export class Quality extends Context.Tag("tidemark/Quality")<Quality, QualityService>() {}

const minuteCeil = (time: number): Micros => micros(Math.ceil(time / MICROS_PER_MINUTE) * MICROS_PER_MINUTE)

interface Asked {
  readonly db: DatabaseService
  readonly sql: SqlClient
  readonly window: Tally.Window
  readonly sensorId: SensorId | undefined
  readonly asOf: Position
  readonly folded: Position
}

interface Counted {
  readonly parts: ReadonlyArray<Part>
  readonly readings: ReadonlyMap<number, Tally.ReadingCounts>
  readonly minutes: ReadonlyMap<number, Tally.MinuteCounts>
}

/** All minutes that a part of the window touches; parts within the window end with a minute. */
const minutesOf = (part: Part): Part => ({ start: minuteOf(part.start), end: minuteCeil(part.end) })

/**
 * After a statement others get their turn: with SQLite it held the event loop, and a bare yield would not let
 * sockets be read.
 */
const turn = <A, E, R>(statement: Effect.Effect<A, E, R>) => Effect.zipLeft(statement, Effect.sleep(0))

/** Counts the window part by part, and merges the parts. */
const count = (
  { asOf, db, folded, sensorId, sql, window }: Asked,
  facts: ReadonlyMap<number, Tally.SensorFacts>
) =>
  Effect.gen(function* () {
    const ask = statements(db, sql, { asOf, sensorId })
    const whole: Part = {
      start: minuteCeil(window.start),
      end: minuteOf(Math.min(window.end, window.now))
    }
    const parts: Array<Part> = []
    const readings = new Map<number, Tally.ReadingCounts>()
    const minutes = new Map<number, Tally.MinuteCounts>()
    let at: number = window.start
    while (at < window.end) {
      const rest: Part = { start: micros(at), end: window.end }
      const next = yield* Effect.flatMap(ask.next(rest, minutesOf(rest), PART_ROWS), Rows.next(db))
      if (next.from === null) break
      at = Math.max(at, minuteOf(next.from))
      const until =
        next.until === null ? window.end : Math.max(minuteOf(next.until), minuteOf(at) + MICROS_PER_MINUTE)
      const part: Part = { start: micros(at), end: micros(Math.min(window.end, until)) }
      const counted = yield* turn(Effect.flatMap(ask.readings(part, folded), Rows.readings(db)))
      const gaps = yield* turn(Effect.flatMap(ask.gaps(part), Rows.gaps))
      const stored = yield* turn(Effect.flatMap(ask.minutes(minutesOf(part), whole), Rows.minutes))
      const agreement = yield* turn(Effect.flatMap(ask.agreement(minutesOf(part)), Rows.agreement))
      for (const [id, counts] of counted)
        readings.set(
          id,
          Tally.mergeReadings(
            readings.get(id) ?? Tally.NO_READINGS,
            { ...counts, ...gaps.get(id) },
            facts.get(id)?.intervalMs ?? null
          )
        )
      for (const [id, counts] of [...stored, ...agreement])
        minutes.set(id, Tally.mergeMinutes(minutes.get(id) ?? Tally.NO_MINUTES, counts))
      parts.push(part)
      at = part.end
    }
    const result: Counted = { parts, readings, minutes }
    return result
  })

/** All sensors that were asked for, and any that have readings without being registered. */
const sensorFacts = ({ asOf, db, sensorId, sql }: Asked) =>
  Effect.gen(function* () {
    const ask = statements(db, sql, { asOf, sensorId })
    const facts = new Map<number, Tally.SensorFacts>()
    for (let after = 0, page = SENSORS_PAGE; page === SENSORS_PAGE; ) {
      const rows = yield* Effect.flatMap(ask.sensors(after, SENSORS_PAGE), Rows.sensors(db))
      for (const row of rows) facts.set(row.sensorId, row)
      after = rows.at(-1)?.sensorId ?? after
      page = rows.length
    }
    return facts
  })

/** Looks again only at sensors whose extremes are outside what is plausible. */
const implausible = (
  { asOf, db, sensorId, sql }: Asked,
  sensor: number,
  readings: Tally.ReadingCounts,
  minutes: Tally.MinuteCounts,
  parts: ReadonlyArray<Part>
) =>
  Effect.gen(function* () {
    const ask = statements(db, sql, { asOf, sensorId })
    const outside = (bounds: { low: number; high: number } | null, min: number | null, max: number | null) =>
      bounds !== null && min !== null && max !== null && (min < bounds.low || max > bounds.high)
    const total = (rows: ReadonlyArray<number>) => rows.reduce((sum, n) => sum + n, 0)
    const values = plausibleBounds(minutes.values)
    const means = plausibleBounds(minutes.means)
    const found: Tally.Implausible = {
      readings:
        values !== null && outside(values, readings.min, readings.max)
          ? total(
              yield* Effect.forEach(parts, (part) =>
                Effect.flatMap(ask.readingsOutside(part, sensor, values.low, values.high), Rows.outside)
              )
            )
          : 0,
      minutes:
        means !== null && outside(means, minutes.meanMin, minutes.meanMax)
          ? total(
              yield* Effect.forEach(parts, (part) =>
                Effect.flatMap(
                  ask.minutesOutside(minutesOf(part), sensor, means.low, means.high),
                  Rows.outside
                )
              )
            )
          : 0
    }
    return found
  })

const UNREGISTERED = { intervalMs: null, retired: false, firstEver: null, lastEver: null }

const measure = (asked: Asked) =>
  Effect.gen(function* () {
    const { asOf, db, sensorId, sql, window } = asked
    const facts = yield* sensorFacts(asked)
    const { minutes, parts, readings } = yield* count(asked, facts)
    const ids = new Set([...facts.keys(), ...readings.keys(), ...minutes.keys()])
    const sensors: Array<{ readonly sensorId: number; readonly tallies: Tallies }> = []
    let accepted = 0
    for (const id of ids) {
      const ofReadings = readings.get(id) ?? Tally.NO_READINGS
      const ofMinutes = minutes.get(id) ?? Tally.NO_MINUTES
      const found = yield* implausible(asked, id, ofReadings, ofMinutes, parts)
      const sensor = facts.get(id) ?? { sensorId: id, ...UNREGISTERED }
      sensors.push({
        sensorId: id,
        tallies: Tally.sensorTallies(sensor, ofReadings, ofMinutes, found, window)
      })
      accepted += ofReadings.readings
    }
    const [rejected = 0] =
      sensorId === undefined
        ? yield* Effect.flatMap(statements(db, sql, { asOf, sensorId }).rejected(window), Rows.rejected)
        : []
    const others: Tallies =
      sensorId === undefined
        ? { ...noTallies, accepted: { numerator: accepted, denominator: accepted + rejected } }
        : noTallies
    return makeReport({ start: window.start, end: window.end, position: asOf, sensors, others })
  })

/** Quality from the log and the stored minutes of the database. */
export const layer = Layer.effect(
  Quality,
  Effect.gen(function* () {
    const db = yield* Database
    const permits = yield* Effect.makeSemaphore(REPORTS_MAX)
    const report = (question: QualityQuestion) =>
      Effect.gen(function* () {
        const now = yield* nowMicros
        const end = question.end ?? micros(Math.max(now, (question.start ?? 0) + 1))
        const start = question.start ?? micros(Math.max(0, end - DEFAULT_WINDOW))
        return yield* db.read((sql) =>
          Effect.gen(function* () {
            const ask = statements(db, sql, { asOf: position(0), sensorId: undefined })
            const [heads] = yield* Effect.flatMap(ask.heads(), Rows.heads)
            const asOf = position(heads?.head ?? 0)
            const folded = position(heads?.folded ?? 0)
            return yield* measure({
              db,
              sql,
              window: { start, end, now },
              sensorId: question.sensorId,
              asOf,
              folded
            })
          })
        )
      }).pipe(Effect.mapError(asLogError), permits.withPermits(1), Effect.withSpan("Quality.report"))
    return Quality.of({ report })
  })
)
