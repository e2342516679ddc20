/** An event of the log as a Server-Sent Event, made once for all who read it. */
import * as Effect from "effect/Effect"
import type { LiveReading } from "../../api/live/LiveGroup.js"
import type { Event } from "../../domain/Event.js"
import type { Position, SensorId } from "../../domain/Ids.js"
import type { Metadata } from "../../domain/Sensor.js"
import { formatTime } from "../../domain/Time.js"
import type { LogError } from "../../eventlog/EventLog.js"
import { type MetadataOf, readingEventName, sayingOf } from "../data/HistoryHandlers.js"

export interface LiveEvent {
  readonly position: Position
  readonly sensorId: SensorId
  /** What is measured. */
  readonly type: string | null
  readonly bytes: Uint8Array
}

const dataOf = (event: Event, metadata: Metadata): LiveReading => ({
  id: event.readingId ?? event.position,
  sensor_id: event.sensorId,
  timestamp: formatTime(event.occurredAt),
  value: event.value,
  lat: event.lat ?? metadata.lat,
  lng: event.lng ?? metadata.lng,
  unit: metadata.unit,
  type: metadata.type,
  description: metadata.description,
  position: event.position,
  recorded_at: formatTime(event.recordedAt),
  time_source: event.timeSource,
  ...sayingOf(event)
})

/** Null: it is no event of a reading. */
export const liveEvent = (
  event: Event,
  metadataOf: MetadataOf
): Effect.Effect<LiveEvent | null, LogError> => {
  const name = readingEventName(event)
  if (name === undefined) return Effect.succeed(null)
  return Effect.map(metadataOf(event), (metadata) => ({
    position: event.position,
    sensorId: event.sensorId,
    type: metadata.type,
    // JSON holds no raw line break, so one `data` line holds all of it.
    bytes: Buffer.from(
      `event: ${name}\nid: ${event.position}\ndata: ${JSON.stringify(dataOf(event, metadata))}\n\n`
    )
  }))
}
