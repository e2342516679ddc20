/**
 * What a codec is, and one message while it is decoded: what its forms share. Whatever form it has, a part that is
 * refused is kept with the bytes of the whole message and a label of its own, and rejections are bounded.
 */
import type { ArrivedMessage } from "../../broker/MessageSink.js"
import { NAMED_SENSOR_ID_MIN } from "../../domain/Ids.js"
import type { SensorRef } from "../../domain/Reading.js"
import type { MessageSource } from "../../domain/rejected/RejectedMessage.js"
import { type Fault, type Faults, fault } from "../../domain/rejected/RejectionFault.js"
import { NAME_LENGTH_MAX, type SaidMetadata } from "../../domain/Sensor.js"
import { MICROS_PER_DAY, MIN_TIME } from "../../domain/Time.js"
import type { AppendItem } from "../../eventlog/EventLog.js"
import type { MessageReader, ReadBy } from "../mapping/Part.js"
import { type Aside, type Counting, readingAt, textProblem } from "./DeviceFields.js"
import type { StatedTime, TimeLimits } from "./DeviceTime.js"
import type { Document } from "./Payload.js"

export interface DecodeLimits extends TimeLimits {
  /** Largest payload that is decoded, in bytes. */
  readonly payloadBytesMax: number
  /** Most readings that one message may hold. */
  readonly readingsPerMessageMax: number
  /** Most rows (elements, records, lines) of one message. */
  readonly rowsMax: number
  /** Most rejections of parts of one message, each of which keeps its bytes; what is over becomes one more. */
  readonly rejectionsPerMessageMax: number
  /** The largest number that a reading may give for its sensor. */
  readonly sensorIdMax: number
  /** The mappings and presets. */
  readonly reader: MessageReader
  /** Messages arrive now: what a birth of Sparkplug says of later ones is kept. */
  readonly live: boolean
}

export const BASE_LIMITS: Omit<DecodeLimits, "reader"> = {
  payloadBytesMax: 65_536,
  futureMicrosMax: MICROS_PER_DAY,
  minTime: MIN_TIME,
  readingsPerMessageMax: 1_000,
  rowsMax: 1_000,
  rejectionsPerMessageMax: 16,
  sensorIdMax: NAMED_SENSOR_ID_MIN - 1,
  live: false
}

/** The unit of a timestamp of line protocol. */
export type Precision = "ns" | "us" | "ms" | "s" | "m" | "h"

/** A field that gave no reading, and cost none. */
export interface Note {
  readonly field: string
  readonly kind: Parameters<Aside>[1]
  /** As it stood there. */
  readonly value: unknown
}

/** Told each such field, and whose it is; null: nobody's. */
export type Told = (note: Note, whose: SensorRef | null) => void

/** Which identities devices gave on a topic. */
export interface TopicIdentities {
  /** Whether a device has told another name there than the topic's. */
  readonly hasOther: (topic: string) => boolean
  readonly addOther: (topic: string) => void
}

/** What decoding one message needs besides its text. */
export interface Decoding {
  readonly message: ArrivedMessage
  readonly limits: DecodeLimits
  /** The device's name as the topic gives it; empty where it gives none. */
  readonly fromTopic: string
  readonly document: Document
  /** Rows are kept each by itself, as of a body with very many; else with all of the message. */
  readonly apart: boolean
  readonly precision: Precision
  /** A text that no other call ever gave, in any process. */
  readonly nonce: () => string
  readonly items: Array<AppendItem>
  /** Told each field that gives no reading and costs none. */
  readonly aside: Aside
  /** What `aside` was told of the part at hand, until it is known whose it is. */
  readonly notes: Array<Note>
  readonly told: Told
  readonly topics: TopicIdentities | null
  /** The codec that has read it, and the mapping or preset; null: none yet. */
  codec: string | null
  mapped: ReadBy | null
  rejections: number
  /** What is wrong with the first over the bound. */
  firstOver: Faults
}

/** The numbers of rows, from 1, each when what it gives is among the items. */
export type Rows = Iterable<number>

/** The rows of a message that is one. */
export const ONE_ROW: Rows = [1]

