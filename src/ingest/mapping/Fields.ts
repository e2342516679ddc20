/** What readers share: fields of a message by their path, measurements without some keys, and parts by their time. */
import { topicName } from "../../domain/access/Topic.js"
import type { Aside } from "../codecs/DeviceFields.js"
import { measuredIn } from "../codecs/Flatten.js"
import { isJsonObject, isMeasured, type JsonObject, parseText } from "../codecs/Payload.js"
import { type Entry, type Part, type Rewritten, split } from "./Part.js"

const own = (json: unknown, key: string): unknown =>
  typeof json === "object" && json !== null && Object.hasOwn(json, key)
    ? (json as { readonly [key: string]: unknown })[key]
    : undefined

/** What a path leads to, whose names may have dots of their own; undefined: nothing. */
export const at = (json: unknown, path: string): unknown => {
  const direct = own(json, path)
  if (direct !== undefined) return direct
  for (let dot = path.indexOf("."); dot !== -1; dot = path.indexOf(".", dot + 1)) {
    const value = at(own(json, path.slice(0, dot)), path.slice(dot + 1))
    if (value !== undefined) return value
  }
  return undefined
}

export const textAt = (json: unknown, path: string): string | null => {
  const value = at(json, path)
  return typeof value === "string" && value !== "" ? value : null
}

export const objectAt = (json: unknown, path: string): JsonObject | null => {
  const value = at(json, path)
  return isJsonObject(value) ? value : null
}

/** The JSON that a text is, or that it is in base64; undefined: neither. */
export const jsonWithin = (text: string): unknown => {
  for (const candidate of [text, Buffer.from(text, "base64").toString("utf8")]) {
    const parsed = parseText(candidate)
    if ("json" in parsed && typeof parsed.json === "object") return parsed.json
  }
  return undefined
}

/** A topic's levels joined again, without a leading `sensors`; empty where it names nothing. */
export const nameOf = (levels: ReadonlyArray<string>): string => topicName(levels.join("/"))

/** The last name of a path. */
export const lastName = (key: string): string =>
  key.slice(Math.max(key.lastIndexOf("."), key.lastIndexOf("/")) + 1)

export const unitsBy =
  (units: Readonly<Record<string, string>>) =>
  (key: string): string | undefined => {
    const name = lastName(key)
    return Object.hasOwn(units, name) ? units[name] : undefined
  }

/** An object without these keys at its top. */
export const without = (json: JsonObject, keys: ReadonlySet<string>): JsonObject =>
  Object.fromEntries(Object.entries(json).filter(([key]) => !keys.has(key)))

/** One part of all that is measured in an object. */
export const measuredPart = (
  json: JsonObject,
  part: Omit<Part, "metrics">,
  more: ReadonlyArray<Entry> = []
): Rewritten => {
  const told: Array<Parameters<Aside>> = []
  const { keys, values } = measuredIn(json, (...one) => told.push(one))
  const { metrics, refused } = split(keys, values)
  return { parts: [{ ...part, metrics: [...metrics, ...more] }], refused, passed: [], told }
}

/** Of the family, and with no measurement in it. */
export const nothing = (json: JsonObject): Rewritten => ({
  parts: [],
  refused: [],
  passed: Object.keys(json)
})

/** A number, or what stands for one. */
export const isNumeric = (value: unknown): boolean => isMeasured("", value)

/** Parts of one device, the values of a time in each. */
export const byTime = (
  part: Omit<Part, "metrics" | "time">,
  entries: Iterable<readonly [time: unknown, entry: Entry]>
): ReadonlyArray<Part> => {
  const times = new Map<unknown, Array<Entry>>()
  for (const [time, entry] of entries) {
    const metrics = times.get(time) ?? []
    times.set(time, metrics)
    metrics.push(entry)
  }
  return Array.from(times, ([time, metrics]) => ({ ...part, time, metrics }))
}
