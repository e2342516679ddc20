/**
 * A mapping applied to a message: the parts that its preset or the ordinary rules find, with what the mapping says of
 * them instead. Pure: gives the message rewritten, or why it can't be.
 */

import * as Either from "effect/Either"
import { topicName } from "../../domain/access/Topic.js"
import { type Fault, fault } from "../../domain/rejected/RejectionFault.js"
import { formatTime, readTime } from "../../domain/Time.js"
import { type TimeZone, timeZone } from "../../domain/TimeZone.js"
import type { Aside } from "../codecs/DeviceFields.js"
import { takeDeviceName } from "../codecs/DeviceName.js"
import { timeOf } from "../codecs/DeviceTime.js"
import { DEPTH_MAX, metricsOf } from "../codecs/Flatten.js"
import { isJsonObject, type JsonObject, numberOfText } from "../codecs/Payload.js"
import { at } from "./Fields.js"
import type { Mapping } from "./MappingSchema.js"
import { type Entry, type Part, type RefusedMetric, type Rewritten, split } from "./Part.js"
import { type Preset, presetNamed } from "./Presets.js"

/** A mapping made ready. */
export interface Rules {
  readonly mapping: Mapping
  readonly preset: Preset | undefined
  readonly zone: TimeZone | null
  readonly isWanted: (key: string) => boolean
}

const globs = (patterns: ReadonlyArray<string>): ((key: string) => boolean) => {
  const escaped = patterns.map((glob) => glob.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("\\*", ".*"))
  const whole = new RegExp(`^(?:${escaped.join("|")})$`, "s")
  return (key) => whole.test(key)
}

const fieldsOf = (template: string | undefined): ReadonlyArray<string> =>
  template === undefined
    ? []
    : template.includes("{")
      ? Array.from(template.matchAll(/\{([^{}]+)\}/g), ([, path]) => path ?? "")
      : [template]

/** What stands for device, time or place is no metric. */
const taken = ({ device, metric, place, time }: Mapping): ReadonlySet<unknown> =>
  new Set([
    ...fieldsOf(device),
    ...(metric?.includes("{") === true ? fieldsOf(metric) : []),
    time,
    place?.lat,
    place?.lng
  ])

export const makeRules = (mapping: Mapping): Rules => {
  const { allow, deny } = mapping.metrics ?? {}
  const isAllowed = allow === undefined ? () => true : globs(allow)
  const isDenied = deny === undefined ? () => false : globs(deny)
  const aside = taken(mapping)
  return {
    mapping,
    preset: mapping.preset === undefined ? undefined : presetNamed(mapping.preset),
    zone: mapping.timezone === undefined ? null : Either.getOrNull(timeZone(mapping.timezone)),
    isWanted: (key) => !aside.has(key) && isAllowed(key) && !isDenied(key)
  }
}

const COMMA = /^\s*[+-]?(?:\d+,\d*|,\d+)(?:[eE][+-]?\d+)?\s*$/

/** Texts with a decimal comma as numbers. */
const withPoints = (value: unknown, depth = 0): unknown => {
  if (typeof value === "string") return COMMA.test(value) ? Number(value.replace(",", ".")) : value
  if (depth > DEPTH_MAX) return value
  if (Array.isArray(value)) return value.map((one) => withPoints(one, depth + 1))
  return isJsonObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withPoints(one, depth + 1)]))
    : value
}

/** What a template says of a message; a fault: it names what is not there. */
const filled = (template: string, json: JsonObject, levels: ReadonlyArray<string>): string | Fault => {
  let missing: string | null = null
  const text = (template.includes("{") ? template : `{${template}}`).replace(
    /\{([^{}]+)\}/g,
    (_, path: string) => {
      const [, digits, rest] = /^(\d+)(\+?)$/.exec(path) ?? []
      const level = Number(digits) - 1
      const value =
        digits === undefined ? at(json, path) : rest === "+" ? levels.slice(level).join("/") : levels[level]
      if ((typeof value === "string" && value !== "") || typeof value === "number") return String(value)
      missing ??= path
      return ""
    }
  )
  return missing === null ? text : fault("mapping-device", null, template, missing)
}

const LOCAL = /^\s*\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*$/

/** A local time as UTC; what says its offset itself, or is a number, stays. */
const utc = ({ mapping, zone }: Rules, time: unknown): unknown => {
  if (zone === null || typeof time !== "string" || !LOCAL.test(time)) return time
  const local = readTime(time)
  if (typeof local === "string") return time
  return Either.match(zone.toUtc(local, mapping.dst), {
    onLeft: (why) => fault("mapping-time", mapping.time ?? "the time", why),
    onRight: (utcTime) => formatTime(utcTime.time)
  })
}

