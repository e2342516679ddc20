/**
 * From a message as it arrived to what is appended for it. Pure, and never throws: what can't be understood comes
 * back as a rejected item with its reason. Every message gives at least one item.
 *
 * | the JSON has | is | the sensor | the value |
 * |---|---|---|---|
 * | `sensor_id` and `value` | one reading | that number, 1 to 999,999,999; text is a name | `value` |
 * | no `sensor_id`, but `value` | one reading | the device's name | `value` |
 * | `name`, `fields` and `tags` (Telegraf), or such objects in a list `metrics` | as in line protocol (Telegraf.ts) | `cpu,host=a usage_idle` | numbers, true and false; text is passed over |
 * | an object `data`, `values`, `metrics` or `fields` (the first of them) | a reading for each of its keys | device/key | numbers; true and false as 1 and 0; all else is rejected alone |
 * | none of these | a reading for each number or boolean beside the reserved keys | device/key | numbers; true and false as 1 and 0; text and null say no value and are passed over |
 * | an array that is a SenML pack | as in a body (SenMl.ts) | `bn` + `n` | `v`, `vb`, `s` |
 * | another array | each of its elements, an object of the forms above, alone | | |
 *
 * - A key within nested objects and lists is its path, joined with "." (Flatten.ts): `object.temperature`.
 * - The device's name: `name`, else `device_id`, else `device`, else the topic without its leading `sensors/`.
 * - The time: `timestamp`, else `ts`, else `time`, else one of them in another case (`Time`): none of these is ever a
 *   metric. None given: `epoch` and `seq` tell a repeat, and the reading gets the arrival time; without both of them
 *   it can't be told from its repeat.
 * - `type` of a metric is its key, unless `metadata` says otherwise; its unit is unknown until somebody says it.
 * - A part that is refused (a metric, an element) is refused alone, and kept with the bytes of the whole message.
 * - What stands beside the object that holds the metrics (battery, rssi) is a metric too. What stands beside `value` in a
 *   message of one reading is passed over, and told.
 */
import type { ArrivedMessage } from "../../broker/MessageSink.js"
import { topicName } from "../../domain/access/Topic.js"
import { type Fault, fault } from "../../domain/rejected/RejectionFault.js"
import type { Micros } from "../../domain/Time.js"
import type { AppendItem } from "../../eventlog/EventLog.js"
import { cborJson } from "../binary/Cbor.js"
import { Mapper } from "../mapping/Mapper.js"
import type { ReadBy } from "../mapping/Part.js"
import {
  BASE_LIMITS,
  type Codec,
  type DecodeLimits,
  type Decoding,
  type Note,
  ONE_ROW,
  type Precision,
  type RowItem,
  type Rows,
  reject,
  rejectOver,
  type Told,
  type TopicIdentities,
  tellNotes
} from "./Decoding.js"
import { decodeMapped, EXPECTED, JSON_FORMS } from "./JsonMessage.js"
import { LINES } from "./LineProtocol.js"
import { Document, inflated, kindOf, readText } from "./Payload.js"
import { SENML } from "./SenMl.js"
import { TELEGRAF } from "./Telegraf.js"
import { CSV, DOCUMENTS, MAPPED_PLAIN, PLAIN } from "./TextForms.js"

export type {
  Codec,
  DecodeLimits,
  Note,
  Precision,
  RowItem,
  Told,
  TopicIdentities
} from "./Decoding.js"
export { isName } from "./DeviceName.js"
export { Document, isJsonObject, isMeasured, packingOf } from "./Payload.js"

/** Of a process without mappings. */
export const DEFAULT_DECODE_LIMITS: DecodeLimits = { ...BASE_LIMITS, reader: new Mapper() }

/** Every form, in the order in which they are tried, the commonest early: of messages, of bodies, of files. */
export const CODECS: ReadonlyArray<Codec> = [
  ...[MAPPED_PLAIN, SENML, JSON_FORMS, TELEGRAF, PLAIN, DOCUMENTS, LINES, CSV]
]

const codecsNamed = (...names: ReadonlyArray<Codec["name"]>): ReadonlyArray<Codec> =>
  CODECS.filter(({ name }) => names.includes(name))

/** Those of JSON, where somebody says that it is JSON. */
export const JSON_CODECS = codecsNamed("senml", "telegraf", "json", "documents")

/** Of no form: why it is no JSON, or what JSON it is. */
const unread = (document: Document): Fault =>
  document.fault ?? fault("payload-not-object", null, kindOf(document.json))

