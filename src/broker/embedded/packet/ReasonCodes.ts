/**
 * How a client of MQTT 5 hears what became of its message: the reason codes and words of PUBACK and PUBREC. A client
 * of MQTT 3.1.1 can't be told: to it every message that was dealt with is acknowledged.
 */
import type { Client, PublishPacket } from "aedes"
import { generate } from "mqtt-packet"
import { SENSORS_TOPIC } from "../../../domain/access/Topic.js"
import type { MessageOutcome, Refusal } from "../../MessageSink.js"
import { wantsReasons } from "../AedesClient.js"

const SUCCESS = 0x00
/** Of DISCONNECT too. */
export const NOT_AUTHORIZED = 0x87
const CODES: Record<Refusal["kind"], number> = {
  Log: 0x83,
  Access: NOT_AUTHORIZED,
  Quota: 0x97,
  Message: 0x99
}

/** DISCONNECT's, by MQTT's names. */
export const MALFORMED_PACKET = 0x81
export const PROTOCOL_ERROR = 0x82
export const SERVER_BUSY = 0x89
export const SHUTTING_DOWN = 0x8b
export const RECEIVE_MAXIMUM_EXCEEDED = 0x93
export const PACKET_TOO_LARGE = 0x95

/** DISCONNECT of MQTT 5 with a reason code alone. */
export const disconnectPacket = (reasonCode: number): Buffer => Buffer.from([0xe0, 2, reasonCode, 0])

/** DISCONNECT with a reason in words too, where the client takes as much. */
export const goodbyeTo = (
  { maximumPacketSize = Infinity }: Client,
  reasonCode: number,
  reason: string
): Buffer => {
  const properties = { reasonString: reason }
  const bytes = generate({ cmd: "disconnect", reasonCode, properties }, { protocolVersion: 5 })
  return bytes.length <= maximumPacketSize ? bytes : disconnectPacket(reasonCode)
}

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

/** A PUBACK or PUBREC. After an error at QoS 2 the exchange is over. */
export interface Answer {
  readonly bytes: Buffer
  readonly isError: boolean
}

/** The acknowledgement of success, of two versions alike. */
export const plainAnswerTo = ({ messageId = 0, qos }: PublishPacket): Answer => ({
  bytes: Buffer.from([qos === 1 ? 0x40 : 0x50, 2, messageId >> 8, messageId & 0xff]),
  isError: false
})

/**
 * The acknowledgement, which says what was rejected of a message. Nothing of it stored is an error code: it is kept as
 * rejected, and need not be sent again.
 */
export const answerTo = (
  client: Client,
  packet: PublishPacket,
  payload: Uint8Array,
  outcome: MessageOutcome | null
): Answer => {
  const refusal = outcome?.refusal
  const { messageId, qos } = packet
  if (outcome === null || refusal === undefined || client.version !== 5) return plainAnswerTo(packet)
  const isPartly = outcome.stored + outcome.repeated > 0
  const reasonString = wordsOf(outcome, refusal.reason)
  const fits = FRAME_BYTES + Buffer.byteLength(reasonString) <= (client.maximumPacketSize ?? Infinity)
  const isTold = fits && wantsReasons(client) && isMeant(packet.topic, payload)
  const bytes = generate(
    {
      cmd: qos === 1 ? "puback" : "pubrec",
      ...(messageId === undefined ? {} : { messageId }),
      reasonCode: isPartly ? SUCCESS : CODES[refusal.kind],
      ...(isTold ? { properties: { reasonString } } : {})
    },
    { protocolVersion: 5 }
  )
  return { bytes, isError: !isPartly }
}
