/**
 * A message in JSON of no standard's form: what each of its forms is, whose readings are in it, and when they were
 * measured. The forms are those of the table of MessageDecode.ts.
 */
import type { SensorRef } from "../../domain/Reading.js"
import { type Fault, fault, metricFaults } from "../../domain/rejected/RejectionFault.js"
import { canonicalJson, type Mapped } from "../mapping/Part.js"
import {
  type Codec,
  type Decoding,
  metricLabel,
  ONE_ROW,
  pushReading,
  type Rows,
  reject,
  tellNotes,
  tooMany
} from "./Decoding.js"
import { nameFault, takeCounting, takeSensorId, takeValue } from "./DeviceFields.js"
import { isMesh, isName, ownDevice, takeDeviceName } from "./DeviceName.js"
import { isNestedTime, takeTime } from "./DeviceTime.js"
import {
  hasMoreThan,
  isReserved,
  type Metrics,
  metricObject,
  metricsBeside,
  metricsWithin,
  RefusedValue
} from "./Flatten.js"
import { isJsonObject, isMeasured, type JsonObject, kindOf } from "./Payload.js"
import { takeSaid, takeUnits } from "./Said.js"
import { batchOf, decodeTelegraf, isTelegraf } from "./Telegraf.js"

/** Nothing that was measured is in it. */
export const EXPECTED = fault("no-reading", null)
const NAME_PARTS = "device/metric"
/** Of a text that is no number, in UTF-16 code units: enough to see why. */
const TEXT_LENGTH_TOLD = 40

/** The device's name; refused where only the topic names it, and another device has told its own name there. */
const deviceOf = (context: Decoding, json: JsonObject, faults: Array<Fault>): string => {
  const { aside, fromTopic, message, topics } = context
  const name = takeDeviceName(json, fromTopic, faults, aside)
  const isTopics = topics !== null && fromTopic !== "" && name === fromTopic
  if (isTopics && topics.hasOther(message.topic) && ownDevice(json) !== name) {
    faults.push(fault("device-not-told", null))
  }
  return name
}

/** A message that is read, and names another device than its topic does. */
const rememberDevice = ({ fromTopic, message, topics }: Decoding, name: string): void => {
  if (fromTopic !== "" && name !== fromTopic) topics?.addOther(message.topic)
}

/** What stands beside the value of a message of one reading is none. */
const passBeside = ({ aside }: Decoding, json: JsonObject): void => {
  const { keys, values } = metricsBeside(json, aside)
  for (const [index, key] of keys.entries()) aside(key, "unread", values[index])
}

/** A message of one reading. `at` is its place in an array, null when it is the whole message. */
const decodeOne = (context: Decoding, json: JsonObject, at: string | null): void => {
  const { limits, message } = context
  const faults: Array<Fault> = []
  const sensor: SensorRef =
    json.sensor_id === undefined || isName(json.sensor_id)
      ? { _tag: "Named", name: deviceOf(context, json, faults) }
      : { _tag: "Numbered", id: takeSensorId(json.sensor_id, limits.sensorIdMax, faults) }
  const time = takeTime(json, message.arrivedAt, limits, faults)
  const value = takeValue(json.value, "value", context.document, faults)
  const counting = takeCounting(json, faults)
  const said = takeSaid(json, true, context.aside)
  if (hasMoreThan(null, json)) passBeside(context, json)
  tellNotes(context, faults.length > 0 ? null : sensor)
  if (faults.length > 0) reject(context, at, faults)
  else {
    if (sensor._tag === "Named") rememberDevice(context, sensor.name)
    pushReading(context, sensor, time, counting, value, said, at)
  }
}

/** Why there is none: a text stands where a number is read, or there is nothing of the kind. */
const noReading = ({ notes }: Decoding): Fault => {
  for (const { field, kind, value } of notes) {
    if (kind === "unread" && typeof value === "string") {
      return fault("no-number", field, value.slice(0, TEXT_LENGTH_TOLD))
    }
  }
  return EXPECTED
}

