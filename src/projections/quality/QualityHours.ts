/**
 * Counts each sensor's hours once they have ended, so that reports take them as they are.
 *
 * Invariants:
 * 1. An hour is marked for every event of the log up to the checkpoint, in the transaction that moves it, and its
 *    mark is taken off only by counts made as of a checkpoint that has not moved meanwhile: what comes late, is
 *    corrected or deleted has its hour counted again.
 * 2. The mark never passes what the minutes are folded up to, so stored counts see every reading folded.
 * 3. All of it can be made again: deleting the rows and the checkpoint loses nothing.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Database, type DatabaseService } from "../../db/Transaction.js"
import type { PartCounts } from "../../domain/quality/QualityCounts.js"
import type { SensorFacts } from "../../domain/quality/QualityTally.js"
import { MICROS_PER_HOUR, MICROS_PER_MINUTE } from "../../domain/Time.js"
import type { LogError } from "../../eventlog/EventLog.js"
import { asLogError } from "../../eventlog/LogFailure.js"
import { nowMicros } from "../../telemetry/Instant.js"
import * as Rows from "./QualityCells.js"
import { countHours, counting, hourOf } from "./QualityCounting.js"
import { HOUR_VERSION, type StoredHour, sensorFacts } from "./QualityWindow.js"
import { type Spell, statements } from "./SqlQuality.js"
import * as Write from "./SqlQualityHours.js"

/** Positions of the log that are marked at a time, and hours that are counted at a time. */
const MARK_POSITIONS = 20_000
const COUNT_HOURS = 200
/** How long after its end an hour is counted first: what is late comes with less work then. */
const SETTLED_AFTER = 2 * MICROS_PER_MINUTE
/** Hours of a sensor that lie further apart are read by themselves. */
const APART = 6 * MICROS_PER_HOUR
const ALL_TIME: Spell = { start: 0, end: Number.MAX_SAFE_INTEGER / 2 }

/** What one step did; `idle`: there is nothing more to do for now. */
export interface HoursStep {
  readonly marked: number
  readonly counted: number
  readonly idle: boolean
}

export interface QualityHoursService {
  readonly step: Effect.Effect<HoursStep, LogError>
  /** Steps until all hours that have ended are counted. */
  readonly catchUp: Effect.Effect<void, LogError>
}

export class QualityHours extends Context.Tag("tidemark/QualityHours")<QualityHours, QualityHoursService>() {}

const headsOf = (db: DatabaseService, sql: SqlClient) =>
  Effect.flatMap(statements(db, sql).heads(), Rows.heads)

/** Marks the hours of the log's next events; null: another process has moved the mark. */
const mark = (db: DatabaseService, sql: SqlClient) =>
  Effect.gen(function* () {
    const { folded, marked } = yield* headsOf(db, sql)
    const to = Math.min(folded, marked + MARK_POSITIONS)
    if (to <= marked) return { at: marked, folded, moved: 0 }
    const asked = statements(db, sql).touched(marked, to, ALL_TIME, undefined)
    const keys = yield* Effect.flatMap(asked, Rows.hourKeys)
    const done = yield* db.transact((tx) =>
      Effect.gen(function* () {
        if ((yield* Write.lockedMark(db, tx)) !== marked) return false
        yield* Write.markHours(db, tx, keys)
        yield* Write.moveMark(tx, to)
        return true
      })
    )
    return done ? { at: to, folded, moved: to - marked } : null
  })

interface Due {
  readonly sensor: number
  readonly hours: Set<number>
  readonly spell: { start: number; end: number }
}

/** Hours that are due, joined into spells of one sensor. */
const spellsOf = (keys: ReadonlyArray<Rows.HourKey>): ReadonlyArray<Due> => {
  const spells: Array<Due> = []
  const last = new Map<number, Due>()
  for (const { hour, sensorId: sensor } of keys) {
    const end = hour + MICROS_PER_HOUR
    const open = last.get(sensor)
    if (open !== undefined && hour - open.spell.end <= APART) {
      open.spell.end = end
      open.hours.add(hour)
    } else {
      const due: Due = { sensor, hours: new Set([hour]), spell: { start: hour, end } }
      last.set(sensor, due)
      spells.push(due)
    }
  }
  return spells
}

