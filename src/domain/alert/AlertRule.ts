/** A rule: when whoever runs this wants to be told. It is what somebody said, and so an event with its history. */
import * as Schema from "effect/Schema"
import { textOf } from "../catalogue/StoredText.js"
import { SensorId } from "../Ids.js"
import { DIMENSIONS } from "../quality/QualityChecks.js"
import type { Sensor } from "../Sensor.js"
import { hasTags, NO_TAGS, TagKey, type Tags, TagValue } from "../shaping/Tags.js"
import { Micros } from "../Time.js"
import { ALERT_KIND_NAMES, ALERT_KINDS, factsOf } from "./AlertKinds.js"

export const SEVERITIES = ["info", "warning", "critical"] as const
export const CHANNELS = ["webhook", "email", "mqtt"] as const
export type Channel = (typeof CHANNELS)[number]
export const ALERT_RULES_MAX = 200
export const ALERT_TEXT_MAX = 1_000
export const ALERT_SENSORS_MAX = 100
export const SILENCES_MAX = 1_000
/** A week, in seconds. */
export const ALERT_WAIT_MAX = 604_800
export const ALERT_NAME_MAX = 64
/** It is a level of a topic, and a part of an address. */
export const ALERT_NAME_PATTERN = /^[A-Za-z0-9][\w.-]{0,63}$/

/** All that is given must fit; nothing given: all sensors. */
export const AlertSelection = Schema.Struct({
  ids: Schema.Array(SensorId).pipe(Schema.maxItems(ALERT_SENSORS_MAX)),
  /** `*` stands for any text; null: any name, and none. */
  name: Schema.NullOr(textOf(190)),
  tags: Schema.Record({ key: TagKey, value: TagValue })
})
export type AlertSelection = typeof AlertSelection.Type

const Seconds = Schema.Number.pipe(Schema.between(0, ALERT_WAIT_MAX))

export const AlertRule = Schema.Struct({
  kind: Schema.Literal(...ALERT_KIND_NAMES),
  severity: Schema.Literal(...SEVERITIES),
  /** The measured number alerts below `min`, and above `max`. */
  min: Schema.NullOr(Schema.Finite),
  max: Schema.NullOr(Schema.Finite),
  /** It is well again only so far within its bounds. */
  hysteresis: Schema.Finite.pipe(Schema.nonNegative()),
  /** It must be bad for so long before it is told of. */
  for_seconds: Seconds,
  /** It must be well for so long before it is over. */
  recovery_seconds: Seconds,
  dimension: Schema.Literal(...DIMENSIONS),
  sensors: AlertSelection,
  /** What one alert is of. A device is what a name has before its last slash. */
  per: Schema.Literal("device", "sensor"),
  channels: Schema.Array(Schema.Literal(...CHANNELS)),
  enabled: Schema.Boolean,
  description: Schema.NullOr(textOf(ALERT_TEXT_MAX))
})
export type AlertRule = typeof AlertRule.Type

/** Nothing is told of these until then. */
export const AlertSilence = Schema.Struct({
  /** None: all rules. */
  rules: Schema.Array(Schema.String).pipe(Schema.maxItems(ALERT_RULES_MAX)),
  sensors: AlertSelection,
  until: Micros
})
export type AlertSilence = typeof AlertSilence.Type

export const ALL_SENSORS: AlertSelection = { ids: [], name: null, tags: {} }

/** What is given of a rule; what is absent has its default. */
export type AlertRuleSaying = Pick<AlertRule, "kind"> & {
  readonly [K in Exclude<keyof AlertRule, "kind" | "sensors">]?: AlertRule[K] | undefined
} & { readonly sensors?: Partial<AlertSelection> | undefined }

export interface RuleFault {
  readonly field: string
  readonly message: string
}

/** The whole rule. */
export const ruleOf = (saying: AlertRuleSaying): AlertRule => {
  const { bound, byDefault } = factsOf(saying.kind)
  const other = (of: "min" | "max") => (bound === of ? byDefault : null)
  return {
    kind: saying.kind,
    severity: saying.severity ?? "warning",
    min: saying.min === undefined ? other("min") : saying.min,
    max: saying.max === undefined ? other("max") : saying.max,
    hysteresis: saying.hysteresis ?? 0,
    for_seconds: saying.for_seconds ?? 0,
    recovery_seconds: saying.recovery_seconds ?? 0,
    dimension: saying.dimension ?? "completeness",
    sensors: { ...ALL_SENSORS, ...saying.sensors },
    per: saying.per ?? "device",
    channels: [...new Set(saying.channels ?? CHANNELS)],
    enabled: saying.enabled ?? true,
    description: saying.description ?? null
  }
}

/** What contradicts itself in a rule that is right field by field. */
export const ruleFaults = ({ hysteresis, kind, max, min, sensors }: AlertRule): ReadonlyArray<RuleFault> => {
  const { bound, watches, words } = ALERT_KINDS[kind]
  const faults: Array<RuleFault> = []
  if (bound === "either" && min === null && max === null)
    faults.push({ field: "max", message: `or min must be given: the bounds of ${words}` })
  if (bound === "max" && max === null)
    faults.push({ field: "max", message: `must be given: the most of ${words}` })
  if (bound === "min" && min === null)
    faults.push({ field: "min", message: `must be given: the least of ${words}` })
  if (bound === "max" && min !== null)
    faults.push({ field: "min", message: `is not for kind ${kind}: it has a max alone` })
  if (bound === "min" && max !== null)
    faults.push({ field: "max", message: `is not for kind ${kind}: it has a min alone` })
  if (min !== null && max !== null && min + hysteresis > max - hysteresis)
    faults.push({ field: "hysteresis", message: "must leave room between min and max" })
  if (watches === "system" && JSON.stringify(sensors) !== JSON.stringify(ALL_SENSORS))
    faults.push({ field: "sensors", message: `are not for kind ${kind}: it watches the installation` })
  return faults
}

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")
/** Stars that follow each other are one: more would only be slow. */
const matcherOf = (pattern: string): RegExp =>
  new RegExp(`^${pattern.split(/\*+/).map(literally).join("[^]*")}$`)

/** Whether a selection is of a sensor. */
export const selects = ({ ids, name, tags }: AlertSelection) => {
  const wanted = new Set(ids)
  const matcher = name === null ? null : matcherOf(name)
  const conditions = Object.entries(tags).map(([key, value]) => ({ key, values: [value] }))
  return (sensor: Pick<Sensor, "id" | "name">, own: Tags = NO_TAGS): boolean =>
    (wanted.size === 0 || wanted.has(sensor.id)) &&
    (matcher === null || (sensor.name !== null && matcher.test(sensor.name))) &&
    hasTags(own, conditions)
}

/** What one alert is of: the device, the sensor by its name or number, or all of this installation. */
export const SYSTEM_TARGET = "tidemark"
export const targetOf = ({ id, name }: Pick<Sensor, "id" | "name">, per: AlertRule["per"]): string => {
  if (name === null) return String(id)
  const slash = name.lastIndexOf("/")
  return per === "device" && slash > 0 ? name.slice(0, slash) : name
}
