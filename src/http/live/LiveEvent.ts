/** An event of the log as a Server-Sent Event, made once for all who read it. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { LiveReading } from "../../api/live/LiveGroup.js"
import type { Event } from "../../domain/Event.js"
import type { Position, SensorId } from "../../domain/Ids.js"
import type { Metadata } from "../../domain/Sensor.js"
import { formatTime } from "../../domain/Time.js"
import type { EventLogService, LogError } from "../../eventlog/EventLog.js"
import { type MetadataOf, readingEventName, sayingOf } from "../data/HistoryHandlers.js"

export interface LiveEvent {
  readonly position: Position
  readonly sensorId: SensorId
  /** What is measured. */
  readonly type: string | null
  /** Of the sensor. */
  readonly name: string | null
  readonly bytes: Uint8Array
}

/** What sensors are called now: each is asked for once, and again when an event says that it has changed. */
export class LiveNames {
  private readonly names = new Map<SensorId, string | null>()

  constructor(private readonly log: EventLogService) {}

  of(id: SensorId): Effect.Effect<string | null, LogError> {
    const name = this.names.get(id)
    if (name !== undefined) return Effect.succeed(name)
    return Effect.map(this.log.sensor(id), (sensor) => {
      const current = Option.match(sensor, { onNone: () => null, onSome: (one) => one.name })
      this.names.set(id, current)
      return current
    })
  }

  forget(id: SensorId): void {
    this.names.delete(id)
  }
}

const dataOf = (event: Event, metadata: Metadata, name: string | null): LiveReading => ({
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
  ...sayingOf(event),
  name
})

/** Null: it is no event of a reading. */
export const liveEvent = (
  event: Event,
  metadataOf: MetadataOf,
  names: LiveNames
): Effect.Effect<LiveEvent | null, LogError> => {
  const kind = readingEventName(event)
  if (kind === undefined) {
    names.forget(event.sensorId)
    return Effect.succeed(null)
  }
  return Effect.zipWith(metadataOf(event), names.of(event.sensorId), (metadata, name) => ({
    position: event.position,
    sensorId: event.sensorId,
    type: metadata.type,
    name,
    // JSON holds no raw line break, so one `data` line holds all of it.
    bytes: Buffer.from(
      `event: ${kind}\nid: ${event.position}\ndata: ${JSON.stringify(dataOf(event, metadata, name))}\n\n`
    )
  }))
}