const storedOf = (facts: SensorFacts | undefined, counts: PartCounts): StoredHour => ({
  v: HOUR_VERSION,
  intervalMs: facts?.intervalMs ?? null,
  counts
})

/** The interval that each sensor's hours were counted for last. */
type Intervals = Map<number, number | null>

/** Counts what is due as of the mark; false: the mark has moved, and nothing is stored. */
const count = (
  db: DatabaseService,
  sql: SqlClient,
  { at, folded }: { readonly at: number; readonly folded: number },
  keys: ReadonlyArray<Rows.HourKey>,
  intervals: Intervals
) =>
  Effect.gen(function* () {
    const of = counting(db, sql, at, folded)
    const rows: Array<Write.CountedHour> = []
    // Hours that were counted for another interval have other gaps now.
    const changed = new Set<number>()
    for (const { hours, sensor, spell } of spellsOf(keys)) {
      const facts = (yield* sensorFacts({ of, sensorId: sensor })).get(sensor)
      const scope = { intervalMs: facts?.intervalMs ?? null, whole: spell }
      const before = intervals.get(sensor)
      if (before !== undefined && before !== scope.intervalMs) changed.add(sensor)
      intervals.set(sensor, scope.intervalMs)
      const counted = yield* countHours(of, sensor, spell, scope)
      for (const hour of hours) {
        const counts = counted.get(hour)
        // Marked and empty: all of it was deleted, or never in force.
        rows.push({
          sensorId: sensor,
          hour,
          counts: counts === undefined ? "" : JSON.stringify(storedOf(facts, counts))
        })
      }
    }
    return yield* db.transact((tx) =>
      Effect.gen(function* () {
        if ((yield* Write.lockedMark(db, tx)) !== at) return false
        yield* Effect.forEach(changed, (sensor) => Write.markSensor(tx, sensor), { discard: true })
        yield* Write.storeHours(db, tx, at, rows)
        return true
      })
    )
  })

const step = (db: DatabaseService, intervals: Intervals) =>
  Effect.gen(function* () {
    const now = yield* nowMicros
    return yield* db.read((sql) =>
      Effect.gen(function* () {
        const marked = yield* mark(db, sql)
        if (marked === null) return { marked: 0, counted: 0, idle: false }
        const { at, folded, moved } = marked
        const before = hourOf(now - SETTLED_AFTER)
        const asked = statements(db, sql).due(before, COUNT_HOURS)
        const keys = at < folded ? [] : yield* Effect.flatMap(asked, Rows.hourKeys)
        const stored = keys.length === 0 || (yield* count(db, sql, marked, keys, intervals))
        return {
          marked: moved,
          counted: stored ? keys.length : 0,
          idle: at >= folded && stored && keys.length < COUNT_HOURS
        }
      })
    )
  }).pipe(Effect.mapError(asLogError))

export const layer = Layer.effect(
  QualityHours,
  Effect.map(Database, (db) => {
    const one = step(db, new Map())
    const catchUp: Effect.Effect<void, LogError> = Effect.flatMap(one, ({ idle }) =>
      idle ? Effect.void : Effect.zipRight(Effect.sleep(0), catchUp)
    )
    return QualityHours.of({ step: one, catchUp })
  })
)

/** Between two looks for hours that have ended. */
const EVERY = "30 seconds"

/** Counts for as long as the layer lives; what fails is told and tried again. */
export const scheduled = (options: { readonly every?: Duration.DurationInput } = {}) =>
  Layer.scopedDiscard(
    Effect.flatMap(QualityHours, ({ catchUp }) => {
      const loop: Effect.Effect<never> = catchUp.pipe(
        Effect.sandbox,
        Effect.catchAll((cause) =>
          Cause.isInterruptedOnly(cause)
            ? Effect.failCause(cause as Cause.Cause<never>)
            : Effect.logDebug(`counting the quality of ended hours waits: ${Cause.pretty(cause)}`)
        ),
        Effect.zipRight(Effect.sleep(options.every ?? EVERY)),
        Effect.flatMap(() => loop)
      )
      return Effect.forkScoped(loop)
    })
  )
