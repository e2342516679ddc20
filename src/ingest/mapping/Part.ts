/**
 * What a preset or a mapping makes of a message: parts, each of one device and one time, and from a part the canonical
 * object that the ordinary decoder takes: `{device_id, timestamp, lat, lng, data, metadata: {units}}`.
 */
import type { Fault } from "../../domain/rejected/RejectionFault.js"
import type { Aside } from "../codecs/DeviceFields.js"
import { RefusedValue } from "../codecs/Flatten.js"
import type { JsonObject } from "../codecs/Payload.js"

export type Entry = readonly [key: string, value: unknown]

export interface Part {
  readonly device: string
  /** Absent or null: its arrival counts. */
  readonly time?: unknown
  readonly lat?: unknown
  readonly lng?: unknown
  /** Values as they stand in the message. */
  readonly metrics: ReadonlyArray<Entry>
  readonly unitOf?: (key: string) => string | undefined
  /** Named by the device alone where its one metric is `value`. */
  readonly single?: boolean
}

/** A metric that is refused alone. */
export interface RefusedMetric {
  readonly key: string
  readonly faults: ReadonlyArray<Fault>
}

/** A message rewritten. */
export interface Rewritten {
  readonly parts: ReadonlyArray<Part>
  readonly refused: ReadonlyArray<RefusedMetric>
  /** Paths of what holds no measurement, or is not wanted. */
  readonly passed: ReadonlyArray<string>
  /** What looks like a measurement and is none, as `aside` is told of it. */
  readonly told?: ReadonlyArray<Parameters<Aside>>
}

/** What read a message: names, for who asks. */
export interface ReadBy {
  readonly preset: string | null
  /** The topic filter of the mapping. */
  readonly mapping: string | null
}

export interface Mapped {
  readonly by: ReadBy
  readonly message: Rewritten | Fault
}

/** The mappings and presets of a process. `fromTopic`: the device's name as the topic gives it, empty where it gives none. */
export interface MessageReader {
  /** Null: no mapping and no preset knows it. Runs for each object that arrives. */
  readonly read: (topic: string, fromTopic: string, json: JsonObject) => Mapped | null
  /** What is known by its topic and is no text; null: it is none. `live`: what it says of later messages is kept. */
  readonly readBytes: (topic: string, bytes: Uint8Array, live: boolean) => Mapped | null
  /** Whether a mapping names the topic: then a plain value is read by it, too. */
  readonly isMapped: (topic: string) => boolean
}

/** What a family's message holds; null: it is none of the family, and the ordinary rules read it. */
export type Reader = (json: JsonObject, levels: ReadonlyArray<string>) => Rewritten | null

export const rewritten = (...parts: ReadonlyArray<Part>): Rewritten => ({ parts, refused: [], passed: [] })

const place = ({ lat, lng }: Part): object =>
  lat === undefined || lng === undefined || lat === null || lng === null ? {} : { lat, lng }

/** Numbers alone: what a reader took is measured, whatever name it has. */
export const canonicalJson = (part: Part): JsonObject => {
  const { device, metrics, time, unitOf } = part
  const timed = time === undefined || time === null ? {} : { timestamp: time }
  const [first] = metrics
  if (part.single === true && metrics.length === 1 && first !== undefined && first[0] === "value") {
    const unit = unitOf?.("value")
    return {
      device_id: device,
      ...timed,
      ...place(part),
      value: first[1],
      ...(unit === undefined ? {} : { unit })
    }
  }
  const units = metrics.flatMap(([key]) => {
    const unit = unitOf?.(key)
    return unit === undefined ? [] : [[key, unit] as const]
  })
  return {
    device_id: device,
    ...timed,
    ...place(part),
    data: Object.fromEntries(metrics),
    ...(units.length === 0 ? {} : { metadata: { units: Object.fromEntries(units) } })
  }
}

/** Keys and values as two lists, into what is taken and what is refused. */
export const split = (
  keys: ReadonlyArray<string>,
  values: ReadonlyArray<unknown>
): { readonly metrics: ReadonlyArray<Entry>; readonly refused: ReadonlyArray<RefusedMetric> } => {
  const metrics: Array<Entry> = []
  const refused: Array<RefusedMetric> = []
  for (const [index, key] of keys.entries()) {
    const value = values[index]
    if (value instanceof RefusedValue) refused.push({ key, faults: [value.why] })
    else metrics.push([key, value])
  }
  return { metrics, refused }
}
