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
import { type Fault, fault } from "../../domain/rejected/RejectionFault.js"
import type { AppendItem } from "../../eventlog/EventLog.js"
import { type DecodeLimits, type Decoding, reject, rejectOver } from "./Decoding.js"
import type { Aside } from "./DeviceFields.js"
import { decodeArray, decodeObject, EXPECTED } from "./JsonMessage.js"
import { isJsonObject, kindOf, parseText, readText } from "./Payload.js"
import { decodeConcatenated, decodeLineMessage, decodePlain } from "./TextForms.js"

export { DEFAULT_DECODE_LIMITS, type DecodeLimits } from "./Decoding.js"
export type { Aside } from "./DeviceFields.js"

/** One form of message: decodes a text that is of it; else says false, and has done nothing. */
export type Codec = (context: Decoding, text: string) => boolean

/** What is tried, in order, where a text is no JSON of objects. */
const CODECS: ReadonlyArray<Codec> = [decodePlain, decodeConcatenated, decodeLineMessage]

/** Decodes it; answers why it is of no form, or null. */
const decodeText = (context: Decoding, text: string): Fault | null => {
  const parsed = parseText(text)
  if ("json" in parsed) {
    if (isJsonObject(parsed.json)) {
      decodeObject(context, parsed.json, null)
      return null
    }
    if (Array.isArray(parsed.json)) {
      decodeArray(context, parsed.json)
      return null
    }
  }
  if (CODECS.some((codec) => codec(context, text))) return null
  return "fault" in parsed ? parsed.fault : fault("payload-not-object", null, kindOf(parsed.json))
}

const nobody: Aside = () => undefined

/**
 * What to append for a message; at least one item. `nonce` gives a text that no other call ever gave; `aside` is told
 * each field beside the values that is wrong.
 */
export const decode = (
  message: ArrivedMessage,
  limits: DecodeLimits,
  nonce: () => string,
  aside: Aside = nobody
): ReadonlyArray<AppendItem> => {
  const context: Decoding = { message, limits, nonce, aside, items: [], rejections: 0, firstOver: [] }
  const text = readText(message.payload, limits.payloadBytesMax)
  const wrong = typeof text === "string" ? decodeText(context, text) : text
  if (wrong !== null) reject(context, null, [wrong])
  if (context.items.length === 0) reject(context, null, [EXPECTED])
  rejectOver(context)
  return context.items
}
