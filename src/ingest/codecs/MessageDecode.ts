/**
 * From a message as it arrived to what is appended for it. Pure, and never throws: what can't be understood comes
 * back as a rejected item with its reason. Every message gives at least one item.
 *
 * | the JSON has | is | the sensor | the value |
 * |---|---|---|---|
 * | `sensor_id` | one reading | that number, 1 to 999,999,999 | `value` |
 * | no `sensor_id`, but `value` | one reading | the device's name | `value` |
 * | `name`, `fields` and `tags` (Telegraf), or such objects in a list `metrics` | as in line protocol (Telegraf.ts) | `cpu,host=a usage_idle` | numbers, true and false; text is passed over |
 * | an object `data`, `values`, `metrics` or `fields` (the first of them) | a reading for each of its keys | device/key | numbers; true and false as 1 and 0; all else is rejected alone |
 * | none of these | a reading for each number or boolean beside the reserved keys | device/key | numbers; true and false as 1 and 0; text and null say no value and are passed over |
 * | an array that is a SenML pack | as in a body (SenMl.ts, SenMlMessage.ts) | `bn` + `n` | `v`, `vb`, `s` |
 * | another array | each of its elements, an object of the forms above, alone | | |
 *
 * - A key within nested objects and lists is its path, joined with "." (Flatten.ts): `object.temperature`.
 * - The device's name: `name`, else `device_id`, else `device`, else the topic without its leading `sensors/`.
 * - The time: `timestamp`, else `ts`, else `time`, else one of them in another case (`Time`): none of these is ever a
 *   metric. None given: `epoch` and `seq` tell a repeat, and the reading gets the arrival time; without both of them
 *   it can't be told from its repeat.
 * - `type` of a metric is its key, unless `metadata` says otherwise; its unit is unknown until somebody says it.
 * - A part that is refused (a metric, an element) is refused alone, and kept with the bytes of the whole message.
 * - What stands beside `value` in a message of one reading, or beside the object that holds the metrics (battery,
 *   rssi), is passed over: send it as a metric.
 */
import type { ArrivedMessage } from "../../broker/MessageSink.js"
import { topicName } from "../../broker/Topic.js"
import type { SensorRef } from "../../domain/Reading.js"
import { type Fault, fault, metricFaults } from "../../domain/rejected/RejectionFault.js"
import type { AppendItem } from "../../eventlog/EventLog.js"
import {
  type DecodeLimits,
  type Decoding,
  metricLabel,
  pushReading,
  reject,
  rejectOver,
  tooMany
} from "./Decoding.js"
import { nameFault, takeCounting, takeDeviceName, takeSensorId, takeTime, takeValue } from "./DeviceFields.js"
import { type Metrics, metricObject, metricsBeside, metricsIn, RefusedValue } from "./Flatten.js"
import { isJsonObject, type JsonObject, kindOf, parsePayload } from "./Payload.js"
import { takeSaid } from "./Said.js"
import { decodeSenMlMessage, isSenMl } from "./SenMlMessage.js"
import { decodeTelegraf, decodeTelegrafBatch, isTelegraf, telegrafBatch } from "./Telegraf.js"

export { DEFAULT_DECODE_LIMITS, type DecodeLimits } from "./Decoding.js"

const EXPECTED = fault("no-reading", null)
const NAME_PARTS = "device/metric"

/** A message of one reading. `at` is its place in an array, null when it is the whole message. */
const decodeOne = (context: Decoding, json: JsonObject, at: string | null): void => {
  const { limits, message } = context
  const faults: Array<Fault> = []
  const sensor: SensorRef =
    json.sensor_id === undefined
      ? { _tag: "Named", name: takeDeviceName(json, topicName(message.topic), faults) }
      : { _tag: "Numbered", id: takeSensorId(json.sensor_id, faults) }
  const time = takeTime(json, message.arrivedAt, limits.futureMicrosMax, faults)
  const value = takeValue(json.value, "value", faults)
  const counting = takeCounting(json, faults)
  const said = takeSaid(json, true, faults)
  if (faults.length > 0) reject(context, at, faults)
  else pushReading(context, sensor, time, counting, value, said, at)
}

