/**
 * The sessions of clients, in memory: what each is subscribed to, and what waits for its receipt.
 *
 * Invariants:
 * 1. What waits is bounded, in messages a session and in bytes over all; a message over a bound waits for nobody.
 * 2. A session whose client is away ends `sessionSecondsMax` after it left, or when more than `sessionsMax` are
 *    away: the one that left first. What waited for it goes with it.
 * 3. A message waits until its receipt is complete. One that was sent before is sent again with DUP.
 */
import { Readable } from "node:stream"
import type { AedesPublishPacket, PubrelPacket } from "aedes"
import MemoryPersistence, { type StoredSubscription } from "aedes-persistence/asyncPersistence.js"
import { subscriptionFault } from "../Topic.js"
import { type Identified, Unreleased } from "./Unreleased.js"

export interface SessionLimits {
  /** Sessions whose clients are away. */
  readonly sessionsMax: number
  /** How long a session is kept after its client left, in s. */
  readonly sessionSecondsMax: number
  /** Messages that wait for one session. */
  readonly queuedMessagesMax: number
  /** Bytes that wait for all sessions together. */
  readonly queuedBytesMax: number
  /** QoS 2 messages of one client between PUBLISH and PUBREL. */
  readonly inflightQos2Max: number
}

interface Named {
  readonly id: string
}

type Outgoing = AedesPublishPacket | PubrelPacket

/** A client's subscription that a message matches. */
interface Match {
  readonly clientId: string
  readonly qos: 1 | 2
  /** No local (MQTT 5): its own messages do not come back to the client. */
  readonly nl?: boolean
}

/** An object's weight beside topic and payload, in bytes: measured, roughly. */
const WEIGHT_BYTES = 400

interface Waiting {
  packet: Outgoing
  readonly bytes: number
  /** Undefined until it was sent. */
  messageId: number | undefined
  /** The client takes no more now: it is not to be sent before `nextHeld` gives it. */
  isHeld: boolean
}

/** What waits for one session, by the broker's count of messages. */
interface Queue {
  readonly waiting: Map<number, Waiting>
  readonly counts: Map<number, number>
  held: number
}

const PACKET_ID_MAX = 65_535

/** A chunk of the socket must not live as long as a small message that came in it. */
const detached = (payload: string | Buffer): Buffer => Buffer.from(payload)

export class SessionStore extends MemoryPersistence {
  /** Messages that were over a bound, and wait for nobody. */
  dropped = 0
  readonly unreleased: Unreleased
  private bytes = 0
  private readonly queues = new Map<string, Queue>()
  /** When clients left, ms since 1970; who left first stands first. */
  private readonly away = new Map<string, number>()

  constructor(
    private readonly limits: SessionLimits,
    private readonly now: () => number
  ) {
    super()
    this.unreleased = new Unreleased(limits.inflightQos2Max)
  }

  /** The client has a connection. */
  arrived({ id }: Named): void {
    this.away.delete(id)
  }

  /** The client's connection has ended, and with it its session where it asked for none. */
  left({ id, sessionExpiryInterval }: Named & { readonly sessionExpiryInterval: number }): void {
    if (sessionExpiryInterval === 0) {
      this.end(id)
      return
    }
    this.away.delete(id)
    this.away.set(id, this.now())
    const [first] = this.away.keys()
    if (this.away.size > this.limits.sessionsMax && first !== undefined) this.end(first)
  }

  isHolding({ id }: Named): boolean {
    return (this.queues.get(id)?.held ?? 0) > 0
  }

  /** Keeps a message back, also where the client has no session that outlives its connection. */
  hold({ id }: Named, packet: AedesPublishPacket): void {
    if (this.queues.get(id)?.waiting.has(packet.brokerCounter) !== true) this.enqueue(id, packet, packet.qos)
    const queue = this.queues.get(id)
    const waiting = queue?.waiting.get(packet.brokerCounter)
    if (queue === undefined || waiting === undefined || waiting.isHeld) return
    waiting.isHeld = true
    queue.held += 1
  }

  /** The first that is held back, to be sent now. */
  nextHeld({ clean, id }: Named & { readonly clean: boolean }): AedesPublishPacket | undefined {
    const queue = this.queues.get(id)
    if (queue === undefined || queue.held === 0) return undefined
    for (const [count, waiting] of queue.waiting) {
      if (!waiting.isHeld || waiting.packet.cmd !== "publish") continue
      waiting.isHeld = false
      queue.held -= 1
      if (clean) this.drop(queue, count)
      return waiting.packet
    }
    return undefined
  }

  /** A packet id behind all that wait for their receipt. */
  nextId({ id }: Named): number {
    const last = Math.max(0, ...(this.queues.get(id)?.counts.keys() ?? []))
    return last < PACKET_ID_MAX ? last + 1 : 1
  }

  /** It is not to be sent to this client, now or later. */
  forget({ id }: Named, packet: { readonly brokerCounter: number }): void {
    const queue = this.queues.get(id)
    if (queue !== undefined) this.drop(queue, packet.brokerCounter)
  }

  override async storeRetained(packet: { readonly topic: string; readonly payload: string | Buffer }) {
    await super.storeRetained({ ...packet, payload: detached(packet.payload) })
  }

