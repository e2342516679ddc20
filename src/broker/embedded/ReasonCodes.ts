/**
 * How a client of MQTT 5 hears what became of its message: the reason codes and words of PUBACK and PUBREC. A client
 * of MQTT 3.1.1 can't be told: to it every message that was dealt with is acknowledged.
 */
import type { Client, PublishPacket } from "aedes"
import { generate } from "mqtt-packet"
import type { MessageOutcome, Refusal } from "../MessageSink.js"
import { SENSORS_TOPIC } from "../Topic.js"
import { wantsReasons } from "./AedesClient.js"

const SUCCESS = 0x00
const CODES: Record<Refusal["kind"], number> = { Log: 0x83, Quota: 0x97, Message: 0x99 }

/** DISCONNECT's, by MQTT's names. */
export const MALFORMED_PACKET = 0x81
export const SERVER_BUSY = 0x89
export const SHUTTING_DOWN = 0x8b
export const RECEIVE_MAXIMUM_EXCEEDED = 0x93
export const PACKET_TOO_LARGE = 0x95

/** DISCONNECT of MQTT 5 with a reason code alone. */
export const disconnectPacket = (reasonCode: number): Buffer => Buffer.from([0xe0, 2, reasonCode, 0])

const REASON_LENGTH_MAX = 200
/** What an acknowledgement takes beside its words, in bytes; a character takes up to 3. */
const FRAME_BYTES = 12

const OPENINGS = new Set(["{".charCodeAt(0), "[".charCodeAt(0)])

/** It was meant as a reading. What else runs over the broker is told by the code alone: not all clients read words. */
const isMeant = (topic: string, payload: Uint8Array): boolean =>
  topic === SENSORS_TOPIC || topic.startsWith(`${SENSORS_TOPIC}/`) || OPENINGS.has(payload[0] ?? 0)

const wordsOf = (outcome: MessageOutcome, reason: string): string => {
  const taken = outcome.stored + outcome.repeated
  const words =
    taken === 0 ? reason : `${outcome.rejected} of ${taken + outcome.rejected} rejected: ${reason}`
  return words.length <= REASON_LENGTH_MAX
    ? words
    : `${words.slice(0, REASON_LENGTH_MAX - 1).toWellFormed()}…`
}

/**
 * The acknowledgement that says what was rejected of a message; null: the plain one. Nothing of it stored is an error
 * code: it is kept as rejected, and need not be sent again.
 */
export const acknowledgement = (
  client: Client,
  packet: PublishPacket,
  payload: Uint8Array,
  outcome: MessageOutcome
): Buffer | null => {
  const { refusal } = outcome
  const { messageId } = packet
  // A will has no id, and nobody to hear.
  if (refusal === undefined || client.version !== 5 || packet.qos === 0 || messageId === undefined)
    return null
  const partly = outcome.stored + outcome.repeated > 0
  const reasonString = wordsOf(outcome, refusal.reason)
  const fits = FRAME_BYTES + Buffer.byteLength(reasonString) <= (client.maximumPacketSize ?? Infinity)
  const told = fits && wantsReasons(client) && isMeant(packet.topic, payload)
  // After a PUBREC of success the exchange goes on, which is Aedes' to keep.
  if (partly && (packet.qos === 2 || !told)) return null
  return generate(
    {
      cmd: packet.qos === 1 ? "puback" : "pubrec",
      messageId,
      reasonCode: partly ? SUCCESS : CODES[refusal.kind],
      ...(told ? { properties: { reasonString } } : {})
    },
    { protocolVersion: 5 }
  )
}
