/**
 * The rows that the quality statements answer, decoded.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { DatabaseService } from "../db/Transaction.js"
import {
  type MinuteCounts,
  NO_MINUTES,
  NO_READINGS,
  type ReadingCounts,
  type SensorFacts
} from "../domain/QualityTally.js"
import type { Micros } from "../domain/Time.js"
import { Count, Double, decodeRows } from "./SqlCells.js"

type Db = Pick<DatabaseService, "decodeTime">
const timeOrNull = (db: Db, text: string | null): Micros | null =>
  text === null ? null : db.decodeTime(text)

const decodeSensors = decodeRows(
  Schema.Struct({
    sensor_id: Count,
    status: Schema.String,
    interval_ms: Schema.NullOr(Double),
    first_ever: Schema.NullOr(Schema.String),
    last_ever: Schema.NullOr(Schema.String)
  })
)
export const sensors = (db: Db) => (rows: unknown) =>
  Effect.map(decodeSensors(rows), (decoded) =>
    decoded.map(
      (row): SensorFacts => ({
        sensorId: row.sensor_id,
        intervalMs: row.interval_ms,
        retired: row.status === "retired",
        firstEver: timeOrNull(db, row.first_ever),
        lastEver: timeOrNull(db, row.last_ever)
      })
    )
  )

const decodeReadings = decodeRows(
  Schema.Struct({
    sensor_id: Count,
    recorded: Count,
    unamended: Count,
    timely: Count,
    folded: Count,
    readings: Count,
    ranged: Count,
    in_range: Count,
    versioned: Count,
    described: Count,
    amendments: Count,
    attached: Count,
    first_at: Schema.NullOr(Schema.String),
    last_at: Schema.NullOr(Schema.String),
    lo: Schema.NullOr(Double),
    hi: Schema.NullOr(Double)
  })
)
export const readings = (db: Db) => (rows: unknown) =>
  Effect.map(decodeReadings(rows), (decoded) =>
    decoded.map(({ first_at, hi, in_range, last_at, lo, sensor_id, ...counts }) => {
      const row: ReadingCounts = {
        ...NO_READINGS,
        ...counts,
        inRange: in_range,
        firstAt: timeOrNull(db, first_at),
        lastAt: timeOrNull(db, last_at),
        min: lo,
        max: hi
      }
      return [sensor_id, row] as const
    })
  )

const decodeGaps = decodeRows(Schema.Struct({ sensor_id: Count, conflicts: Count, missed: Count }))
/** Conflicts and missed readings within the part, by sensor. */
export const gaps = (rows: unknown) =>
  Effect.map(
    decodeGaps(rows),
    (decoded) =>
      new Map(decoded.map(({ conflicts, missed, sensor_id }) => [sensor_id, { conflicts, missed }] as const))
  )

const decodeMinutes = decodeRows(
  Schema.Struct({
    sensor_id: Count,
    stored: Count,
    distinct_ids: Count,
    whole: Count,
    coherent: Count,
    ranged: Count,
    in_range: Count,
    described: Count,
    n: Count,
    mean: Schema.NullOr(Double),
    m2: Schema.NullOr(Double),
    k: Count,
    mean_of_means: Schema.NullOr(Double),
    m2_of_means: Schema.NullOr(Double),
    mean_min: Schema.NullOr(Double),
    mean_max: Schema.NullOr(Double)
  })
)
export const minutes = (rows: unknown) =>
  Effect.map(decodeMinutes(rows), (decoded) =>
    decoded.map((row) => {
      const counts: MinuteCounts = {
        ...NO_MINUTES,
        stored: row.stored,
        whole: row.whole,
        coherent: row.coherent,
        ranged: row.ranged,
        inRange: row.in_range,
        described: row.described,
        distinct: row.distinct_ids,
        values: { n: row.n, mean: row.mean ?? 0, m2: row.m2 ?? 0 },
        means: { n: row.k, mean: row.mean_of_means ?? 0, m2: row.m2_of_means ?? 0 },
        meanMin: row.mean_min,
        meanMax: row.mean_max
      }
      return [row.sensor_id, counts] as const
    })
  )

const decodeAgreement = decodeRows(Schema.Struct({ sensor_id: Count, compared: Count, agreeing: Count }))
export const agreement = (rows: unknown) =>
  Effect.map(decodeAgreement(rows), (decoded) =>
    decoded.map(({ agreeing, compared, sensor_id }) => {
      const counts: MinuteCounts = { ...NO_MINUTES, compared, agreeing }
      return [sensor_id, counts] as const
    })
  )

const decodeNext = decodeRows(
  Schema.Struct({
    event_at: Schema.NullOr(Schema.String),
    until_at: Schema.NullOr(Schema.String),
    minute_at: Schema.NullOr(Schema.String)
  })
)
/** `from`: the earlier of the first event and the first minute, null when there is neither. */
export const next = (db: Db) => (rows: unknown) =>
  Effect.map(decodeNext(rows), ([row]) => {
    const event = timeOrNull(db, row?.event_at ?? null)
    const minute = timeOrNull(db, row?.minute_at ?? null)
    const from = event === null ? minute : minute === null || event < minute ? event : minute
    return { from, until: timeOrNull(db, row?.until_at ?? null) }
  })

const one =
  <A, I>(schema: Schema.Schema<{ readonly count: A }, I>) =>
  (rows: unknown) =>
    Effect.map(decodeRows(schema)(rows), (decoded) => decoded.map(({ count }) => count))

export const outside = (rows: unknown) =>
  Effect.map(
    one(Schema.Struct({ count: Schema.propertySignature(Count).pipe(Schema.fromKey("outside")) }))(rows),
    ([n = 0]) => n
  )
export const rejected = one(
  Schema.Struct({ count: Schema.propertySignature(Count).pipe(Schema.fromKey("rejected")) })
)
export const heads = decodeRows(Schema.Struct({ head: Count, folded: Count }))
