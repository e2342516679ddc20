/** Readings as events, which get their position and time when they are stored. Pure. */
import type { Event, NewEvent } from "../../../domain/Event.js"
import { type ReadingCandidate, timeSourceOf } from "../../../domain/Reading.js"
import type { Metadata, Sensor } from "../../../domain/Sensor.js"
import { nextMetadata, type Payload, placeOf, readingPayload } from "../../Decide.js"

/** With its place in the log. Property by property: each reading comes by here, and a spread costs several times as much. */
export const placedEvent = (
  event: NewEvent,
  position: Event["position"],
  recordedAt: Event["recordedAt"]
): Event => ({
  position,
  eventId: event.eventId,
  type: event.type,
  sensorId: event.sensorId,
  sensorVersion: event.sensorVersion,
  occurredAt: event.occurredAt,
  recordedAt,
  value: event.value,
  lat: event.lat,
  lng: event.lng,
  readingId: event.readingId,
  supersededBy: null,
  timeSource: event.timeSource,
  importId: event.importId,
  payload: event.payload
})

/** A reading under a version of its sensor, which has these metadata. */
export const recordedEvent = (
  sensor: Sensor,
  version: number,
  metadata: Metadata,
  reading: ReadingCandidate,
  eventId: Event["eventId"],
  payload: Payload | null
): NewEvent => {
  const place = placeOf(metadata, reading.said)
  return {
    eventId,
    type: "ReadingRecorded",
    sensorId: sensor.id,
    sensorVersion: version,
    occurredAt: reading.occurredAt,
    value: reading.value,
    lat: place?.lat ?? null,
    lng: place?.lng ?? null,
    readingId: null,
    timeSource: timeSourceOf(reading),
    importId: reading.importId ?? null,
    payload
  }
}

/** Whether the reading says nothing new of its sensor, which is nearly always: then it is an event of its own alone. */
export const isPlain = (sensor: Sensor, reading: ReadingCandidate): boolean =>
  sensor.status === "active" && nextMetadata(sensor.metadata, reading.said) === sensor.metadata

export const plainEvent = (sensor: Sensor, reading: ReadingCandidate, eventId: Event["eventId"]): NewEvent =>
  recordedEvent(
    sensor,
    sensor.version,
    sensor.metadata,
    reading,
    eventId,
    readingPayload(reading, null, null)
  )
