/**
 * From a message as it arrived to what is appended for it. Pure, and never throws: what can't be understood comes
 * back as a rejected item with its reason. Every message gives at least one item.
 *
 * | the JSON has | is | the sensor | the value |
 * |---|---|---|---|
 * | `sensor_id` | one reading | that number, 1 to 999,999,999 | `value` |
 * | no `sensor_id`, but `value` | one reading | the device's name | `value` |
 * | an object `data`, `values`, `metrics` or `fields` (the first of them) | a reading for each of its keys | device/key | numbers; true and false as 1 and 0; all else is rejected alone |
 * | none of these | a reading for each number or boolean beside the reserved keys | device/key | numbers; true and false as 1 and 0; text and objects say no value and are passed over |
 * | an array | each of its elements, an object of the forms above, alone | | |
 *
 * - The device's name: `name`, else `device_id`, else `device`, else the topic without its leading `sensors/`.
 * - The time: `timestamp`, else `ts`, else `time`. None: `epoch` and `seq` tell a repeat, and the reading gets the
 *   arrival time; without both of them it can't be told from its repeat.
 * - `type` of a metric is its key, unless `metadata` says otherwise; its unit is unknown until somebody says it.
 * - A part that is refused (a metric, an element) is refused alone, and kept with the bytes of the whole message.
 * - What stands beside `value` in a message of one reading (battery, rssi) is passed over: send it as a metric.
 */
import type { ArrivedMessage } from "../broker/MessageSink.js"
import { topicName } from "../broker/Topic.js"
import type { SensorRef } from "../domain/Reading.js"
import { NAME_LENGTH_MAX, type SaidMetadata } from "../domain/Sensor.js"
import { MICROS_PER_DAY } from "../domain/Time.js"
import type { AppendItem } from "../eventlog/EventLog.js"
import {
  type Counting,
  identityOf,
  takeCounting,
  takeDeviceName,
  takeSensorId,
  takeTime,
  takeValue,
  textFault
} from "./Fields.js"
import { isJsonObject, type JsonObject, kindOf, parsePayload } from "./Payload.js"
import { takeSaid } from "./Said.js"

export interface DecodeLimits {
  /** Largest payload that is decoded, in bytes. */
  readonly payloadBytesMax: number
  /** How far a device's time may lie after our own, in µs. */
  readonly futureMicrosMax: number
  /** Most readings that one message may hold. */
  readonly readingsPerMessageMax: number
  /** Most rejections of parts of one message, each of which keeps its bytes; what is over becomes one more. */
  readonly rejectionsPerMessageMax: number
}

export const DEFAULT_DECODE_LIMITS: DecodeLimits = {
  payloadBytesMax: 65_536,
  futureMicrosMax: MICROS_PER_DAY,
  readingsPerMessageMax: 1_000,
  rejectionsPerMessageMax: 16
}

/** What decoding one message needs besides its JSON. */
interface Context {
  readonly message: ArrivedMessage
  readonly limits: DecodeLimits
  /** A text that no other call ever gave, in any process. */
  readonly nonce: () => string
  readonly items: Array<AppendItem>
  rejections: number
  /** The first reason over the bound. */
  firstOver: string
}

const METRIC_OBJECTS = ["data", "values", "metrics", "fields"] as const

/** Keys beside the metrics that are never a metric themselves. */
const RESERVED: ReadonlySet<string> = new Set([
  ...["sensor_id", "name", "device_id", "device", "id", "timestamp", "ts", "time", "epoch", "seq", "value"],
  ...["metadata", "location", "lat", "lng", "unit", "type", "description", ...METRIC_OBJECTS]
])

const EXPECTED =
  "no reading is in it: give sensor_id and value, or a value, or numbers under data, values, metrics or fields"

/** Longest reason, in UTF-16 code units: names of fields come from outside. */
const REASON_LENGTH_MAX = 500

const pushRejected = (context: Context, metric: string | null, why: string): void => {
  const { topic, payload } = context.message
  const reason =
    why.length <= REASON_LENGTH_MAX ? why : `${why.slice(0, REASON_LENGTH_MAX - 1)}…`.toWellFormed()
  context.items.push({ _tag: "Rejected", source: { topic, bytes: payload, metric }, reason })
}

const reject = (context: Context, metric: string | null, why: string): void => {
  const { rejectionsPerMessageMax: max } = context.limits
  context.rejections += 1
  if (context.rejections <= max) pushRejected(context, metric, why)
  else if (context.rejections === max + 1) context.firstOver = why
}

/** One rejection for all that were over the bound: else a message of junk would be kept once for each part. */
const rejectOver = (context: Context): void => {
  const over = context.rejections - context.limits.rejectionsPerMessageMax
  if (over > 0)
    pushRejected(context, null, `${over} more of its parts are refused; first ${context.firstOver}`)
}

/** A metric as it is kept with a rejected message: its key, or its place where the key can't be stored. */
const metricLabel = (key: string, place: string): string =>
  textFault(key, NAME_LENGTH_MAX) === null ? key : place