/** A message of several metrics. A bad metric is rejected alone. */
const decodeMetrics = (
  context: Decoding,
  json: JsonObject,
  { keys, values }: Metrics,
  at: string | null
): void => {
  const { limits, message } = context
  const faults: Array<Fault> = []
  if (keys.length === 0) faults.push(EXPECTED)
  if (context.items.length + keys.length > limits.readingsPerMessageMax) {
    faults.push(tooMany(limits.readingsPerMessageMax))
  }
  const device = takeDeviceName(json, topicName(message.topic), faults)
  const time = takeTime(json, message.arrivedAt, limits.futureMicrosMax, faults)
  const counting = takeCounting(json, faults)
  const common = takeSaid(json, false, faults)
  if (faults.length > 0) {
    reject(context, at, faults)
    return
  }
  // By number: an iterator of entries costs more than all else here that is no reading.
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] ?? ""
    const name = `${device}/${key}`
    const wrong: Array<Fault> = []
    const given = values[index]
    const refused = given instanceof RefusedValue ? given : null
    const value = refused === null ? takeValue(given, "it", wrong) : wrong.push(refused.why)
    const unnamed = key === "" ? fault("name-empty", null, NAME_PARTS, "metric") : nameFault(name, NAME_PARTS)
    const metric = metricLabel(key, index, at, refused?.named !== false, unnamed === null)
    if (unnamed !== null) wrong.push(unnamed)
    if (wrong.length > 0) reject(context, metric, metricFaults(key, wrong))
    else
      pushReading(context, { _tag: "Named", name }, time, counting, value, { type: key, ...common }, metric)
  }
}

const decodeObject = (context: Decoding, json: JsonObject, at: string | null): void => {
  if (json.sensor_id !== undefined || json.value !== undefined) {
    decodeOne(context, json, at)
    return
  }
  const object = metricObject(json)
  if (object?.field === "fields" && isTelegraf(json)) {
    decodeTelegraf(context, json, at)
    return
  }
  const batch = object === null && at === null ? telegrafBatch(json) : null
  if (batch !== null) {
    decodeTelegrafBatch(context, batch)
    return
  }
  decodeMetrics(context, json, object === null ? metricsBeside(json) : metricsIn(object.metrics), at)
}

const decodeArray = (context: Decoding, json: ReadonlyArray<unknown>): void => {
  const { readingsPerMessageMax: max } = context.limits
  if (json.length === 0 || json.length > max) {
    reject(context, null, [json.length === 0 ? fault("array-empty", null) : tooMany(max)])
    return
  }
  if (isSenMl(json)) {
    decodeSenMlMessage(context, json)
    return
  }
  for (const [index, element] of json.entries()) {
    if (isJsonObject(element)) decodeObject(context, element, `[${index}]`)
    else reject(context, `[${index}]`, [fault("element-not-object", null, index, kindOf(element))])
  }
}

/** What to append for a message; at least one item. `nonce` gives a text that no other call ever gave. */
export const decode = (
  message: ArrivedMessage,
  limits: DecodeLimits,
  nonce: () => string
): ReadonlyArray<AppendItem> => {
  const context: Decoding = { message, limits, nonce, items: [], rejections: 0, firstOver: [] }
  const parsed = parsePayload(message.payload, limits.payloadBytesMax)
  if ("fault" in parsed) reject(context, null, [parsed.fault])
  else if (isJsonObject(parsed.json)) decodeObject(context, parsed.json, null)
  else if (Array.isArray(parsed.json)) decodeArray(context, parsed.json)
  else reject(context, null, [fault("payload-not-object", null, kindOf(parsed.json))])
  if (context.items.length === 0) reject(context, null, [EXPECTED])
  rejectOver(context)
  return context.items
}
