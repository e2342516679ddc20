/**
 * Counts each sensor's hours once they have ended, so that reports take them as they are.
 *
 * Invariants:
 * 1. An hour is marked for every event of the log up to the checkpoint, in the transaction that moves it, and its
 *    mark is taken off only by counts made as of a checkpoint that has not moved meanwhile: what comes late, is
 *    corrected or deleted has its hour counted again.
 * 2. The checkpoint never passes what the minutes are folded up to, so stored counts see every reading folded.
 * 3. All of it can be made again: with the checkpoint at 0 every hour is marked, and counted, anew.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Database, type DatabaseService } from "../../db/Transaction.js"
import { insertAll } from "../../db/ValueLists.js"
import { type Position, position } from "../../domain/Ids.js"
import { NO_PART, type PartCounts } from "../../domain/quality/QualityCounts.js"
import type { SensorFacts } from "../../domain/quality/QualityTally.js"
import { HOUR_PART, HOUR_VERSION, type StoredHour } from "../../domain/quality/StoredHour.js"
import { MICROS_PER_HOUR, MICROS_PER_MINUTE } from "../../domain/Time.js"
import { ColdLog } from "../../eventlog/cold/ColdLog.js"
import type { LogError } from "../../eventlog/EventLog.js"
import { asLogError } from "../../eventlog/LogFailure.js"
import { nowMicros } from "../../telemetry/Instant.js"
import * as Checkpoints from "../Checkpoints.js"
import {
  type Checkpoint,
  type Fold,
  make,
  type ProjectionService,
  type Rebuild,
  rebuild as rebuildAll
} from "../Projection.js"
import * as ProjectionRunner from "../ProjectionRunner.js"
import { shortTurn } from "../Turn.js"
import * as Rows from "./QualityCells.js"
import { countHours, counting, hourOf } from "./QualityCounting.js"
import { sensorFacts } from "./QualityWindow.js"
import { type Db, type QualityDb, type Spell, statements } from "./SqlQuality.js"

/** Positions of the log that are marked at a time, and hours that are counted at a time. */
const MARK_POSITIONS = 20_000
const COUNT_HOURS = 200
/** How long after its end an hour is counted first: what is late comes with less work then. */
const SETTLED_AFTER = 2 * MICROS_PER_MINUTE
/** Hours of a sensor that lie further apart are read by themselves. */
const APART = 6 * MICROS_PER_HOUR
const ORIGIN = position(0)
const ALL_TIME: Spell = { start: 0, end: Number.MAX_SAFE_INTEGER / 2 }

const markHours = (db: Db, sql: SqlClient, keys: ReadonlyArray<Rows.HourKey>) =>
  insertAll(
    sql,
    db,
    (lists) => `INSERT INTO quality_hours (hour, sensor_id, dirty, position, counts) VALUES ${lists}
      ${db.syntax.orUpdate("hour, sensor_id", () => "dirty = 1")}`,
    "(?, ?, 1, 0, '')",
    keys.map(({ hour, sensorId }) => [db.encodeTime(hour), sensorId])
  )

/** All hours of a sensor are to be counted again. */
const markSensor = (sql: SqlClient, sensor: number) =>
  sql`UPDATE quality_hours SET dirty = 1 WHERE sensor_id = ${sensor}`

interface CountedHour {
  readonly sensorId: number
  readonly hour: number
  /** JSON; "" where there is nothing. */
  readonly counts: string
  /** JSON of the same by parts of the hour; null: not counted by them. */
  readonly parts: string | null
}

const storeHours = (db: Db, sql: SqlClient, at: number, rows: ReadonlyArray<CountedHour>) =>
  Effect.forEach(
    rows,
    ({ counts, hour, parts, sensorId }) =>
      sql`UPDATE quality_hours SET dirty = 0, position = ${at}, counts = ${counts}, parts = ${parts}
        WHERE hour = ${db.encodeTime(hour)} AND sensor_id = ${sensorId}`,
    { discard: true }
  )

export interface QualityHoursService extends ProjectionService {
  /** Marks and counts all hours again; meanwhile reports count them from the log. */
  readonly rebuild: Effect.Effect<Checkpoint, LogError>
}

export class QualityHours extends Context.Tag("tidemark/QualityHours")<QualityHours, QualityHoursService>() {}

