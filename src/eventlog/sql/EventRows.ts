/** From rows to the domain. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Rows from "../../db/Rows.js"
import { type Event, upcast } from "../../domain/Event.js"
import { eventId, type ImportId, importId, position, readingId, sensorId } from "../../domain/Ids.js"
import { type Reading, TIME_SOURCES, type TimeSource } from "../../domain/Reading.js"
import { faultsOfText } from "../../domain/rejected/OldReasons.js"
import type { RejectedMessage } from "../../domain/rejected/RejectedMessage.js"
import { faultsOfJson } from "../../domain/rejected/RejectionFault.js"
import type { Metadata, Sensor } from "../../domain/Sensor.js"
import type { Micros } from "../../domain/Time.js"
import type { PlaceOf, Versions } from "./Versions.js"

/** Null: the device's. */
const timeSourceOf = (cell: unknown): TimeSource => {
  if (cell === null) return "device"
  const source = TIME_SOURCES.find((name) => name === cell)
  if (source === undefined) throw new TypeError(`no source of a time: ${String(cell)}`)
  return source
}

const importOf = (cell: unknown): ImportId | null => (cell === null ? null : importId(Rows.integer(cell)))

/** The cells of an event in the order that `eventOf` takes them. */
export const EVENT_CELLS = [
  "position",
  "event_id",
  "type",
  "sensor_id",
  "sensor_version",
  "occurred_at",
  "recorded_at",
  "value",
  "lat",
  "lng",
  "reading_id",
  "superseded_by",
  "payload",
  "time_source",
  "import_id"
] as const

const eventOf = (cells: ReadonlyArray<unknown>): Event =>
  upcast({
    position: position(Rows.integer(cells[0])),
    eventId: eventId(Rows.hex(cells[1])),
    type: Rows.text(cells[2]),
    sensorId: sensorId(Rows.integer(cells[3])),
    sensorVersion: Rows.integer(cells[4]),
    occurredAt: Rows.time(cells[5]),
    recordedAt: Rows.time(cells[6]),
    value: Rows.maybeDouble(cells[7]),
    lat: Rows.maybeDouble(cells[8]),
    lng: Rows.maybeDouble(cells[9]),
    readingId: cells[10] === null ? null : readingId(Rows.integer(cells[10])),
    supersededBy: cells[11] === null ? null : position(Rows.integer(cells[11])),
    payload: cells[12] === null ? null : Rows.object(cells[12]),
    timeSource: timeSourceOf(cells[13]),
    importId: importOf(cells[14])
  })
export const eventsOf = Rows.everyOf(EVENT_CELLS, eventOf)

/** The cells of a reading in the order that `readingOf` takes them; its statement says what each is made of. */
export const READING_CELLS = [
  "position",
  "reading_id",
  "sensor_id",
  "sensor_version",
  "occurred_at",
  "recorded_at",
  "value",
  "lat",
  "lng",
  "time_source",
  "name"
] as const

/** Rows come in order of time, and a batch of them was recorded at once: what was read last is not read again. */
const unlessSame = <Value>(read: (cell: unknown) => Value) => {
  let last: { readonly cell: unknown; readonly value: Value } | undefined
  return (cell: unknown): Value => {
    if (last === undefined || last.cell !== cell) last = { cell, value: read(cell) }
    return last.value
  }
}

/** How the cells of a page's readings are read. */
interface ReadingCells {
  readonly placeOf: PlaceOf
  readonly occurredAt: (cell: unknown) => Micros
  readonly recordedAt: (cell: unknown) => Micros
}

/** Where a row has no place of its own, it is that of its version. */
const readingOf = (
  cells: ReadonlyArray<unknown>,
  { occurredAt, placeOf, recordedAt }: ReadingCells
): Reading => {
  const own = Rows.integer(cells[0])
  const sensor = sensorId(Rows.integer(cells[2]))
  const sensorVersion = Rows.integer(cells[3])
  const { description, lat, lng, type, unit } = placeOf(sensor, sensorVersion)
  return {
    id: readingId(cells[1] === null ? own : Rows.integer(cells[1])),
    position: position(own),
    sensorId: sensor,
    sensorVersion,
    occurredAt: occurredAt(cells[4]),
    recordedAt: recordedAt(cells[5]),
    value: Rows.double(cells[6]),
    lat: Rows.maybeDouble(cells[7]) ?? lat,
    lng: Rows.maybeDouble(cells[8]) ?? lng,
    unit,
    type,
    description,
    timeSource: timeSourceOf(cells[9]),
    name: Rows.maybeText(cells[10])
  }
}

const versionsIn = Rows.everyOf(
  READING_CELLS,
  (cells) => [sensorId(Rows.integer(cells[2])), Rows.integer(cells[3])] as const
)

const readingsWith = (placeOf: PlaceOf) => {
  const reads = { placeOf, occurredAt: unlessSame(Rows.time), recordedAt: unlessSame(Rows.time) }
  return Rows.everyOf(READING_CELLS, (cells) => readingOf(cells, reads))
}

/** Versions that are not known yet are loaded, and the rows read again. */
export const readingsOf =
  (sql: SqlClient, versions: Versions) => (rows: ReadonlyArray<ReadonlyArray<unknown>>) => {
    const known = versions.known()
    return Effect.flatMap(readingsWith(known.placeOf)(rows), (readings) =>
      known.missed() === 0
        ? Effect.succeed(readings)
        : versionsIn(rows).pipe(
            Effect.flatMap((wanted) => versions.load(sql, wanted)),
            Effect.flatMap((placeOf) => readingsWith(placeOf)(rows))
          )
    )
  }

export const metadataOfRow = (row: Rows.Row): Metadata => ({
  lat: Rows.maybeDouble(row.lat),
  lng: Rows.maybeDouble(row.lng),
  unit: Rows.maybeText(row.unit),
  type: Rows.maybeText(row.type),
  description: Rows.maybeText(row.description),
  min: Rows.maybeDouble(row.range_min),
  max: Rows.maybeDouble(row.range_max)
})

export const sensorOf = (row: Rows.Row): Sensor => ({
  id: sensorId(Rows.integer(row.id)),
  name: Rows.maybeText(row.name),
  status: row.status === "retired" || row.status === "derived" ? row.status : "active",
  version: Rows.integer(row.version),
  metadata: metadataOfRow(row),
  intervalMs: Rows.maybeDouble(row.interval_ms),
  estimatedIntervalMs: Rows.maybeDouble(row.estimated_interval_ms),
  versionSince: Rows.time(row.version_since)
})

export const rejectedOf = (row: Rows.Row): RejectedMessage => ({
  id: Rows.hex(row.id),
  topic: Rows.text(row.topic),
  metric: Rows.maybeText(row.metric),
  bytes: Rows.maybeBytes(row.bytes),
  size: Rows.integer(row.size),
  truncated: Rows.flag(row.truncated),
  // Null: of a version that had no codes; unreadable: of a newer one, which has others.
  faults: Option.getOrElse(faultsOfJson(row.faults), () => faultsOfText(Rows.text(row.reason))),
  reason: Rows.text(row.reason),
  firstSeen: Rows.time(row.first_seen),
  deliveries: Rows.integer(row.deliveries)
})
