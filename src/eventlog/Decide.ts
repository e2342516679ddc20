/**
 * The rules that every log shares, so that none can differ from another. Pure: they see what the log knows at the
 * moment of the append, and say what is to be stored.
 *
 * Place: a row's `lat`, `lng` are null where its version's hold, so a version's place is the first known one, a
 * sensor that moves makes no version a reading, and a place that nobody knew yet completes the version.
 */
import type { Event } from "../domain/Event.js"
import type { ReadingId, SensorId } from "../domain/Ids.js"
import { NAMED_SENSOR_ID_MIN } from "../domain/Ids.js"
import { normalValue, type Reading, type ReadingCandidate, type Replacement } from "../domain/Reading.js"
import { REJECTED_BYTES_KEPT } from "../domain/rejected/RejectedMessage.js"
import { fault, faultText } from "../domain/rejected/RejectionFault.js"
import {
  METADATA_KEYS,
  type Metadata,
  mergeMetadata,
  type SaidMetadata,
  type Sensor,
  sameMetadata,
  UNKNOWN_METADATA
} from "../domain/Sensor.js"
import { MICROS_PER_HOUR, MICROS_PER_MINUTE, type Micros, micros } from "../domain/Time.js"
import { AppendRefused, SensorRefused } from "./EventLog.js"

/** The `lat` and `lng` columns of a row, in degrees: null is "as the version has it". */
export interface Place {
  readonly lat: number | null
  readonly lng: number | null
}

/** A JSON object beside the narrow row. */
export type Payload = Readonly<Record<string, unknown>>

/** The window in which new sensors are counted against their limit, and that of a sensor's new versions. */
export const NEW_SENSORS_WINDOW = MICROS_PER_MINUTE
export const NEW_VERSIONS_WINDOW = MICROS_PER_HOUR

/** Why the log refuses a reading: kept with a device's message, answered to a person. */
export const tooManySensors = (max: number): SensorRefused =>
  new SensorRefused({ fault: fault("too-many-sensors", null, max) })
export const unknownGivenNumber = (id: SensorId): SensorRefused =>
  new SensorRefused({ fault: fault("sensor-number-unknown", "sensor_id", id, NAMED_SENSOR_ID_MIN) })
export const derivedSensor = (id: SensorId): SensorRefused =>
  new SensorRefused({ fault: fault("sensor-derived", "sensor_id", id) })
export const noNumberLeft = new SensorRefused({ fault: fault("no-number-left", null) })

/** The same to a person: which of their readings, and why. */
export const refusedAt =
  (index: number) =>
  (refused: SensorRefused): AppendRefused =>
    new AppendRefused({ index, reason: faultText(refused.fault) })

// -0 and 0 are one place, as they are one value; MySQL and JSON would drop the sign anyway.
const plain = (metadata: Metadata): Metadata => ({
  ...metadata,
  lat: metadata.lat === null ? null : normalValue(metadata.lat),
  lng: metadata.lng === null ? null : normalValue(metadata.lng),
  min: metadata.min === null ? null : normalValue(metadata.min),
  max: metadata.max === null ? null : normalValue(metadata.max)
})

/** What is said and known of it; null and undefined are dropped. */
const nonNullFields = (metadata: SaidMetadata): SaidMetadata =>
  Object.fromEntries(
    METADATA_KEYS.flatMap((key) =>
      metadata[key] === undefined || metadata[key] === null ? [] : [[key, metadata[key]]]
    )
  )

/** What is said, null on purpose included; a key whose value is undefined is not said. */
const presentFields = (metadata: SaidMetadata): SaidMetadata =>
  Object.fromEntries(
    METADATA_KEYS.flatMap((key) => (metadata[key] === undefined ? [] : [[key, metadata[key]]]))
  )

/** The columns of a row whose full place is `place`, under a version; null where the version's place holds. */
const placeBeside = (version: Place, place: Place): Place | null =>
  place.lat === version.lat && place.lng === version.lng ? null : { lat: place.lat, lng: place.lng }

