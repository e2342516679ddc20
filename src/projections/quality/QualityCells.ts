/** The rows that the quality statements answer. */
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import type { SequenceEdge } from "../../domain/quality/QualityCounts.js"
import type { QualityEvent, QualityMinute, VersionFacts } from "../../domain/quality/QualityRows.js"
import type { SensorFacts } from "../../domain/quality/QualityTally.js"
import type { Micros } from "../../domain/Time.js"

export const sensors = Rows.every(
  (row): SensorFacts => ({
    sensorId: Rows.integer(row.sensor_id),
    intervalMs: Rows.maybeDouble(row.interval_ms),
    retired: row.status === "retired",
    firstEver: Rows.maybeTime(row.first_ever),
    lastEver: Rows.maybeTime(row.last_ever),
    type: Rows.maybeText(row.type)
  })
)

export const earliest = Rows.only((row) => Rows.maybeTime(row.earliest))

export type Versions = ReadonlyMap<number, VersionFacts>
const versionOf = (row: Rows.Row): readonly [number, VersionFacts] => [
  Rows.integer(row.version),
  {
    described: Rows.flag(row.described),
    min: Rows.maybeDouble(row.range_min),
    max: Rows.maybeDouble(row.range_max)
  }
]
export const versions = (rows: ReadonlyArray<Rows.Row>) =>
  Effect.map(Rows.every(versionOf)(rows), (all): Versions => new Map(all))

const typeOf = (cell: unknown): QualityEvent["type"] => {
  if (cell === "ReadingRecorded" || cell === "ReadingCorrected" || cell === "ReadingDeleted") return cell
  throw new TypeError(`not an event of a reading: ${String(cell)}`)
}

/** The `seq` and `epoch` that a device gave with its reading, where it gave any. */
const sequenceOf = (cell: unknown): SequenceEdge | null => {
  if (cell === null) return null
  const { epoch, seq } = Rows.object(cell)
  return typeof seq === "number" ? { seq, epoch: typeof epoch === "string" ? epoch : null } : null
}

export const events = (versionsById: Versions) =>
  Rows.every(
    (row): QualityEvent => ({
      position: Rows.integer(row.position),
      type: typeOf(row.type),
      occurredAt: Rows.time(row.occurred_at),
      recordedAt: Rows.time(row.recorded_at),
      clockSet: row.time_source === null,
      value: Rows.maybeDouble(row.value),
      readingId: Rows.maybeInteger(row.reading_id),
      supersededBy: Rows.maybeInteger(row.superseded_by),
      attached: row.attached !== null,
      version: versionsById.get(Rows.integer(row.version)) ?? null,
      sequence: sequenceOf(row.payload)
    })
  )

export const minutes = (versionsById: Versions) =>
  Rows.every(
    (row): QualityMinute => ({
      minute: Rows.time(row.minute),
      id: Rows.integer(row.id),
      readings: Rows.integer(row.readings),
      min: Rows.double(row.value_min),
      max: Rows.double(row.value_max),
      mean: Rows.maybeDouble(row.value_mean),
      stddev: Rows.maybeDouble(row.value_stddev),
      first: Rows.double(row.value_first),
      last: Rows.double(row.value_last),
      version: versionsById.get(Rows.integer(row.version)) ?? null
    })
  )

export interface HourKey {
  readonly sensorId: number
  readonly hour: Micros
}
const hourKeyOf = (row: Rows.Row): HourKey => ({
  sensorId: Rows.integer(row.sensor_id),
  hour: Rows.time(row.hour)
})
export const hourKeys = Rows.every(hourKeyOf)

/** A counted hour, or one that is only marked. */
export interface HourRow extends HourKey {
  readonly dirty: boolean
  /** What was counted, as it is stored; null where nothing was, or the hour is marked. */
  readonly counts: unknown
}
export const hours = Rows.every((row): HourRow => {
  const dirty = Rows.flag(row.dirty)
  return { ...hourKeyOf(row), dirty, counts: dirty || row.counts === "" ? null : Rows.object(row.counts) }
})

/** Minutes at 0 among all of a spell. */
export const zeros = Rows.only((row) => ({
  minutes: Rows.integer(row.minutes),
  zeros: Rows.integer(row.zeros),
  lowest: Rows.maybeDouble(row.lowest),
  first: Rows.maybeTime(row.first_zero),
  last: Rows.maybeTime(row.last_zero)
}))

export const rejectedCount = Rows.only((row) => Rows.integer(row.rejected))

export const rejected = Rows.every((row) => ({
  topic: Rows.text(row.topic),
  reason: Rows.text(row.reason),
  firstSeen: Rows.time(row.first_seen)
}))

export const heads = Rows.only((row) => ({
  head: Rows.integer(row.head),
  folded: Rows.integer(row.folded),
  marked: Rows.integer(row.marked)
}))