/** A message of several metrics. A bad metric is rejected alone. */
const decodeMetrics = (
  context: Decoding,
  json: JsonObject,
  { keys, time: nested, values }: Metrics,
  at: string | null
): void => {
  const { limits, message } = context
  const faults: Array<Fault> = []
  if (keys.length === 0) faults.push(noReading(context))
  if (context.items.length + keys.length > limits.readingsPerMessageMax) {
    faults.push(tooMany(limits.readingsPerMessageMax))
  }
  const device = deviceOf(context, json, faults)
  const time = takeTime(json, message.arrivedAt, limits, faults, nested)
  const counting = takeCounting(json, faults)
  const common = takeSaid(json, false, context.aside)
  const units = takeUnits(json, context.aside)
  tellNotes(context, faults.length > 0 ? null : { _tag: "Named", name: device })
  if (faults.length > 0) {
    reject(context, at, faults)
    return
  }
  rememberDevice(context, device)
  // By number: an iterator of entries costs more than all else here that is no reading.
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] ?? ""
    const name = `${device}/${key}`
    const wrong: Array<Fault> = []
    const given = values[index]
    const refused = given instanceof RefusedValue ? given : null
    const value = refused === null ? takeValue(given, "it", context.document, wrong) : wrong.push(refused.why)
    const unnamed = key === "" ? fault("name-empty", null, NAME_PARTS, "metric") : nameFault(name, NAME_PARTS)
    const metric = metricLabel(key, index, at, refused?.named !== false, unnamed === null)
    if (unnamed !== null) wrong.push(unnamed)
    if (wrong.length > 0) reject(context, metric, metricFaults(key, wrong))
    else {
      const said = { type: key, ...common, ...units?.get(key) }
      pushReading(context, { _tag: "Named", name }, time, counting, value, said, metric)
    }
  }
}

/** A list of readings, each with its name, value and perhaps time: `{"name": "temp", "value": "2.1e1", "origin": …}`. */
const namedReadings = ({ readings }: JsonObject): ReadonlyArray<JsonObject> | null => {
  if (!Array.isArray(readings) || readings.length === 0) return null
  const named = readings.flatMap((one): ReadonlyArray<JsonObject> => {
    const name = isJsonObject(one) ? (one.name ?? one.resourceName) : undefined
    return isJsonObject(one) && typeof name === "string" && one.value !== undefined ? [{ ...one, name }] : []
  })
  return named.length === readings.length ? named : null
}

/** Nothing in it is nested: most messages are so, and need not be asked for what only others have. */
const isFlat = (json: JsonObject): boolean => {
  for (const key in json) if (typeof json[key] === "object" && json[key] !== null) return false
  return true
}

/** What describes a reading beside its value and time. */
const DESCRIBES: ReadonlySet<string> = new Set(["value", "unit", "context"])

/** A reading that an object says by itself, with its unit or time and nothing else: `{"value": 10, "timestamp": …}`. */
const isOwnReading = (value: unknown): value is JsonObject => {
  if (!isJsonObject(value) || !isMeasured("", value.value)) return false
  const others = Object.keys(value).filter((key) => !DESCRIBES.has(key))
  const times = others.filter((key) => isNestedTime(key, value[key]))
  return times.length === others.length && (times.length > 0 || typeof value.unit === "string")
}

/** Metrics that are such objects, each by itself, and what stands beside them. */
const decodeOwnReadings = (context: Decoding, json: JsonObject, at: string | null): boolean => {
  const own = Object.entries(json).filter(([key, value]) => !isReserved(key) && isOwnReading(value))
  if (own.length === 0) return false
  const rest = Object.fromEntries(
    Object.entries(json).filter((entry) => !own.some(([key]) => key === entry[0]))
  )
  for (const [key, value] of own) {
    const { unit, value: given, ...said } = isJsonObject(value) ? value : {}
    const message = { ...rest, ...said, metadata: { unit } }
    decodeMetrics(context, message, { keys: [key], values: [given] }, at)
  }
  const beside = metricsBeside(rest, context.aside)
  if (beside.keys.length > 0) decodeMetrics(context, rest, beside, at)
  return true
}

/** An attribute's state with the asset that it is of: `{"attributeState": {"ref": {"id", "name"}, "value"}}`. */
const refOf = ({ attributeState: state }: JsonObject): { json: JsonObject; metrics: Metrics } | null => {
  if (!isJsonObject(state) || !isJsonObject(state.ref)) return null
  const { id, name } = state.ref
  return typeof name === "string"
    ? { json: { device_id: id }, metrics: { keys: [name], values: [state.value] } }
    : null
}