/** The place columns of a device's reading that is stored under `version`; null when the version's place holds. */
export const placeOf = (version: Metadata, statement: SaidMetadata): Place | null =>
  placeBeside(version, {
    lat: statement.lat == null ? version.lat : normalValue(statement.lat),
    lng: statement.lng == null ? version.lng : normalValue(statement.lng)
  })

const hasPlace = (place: Place): boolean => place.lat !== null && place.lng !== null

/** Nearly every reading repeats what is known: that is found without making an object. */
const addsNothing = (current: Metadata, statement: SaidMetadata): boolean =>
  METADATA_KEYS.every((key) => {
    const value = statement[key]
    if (value === undefined || value === null || value === current[key]) return true
    return (key === "lat" || key === "lng") && hasPlace(current)
  })

/**
 * The metadata of the version under which a device's reading is stored: what it says laid over the current ones.
 * A device's null is "not said". Nothing new: `current` itself; else the version with these metadata, or a new one.
 */
export const nextMetadata = (current: Metadata, statement: SaidMetadata): Metadata => {
  if (addsNothing(current, statement)) return current
  const place = hasPlace(current)
    ? current
    : statement.lat != null && statement.lng != null
      ? statement
      : { lat: current.lat ?? statement.lat, lng: current.lng ?? statement.lng }
  const next = plain({
    ...mergeMetadata(current, nonNullFields(statement)),
    lat: place.lat ?? null,
    lng: place.lng ?? null
  })
  return sameMetadata(next, current) ? current : next
}

/** The metadata of a sensor's first version, made by a device's reading. */
export const firstMetadata = (statement: SaidMetadata): Metadata => nextMetadata(UNKNOWN_METADATA, statement)

/** The `versionSince` of a sensor that a reading registers: 0 when it said nothing, so that any other may speak. */
export const firstVersionSince = (metadata: Metadata, occurredAt: Micros): Micros =>
  sameMetadata(metadata, UNKNOWN_METADATA) ? micros(0) : occurredAt

/** Whether a reading that was stored under another version makes that one current. Never asked for a correction. */
export const movesCurrent = (versionSince: Micros, occurredAt: Micros): boolean => occurredAt > versionSince

/** The metadata of a sensor that its owner describes: null is said on purpose, what is absent stays. */
export const describedMetadata = (current: Metadata, statement: SaidMetadata): Metadata =>
  plain(mergeMetadata(current, presentFields(statement)))

/** A version and the row's own place under it. */
export interface Placement {
  readonly metadata: Metadata
  readonly place: Place | null
}

/** A reading's metadata as people see them: its version's, with the place of its row. */
export const metadataOf = (reading: Reading, version: Metadata): Metadata => ({
  ...version,
  lat: reading.lat,
  lng: reading.lng
})

/**
 * The metadata that a person's replacement asks for: what is absent stays as the reading has it, null is said on
 * purpose. `target` is the current metadata of the sensor that it names where that is another one (the range is
 * the sensor's, not the reading's), and null otherwise.
 */
export const replacementMetadata = (
  current: Reading,
  version: Metadata,
  target: Metadata | null,
  statement: SaidMetadata
): Metadata => {
  const own = metadataOf(current, version)
  const base = target === null ? own : { ...own, min: target.min, max: target.max }
  return plain(mergeMetadata(base, presentFields(statement)))
}

/**
 * The version (by its metadata) and the place columns that express `wanted`, near to the version `base`: equal
 * metadata give `base` itself. A row can't say "no place" under a version that has one, so then the version has none.
 * A replacement never moves the sensor's current version, and is not counted against the limit of new versions.
 */
export const placeReplacement = (base: Metadata, metadata: Metadata): Placement => {
  const expressible =
    (metadata.lat !== null || base.lat === null) && (metadata.lng !== null || base.lng === null)
  const place = expressible ? { lat: base.lat, lng: base.lng } : { lat: null, lng: null }
  return { metadata: { ...metadata, ...place }, place: placeBeside(place, metadata) }
}

/** A replacement that changes nothing makes no event. `wanted` is what `replacementMetadata` gave. */
export const sameReading = (
  current: Reading,
  version: Metadata,
  by: Replacement,
  metadata: Metadata
): boolean =>
  !isMove(current, by) && by.value === current.value && sameMetadata(metadata, metadataOf(current, version))