const push = (
  context: Context,
  sensor: SensorRef,
  time: ReturnType<typeof takeTime>,
  counting: Counting,
  value: number,
  said: SaidMetadata,
  metric: string | null
): void => {
  const { arrivedAt, payload, topic } = context.message
  context.items.push({
    _tag: "Reading",
    reading: {
      sensor,
      occurredAt: time ?? arrivedAt,
      value,
      identity: identityOf(time, counting, context.nonce),
      said
    },
    source: { topic, bytes: payload, metric }
  })
}

/** A message of one reading. `at` is its place in an array, null when it is the whole message. */
const decodeOne = (context: Context, json: JsonObject, at: string | null): void => {
  const { limits, message } = context
  const faults: Array<string> = []
  const sensor: SensorRef =
    json.sensor_id === undefined
      ? { _tag: "Named", name: takeDeviceName(json, topicName(message.topic), faults) }
      : { _tag: "Numbered", id: takeSensorId(json.sensor_id, faults) }
  const time = takeTime(json, message.arrivedAt, limits.futureMicrosMax, faults)
  const value = takeValue(json.value, "value", faults)
  const counting = takeCounting(json, faults)
  const said = takeSaid(json, true, faults)
  if (faults.length > 0) reject(context, at, faults.join("; "))
  else push(context, sensor, time, counting, value, said, at)
}

/** A message of several metrics: `keys` of `metrics`. A bad metric is rejected alone. */
const decodeMetrics = (
  context: Context,
  json: JsonObject,
  metrics: JsonObject,
  keys: ReadonlyArray<string>,
  at: string | null
): void => {
  const { limits, message } = context
  const faults: Array<string> = []
  if (keys.length === 0) faults.push(EXPECTED)
  if (context.items.length + keys.length > limits.readingsPerMessageMax) {
    faults.push(`it holds more than ${limits.readingsPerMessageMax} readings`)
  }
  const device = takeDeviceName(json, topicName(message.topic), faults)
  const time = takeTime(json, message.arrivedAt, limits.futureMicrosMax, faults)
  const counting = takeCounting(json, faults)
  const common = takeSaid(json, false, faults)
  if (faults.length > 0) {
    reject(context, at, faults.join("; "))
    return
  }
  for (const [index, key] of keys.entries()) {
    const name = `${device}/${key}`
    const metric = metricLabel(
      at === null ? key : `${at}.${key}`,
      at === null ? `#${index}` : `${at}.#${index}`
    )
    const wrong: Array<string> = []
    const value = takeValue(metrics[key], "it", wrong)
    const fault = key === "" ? "has a metric without a name" : textFault(name, NAME_LENGTH_MAX)
    if (fault !== null) wrong.push(`the sensor's name, device/metric, ${fault}`)
    if (wrong.length > 0) reject(context, metric, `metric ${JSON.stringify(key)}: ${wrong.join("; ")}`)
    else push(context, { _tag: "Named", name }, time, counting, value, { type: key, ...common }, metric)
  }
}

/** Beside the reserved keys only a number or a boolean is meant as a metric: text names and describes. */
const isMetricIn =
  (json: JsonObject) =>
  (key: string): boolean =>
    !RESERVED.has(key) && (typeof json[key] === "number" || typeof json[key] === "boolean")

const decodeObject = (context: Context, json: JsonObject, at: string | null): void => {
  if (json.sensor_id !== undefined || json.value !== undefined) {
    decodeOne(context, json, at)
    return
  }
  const field = METRIC_OBJECTS.find((name) => isJsonObject(json[name]))
  const metrics = field === undefined ? undefined : json[field]
  if (isJsonObject(metrics)) decodeMetrics(context, json, metrics, Object.keys(metrics), at)
  else decodeMetrics(context, json, json, Object.keys(json).filter(isMetricIn(json)), at)
}

const decodeArray = (context: Context, json: ReadonlyArray<unknown>): void => {
  const { readingsPerMessageMax: max } = context.limits
  if (json.length === 0 || json.length > max) {
    reject(context, null, json.length === 0 ? "the array is empty" : `it holds more than ${max} readings`)
    return
  }
  for (const [index, element] of json.entries()) {
    if (isJsonObject(element)) decodeObject(context, element, `[${index}]`)
    else reject(context, `[${index}]`, `element ${index} is ${kindOf(element)}, not an object`)
  }
}

/** What to append for a message; at least one item. `nonce` gives a text that no other call ever gave. */
export const decode = (
  message: ArrivedMessage,
  limits: DecodeLimits,
  nonce: () => string
): ReadonlyArray<AppendItem> => {
  const context: Context = { message, limits, nonce, items: [], rejections: 0, firstOver: "" }
  const parsed = parsePayload(message.payload, limits.payloadBytesMax)
  if ("fault" in parsed) reject(context, null, parsed.fault)
  else if (isJsonObject(parsed.json)) decodeObject(context, parsed.json, null)
  else if (Array.isArray(parsed.json)) decodeArray(context, parsed.json)
  else reject(context, null, `the payload is ${kindOf(parsed.json)}, not a JSON object`)
  rejectOver(context)
  return context.items
}
