/**
 * From rows to the domain: the one place that knows how the log's columns come back from either driver. BIGINT may
 * come as text, JSON as text or parsed, BINARY as a Buffer, DATETIME(6) as text in UTC.
 */
import * as Option from "effect/Option"
import type { DatabaseService } from "../../db/Transaction.js"
import { type Event, upcast } from "../../domain/Event.js"
import { eventId, position, readingId, sensorId } from "../../domain/Ids.js"
import type { Reading } from "../../domain/Reading.js"
import { faultsOfText } from "../../domain/rejected/OldReasons.js"
import type { RejectedMessage } from "../../domain/rejected/RejectedMessage.js"
import { faultsOfJson } from "../../domain/rejected/RejectionFault.js"
import type { Metadata, Sensor } from "../../domain/Sensor.js"

/** A row as a driver gives it: each function below takes only the columns that its query names. */
export type Row = Readonly<Record<string, unknown>>

export type DecodeTime = DatabaseService["decodeTime"]

export const hexOf = (column: unknown): string => {
  if (column instanceof Uint8Array) return Buffer.from(column).toString("hex")
  throw new TypeError(`a BINARY column came back as ${Object.prototype.toString.call(column)}`)
}

export const numberOf = (column: unknown): number => {
  const number = typeof column === "number" ? column : Number(column)
  if (column === null || column === undefined || Number.isNaN(number)) {
    throw new TypeError(`not a number in a numeric column: ${String(column)}`)
  }
  return number
}

const maybeNumber = (column: unknown): number | null => (column == null ? null : numberOf(column))
const maybeText = (column: unknown): string | null => (column == null ? null : String(column))

const payloadOf = (column: unknown): Event["payload"] => {
  if (column == null) return null
  return typeof column === "string" ? JSON.parse(column) : (column as Event["payload"])
}

export const eventOf = (row: Row, time: DecodeTime): Event =>
  upcast({
    position: position(numberOf(row.position)),
    eventId: eventId(hexOf(row.event_id)),
    type: String(row.type),
    sensorId: sensorId(numberOf(row.sensor_id)),
    sensorVersion: numberOf(row.sensor_version),
    occurredAt: time(row.occurred_at),
    recordedAt: time(row.recorded_at),
    value: maybeNumber(row.value),
    lat: maybeNumber(row.lat),
    lng: maybeNumber(row.lng),
    readingId: row.reading_id == null ? null : readingId(numberOf(row.reading_id)),
    supersededBy: row.superseded_by == null ? null : position(numberOf(row.superseded_by)),
    payload: payloadOf(row.payload)
  })

/** Of a row of `readingColumns`: place and metadata are those that hold for the reading. */
export const readingOf = (row: Row, time: DecodeTime): Reading => {
  const own = numberOf(row.position)
  return {
    id: readingId(row.reading_id == null ? own : numberOf(row.reading_id)),
    position: position(own),
    eventId: eventId(hexOf(row.event_id)),
    sensorId: sensorId(numberOf(row.sensor_id)),
    sensorVersion: numberOf(row.sensor_version),
    occurredAt: time(row.occurred_at),
    recordedAt: time(row.recorded_at),
    value: numberOf(row.value),
    lat: maybeNumber(row.lat),
    lng: maybeNumber(row.lng),
    unit: maybeText(row.unit),
    type: maybeText(row.sensor_type),
    description: maybeText(row.description)
  }
}

export const metadataOfRow = (row: Row): Metadata => ({
  lat: maybeNumber(row.lat),
  lng: maybeNumber(row.lng),
  unit: maybeText(row.unit),
  type: maybeText(row.type),
  description: maybeText(row.description),
  min: maybeNumber(row.range_min),
  max: maybeNumber(row.range_max)
})

export const sensorOf = (row: Row, time: DecodeTime): Sensor => ({
  id: sensorId(numberOf(row.id)),
  name: maybeText(row.name),
  status: row.status === "retired" ? "retired" : "active",
  version: numberOf(row.version),
  metadata: metadataOfRow(row),
  intervalMs: maybeNumber(row.interval_ms),
  estimatedIntervalMs: maybeNumber(row.estimated_interval_ms),
  versionSince: time(row.version_since)
})

export const rejectedOf = (row: Row, time: DecodeTime): RejectedMessage => ({
  id: hexOf(row.id),
  topic: String(row.topic),
  metric: maybeText(row.metric),
  bytes: row.bytes instanceof Uint8Array ? row.bytes : null,
  size: numberOf(row.size),
  truncated: numberOf(row.truncated) === 1,
  // Null: of a version that had no codes; unreadable: of a newer one, which has others.
  faults: Option.getOrElse(faultsOfJson(row.faults), () => faultsOfText(String(row.reason))),
  reason: String(row.reason),
  firstSeen: time(row.first_seen),
  deliveries: numberOf(row.deliveries)
})
