/** The rows that the quality statements answer. */
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import type { SequenceEdge } from "../../domain/quality/QualityCounts.js"
import type { QualityEvent, QualityMinute, VersionFacts } from "../../domain/quality/QualityRows.js"
import type { SensorFacts } from "../../domain/quality/QualityTally.js"
import { lackOf } from "../../domain/quality/Quantity.js"
import type { Micros } from "../../domain/Time.js"

export const sensors = Rows.every(
  (row): SensorFacts => ({
    sensorId: Rows.integer(row.sensor_id),
    intervalMs: Rows.maybeDouble(row.interval_ms),
    retired: row.status === "retired",
    firstEver: Rows.maybeTime(row.first_ever),
    lastEver: Rows.maybeTime(row.last_ever),
    type: Rows.maybeText(row.type),
    unit: Rows.maybeText(row.unit)
  })
)

export const earliest = Rows.only((row) => Rows.maybeTime(row.earliest))

export type Versions = ReadonlyMap<number, VersionFacts>
/** By sensor. */
export type VersionsOf = ReadonlyMap<number, Versions>

const versionOf = (row: Rows.Row) => ({
  sensorId: Rows.integer(row.sensor_id),
  version: Rows.integer(row.version),
  lack: lackOf(Rows.maybeText(row.type), Rows.maybeText(row.unit)),
  min: Rows.maybeDouble(row.range_min),
  max: Rows.maybeDouble(row.range_max)
})
export const versions = Rows.every(versionOf)

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

/** A device that has no clock says no time, and is at no fault; one that says a time which can't be meant is. */
const isClockRight = (timeSource: unknown, payload: unknown): boolean =>
  timeSource === null || payload === null || !("device_time" in Rows.object(payload))

const EVENT_CELLS = [
  "sensor_id",
  "position",
  "type",
  "occurred_at",
  "recorded_at",
  "value",
  "sensor_version",
  "reading_id",
  "time_source",
  "superseded_by",
  "attached",
  "payload"
] as const

type Cells = ReadonlyArray<unknown>
const versionFacts = (versions: VersionsOf, sensor: unknown, version: unknown) =>
  versions.get(Rows.integer(sensor))?.get(Rows.integer(version)) ?? null

/** In the order of EVENT_CELLS, as their statement gives them. */
export const events = (versions: VersionsOf) =>
  Rows.everyOf(
    EVENT_CELLS,
    (cells): QualityEvent => ({
      position: Rows.integer(cells[1]),
      type: typeOf(cells[2]),
      occurredAt: Rows.time(cells[3]),
      recordedAt: Rows.time(cells[4]),
      clockSet: isClockRight(cells[8], cells[11]),
      value: Rows.maybeDouble(cells[5]),
      readingId: Rows.maybeInteger(cells[7]),
      supersededBy: Rows.maybeInteger(cells[9]),
      attached: cells[10] !== null,
      version: versionFacts(versions, cells[0], cells[6]),
      sequence: sequenceOf(cells[11])
    })
  )

const MINUTE_CELLS = [
  "sensor_id",
  "minute",
  "id",
  "readings",
  "value_min",
  "value_max",
  "value_mean",
  "value_stddev",
  "value_first",
  "value_last",
  "sensor_version"
] as const

export const minutes = (versions: VersionsOf) =>
  Rows.everyOf(
    MINUTE_CELLS,
    (cells): QualityMinute => ({
      minute: Rows.time(cells[1]),
      id: Rows.integer(cells[2]),
      readings: Rows.integer(cells[3]),
      min: Rows.double(cells[4]),
      max: Rows.double(cells[5]),
      mean: Rows.maybeDouble(cells[6]),
      stddev: Rows.maybeDouble(cells[7]),
      first: Rows.double(cells[8]),
      last: Rows.double(cells[9]),
      version: versionFacts(versions, cells[0], cells[10])
    })
  )

/** What was made of rows of several sensors, by the sensor that stands first in each of them. */
export const bySensor =
  <A, E, R>(decode: (rows: ReadonlyArray<Cells>) => Effect.Effect<ReadonlyArray<A>, E, R>) =>
  (rows: ReadonlyArray<Cells>) =>
    Effect.map(decode(rows), (all) => {
      const lists = new Map<number, Array<A>>()
      for (const [i, one] of all.entries()) {
        const sensor = Rows.integer(rows[i]?.[0])
        const list = lists.get(sensor)
        if (list === undefined) lists.set(sensor, [one])
        else list.push(one)
      }
      return lists
    })

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
  /** The same by parts of the hour, where the window cuts it. */
  readonly parts: unknown
}
export const hours = Rows.every((row): HourRow => {
  const dirty = Rows.flag(row.dirty)
  const known = !dirty && row.counts !== ""
  return {
    ...hourKeyOf(row),
    dirty,
    counts: known ? Rows.object(row.counts) : null,
    parts: known && row.parts !== null ? Rows.object(row.parts) : null
  }
})

/** Minutes at 0 among all of a spell. */
export const zeros = Rows.only((row) => ({
  minutes: Rows.integer(row.minutes),
  zeros: Rows.integer(row.zeros),
  lowest: Rows.maybeDouble(row.lowest),
  first: Rows.maybeTime(row.first_zero),
  last: Rows.maybeTime(row.last_zero)
}))

/** How many messages were rejected in an hour, by its start. */
export const rejectedHours = Rows.every(
  (row) => [Rows.time(row.hour) as number, Rows.integer(row.rejected)] as const
)

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
