/**
 * A rejected message sent through again: the same decoder, as at its first arrival.
 *
 * Invariants:
 * 1. Only the part that was rejected goes again: what was stored of the message stays as it is.
 * 2. What says neither a time nor a count gets the time of the first arrival and a text made from the message's id,
 *    so that sending it twice stores it once.
 */
import { REJECTED_BYTES_KEPT, type RejectedMessage } from "../domain/rejected/RejectedMessage.js"
import type { AppendItem } from "../eventlog/EventLog.js"
import { type DecodeLimits, decode } from "./codecs/MessageDecode.js"

export { DEFAULT_DECODE_LIMITS } from "./codecs/MessageDecode.js"

import { isJsonObject, parsePayload } from "./codecs/Payload.js"

const grouped = (n: number): string => n.toLocaleString("en-US")

/** What came by HTTP is a row of a file, whose form is not kept. */
const isRow = (topic: string): boolean => /^(?:POST|GET|PUT) /.test(topic)

/** Why a message can't be sent through again in any form; null: it can. */
export const replayBar = (message: RejectedMessage, payloadBytesMax: number): string | null => {
  if (message.size > payloadBytesMax) {
    return `It has ${grouped(message.size)} bytes, and at most ${grouped(payloadBytesMax)} are taken: the device must send less in one message.`
  }
  if (message.bytes === null) return "Its bytes were not kept: the room for rejected messages was used up."
  return message.truncated
    ? `Only its first ${grouped(REJECTED_BYTES_KEPT)} bytes were kept, of ${grouped(message.size)}.`
    : null
}

/** Whether only a corrected payload can be sent: a row of CSV or line protocol is no message by itself. */
export const needsPayload = ({ bytes, topic }: RejectedMessage): boolean => {
  if (!isRow(topic) || bytes === null) return false
  const row = parsePayload(bytes, bytes.length)
  return !("json" in row && isJsonObject(row.json) && row.json.sensor_id !== undefined)
}

const ELEMENT = /^\[\d+\]$/

/** What of a message belongs to the part that was rejected. */
const partOf = (
  { faults, metric }: RejectedMessage,
  items: ReadonlyArray<AppendItem>
): ReadonlyArray<AppendItem> => {
  if (metric === null) {
    // It stands for parts that were not named: those that can't be told from what was stored are left out.
    return faults[0]?.code === "more-parts"
      ? items.filter((item) => item._tag === "Rejected" || item.reading.identity._tag !== "Arrival")
      : items
  }
  const within = items.filter(({ source }) => source.metric?.startsWith(`${metric}.`) === true)
  const own = items.filter(({ source }) => source.metric === metric)
  if (ELEMENT.test(metric)) return [...own, ...within]
  // Where the metric was no number and is an object now, its numbers go.
  return own.length > 0 ? own : within
}

/** What to append for it: of its own bytes, or of those that stand in their place. */
export const replayItems = (
  message: RejectedMessage,
  payload: Uint8Array,
  limits: DecodeLimits
): ReadonlyArray<AppendItem> => {
  let count = 0
  const nonce = () => {
    count += 1
    return `replay.${message.id}.${count}`
  }
  const { firstSeen: arrivedAt, topic } = message
  const items = decode(
    // The address that a row came by names no device.
    { topic: isRow(topic) ? "sensors" : topic, payload, qos: 1, clientId: null, arrivedAt },
    limits,
    nonce
  )
  return partOf(message, items).map((item) => ({ ...item, source: { ...item.source, topic } }))
}
