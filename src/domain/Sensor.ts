/**
 * What is known of a sensor. Its metadata are kept as versions: each *distinct* set is stored once and reused,
 * and a reading points at the version that was in force for it.
 */
import * as Schema from "effect/Schema"
import { SensorId } from "./Ids.js"
import { Micros } from "./Time.js"

/** Longest text that a name, unit, type or description may have, in UTF-16 code units. */
export const NAME_LENGTH_MAX = 190
export const UNIT_LENGTH_MAX = 64
export const TYPE_LENGTH_MAX = 190
export const DESCRIPTION_LENGTH_MAX = 1_000

// Text that both databases store alike: no NUL, no lone surrogate.
const storable = Schema.filter<Schema.Schema<string>>(
  (text) => (!text.includes("\0") && text.isWellFormed()) || "must be valid text without NUL"
)
const Text = (max: number) => Schema.String.pipe(Schema.minLength(1), Schema.maxLength(max), storable)

export const SensorName = Text(NAME_LENGTH_MAX)
export const Unit = Text(UNIT_LENGTH_MAX)
export const SensorType = Text(TYPE_LENGTH_MAX)
export const Description = Text(DESCRIPTION_LENGTH_MAX)
/** WGS 84, degrees. */
export const Latitude = Schema.Finite.pipe(Schema.between(-90, 90))
export const Longitude = Schema.Finite.pipe(Schema.between(-180, 180))

/** A version's metadata. Null is "nobody has said". `min` and `max` are the declared range, in `unit`. */
export const Metadata = Schema.Struct({
  lat: Schema.NullOr(Latitude),
  lng: Schema.NullOr(Longitude),
  unit: Schema.NullOr(Unit),
  type: Schema.NullOr(SensorType),
  description: Schema.NullOr(Description),
  min: Schema.NullOr(Schema.Finite),
  max: Schema.NullOr(Schema.Finite)
})
export type Metadata = typeof Metadata.Type

export const METADATA_KEYS = ["lat", "lng", "unit", "type", "description", "min", "max"] as const

export const UNKNOWN_METADATA: Metadata = {
  lat: null,
  lng: null,
  unit: null,
  type: null,
  description: null,
  min: null,
  max: null
}

/** What a message, a person or a file says of the sensor: what is absent is not said, and so changes nothing. */
export type SaidMetadata = { readonly [K in keyof Metadata]?: Metadata[K] }

/** `said` laid over `current`: what is not said stays. */
export const mergeMetadata = (current: Metadata, statement: SaidMetadata): Metadata => ({
  ...current,
  ...statement
})

/** Equal metadata give equal text: what a version is found by. */
export const metadataKey = (m: Metadata): string => JSON.stringify(METADATA_KEYS.map((key) => m[key]))

export const sameMetadata = (a: Metadata, b: Metadata): boolean =>
  METADATA_KEYS.every((key) => a[key] === b[key])

/** `derived`: it has no readings; its minutes are computed from those of others. */
export const SensorStatus = Schema.Literal("active", "retired", "derived")
export type SensorStatus = typeof SensorStatus.Type

/** A sensor as the log knows it. `intervalMs` is what it declared, `estimatedIntervalMs` what its readings show. */
export const Sensor = Schema.Struct({
  id: SensorId,
  name: Schema.NullOr(SensorName),
  status: SensorStatus,
  version: Schema.Int,
  metadata: Metadata,
  intervalMs: Schema.NullOr(Schema.Positive),
  estimatedIntervalMs: Schema.NullOr(Schema.Positive),
  /** The device time of the reading that last moved the current version; 0 when none has. */
  versionSince: Micros
})
export type Sensor = typeof Sensor.Type