/** By the first codec whose form it is. */
const rowsOf = (context: Decoding, document: Document, codecs: ReadonlyArray<Codec>): Rows | Fault => {
  // By number: this runs for each message, and an iterator costs as much as a codec that declines.
  for (let i = 0; i < codecs.length; i++) {
    const codec = codecs[i]
    const rows = codec?.decode(context, document, codecs.length === 1) ?? null
    if (codec === undefined || rows === null) continue
    context.codec = document.text === "" ? "cbor" : codec.name
    return rows
  }
  return unread(document)
}

const NO_DOCUMENT = new Document("")
const NO_BYTES = new Uint8Array()

const nobody: Told = () => undefined
const NOTHING: Given = {}

/** The bytes of a message as a document; CBOR has no text, and is its JSON alone. */
const documentOf = ({ payload }: ArrivedMessage, { payloadBytesMax }: DecodeLimits): Document | Fault => {
  const text = readText(payload, payloadBytesMax)
  if (typeof text === "string") return new Document(text)
  const json =
    text.code === "payload-not-utf8" ? cborJson(inflated(payload, payloadBytesMax) ?? payload) : undefined
  return json === undefined ? text : new Document("", json)
}

/** What is known by its topic alone, and is no text. */
const decodeBytes = (context: Decoding): boolean => {
  const { limits, message } = context
  if (message.payload.length > limits.payloadBytesMax) return false
  const mapped = limits.reader.readBytes(message.topic, message.payload, limits.live)
  if (mapped === null) return false
  context.codec = mapped.by.preset
  decodeMapped(context, mapped, null)
  return true
}

/** What came of a message: at least one item, and what has read it. */
export interface Decoded {
  readonly items: ReadonlyArray<AppendItem>
  readonly codec: string | null
  readonly mapped: ReadBy | null
}

/** What decoding a message may be given besides. */
export interface Given {
  /** Told each field that gives no reading and costs none. */
  readonly told?: Told
  /** The forms that it may have. */
  readonly codecs?: ReadonlyArray<Codec>
  /** What devices said of themselves on this topic before. */
  readonly topics?: TopicIdentities
}

/** What to append for a message, and by what. `nonce` gives a text that no other call ever gave. */
export const decodeMessage = (
  message: ArrivedMessage,
  limits: DecodeLimits,
  nonce: () => string,
  given: Given = NOTHING
): Decoded => {
  const items: Array<AppendItem> = []
  const notes: Array<Note> = []
  const read = documentOf(message, limits)
  const document = read instanceof Document ? read : NO_DOCUMENT
  const context: Decoding = {
    message,
    document,
    limits,
    fromTopic: topicName(message.topic),
    apart: false,
    precision: "ns",
    nonce,
    items,
    aside: (field, kind, value) => {
      notes.push({ field, kind, value })
    },
    notes,
    told: given.told ?? nobody,
    topics: given.topics ?? null,
    codec: null,
    mapped: null,
    rejections: 0,
    firstOver: []
  }
  const rows = decodeBytes(context)
    ? ONE_ROW
    : read instanceof Document
      ? rowsOf(context, document, given.codecs ?? CODECS)
      : read
  if (rows !== ONE_ROW) {
    if ("code" in rows) reject(context, null, [rows])
    else for (const _ of rows);
  }
  if (items.length === 0) reject(context, null, [EXPECTED])
  rejectOver(context)
  tellNotes(context, null)
  return context
}

/** What to append for a message alone. */
export const decode = (...given: Parameters<typeof decodeMessage>): ReadonlyArray<AppendItem> =>
  decodeMessage(...given).items

/** A body of very many rows, of a form that is told. */
export interface Body {
  /** Where it came in, as it is kept with what is rejected: no device's name. */
  readonly topic: string
  readonly document: Document
  readonly form: Codec["name"]
  readonly arrivedAt: Micros
  readonly precision?: Precision
}

function* bodyItems(context: Decoding, rows: Rows): Generator<RowItem> {
  for (const row of rows) {
    for (const item of context.items.splice(0)) yield { row, item }
    tellNotes(context, null)
  }
}

/** What to append for its rows, as they are asked for, each kept by itself; or why it can't be read at all. */
export const decodeBody = (
  { arrivedAt, document, form, precision = "ns", topic }: Body,
  limits: DecodeLimits,
  nonce: () => string,
  told: Told = nobody
): Iterable<RowItem> | Fault => {
  const message: ArrivedMessage = { topic, payload: NO_BYTES, qos: 1, clientId: null, arrivedAt }
  const notes: Array<Note> = []
  const context: Decoding = {
    ...{ message, document, limits, fromTopic: "", apart: true, precision, nonce },
    ...{ items: [], notes, told, topics: null, codec: null, mapped: null, rejections: 0, firstOver: [] },
    aside: (field, kind, value) => {
      notes.push({ field, kind, value })
    }
  }
  const rows = rowsOf(context, document, codecsNamed(form))
  return "code" in rows ? rows : bodyItems(context, rows)
}