/** Marks the hours that the log's next events are about. */
const hoursFold = (db: DatabaseService): Fold<Position, ReadonlyArray<Rows.HourKey>> => ({
  checkpoint: Checkpoints.read(db, "quality"),
  head: Effect.map(Checkpoints.read(db, "minutes"), (minutes) => minutes?.position ?? ORIGIN),
  next: ({ position: from }, folded) => {
    const to = position(Math.min(folded, from + MARK_POSITIONS))
    return db
      .read((sql) =>
        Effect.flatMap(statements(db, sql).touched(from, to, ALL_TIME, undefined), Rows.hourKeys)
      )
      .pipe(
        Effect.mapBoth({ onFailure: asLogError, onSuccess: (rows) => ({ to, rows }) }),
        // Others get their turn: a statement of the embedded file holds the event loop.
        Effect.zipLeft(shortTurn)
      )
  },
  commit: (from, { rows, to }) =>
    Checkpoints.moveFrom(db, "quality", from, to, (sql) => markHours(db, sql, rows))
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

/** Fewer readings are counted from the log in no time. */
const PARTS_FROM = 120
const PARTS = Array.from({ length: MICROS_PER_HOUR / HOUR_PART }, (_, i) => i * HOUR_PART)

const partsOf = (hour: number, { readings }: PartCounts, parts: ReadonlyMap<number, PartCounts>) =>
  readings.readings < PARTS_FROM
    ? null
    : JSON.stringify(PARTS.map((from) => parts.get(hour + from) ?? NO_PART))

/** The interval that each sensor's hours were counted for last. */
type Intervals = Map<number, number | null>

/** Counts what is due as of the checkpoint; false: that has moved, and nothing is stored. */
const count = (
  db: QualityDb,
  sql: SqlClient,
  from: Checkpoint,
  keys: ReadonlyArray<Rows.HourKey>,
  intervals: Intervals
) =>
  Effect.gen(function* () {
    const of = counting(db, sql, from.position, from.position)
    const rows: Array<CountedHour> = []
    // Hours that were counted for another interval have other gaps now.
    const changed = new Set<number>()
    for (const { hours, sensor, spell } of spellsOf(keys)) {
      const facts = (yield* sensorFacts({ of, past: null, only: new Set([sensor]) })).get(sensor)
      const scope = { intervalMs: facts?.intervalMs ?? null, whole: spell }
      const before = intervals.get(sensor)
      if (before !== undefined && before !== scope.intervalMs) changed.add(sensor)
      intervals.set(sensor, scope.intervalMs)
      const counted = yield* countHours(of, sensor, spell, scope)
      for (const hour of hours) {
        const counts = counted.hours.get(hour)
        // Marked and empty: all of it was deleted, or never in force.
        rows.push({
          sensorId: sensor,
          hour,
          counts: counts === undefined ? "" : JSON.stringify(storedOf(facts, counts)),
          parts: counts === undefined ? null : partsOf(hour, counts, counted.parts)
        })
      }
    }
    return yield* Checkpoints.moveFrom(db, "quality", from, from.position, (tx) =>
      Effect.zipRight(
        Effect.forEach(changed, (sensor) => markSensor(tx, sensor), { discard: true }),
        storeHours(db, tx, from.position, rows)
      )
    )
  })

/** Counts some of the hours that have ended and are marked; true: there may be more. */
const countDue = (db: QualityDb, intervals: Intervals) =>
  Effect.gen(function* () {
    const from = yield* Checkpoints.read(db, "quality")
    const before = hourOf((yield* nowMicros) - SETTLED_AFTER)
    if (from === null) return false
    return yield* db.read((sql) =>
      Effect.gen(function* () {
        const keys = yield* Effect.flatMap(statements(db, sql).due(before, COUNT_HOURS), Rows.hourKeys)
        if (keys.length === 0) return false
        const isStored = yield* count(db, sql, from, keys, intervals)
        return !isStored || keys.length >= COUNT_HOURS
      })
    )
  }).pipe(Effect.mapError(asLogError), Effect.zipLeft(shortTurn))

export const layer = Layer.effect(
  QualityHours,
  Effect.gen(function* () {
    const db: QualityDb = { ...(yield* Database), lake: yield* ColdLog }
    const fold = hoursFold(db)
    const rebuild: Rebuild<Position, ReadonlyArray<Rows.HourKey>> = {
      begin: Checkpoints.restart(db, "quality"),
      fold,
      // Hours are marked where they stand: there is nothing to swap, and nothing is left over.
      swap: () => Effect.succeed(true),
      sweep: Effect.succeed(false)
    }
    const service = yield* make({
      name: "quality hours",
      fold,
      origin: ORIGIN,
      beside: countDue(db, new Map()),
      rebuild,
      schedule: { every: 30_000, backoffMax: 30_000 }
    })
    return QualityHours.of({ ...service, rebuild: Effect.zipLeft(rebuildAll(rebuild), service.round) })
  })
)

export const scheduled = ProjectionRunner.scheduled(QualityHours)
