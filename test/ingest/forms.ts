/** Messages decoded as they arrive by MQTT, and what came of them in short. */
import { reasonOf } from "../../src/domain/rejected/RejectionFault.js"
import { micros } from "../../src/domain/Time.js"
import type { AppendItem } from "../../src/eventlog/EventLog.js"
import {
  type Codec,
  DEFAULT_DECODE_LIMITS,
  type DecodeLimits,
  Document,
  decode,
  decodeBody
} from "../../src/ingest/codecs/MessageDecode.js"

/** 2024-06-14T18:27:45Z */
export const NOW = micros(1_718_389_665_000_000)

export const arrivedAs = (payload: unknown, topic = "sensors/hall") => ({
  topic,
  payload: Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload)),
  qos: 1 as const,
  clientId: "device",
  arrivedAt: NOW
})

export const decoded = (payload: unknown, topic?: string): ReadonlyArray<AppendItem> => {
  let drawn = 0
  return decode(arrivedAs(payload, topic), DEFAULT_DECODE_LIMITS, () => `nonce-${drawn++}`)
}

/** A body of one form, as it comes by POST. */
export const bodyOf = (form: Codec["name"], text: string, limits: Partial<DecodeLimits> = {}) => {
  let drawn = 0
  return decodeBody(
    { topic: "POST /data/", document: new Document(text), form, arrivedAt: NOW },
    { ...DEFAULT_DECODE_LIMITS, rejectionsPerMessageMax: Number.POSITIVE_INFINITY, ...limits },
    () => `nonce-${drawn++}`
  )
}

/** A reading as its sensor and value, what is rejected as its label and the reason. */
export const shown = (items: ReadonlyArray<AppendItem>): ReadonlyArray<unknown> =>
  items.map((item) => {
    if (item._tag === "Rejected") return `${item.source.metric}: ${reasonOf(item.faults)}`
    const { sensor, value } = item.reading
    return [sensor._tag === "Named" ? sensor.name : sensor.id, value]
  })

/** The same readings in the same order, whatever they were kept with. */
export const readingsOf = (items: Iterable<AppendItem>): ReadonlyArray<unknown> =>
  [...items].flatMap((item) => (item._tag === "Reading" ? [item.reading] : []))