/** With another sensor or time it is another reading: the old one is deleted, and a new one recorded. */
export const isMove = (current: Pick<Reading, "sensorId" | "occurredAt">, by: Replacement): boolean =>
  by.sensorId !== current.sensorId || by.occurredAt !== current.occurredAt

/**
 * Whose time a replacement has, and which import it is of. A person who gives another time states it; the time that
 * stays is as good as it was. What is moved is no longer what the import brought.
 */
export const originAfter = (row: Event, by: Replacement): Pick<Event, "timeSource" | "importId"> => ({
  timeSource: by.occurredAt === row.occurredAt ? row.timeSource : "device",
  importId: isMove(row, by) ? null : row.importId
})

/** The payload of `SensorRegistered` and `SensorChanged`: the sensor as it is after the event. */
export const sensorPayload = (
  sensor: Pick<Sensor, "name" | "metadata" | "intervalMs" | "status">
): Payload => ({
  name: sensor.name,
  metadata: sensor.metadata,
  interval_ms: sensor.intervalMs,
  ...(sensor.status === "derived" ? { derived: true } : {})
})

/**
 * The payload of a reading, null for nearly every one: the `seq` and `epoch` that its device counted it by, and the
 * device's own words of a time that can't be meant. `overflow`: what it said of a sensor that had too many new
 * versions, so that it was stored with the current one. `restores`: the deleted reading that it restores.
 */
export const readingPayload = (
  { deviceTime, identity }: ReadingCandidate,
  overflow: SaidMetadata | null,
  restores: ReadingId | null
): Payload | null => {
  const payload: Record<string, unknown> = {}
  if (overflow !== null) payload.metadata = nonNullFields(overflow)
  if (identity._tag !== "Arrival" && identity.seq !== null) {
    payload.seq = identity.seq
    if (identity.epoch !== null) payload.epoch = identity.epoch
  }
  if (deviceTime !== undefined) payload.device_time = deviceTime
  if (restores !== null) payload.restored_from = restores
  for (const _ in payload) return payload
  return null
}

/** Why a person changed a reading, and who they are, as far as they said it. */
export interface Saying {
  readonly reason?: string | undefined
  readonly actor?: string | undefined
}

const saying = ({ actor, reason }: Saying): Payload => ({
  ...(reason === undefined ? {} : { reason }),
  ...(actor === undefined ? {} : { actor })
})

/** The payload of a correction or deletion: why, and by whom. */
export const reasonPayload = (reason: Saying): Payload | null => {
  const payload = saying(reason)
  return Object.keys(payload).length === 0 ? null : payload
}

/** The payload of the new reading that a move makes. */
export const movedPayload = (from: ReadingId, reason: Saying): Payload => ({
  moved_from: from,
  ...saying(reason)
})

/** The keys of the payloads of readings, in the order that these are made in. */
const PAYLOAD_KEYS: ReadonlyArray<string> = [
  ...["metadata", "seq", "epoch", "device_time", "restored_from", "moved_from", "reason", "actor"],
  ...METADATA_KEYS
]

const rankOf = (key: string): number => {
  const at = PAYLOAD_KEYS.indexOf(key)
  return at < 0 ? PAYLOAD_KEYS.length : at
}

/** The payload of a reading's event with its keys in that order, as it was made: an archive has them sorted. */
export const asMade = (payload: Payload): Payload =>
  Object.fromEntries(
    Object.entries(payload)
      .toSorted(([a], [b]) => rankOf(a) - rankOf(b))
      .map(([key, value]) => [key, key === "metadata" ? asMade(value as Payload) : value])
  )

/** What is kept of a rejected message's bytes when `used` of at most `max` bytes are kept already. */
export const keptBytes = (
  bytes: Uint8Array,
  total: number,
  max: number
): { readonly bytes: Uint8Array | null; readonly truncated: boolean } => {
  const head = bytes.subarray(0, REJECTED_BYTES_KEPT)
  return total + head.length > max
    ? { bytes: null, truncated: bytes.length > 0 }
    : { bytes: head, truncated: head.length < bytes.length }
}
