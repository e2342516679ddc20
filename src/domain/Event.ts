/**
 * The events of the log: past tense, versioned, never edited. A row's facts never change; the one thing ever set
 * on it, once, is `supersededBy`: the position of its correction or deletion.
 */
import * as Schema from "effect/Schema"
import { EventId, ImportId, Position, ReadingId, SensorId } from "./Ids.js"
import { TIME_SOURCES } from "./Reading.js"
import { Micros } from "./Time.js"

export const EventType = Schema.Literal(
  "SensorRegistered",
  "SensorChanged",
  "SensorRetired",
  "ReadingRecorded",
  "ReadingCorrected",
  "ReadingDeleted"
)
export type EventType = typeof EventType.Type

/**
 * One event, as every reader of the log gets it (old versions are upcast first).
 *
 * - `SensorRegistered`, `SensorChanged`: `payload` is `{name, metadata, interval_ms}`; no value.
 * - `ReadingRecorded`: value and `sensorVersion`; `lat`, `lng` only where they differ from the version's;
 *   `payload` is null for a plain reading, else what did not fit the narrow row.
 * - `ReadingCorrected`: the whole corrected reading and `readingId`, the id of the reading that it corrects.
 * - `ReadingDeleted`: `readingId`, and the deleted reading's sensor and time; no value.
 *
 * `timeSource` goes with a value. A correction keeps the `importId` of what it corrects.
 */
export const Event = Schema.Struct({
  position: Position,
  eventId: EventId,
  type: EventType,
  sensorId: SensorId,
  sensorVersion: Schema.Int,
  occurredAt: Micros,
  recordedAt: Micros,
  value: Schema.NullOr(Schema.Finite),
  lat: Schema.NullOr(Schema.Finite),
  lng: Schema.NullOr(Schema.Finite),
  readingId: Schema.NullOr(ReadingId),
  supersededBy: Schema.NullOr(Position),
  timeSource: Schema.NullOr(Schema.Literal(...TIME_SOURCES)),
  importId: Schema.NullOr(ImportId),
  payload: Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
})
export type Event = typeof Event.Type

/** An event as its author gives it; the log adds position and time. */
export type NewEvent = Omit<Event, "position" | "recordedAt" | "supersededBy">

/**
 * An event as it was stored by any version of Tidemark: `type` may carry a version, as in `ReadingRecorded.v2`.
 * No `timeSource` is stored beside the device's time, which nearly every reading has.
 */
export type StoredEvent = Omit<Event, "type" | "timeSource" | "importId"> & {
  readonly type: string
  readonly timeSource?: Event["timeSource"]
  readonly importId?: Event["importId"]
}

/** From one stored version of an event to the next. The current version of each type has none. */
const upcasters: ReadonlyMap<string, (old: StoredEvent) => StoredEvent> = new Map()

// A set, and not the schema's check: each event of the log is checked.
const TYPES: ReadonlySet<string> = new Set(EventType.literals)
export const isEventType = (type: string): type is EventType => TYPES.has(type)

/** A stored event as its current version. Throws on a type that this version of Tidemark does not know. */
export const upcast = (source: StoredEvent): Event => {
  let event = source
  for (let step = upcasters.get(event.type); step !== undefined; step = upcasters.get(event.type)) {
    event = step(event)
  }
  const { type } = event
  if (!isEventType(type)) {
    throw new Error(`the log holds an event of type "${source.type}", which this version does not know`)
  }
  // Property by property: each event of the log comes by here, and a spread takes ten times as long.
  return {
    position: event.position,
    eventId: event.eventId,
    type,
    sensorId: event.sensorId,
    sensorVersion: event.sensorVersion,
    occurredAt: event.occurredAt,
    recordedAt: event.recordedAt,
    value: event.value,
    lat: event.lat,
    lng: event.lng,
    readingId: event.readingId,
    supersededBy: event.supersededBy,
    timeSource: event.value === null ? null : (event.timeSource ?? "device"),
    importId: event.importId ?? null,
    payload: event.payload
  }
}

/** In force as of `position`: the rule of every read, live or as of. */
export const inForce = (event: Pick<Event, "type" | "position" | "supersededBy">, asOf: Position): boolean =>
  (event.type === "ReadingRecorded" || event.type === "ReadingCorrected") &&
  event.position <= asOf &&
  (event.supersededBy === null || event.supersededBy > asOf)

/*
 * The texts that the keys of what a *person* causes are hashed from: never from content alone, so that
 * 20 → 21 → 20 → 21 are three corrections and A → B → A are two moves.
 */
export const correctionKey = (reading: ReadingId, superseded: Position): string =>
  `corrected|${reading}|${superseded}`
export const deletionKey = (reading: ReadingId, superseded: Position): string =>
  `deleted|${reading}|${superseded}`
export const moveKey = (from: ReadingId, superseded: Position): string => `moved|${from}|${superseded}`
export const restoreKey = (key: string, deletion: Position): string => `restored|${deletion}|${key}`
/** A registration or change of a sensor: each is its own, by the version and the position before it. */
export const sensorKey = (sensor: SensorId, version: number, head: Position): string =>
  `sensor|${sensor}|${version}|${head}`