/** One form of message, file and body. It never throws. */
export interface Codec {
  readonly name: "mapped" | "senml" | "telegraf" | "json" | "plain" | "documents" | "lines" | "csv"
  /**
   * Decodes what is of its form, row by row as they are asked for; or why it can't be read as a whole. Null: it is of
   * another form, and nothing was done; never where somebody has `told` that it is of this one.
   */
  readonly decode: (context: Decoding, document: Document, told: boolean) => Rows | Fault | null
}

/** What to append of a row, from 1. */
export interface RowItem {
  readonly row: number
  readonly item: AppendItem
}

/** When it was measured nobody knows; as of now it would be another reading at each subscription. */
const RETAINED = [fault("retained-without-time", null)]

const partOf = ({ message: { payload, topic } }: Decoding, metric: string | null): MessageSource => ({
  topic,
  bytes: payload,
  metric
})

const rejectPart = (context: Decoding, source: MessageSource, faults: Faults): void => {
  const { rejectionsPerMessageMax: max } = context.limits
  context.rejections += 1
  if (context.rejections <= max) context.items.push({ _tag: "Rejected", source, faults })
  else if (context.rejections === max + 1) context.firstOver = faults
}

export const reject = (context: Decoding, metric: string | null, faults: Faults): void =>
  rejectPart(context, partOf(context, metric), faults)

/** One rejection for all that were over the bound: else a message of junk would be kept once for each part. */
export const rejectOver = (context: Decoding): void => {
  const over = context.rejections - context.limits.rejectionsPerMessageMax
  if (over <= 0) return
  const faults = [fault("more-parts", null, over), ...context.firstOver]
  context.items.push({ _tag: "Rejected", source: partOf(context, null), faults })
}

export const tooMany = (max: number): Fault => fault("too-many-readings", null, max)

const HASH = 35
const BRACKET = 91

/** Labels that are made here, "#3" and "[0]", are never those of a key. */
const isLabelLike = (key: string): boolean => {
  const first = key.charCodeAt(0)
  return first === HASH || first === BRACKET
}

/**
 * A metric as it is kept with a rejected message: its key, or its place where the key can't be stored or is not its
 * own. `at`: the element of an array that it is in. `sound`: a longer name with this key in it can be stored.
 */
export const metricLabel = (
  key: string,
  place: number,
  at: string | null,
  own: boolean,
  sound: boolean
): string => {
  const within = at === null ? "" : `${at}.`
  const label = within + key
  return own && !isLabelLike(key) && ((sound && at === null) || textProblem(label, NAME_LENGTH_MAX) === null)
    ? label
    : `${within}#${place}`
}

export const pushReading = (
  context: Decoding,
  sensor: SensorRef,
  time: StatedTime,
  counting: Counting,
  value: number,
  said: SaidMetadata,
  metric: string | null
): void => {
  const { arrivedAt, payload, retained, topic } = context.message
  const arrival = { arrivedAt, nonce: context.nonce }
  const reading = readingAt(time, counting, arrival, { sensor, value, said })
  if (retained === true && reading.identity._tag === "Arrival") reject(context, metric, RETAINED)
  else context.items.push({ _tag: "Reading", reading, source: { topic, bytes: payload, metric } })
}

/** Takes in what a row gives; within a message it is labelled by its place. */
const pushRow = (context: Decoding, { item, row }: RowItem): void => {
  const { apart, items, limits, message } = context
  const { metric } = item.source
  const label = `[${row - 1}]${metric === null ? "" : `.${metric}`}`
  const source = apart ? item.source : partOf(context, label)
  if (item._tag === "Rejected") rejectPart(context, source, item.faults)
  else if (items.length >= limits.readingsPerMessageMax) {
    rejectPart(context, source, [tooMany(limits.readingsPerMessageMax)])
  } else if (message.retained === true && item.reading.identity._tag === "Arrival") {
    rejectPart(context, source, RETAINED)
  } else items.push({ ...item, source })
}

export function* takeRows(context: Decoding, rows: Iterable<RowItem>): Generator<number> {
  for (const one of rows) {
    pushRow(context, one)
    yield one.row
  }
}

/** Tells of what was passed over in a part, whose readings are this one's. */
export const tellNotes = ({ notes, told }: Decoding, whose: SensorRef | null): void => {
  if (notes.length === 0) return
  for (const note of notes.splice(0)) told(note, whose)
}