const decodeNested = (context: Decoding, json: JsonObject, at: string | null): void => {
  const ref = refOf(json)
  const named = namedReadings(json)
  if (ref !== null) decodeMetrics(context, { ...json, ...ref.json }, ref.metrics, at)
  else if (named !== null) {
    for (const { name, value, ...own } of named) {
      decodeMetrics(context, { ...json, ...own }, { keys: [String(name)], values: [value] }, at)
    }
  } else if (isMesh(json)) decodeMetrics(context, json, metricsBeside(json.payload, context.aside), at)
  else if (!decodeOwnReadings(context, json, at))
    decodeMetrics(context, json, metricsBeside(json, context.aside), at)
}

/** A time in the JSON of MongoDB: `{"$date": …}`. */
const dateOf = (time: unknown): unknown => (isJsonObject(time) ? time.$date : undefined)

/** Answers whether it is of one of our forms: Telegraf's is not. */
const decodeObject = (context: Decoding, json: JsonObject, at: string | null): boolean => {
  if (json.value !== undefined) {
    decodeOne(context, json, at)
    return true
  }
  if (isMeasured("", json.Value)) {
    decodeOne(context, { ...json, value: json.Value }, at)
    return true
  }
  if (isFlat(json)) {
    const metrics = metricsBeside(json, context.aside)
    // Of a sensor with a number something is missing.
    if (metrics.keys.length === 0 && json.sensor_id !== undefined) decodeOne(context, json, at)
    else decodeMetrics(context, json, metrics, at)
    return true
  }
  const date = dateOf(json.time) ?? dateOf(json.timestamp)
  if (date !== undefined) return decodeObject(context, { ...json, time: undefined, timestamp: date }, at)
  const metrics = metricObject(json)
  if (
    metrics === null ? at === null && batchOf(json) !== null : metrics === json.fields && isTelegraf(json)
  ) {
    return false
  }
  if (metrics === null) decodeNested(context, json, at)
  else decodeMetrics(context, json, metricsWithin(json, metrics, context.aside), at)
  return true
}

/** What a mapping or a preset made of an object: its parts in the canonical form, and what it refuses or leaves. */
export const decodeMapped = (context: Decoding, { by, message }: Mapped, at: string | null): void => {
  context.mapped = by
  if ("code" in message) {
    reject(context, at, [message])
    return
  }
  const before = context.items.length
  for (const path of message.passed) context.aside(path, "label")
  for (const one of message.told ?? []) context.aside(...one)
  for (const part of message.parts) {
    if (part.metrics.length > 0) decodeObject(context, canonicalJson(part), at)
  }
  for (const [index, { faults, key }] of message.refused.entries()) {
    const label = metricLabel(key, index, at, true, nameFault(key, NAME_PARTS) === null)
    reject(context, label, metricFaults(key, faults))
  }
  if (context.items.length === before) reject(context, at, [EXPECTED])
}

/** By a mapping or a preset, else by our own rules. */
const decodeAny = (context: Decoding, json: JsonObject, at: string | null): boolean => {
  const { fromTopic, limits, message } = context
  const mapped = limits.reader.read(message.topic, fromTopic, json)
  if (mapped === null) return decodeObject(context, json, at)
  decodeMapped(context, mapped, at)
  return true
}

function* decodeElements(context: Decoding, elements: ReadonlyArray<unknown>): Rows {
  for (const [index, element] of elements.entries()) {
    const at = `[${index}]`
    if (!isJsonObject(element)) {
      reject(context, at, [fault("element-not-object", null, index, kindOf(element))])
    } else if (!decodeAny(context, element, at)) decodeTelegraf(context, element, at)
    yield index + 1
  }
}

export const JSON_FORMS: Codec = {
  name: "json",
  decode: (context, { json }) => {
    if (isJsonObject(json)) return decodeAny(context, json, null) ? ONE_ROW : null
    if (!Array.isArray(json)) return null
    if (json.length === 0) return fault("array-empty", null)
    return json.length > context.limits.rowsMax
      ? tooMany(context.limits.rowsMax)
      : decodeElements(context, json)
  }
}
