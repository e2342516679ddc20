/**
 * The metrics of a message: nested objects and lists are flattened, so that no number in them is lost. A metric
 * within one is named by its path, joined with ".": `object.temperature`, `rxInfo.0.rssi`.
 *
 * - Keys are reserved at the top of a message only.
 * - What is nested deeper than `DEPTH_MAX` names is refused by its path.
 * - Two metrics of one name (`{"a": {"b": 1}, "a.b": 2}`): the second is refused.
 */
import { type Fault, fault } from "../../domain/rejected/RejectionFault.js"
import { NAME_LENGTH_MAX } from "../../domain/Sensor.js"
import type { Aside } from "./DeviceFields.js"
import { IDENTITY_FIELDS, isRadio } from "./DeviceName.js"
import { betterTime, isNestedTime, isTime } from "./DeviceTime.js"
import { isJsonObject, isMeasured, type JsonObject, looksMeasured } from "./Payload.js"
import { PLACE_FIELDS } from "./Said.js"

/** Most names of a path. */
export const DEPTH_MAX = 8

/** What stands in the place of a value that is refused for where it stands. */
export class RefusedValue {
  constructor(
    readonly why: Fault,
    /** The name is its own; else another metric of the message has it. */
    readonly named: boolean
  ) {}
}

const TOO_DEEP = new RefusedValue(fault("nested-too-deep", null, DEPTH_MAX), true)
const TWICE = new RefusedValue(fault("metric-twice", null), false)

/** Names and values in the message's order, as two lists: most messages have flat metrics, and there are many. */
export interface Metrics {
  readonly keys: Array<string>
  /** As they stand in the JSON, still to be checked. */
  readonly values: Array<unknown>
  /** The first time that stands deeper than the top. */
  time?: unknown
}

export const METRIC_OBJECTS = ["data", "values", "metrics", "fields", "readings"] as const

/** Keys beside the metrics that are never a metric themselves. */
const RESERVED: ReadonlySet<string> = new Set([
  ...["sensor_id", "id", "timestamp", "ts", "time", "epoch", "seq", "value", "Value", ...IDENTITY_FIELDS],
  ...["metadata", "location", "unit", "type", "description", "end_device_ids", "deviceInfo"],
  ...PLACE_FIELDS
])

export const isReserved = (key: string): boolean => RESERVED.has(key)

const isNested = (value: unknown): value is object => typeof value === "object" && value !== null

const push = ({ keys, values }: Metrics, key: string, value: unknown): void => {
  keys.push(key)
  values.push(value)
}

/** Text that is no metric is told of. */
const passOver = (key: string, value: unknown, aside: Aside): void => {
  if (typeof value === "string") aside(key, looksMeasured(value) ? "unread" : "label", value)
}

/** Without `aside` what says no value is a metric too, to be refused; else it is passed over. */
const walk = (into: Metrics, path: string, value: unknown, depth: number, aside: Aside | null): void => {
  if (!isNested(value)) {
    const key = path.slice(path.lastIndexOf(".") + 1)
    if (isNestedTime(key, value)) into.time = betterTime(into.time, value)
    else if (aside === null || isMeasured(key, value)) push(into, path, value)
    else passOver(path, value, aside)
    return
  }
  const children = Object.entries(value)
  if (children.length === 0) {
    if (aside === null) push(into, path, value)
  } else if (depth === DEPTH_MAX) push(into, path, TOO_DEEP)
  else for (const [key, child] of children) walk(into, `${path}.${key}`, child, depth + 1, aside)
}

/** Refuses each metric whose name another one has. */
export const refuseTwice = (metrics: Metrics): Metrics => {
  const { keys, values } = metrics
  const seen = new Set<string>()
  for (const [index, key] of keys.entries()) {
    // A longer one is refused as a name, and would be long to compare.
    if (key.length > NAME_LENGTH_MAX) continue
    if (seen.has(key)) values[index] = TWICE
    else seen.add(key)
  }
  return metrics
}

const flatten = (json: JsonObject): Metrics => {
  const into: Metrics = { keys: [], values: [] }
  for (const key of Object.keys(json)) walk(into, key, json[key], 1, null)
  refuseTwice(into)
  return into
}

/** The metrics of an object that holds nothing else: each of its keys. */
export const metricsIn = (json: JsonObject): Metrics => {
  const keys = Object.keys(json)
  const values: Array<unknown> = []
  for (const key of keys) {
    const value = json[key]
    if (isNested(value) || isNestedTime(key, value)) return flatten(json)
    values.push(value)
  }
  return { keys, values }
}

// The places of objects in a list of metrics change from message to message: they make no names.
const pushList = (into: Metrics, key: string, list: ReadonlyArray<unknown>, aside: Aside): void => {
  if (list.some(isNested)) push(into, key, list)
  else walk(into, key, list, 1, aside)
}

/** Whether something beside `metrics`, an object in it, may be a metric too. */
export const hasMoreThan = (metrics: JsonObject | null, json: JsonObject): boolean => {
  for (const key in json) if (!RESERVED.has(key) && json[key] !== metrics) return true
  return false
}

/** The metrics of an object beside its reserved keys and `metrics`: numbers and switches, as text names and describes. */
export const metricsBeside = (json: JsonObject, aside: Aside, metrics: JsonObject | null = null): Metrics => {
  const into: Metrics = { keys: [], values: [] }
  let nested = false
  for (const key of Object.keys(json)) {
    if (RESERVED.has(key)) continue
    const value = json[key]
    if (isNested(value)) {
      if (value === metrics) continue
      nested = true
      if (Array.isArray(value) && METRIC_OBJECTS.some((name) => name === key))
        pushList(into, key, value, aside)
      else walk(into, key, value, 1, aside)
    } else if (!isMeasured(key, value)) {
      if (!isTime(key, value)) passOver(key, value, aside)
    } else if (!isTime(key, value) && (key !== "channel" || !isRadio(json))) {
      push(into, key, value)
    }
  }
  if (nested) refuseTwice(into)
  return into
}

/** What is measured anywhere in an object, where no name is reserved. */
export const measuredIn = (json: JsonObject, aside: Aside): Metrics => {
  const into: Metrics = { keys: [], values: [] }
  for (const key of Object.keys(json)) walk(into, key, json[key], 1, aside)
  return refuseTwice(into)
}

/** The first of the objects that hold metrics alone. */
export const metricObject = (json: JsonObject): JsonObject | null => {
  for (const field of METRIC_OBJECTS) {
    const metrics = json[field]
    if (isJsonObject(metrics)) return metrics
  }
  return null
}

/** The metrics of an object of the message, and what stands beside it. */
export const metricsWithin = (json: JsonObject, metrics: JsonObject, aside: Aside): Metrics => {
  const within = metricsIn(metrics)
  if (!hasMoreThan(metrics, json)) return within
  const beside = metricsBeside(json, aside, metrics)
  if (beside.keys.length === 0) return within
  const keys = [...beside.keys, ...within.keys]
  return refuseTwice({
    keys,
    values: [...beside.values, ...within.values],
    time: betterTime(within.time, beside.time)
  })
}

/** The metrics of an object in whatever form it has; a value of its own is one, `value`. */
export const metricsOf = (json: JsonObject, aside: Aside): Metrics => {
  const object = metricObject(json)
  const within = object === null ? metricsBeside(json, aside) : metricsWithin(json, object, aside)
  return json.value === undefined
    ? within
    : { ...within, keys: ["value", ...within.keys], values: [json.value, ...within.values] }
}
