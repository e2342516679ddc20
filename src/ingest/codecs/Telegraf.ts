/**
 * Telegraf's JSON: `{"fields": {…}, "name": "cpu", "tags": {"host": "a"}, "timestamp": 1718389665}`, and its batches,
 * `{"metrics": [{…}, {…}]}`. It is told from our own forms by `name`, `fields` and `tags` together.
 *
 * The readings are those of the same metric in line protocol (LineProtocol.ts): a sensor for each series and field,
 * text fields are passed over. A timestamp in nanoseconds is known by its size, as the other units are; JSON has lost
 * its last digits, so that its microsecond may be another one than in line protocol.
 */
import { type Fault, fault, metricFaults } from "../../domain/rejected/RejectionFault.js"
import { NAME_LENGTH_MAX } from "../../domain/Sensor.js"
import {
  type Codec,
  type Decoding,
  metricLabel,
  ONE_ROW,
  pushReading,
  type Rows,
  reject,
  tooMany
} from "./Decoding.js"
import { nameFault, takeValue, textFault, textProblem } from "./DeviceFields.js"
import { takeTime } from "./DeviceTime.js"
import { metricObject } from "./Flatten.js"
import { NAME_PARTS, saidOf, sensorName } from "./LineProtocol.js"
import { type Line, seriesText, sortTags, writtenKey } from "./LineSyntax.js"
import { isJsonObject, type JsonObject, kindOf } from "./Payload.js"

export const isTelegraf = (json: unknown): json is JsonObject =>
  isJsonObject(json) &&
  isJsonObject(json.fields) &&
  isJsonObject(json.tags) &&
  typeof json.name === "string" &&
  json.sensor_id === undefined &&
  json.value === undefined &&
  metricObject(json) === json.fields

/** The elements of a batch; null where it is none. */
export const batchOf = (json: JsonObject): ReadonlyArray<unknown> | null =>
  Array.isArray(json.metrics) && metricObject(json) === null && json.metrics.some(isTelegraf)
    ? json.metrics
    : null

// As Telegraf itself writes them in line protocol, which has no other way.
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\f", "\\f"],
  ["\r", "\\r"]
])
const oneLine = (text: string): string => text.replace(/[\t\n\f\r]/g, (c) => ESCAPES.get(c) ?? c)

const tagsOf = (tags: JsonObject, faults: Array<Fault>): Line["tags"] => {
  const pairs: Array<readonly [string, string]> = []
  for (const [key, value] of Object.entries(tags)) {
    if (typeof value !== "string") faults.push(fault("not-text", `tags.${key}`, kindOf(value)))
    // Line protocol has no empty ones.
    else if (key !== "" && value !== "") pairs.push([oneLine(key), oneLine(value)])
  }
  return sortTags(pairs)
}

/** One metric of Telegraf, which may have several fields. `at`: its place in a batch. */
export const decodeTelegraf = (context: Decoding, json: JsonObject, at: string | null): void => {
  const { items, limits } = context
  const faults: Array<Fault> = []
  const measurement = typeof json.name === "string" ? oneLine(json.name) : ""
  const named = textFault("name", measurement, Number.POSITIVE_INFINITY)
  if (named !== null) faults.push(named)
  const tags = tagsOf(isJsonObject(json.tags) ? json.tags : {}, faults)
  const time = takeTime({ timestamp: json.timestamp }, context.message.arrivedAt, limits, faults)
  const fields = Object.entries(isJsonObject(json.fields) ? json.fields : {})
  const numbers = fields.filter(([, value]) => typeof value !== "string")
  if (items.length + numbers.length > limits.readingsPerMessageMax) {
    faults.push(tooMany(limits.readingsPerMessageMax))
  }
  if (faults.length > 0) {
    reject(context, at, faults)
    return
  }
  const series = seriesText({ measurement, tags })
  for (const [index, [key, given]] of fields.entries()) {
    if (typeof given === "string") continue
    const wrong: Array<Fault> = []
    const value = takeValue(given, "it", context.document, wrong)
    const name = sensorName(series, writtenKey(oneLine(key)))
    const unnamed = key === "" ? fault("name-empty", null, NAME_PARTS, "field") : nameFault(name, NAME_PARTS)
    if (unnamed !== null) wrong.push(unnamed)
    const metric = metricLabel(key, index, at, true, textProblem(key, NAME_LENGTH_MAX) === null)
    if (wrong.length > 0) reject(context, metric, metricFaults(key, wrong))
    else {
      const sensor = { _tag: "Named", name } as const
      pushReading(context, sensor, time, { epoch: null, seq: null }, value, saidOf({ tags }, key), metric)
    }
  }
}

function* decodeBatch(context: Decoding, batch: ReadonlyArray<unknown>): Rows {
  for (const [index, element] of batch.entries()) {
    const at = `[${index}]`
    if (isTelegraf(element)) decodeTelegraf(context, element, at)
    else reject(context, at, [fault("telegraf-element", null, index)])
    yield index + 1
  }
}

export const TELEGRAF: Codec = {
  name: "telegraf",
  decode: (context, { json }) => {
    if (!isJsonObject(json)) return null
    const batch = batchOf(json)
    if (batch !== null) return decodeBatch(context, batch)
    if (!isTelegraf(json)) return null
    decodeTelegraf(context, json, null)
    return ONE_ROW
  }
}
