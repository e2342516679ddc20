/**
 * The sessions of clients, in memory: who has one, what each is subscribed to, and what waits for it. Aedes knows it as
 * its persistence.
 *
 * A session whose client is away ends `sessionSecondsMax` after it left, or when more than `sessionsMax` are away: the
 * one that left first. What waited for it goes with it.
 */
import { Readable } from "node:stream"
import type { AedesPublishPacket } from "aedes"
import MemoryPersistence, {
  type RetainedPacket,
  type StoredSubscription
} from "aedes-persistence/asyncPersistence.js"
import { isUnder, subscriptionFault } from "../../../domain/access/Topic.js"
import type { Login } from "../MqttLogins.js"
import { detached, Keepable } from "./KeptMessage.js"
import { type Outgoing, type QueueLimits, SessionQueues } from "./SessionQueues.js"
import { SharedSubscriptions, sharedName } from "./SharedSubscriptions.js"
import { type Identified, Unreleased } from "./Unreleased.js"

export interface SessionLimits extends QueueLimits {
  /** Sessions whose clients are away. */
  readonly sessionsMax: number
  /** How long a session is kept after its client left, in s. */
  readonly sessionSecondsMax: number
  /** QoS 2 messages of one client between PUBLISH and PUBREL. */
  readonly inflightQos2Max: number
}

interface Named {
  readonly id: string
}

interface Lasting extends Named {
  /** How long the session outlives its connection, in s. */
  readonly sessionExpiryInterval: number
}

/** A client's subscription that a message matches. */
interface Match {
  readonly clientId: string
  readonly qos: 1 | 2
  /** No local (MQTT 5): its own messages do not come back to the client. */
  readonly nl?: boolean
}

export class SessionStore extends MemoryPersistence {
  /** Whether a client may have a subscription. */
  mayHave: (client: Named, filter: string) => boolean = () => true
  readonly queues: SessionQueues
  readonly unreleased: Unreleased
  readonly shared = new SharedSubscriptions()
  private readonly retained = new Map<string, RetainedPacket>()
  /** Whose sessions outlive their connection. */
  private readonly lasting = new Map<string, Login>()
  /** Who has asked for a subscription: connections, and the names of sessions. */
  private readonly subscribers = new Set<Named | string>()
  /** When clients left, ms since 1970; who left first stands first. */
  private readonly away = new Map<string, number>()

  constructor(
    private readonly limits: SessionLimits,
    private readonly now: () => number
  ) {
    super()
    this.queues = new SessionQueues(limits)
    this.unreleased = new Unreleased(limits.inflightQos2Max)
  }

  /** Without any, a message need not be sent on: to look for who wants it costs as much as to take it in. */
  get hasSubscribers(): boolean {
    return this.subscribers.size > 0
  }

  subscribing(client: Named): void {
    this.subscribers.add(client).add(client.id)
  }

  /** Whether a client has a session to come back to. */
  has(id: string): boolean {
    if (this.isOver(id)) this.end(id)
    return this.lasting.has(id)
  }

  /** Whose session a client would come back to. */
  ownerOf(id: string): Login | undefined {
    return this.has(id) ? this.lasting.get(id) : undefined
  }

  /** Ends what waits for who may not come back. */
  endOutdated(): void {
    for (const id of [...this.away.keys()]) if (this.lasting.get(id)?.holds() === false) this.end(id)
  }

  /** The client has a connection. */
  arrived({ id, sessionExpiryInterval }: Lasting, login: Login): void {
    this.away.delete(id)
    this.unreleased.arrived(id)
    if (sessionExpiryInterval > 0) this.lasting.set(id, login)
  }

  /** The client's connection has ended, and with it its session where it asked for none. */
  left(client: Lasting): void {
    const { id, sessionExpiryInterval } = client
    this.subscribers.delete(client)
    if (sessionExpiryInterval === 0) {
      this.end(id)
      return
    }
    this.away.delete(id)
    this.away.set(id, this.now())
    const [first] = this.away.keys()
    if (this.away.size > this.limits.sessionsMax && first !== undefined) this.end(first)
  }

  override async storeRetained(packet: RetainedPacket) {
    if (packet.payload.length === 0) this.retained.delete(packet.topic)
    else this.retained.set(packet.topic, detached(packet))
  }

  /** In the order of their topics: the same each time. Aedes' own has no `+` for a level that is empty. */
  override createRetainedStreamCombi(filters: ReadonlyArray<string>): Readable {
    const packets = [...this.retained.values()].filter(({ topic }) =>
      filters.some((filter) => isUnder(topic, filter))
    )
    return Readable.from(packets.sort((one, other) => (one.topic < other.topic ? -1 : 1)))
  }

  // Aedes gives all filters of a SUBSCRIBE, those too that were refused.
  override async addSubscriptions(client: Named, subscriptions: ReadonlyArray<StoredSubscription>) {
    await super.addSubscriptions(
      client,
      subscriptions.filter(({ topic }) => {
        const name = sharedName(topic) ?? topic
        return subscriptionFault(name) === null && this.mayHave(client, name)
      })
    )
  }

  override async subscriptionsByClient(client: Named) {
    if (this.isOver(client.id)) this.end(client.id)
    return await super.subscriptionsByClient(client)
  }

  // The session is over: a new one begins, or nobody may resume it.
  override async cleanSubscriptions(client: Named) {
    this.lasting.delete(client.id)
    this.subscribers.delete(client.id)
    this.queues.end(client.id)
    this.unreleased.forget(client)
    this.shared.forget(client.id)
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
    const message = new Keepable(packet)
    for (const [id, qos] of highest) {
      if (this.isOver(id)) this.end(id)
      else this.queues.add(id, message, packet.qos === 2 ? qos : packet.qos)
    }
  }

  async outgoingUpdate({ id }: Named, packet: Outgoing): Promise<void> {
    this.queues.sent(id, packet)
  }

  // Aedes also calls it for what it did not send, which `forget` sees to.
  async outgoingClearMessageId({ id }: Named, packet: Identified): Promise<Outgoing | undefined> {
    return this.queues.received(id, packet)
  }

  outgoingStream({ id, receiveMaximum }: Named & { readonly receiveMaximum?: number }): Readable {
    return Readable.from(this.queues.resumed(id, receiveMaximum))
  }

  async incomingDelPacket(client: Named, packet: Identified) {
    this.unreleased.release(client, packet)
  }

  async incomingGetPacket(client: Named, packet: Identified) {
    // Aedes takes a rejected promise for "not there".
    if (this.unreleased.timesAnswered(client, packet) === 0) throw new Error("no such packet")
    return packet
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
}