  // Aedes gives all filters of a SUBSCRIBE, those too that were refused.
  override async addSubscriptions(client: Named, subscriptions: ReadonlyArray<StoredSubscription>) {
    await super.addSubscriptions(
      client,
      subscriptions.filter(({ topic }) => subscriptionFault(topic) === null)
    )
  }

  override async subscriptionsByClient(client: Named) {
    if (this.isOver(client.id)) this.end(client.id)
    return await super.subscriptionsByClient(client)
  }

  // The session is over: a new one begins, or nobody may resume it.
  override async cleanSubscriptions(client: Named) {
    this.forgetQueue(client.id)
    this.unreleased.forget(client)
    await super.cleanSubscriptions(client)
  }

  async outgoingEnqueueCombi(
    matches: ReadonlyArray<Match>,
    packet: AedesPublishPacket & { readonly clientId?: string }
  ): Promise<void> {
    if (matches.length === 0) return
    const highest = new Map<string, 1 | 2>()
    for (const { clientId, nl, qos } of matches) {
      if (nl === true && clientId === packet.clientId) continue
      if (highest.get(clientId) !== 2) highest.set(clientId, qos)
    }
    for (const [id, qos] of highest) {
      if (this.isOver(id)) this.end(id)
      else this.enqueue(id, packet, packet.qos === 2 ? qos : packet.qos)
    }
  }

  /** A message was sent under an id, or its release was. */
  async outgoingUpdate({ id }: Named, packet: Outgoing): Promise<void> {
    const queue = this.queues.get(id)
    if (queue === undefined || packet.messageId === undefined) return
    if (packet.cmd === "pubrel") {
      const waiting = queue.waiting.get(queue.counts.get(packet.messageId) ?? -1)
      if (waiting !== undefined) waiting.packet = { cmd: "pubrel", messageId: packet.messageId }
      return
    }
    const waiting = queue.waiting.get(packet.brokerCounter)
    if (waiting === undefined) return
    if (waiting.messageId !== undefined) queue.counts.delete(waiting.messageId)
    waiting.messageId = packet.messageId
    queue.counts.set(packet.messageId, packet.brokerCounter)
  }

  /** Its receipt is complete. Aedes also calls it for what it did not send, which `forget` sees to. */
  async outgoingClearMessageId({ id }: Named, { messageId }: Identified): Promise<Outgoing | undefined> {
    const queue = this.queues.get(id)
    const count = messageId === undefined ? undefined : queue?.counts.get(messageId)
    return queue === undefined || count === undefined ? undefined : this.drop(queue, count)?.packet
  }

  outgoingStream({
    id,
    receiveMaximum = PACKET_ID_MAX
  }: Named & { readonly receiveMaximum?: number }): Readable {
    const queue = this.queues.get(id)
    const waiting = [...(queue?.waiting.values() ?? [])]
    for (const [at, one] of waiting.entries()) one.isHeld = at >= receiveMaximum
    if (queue !== undefined) queue.held = Math.max(0, waiting.length - receiveMaximum)
    return Readable.from(
      waiting
        .slice(0, receiveMaximum)
        .map(({ messageId, packet }) =>
          packet.cmd === "pubrel" ? packet : { ...packet, messageId, dup: messageId !== undefined }
        )
    )
  }

  async incomingStorePacket(client: Named, packet: Identified) {
    this.unreleased.sent(client, packet)
  }

  // Aedes takes a rejected promise for "not there".
  async incomingGetPacket(client: Named, packet: Identified) {
    if (!this.unreleased.isSent(client, packet)) throw new Error("no such packet")
    return packet
  }

  async incomingDelPacket(client: Named, packet: Identified) {
    this.unreleased.release(client, packet)
  }

  private isOver(id: string): boolean {
    const since = this.away.get(id)
    return since !== undefined && this.now() - since > this.limits.sessionSecondsMax * 1_000
  }

  private end(id: string): void {
    this.away.delete(id)
    // Nothing in it waits: all is gone when it returns.
    void this.cleanSubscriptions({ id })
  }

  private enqueue(id: string, packet: AedesPublishPacket, qos: AedesPublishPacket["qos"]): void {
    const queue = this.queues.get(id) ?? { waiting: new Map(), counts: new Map(), held: 0 }
    const bytes = WEIGHT_BYTES + packet.topic.length + packet.payload.length
    if (
      queue.waiting.size >= this.limits.queuedMessagesMax ||
      this.bytes + bytes > this.limits.queuedBytesMax
    ) {
      this.dropped += 1
      return
    }
    this.queues.set(id, queue)
    const own = { ...packet, qos, retain: false, payload: detached(packet.payload) }
    // Aedes writes into them how long the message has yet to live.
    if (packet.properties !== undefined) own.properties = { ...packet.properties }
    queue.waiting.set(packet.brokerCounter, { packet: own, bytes, messageId: undefined, isHeld: false })
    this.bytes += bytes
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

  private forgetQueue(id: string): void {
    const queue = this.queues.get(id)
    if (queue === undefined) return
    for (const count of [...queue.waiting.keys()]) this.drop(queue, count)
    this.queues.delete(id)
  }
}
