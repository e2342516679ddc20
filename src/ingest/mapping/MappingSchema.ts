/**
 * `mappings.json`: which field of a message is device, time and place, and what becomes of its metrics, by topic. Paths
 * are keys joined with "."; a template has them, and levels of the topic, in braces: `{2}` is its second level, `{2+}` the
 * second and all behind it.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { isFilter } from "../../domain/access/Topic.js"
import { Unit } from "../../domain/Sensor.js"
import { timeZone } from "../../domain/TimeZone.js"
import { PRESETS, presetNamed } from "./Presets.js"

/** Mappings of one file, each of which is tried for a topic that is new. */
export const MAPPINGS_MAX = 1_000

const Filter = Schema.NonEmptyString.pipe(
  Schema.filter((text) => isFilter(text) || "must be a topic filter: + only as a level, # only as the last")
)
const Path = Schema.NonEmptyString
const Template = Schema.NonEmptyString.pipe(
  Schema.filter(
    (text) => /^[^{}]*(?:\{[^{}]+\}[^{}]*)*$/.test(text) || "must be a path, or a template such as {2}"
  )
)
const PresetName = Schema.String.pipe(
  Schema.filter(
    (name) => presetNamed(name) !== undefined || `must be one of ${PRESETS.map((one) => one.name).join(", ")}`
  )
)
const Zone = Schema.String.pipe(
  Schema.filter((name) => Either.match(timeZone(name), { onLeft: (why) => why, onRight: () => true }))
)
const Degrees = Schema.Union(Schema.Finite, Path)
const byMetric = <A, I>(value: Schema.Schema<A, I>) => Schema.Record({ key: Schema.String, value })
const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

export const Mapping = Schema.Struct({
  topic: Schema.Union(Filter, Schema.NonEmptyArray(Filter)),
  preset: optional(PresetName),
  device: optional(Template),
  /** The name of the metric where a message says one value: a text, or a template. */
  metric: optional(Template),
  time: optional(Path),
  timezone: optional(Zone),
  dst: optional(Schema.Literal("first", "second")),
  place: optional(Schema.Struct({ lat: Degrees, lng: Degrees })),
  metrics: optional(
    Schema.Struct({
      allow: optional(Schema.Array(Schema.NonEmptyString)),
      deny: optional(Schema.Array(Schema.NonEmptyString)),
      rename: optional(byMetric(Schema.NonEmptyString))
    })
  ),
  /** By the metric's name as it is stored. */
  units: optional(byMetric(Unit)),
  scale: optional(byMetric(Schema.Finite)),
  offset: optional(byMetric(Schema.Finite)),
  decimal: optional(Schema.Literal("point", "comma"))
})
export type Mapping = typeof Mapping.Type

export const MappingFile = Schema.Struct({
  mappings: Schema.Array(Mapping).pipe(Schema.maxItems(MAPPINGS_MAX)),
  /** Presets that are not to read by themselves. */
  off: optional(Schema.Array(PresetName))
})
export type MappingFile = typeof MappingFile.Type
