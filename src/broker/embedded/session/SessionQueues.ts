/**
 * What waits for each session until its receipt is complete, in memory.
 *
 * Invariants:
 * 1. It is bounded, in messages a session and in bytes over all; a message over a bound waits for nobody.
 * 2. One that was sent before is sent again with DUP.
 * 3. A message that waits for many is there once. Each is counted with all of it: what it holds is never more.
 */
import type { AedesPublishPacket, PubrelPacket } from "aedes"
import { Keepable } from "./KeptMessage.js"
import type { Identified } from "./Unreleased.js"

export interface QueueLimits {
  /** Messages that wait for one session. */
  readonly queuedMessagesMax: number
  /** Bytes that wait for all sessions together. */
  readonly queuedBytesMax: number
}

export type Outgoing = AedesPublishPacket | PubrelPacket

/** An object's weight beside topic, payload and properties, in bytes: measured, roughly. */
const WEIGHT_BYTES = 400
const PACKET_ID_MAX = 65_535

interface Waiting {
  /** Shared with other sessions. */
  readonly message: AedesPublishPacket
  readonly qos: AedesPublishPacket["qos"]
  readonly bytes: number
  /** Undefined until it was sent. */
  messageId: number | undefined
  /** The client takes no more now: it is not to be sent before `nextHeld` gives it. */
  isHeld: boolean
  /** The client has it, at QoS 2: its release alone is left. */
  isReleased: boolean
}

/** Its properties are its own: Aedes writes into them how long the message has yet to live. */
const publishOf = ({ message, qos }: Waiting): AedesPublishPacket => ({
  ...message,
  ...{ qos, retain: false, dup: false },
  ...(message.properties === undefined ? {} : { properties: { ...message.properties } })
})

const packetOf = (waiting: Waiting): Outgoing =>
  waiting.isReleased && waiting.messageId !== undefined
    ? { cmd: "pubrel", messageId: waiting.messageId }
    : publishOf(waiting)

/** What waits for one session, by the broker's count of messages. */
interface Queue {
  readonly waiting: Map<number, Waiting>
  readonly counts: Map<number, number>
  held: number
}

export class SessionQueues {
  /** Messages that were over a bound, and wait for nobody. */
  dropped = 0
  private bytes = 0
  private readonly queues = new Map<string, Queue>()

  constructor(private readonly limits: QueueLimits) {}

  add(id: string, message: Keepable<AedesPublishPacket>, qos: AedesPublishPacket["qos"]): void {
    const queue = this.queues.get(id) ?? { waiting: new Map(), counts: new Map(), held: 0 }
    const bytes = WEIGHT_BYTES + message.bytes
    if (
      queue.waiting.size >= this.limits.queuedMessagesMax ||
      this.bytes + bytes > this.limits.queuedBytesMax
    ) {
      this.dropped += 1
      return
    }
    this.queues.set(id, queue)
    const { kept } = message
    const state = { messageId: undefined, isHeld: false, isReleased: false }
    queue.waiting.set(kept.brokerCounter, { message: kept, qos, bytes, ...state })
    this.bytes += bytes
  }

  isHolding(id: string): boolean {
    return (this.queues.get(id)?.held ?? 0) > 0
  }

  /** Keeps a message back, also where the client has no session that outlives its connection. */
  hold(id: string, packet: AedesPublishPacket): void {
    if (this.queues.get(id)?.waiting.has(packet.brokerCounter) !== true)
      this.add(id, new Keepable(packet), packet.qos)
    const queue = this.queues.get(id)
    const waiting = queue?.waiting.get(packet.brokerCounter)
    if (queue === undefined || waiting === undefined || waiting.isHeld) return
    waiting.isHeld = true
    queue.held += 1
  }

  /** The first that is held back, to be sent now. */
  nextHeld(id: string, isClean: boolean): AedesPublishPacket | undefined {
    const queue = this.queues.get(id)
    if (queue === undefined || queue.held === 0) return undefined
    for (const [count, waiting] of queue.waiting) {
      if (!waiting.isHeld || waiting.isReleased) continue
      waiting.isHeld = false
      queue.held -= 1
      if (isClean) this.drop(queue, count)
      return publishOf(waiting)
    }
    return undefined
  }

  /** A packet id behind all that wait for their receipt. */
  nextId(id: string): number {
    const last = Math.max(0, ...(this.queues.get(id)?.counts.keys() ?? []))
    return last < PACKET_ID_MAX ? last + 1 : 1
  }

  /** A message was sent under an id, or its release was. */
  sent(id: string, packet: Outgoing): void {
    const queue = this.queues.get(id)
    if (queue === undefined || packet.messageId === undefined) return
    if (packet.cmd === "pubrel") {
      const waiting = queue.waiting.get(queue.counts.get(packet.messageId) ?? -1)
      if (waiting !== undefined) waiting.isReleased = true
      return
    }
    const waiting = queue.waiting.get(packet.brokerCounter)
    if (waiting === undefined) return
    if (waiting.messageId !== undefined) queue.counts.delete(waiting.messageId)
    waiting.messageId = packet.messageId
    queue.counts.set(packet.messageId, packet.brokerCounter)
  }

  /** The receipt of what was sent under an id is complete. */
  received(id: string, { messageId }: Identified): Outgoing | undefined {
    const queue = this.queues.get(id)
    const count = messageId === undefined ? undefined : queue?.counts.get(messageId)
    const waiting = queue === undefined || count === undefined ? undefined : this.drop(queue, count)
    return waiting === undefined ? undefined : packetOf(waiting)
  }

  /** It is not to be sent to this client, now or later. */
  forget(id: string, packet: { readonly brokerCounter: number }): void {
    const queue = this.queues.get(id)
    if (queue !== undefined) this.drop(queue, packet.brokerCounter)
  }

  end(id: string): void {
    const queue = this.queues.get(id)
    if (queue === undefined) return
    for (const count of [...queue.waiting.keys()]) this.drop(queue, count)
    this.queues.delete(id)
  }

  /** What a client that comes back is sent: as much as it takes at once; the rest is held. */
  resumed(id: string, receiveMaximum = PACKET_ID_MAX): ReadonlyArray<Outgoing> {
    const queue = this.queues.get(id)
    const waiting = [...(queue?.waiting.values() ?? [])]
    for (const [at, one] of waiting.entries()) one.isHeld = at >= receiveMaximum
    if (queue !== undefined) queue.held = Math.max(0, waiting.length - receiveMaximum)
    return waiting.slice(0, receiveMaximum).map((one) => {
      const packet = packetOf(one)
      const { messageId } = one
      return packet.cmd === "pubrel" || messageId === undefined ? packet : { ...packet, messageId, dup: true }
    })
  }

  private drop(queue: Queue, count: number): Waiting | undefined {
    const waiting = queue.waiting.get(count)
    if (waiting === undefined) return undefined
    queue.waiting.delete(count)
    if (waiting.messageId !== undefined) queue.counts.delete(waiting.messageId)
    if (waiting.isHeld) queue.held -= 1
    this.bytes -= waiting.bytes
    return waiting
  }
}