/** Without the noise that doubles add: 3 times 0.1 is 0.3. */
const scaled = (value: unknown, key: string, { offset = {}, scale = {} }: Mapping): unknown => {
  const factor = Object.hasOwn(scale, key) ? (scale[key] ?? 1) : 1
  const shift = Object.hasOwn(offset, key) ? (offset[key] ?? 0) : 0
  if (factor === 1 && shift === 0) return value
  const n = typeof value === "string" ? numberOfText(value) : value
  return typeof n === "number" ? Number((n * factor + shift).toPrecision(15)) : value
}

const mappedPart = (rules: Rules, part: Part, passed: Array<string>, refused: Array<RefusedMetric>): Part => {
  const { mapping } = rules
  const { rename = {} } = mapping.metrics ?? {}
  const { units = {} } = mapping
  const before = new Map<string, string>()
  const metrics = part.metrics.flatMap(([key, value]): ReadonlyArray<Entry> => {
    if (!rules.isWanted(key)) {
      passed.push(key)
      return []
    }
    const name = Object.hasOwn(rename, key) ? (rename[key] ?? key) : key
    if (before.has(name)) {
      refused.push({ key: name, faults: [fault("metric-twice", null)] })
      return []
    }
    before.set(name, key)
    return [[name, scaled(value, name, mapping)]]
  })
  const unitOf = (name: string) =>
    Object.hasOwn(units, name) ? units[name] : part.unitOf?.(before.get(name) ?? name)
  return { ...part, metrics, unitOf }
}

/** The message as the ordinary rules read it. */
const ordinary = (
  json: JsonObject,
  levels: ReadonlyArray<string>,
  faults: Array<Fault>,
  named: boolean
): Rewritten => {
  const told: Array<Parameters<Aside>> = []
  const { keys, time, values } = metricsOf(json, (...one) => told.push(one))
  const { metrics, refused } = split(keys, values)
  const device = named ? "" : takeDeviceName(json, topicName(levels.join("/")), faults, () => undefined)
  const { lat, latitude, lng, lon, longitude } = json
  const place = { lat: lat ?? latitude, lng: lng ?? lon ?? longitude }
  const said = isJsonObject(json.metadata) ? json.metadata.unit : undefined
  const unit = json.unit ?? said
  const unitOf = (key: string) => (key === "value" && typeof unit === "string" ? unit : undefined)
  const single = json.value !== undefined
  return {
    parts: [{ device, time: timeOf(json) ?? time, ...place, metrics, unitOf, single }],
    refused,
    passed: [],
    told
  }
}

const degrees = (json: JsonObject, given: number | string): unknown =>
  typeof given === "number" ? given : at(json, given)

/** A message rewritten as a mapping says. `read`: what was read of it already, where it is no JSON of its own. */
export const applyRules = (
  rules: Rules,
  given: JsonObject,
  levels: ReadonlyArray<string>,
  read?: Rewritten
): Rewritten | Fault => {
  const { mapping, preset } = rules
  const json = mapping.decimal === "comma" ? (withPoints(given) as JsonObject) : given
  const faults: Array<Fault> = []
  const base =
    read ?? preset?.read(json, levels) ?? ordinary(json, levels, faults, mapping.device !== undefined)
  const device = mapping.device === undefined ? null : filled(mapping.device, json, levels)
  const metric =
    mapping.metric?.includes("{") === true ? filled(mapping.metric, json, levels) : mapping.metric
  const [wrong] = [...faults, device, metric].filter((one) => typeof one === "object" && one !== null)
  if (wrong !== undefined) return wrong
  const passed = [...base.passed]
  const refused = [...base.refused]
  const parts: Array<Part> = []
  for (const part of base.parts) {
    const time = utc(rules, mapping.time === undefined ? part.time : (at(json, mapping.time) ?? null))
    if (typeof time === "object" && time !== null && "code" in time) return time as Fault
    const renamed = part.metrics.map(
      ([key, value]): Entry => [key === "value" && typeof metric === "string" ? metric : key, value]
    )
    const place =
      mapping.place === undefined
        ? {}
        : { lat: degrees(json, mapping.place.lat), lng: degrees(json, mapping.place.lng) }
    const named = typeof device === "string" ? device : part.device
    parts.push(
      mappedPart(rules, { ...part, ...place, device: named, time, metrics: renamed }, passed, refused)
    )
  }
  const { told = [] } = base
  return { parts: parts.filter(({ metrics }) => metrics.length > 0), refused, passed, told }
}
