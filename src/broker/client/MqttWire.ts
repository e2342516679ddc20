/**
 * MQTT 3.1.1 as a subscriber speaks it: the packets that it sends, and those that it reads.
 *
 * A packet that is longer than `keptBytesMax` is cut there, and its end skipped: the message must be taken in to be
 * rejected and acknowledged, or the broker would deliver it for ever.
 */
import { generate } from "mqtt-packet"

/** What a broker sends. `packetId` is 0 at QoS 0. */
export type Inbound =
  | { readonly _tag: "Connack"; readonly sessionPresent: boolean; readonly code: number }
  | { readonly _tag: "Suback"; readonly packetId: number; readonly codes: ReadonlyArray<number> }
  | {
      readonly _tag: "Publish"
      readonly qos: 0 | 1 | 2
      readonly packetId: number
      readonly topic: string
      readonly payload: Uint8Array
      /** The broker had kept it, and sends it because of our subscription: nobody published it now. */
      readonly retained: boolean
    }
  | { readonly _tag: "Pubrel"; readonly packetId: number }
  | { readonly _tag: "Pingresp" }

/** SUBACK's code of a filter that is refused. */
export const REFUSED = 0x80

const CONNACK = 0x20
const PUBLISH = 0x30
const PUBREL = 0x60
const RETAIN = 0x01
const SUBACK = 0x90
const PINGRESP = 0xd0

const LENGTH_BYTES_MAX = 4

const decoder = new TextDecoder()
const twoBytes = (body: Uint8Array, at: number): number => ((body[at] ?? 0) << 8) | (body[at + 1] ?? 0)

const publishOf = (first: number, body: Uint8Array): Inbound | null => {
  const qos = (first >> 1) & 3
  const topicEnd = 2 + twoBytes(body, 0)
  const start = qos === 0 ? topicEnd : topicEnd + 2
  if ((qos !== 0 && qos !== 1 && qos !== 2) || body.length < Math.max(start, 2)) return null
  return {
    _tag: "Publish",
    qos,
    packetId: qos === 0 ? 0 : twoBytes(body, topicEnd),
    topic: decoder.decode(body.subarray(2, topicEnd)),
    payload: body.subarray(start),
    retained: (first & RETAIN) !== 0
  }
}

/** The packet, or null when it is none that a broker may send to a subscriber. */
const inboundOf = (first: number, body: Uint8Array): Inbound | null => {
  switch (first & 0xf0) {
    case PUBLISH:
      return publishOf(first, body)
    case CONNACK:
      return body.length < 2
        ? null
        : { _tag: "Connack", sessionPresent: ((body[0] ?? 0) & 1) === 1, code: body[1] ?? 0 }
    case SUBACK:
      return body.length < 3
        ? null
        : { _tag: "Suback", packetId: twoBytes(body, 0), codes: [...body.subarray(2)] }
    case PUBREL:
      return body.length < 2 ? null : { _tag: "Pubrel", packetId: twoBytes(body, 0) }
    case PINGRESP:
      return { _tag: "Pingresp" }
    default:
      return null
  }
}

/** Cuts the chunks of one connection into packets. */
export class MqttReader {
  /** The packet's first byte; -1 before it. */
  private first = -1
  private length = 0
  private lengthBytes = 0
  /** Bytes of the body still to come; -1 while its length is read. */
  private missing = -1
  private parts: Array<Uint8Array> = []
  private kept = 0

  constructor(
    private readonly keptBytesMax: number,
    private readonly onPacket: (packet: Inbound) => void
  ) {}

  /** Takes the next chunk; gives why the connection can't go on, or null. */
  accept(chunk: Uint8Array): string | null {
    for (let at = 0; at < chunk.length; ) {
      if (this.missing > 0) at += this.take(chunk.subarray(at, at + this.missing))
      else {
        const fault = this.header(chunk[at] ?? 0)
        if (fault !== null) return fault
        at += 1
      }
      if (this.missing === 0 && !this.finish()) return "the broker sent what is no packet for a subscriber"
    }
    return null
  }

  private take(bytes: Uint8Array): number {
    const room = this.keptBytesMax - this.kept
    if (room > 0) this.parts.push(bytes.subarray(0, room))
    this.kept += Math.min(bytes.length, Math.max(room, 0))
    this.missing -= bytes.length
    return bytes.length
  }

  private header(byte: number): string | null {
    if (this.first === -1) {
      this.first = byte
      return null
    }
    this.length += (byte & 0x7f) * 128 ** this.lengthBytes
    this.lengthBytes += 1
    if ((byte & 0x80) === 0) this.missing = this.length
    else if (this.lengthBytes === LENGTH_BYTES_MAX) return "a packet's length has more than 4 bytes"
    return null
  }

  private finish(): boolean {
    const [only] = this.parts
    const body = this.parts.length === 1 && only !== undefined ? only : Buffer.concat(this.parts)
    const packet = inboundOf(this.first, body)
    this.first = -1
    this.length = 0
    this.lengthBytes = 0
    this.missing = -1
    this.parts = []
    this.kept = 0
    if (packet === null) return false
    this.onPacket(packet)
    return true
  }
}

export interface ConnectOptions {
  readonly clientId: string
  readonly username?: string | undefined
  /** Only with a user name. */
  readonly password?: string | undefined
  readonly keepAliveSeconds: number
}

/** Asks for the session that the broker keeps under the client id. */
export const connectPacket = ({ clientId, keepAliveSeconds, password, username }: ConnectOptions): Buffer =>
  generate({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clean: false,
    clientId,
    keepalive: keepAliveSeconds,
    ...(username === undefined ? {} : { username }),
    ...(username === undefined || password === undefined ? {} : { password: Buffer.from(password) })
  })

/** At QoS 1. */
export const subscribePacket = (packetId: number, filters: ReadonlyArray<string>): Buffer =>
  generate({
    cmd: "subscribe",
    messageId: packetId,
    subscriptions: filters.map((topic) => ({ topic, qos: 1 }))
  })

const answer = (first: number) => (packetId: number) =>
  Buffer.from([first, 2, packetId >> 8, packetId & 0xff])

export const pubackPacket = answer(0x40)
export const pubrecPacket = answer(0x50)
export const pubcompPacket = answer(0x70)
export const PINGREQ = Buffer.from([0xc0, 0])
export const DISCONNECT = Buffer.from([0xe0, 0])
