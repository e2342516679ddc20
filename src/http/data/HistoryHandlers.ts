/** The history of a reading, as `/data/{data_id}/history` answers it. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ReadingVersion } from "../../api/data/Writing.js"
import type { Event } from "../../domain/Event.js"
import type { ReadingId } from "../../domain/Ids.js"
import { type Metadata, UNKNOWN_METADATA } from "../../domain/Sensor.js"
import { formatTime } from "../../domain/Time.js"
import type { EventLogService, LogError } from "../../eventlog/EventLog.js"
import { answerHeaders } from "../core/Contract.js"
import { notFound } from "../core/Problems.js"

/** The events of readings, as people see them named. */
export const READING_EVENTS = {
  ReadingRecorded: "recorded",
  ReadingCorrected: "corrected",
  ReadingDeleted: "deleted"
} as const
export type ReadingEventName = (typeof READING_EVENTS)[keyof typeof READING_EVENTS]

/** None: it is no event of a reading. */
export const readingEventName = ({ type }: Event): ReadingEventName | undefined =>
  type in READING_EVENTS ? READING_EVENTS[type as keyof typeof READING_EVENTS] : undefined

const text = (payload: Event["payload"], key: string): string | null => {
  const value = payload?.[key]
  return typeof value === "string" ? value : null
}
const number = (payload: Event["payload"], key: string): number | null => {
  const value = payload?.[key]
  return typeof value === "number" ? value : null
}

/** Why an event was, and by whom, as far as it was said. */
export const sayingOf = ({ payload }: Event) => ({
  reason: text(payload, "reason"),
  by: text(payload, "actor")
})

/** The metadata under which a row was stored. */
export type MetadataOf = (event: Event) => Effect.Effect<Metadata, LogError>

/** Asks the log once for each version. */
export const metadataFrom = (log: EventLogService): MetadataOf => {
  const cache = new Map<string, Metadata>()
  return (event) => {
    const key = `${event.sensorId}/${event.sensorVersion}`
    const cacheEntry = cache.get(key)
    if (cacheEntry !== undefined) return Effect.succeed(cacheEntry)
    return Effect.map(log.metadata(event.sensorId, event.sensorVersion), (metadata) => {
      const version = Option.getOrElse(metadata, () => UNKNOWN_METADATA)
      if (cache.size >= VERSIONS_KNOWN_MAX) cache.clear()
      cache.set(key, version)
      return version
    })
  }
}
const VERSIONS_KNOWN_MAX = 20_000

const versionOf = (event: Event, metadata: Metadata): ReadingVersion => {
  const isDeletion = event.type === "ReadingDeleted"
  return {
    position: event.position,
    type: readingEventName(event) ?? "recorded",
    sensor_id: event.sensorId,
    timestamp: formatTime(event.occurredAt),
    value: event.value,
    lat: isDeletion ? null : (event.lat ?? metadata.lat),
    lng: isDeletion ? null : (event.lng ?? metadata.lng),
    unit: metadata.unit,
    sensor_type: metadata.type,
    description: metadata.description,
    recorded_at: formatTime(event.recordedAt),
    time_source: event.timeSource,
    device_time: text(event.payload, "device_time"),
    superseded_by: event.supersededBy,
    ...sayingOf(event),
    moved_from: number(event.payload, "moved_from"),
    restored_from: number(event.payload, "restored_from")
  }
}

/** Each version in the order of the log; 404 where there never was such a reading. */
export const history = (log: EventLogService, id: ReadingId) =>
  Effect.gen(function* () {
    const events = yield* log.history(id)
    if (events.length === 0) return yield* Effect.fail(notFound(`There never was a reading ${id}.`))
    const metadata = metadataFrom(log)
    const versions = yield* Effect.forEach(events, (event) =>
      Effect.map(metadata(event), (version) => versionOf(event, version))
    )
    const last = events.at(-1)
    if (last !== undefined && last.type !== "ReadingDeleted") {
      yield* answerHeaders({ etag: `"${last.position}"` })
    }
    return versions
  })
