/**
 * The rows that the quality statements answer, decoded. Those of events and minutes are many: they are taken apart
 * by hand, each cell checked.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { SequenceEdge } from "../../domain/quality/QualityCounts.js"
import type { QualityEvent, QualityMinute, VersionFacts } from "../../domain/quality/QualityRows.js"
import type { SensorFacts } from "../../domain/quality/QualityTally.js"
import type { Micros } from "../../domain/Time.js"
import { LogCorrupt } from "../../eventlog/EventLog.js"
import { Count, Double, decodeRows } from "./SqlCells.js"
import type { Db } from "./SqlQuality.js"

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

const decodeEarliest = decodeRows(Schema.Struct({ earliest: Schema.NullOr(Schema.String) }))
export const earliest = (db: Db) => (rows: unknown) =>
  Effect.map(decodeEarliest(rows), (decoded) =>
    decoded.map((row) => ({ earliest: timeOrNull(db, row.earliest) }))
  )

export type Versions = ReadonlyMap<number, VersionFacts>
const decodeVersions = decodeRows(
  Schema.Struct({
    version: Count,
    range_min: Schema.NullOr(Double),
    range_max: Schema.NullOr(Double),
    described: Count
  })
)
export const versions = (rows: unknown) =>
  Effect.map(
    decodeVersions(rows),
    (decoded): Versions =>
      new Map(
        decoded.map(({ described, range_max, range_min, version }) => [
          version,
          { described: described === 1, min: range_min, max: range_max }
        ])
      )
  )

type Row = Readonly<Record<string, unknown>>

const numberOf = (cell: unknown): number => {
  const number = typeof cell === "number" ? cell : Number(cell)
  if (cell === null || cell === undefined || Number.isNaN(number)) {
    throw new TypeError(`not a number in a numeric column: ${String(cell)}`)
  }
  return number
}
const maybeNumber = (cell: unknown): number | null =>
  cell === null || cell === undefined ? null : numberOf(cell)

const typeOf = (cell: unknown): QualityEvent["type"] => {
  if (cell === "ReadingRecorded" || cell === "ReadingCorrected" || cell === "ReadingDeleted") return cell
  throw new TypeError(`not an event of a reading: ${String(cell)}`)
}

/** The `seq` and `epoch` that a device gave with its reading, where it gave any. */
const sequenceOf = (cell: unknown): SequenceEdge | null => {
  if (cell === null || cell === undefined) return null
  const payload: unknown = typeof cell === "string" ? JSON.parse(cell) : cell
  if (typeof payload !== "object" || payload === null || !("seq" in payload)) return null
  const { seq } = payload
  if (typeof seq !== "number") return null
  return { seq, epoch: "epoch" in payload && typeof payload.epoch === "string" ? payload.epoch : null }
}

const byHand =
  <A>(one: (row: Row) => A) =>
  (rows: ReadonlyArray<unknown>): Effect.Effect<ReadonlyArray<A>, LogCorrupt> =>
    Effect.try({
      try: () => rows.map((row) => one(row as Row)),
      catch: (error) => new LogCorrupt({ reason: error instanceof Error ? error.message : String(error) })
    })

export const events = (db: Db, known: Versions) =>
  byHand((row): QualityEvent => {
    return {
      position: numberOf(row.position),
      type: typeOf(row.type),
      occurredAt: db.decodeTime(row.occurred_at),
      recordedAt: db.decodeTime(row.recorded_at),
      value: maybeNumber(row.value),
      readingId: maybeNumber(row.reading_id),
      supersededBy: maybeNumber(row.superseded_by),
      attached: row.attached !== null,
      version: known.get(numberOf(row.version)) ?? null,
      sequence: sequenceOf(row.payload)
    }
  })

export const minutes = (db: Db, known: Versions) =>
  byHand(
    (row): QualityMinute => ({
      minute: db.decodeTime(row.minute),
      id: numberOf(row.id),
      readings: numberOf(row.readings),
      min: numberOf(row.value_min),
      max: numberOf(row.value_max),
      mean: maybeNumber(row.value_mean),
      stddev: maybeNumber(row.value_stddev),
      first: numberOf(row.value_first),
      last: numberOf(row.value_last),
      version: known.get(numberOf(row.version)) ?? null
    })
  )

/** A counted hour, or one that is only marked: `counts` is JSON, "" where it was never counted. */
export interface HourRow {
  readonly sensorId: number
  readonly hour: Micros
  readonly dirty: boolean
  readonly counts: string
}
export const hours = (db: Db) =>
  byHand(
    (row): HourRow => ({
      sensorId: numberOf(row.sensor_id),
      hour: db.decodeTime(row.hour),
      dirty: numberOf(row.dirty) === 1,
      counts: String(row.counts)
    })
  )

export interface HourKey {
  readonly sensorId: number
  readonly hour: Micros
}
export const hourKeys = (db: Db) =>
  byHand((row): HourKey => ({ sensorId: numberOf(row.sensor_id), hour: db.decodeTime(row.hour) }))

export const count = (column: string) => (rows: ReadonlyArray<unknown>) =>
  Effect.map(byHand((row) => numberOf(row[column]))(rows), ([n = 0]) => n)

export interface RejectedRow {
  readonly topic: string
  readonly reason: string
  readonly firstSeen: Micros
}
export const rejected = (db: Db) =>
  byHand(
    (row): RejectedRow => ({
      topic: String(row.topic),
      reason: String(row.reason),
      firstSeen: db.decodeTime(row.first_seen)
    })
  )

export const heads = decodeRows(Schema.Struct({ head: Count, folded: Count, marked: Count }))
