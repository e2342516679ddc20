/**
 * Sends what shared subscriptions match: to one member of each group, there or away. Aedes sends to all that subscribe
 * to a filter, so that a shared subscription has a name of ours there.
 */
import type { AedesPublishPacket, Client } from "aedes"
import type { Clock } from "effect/Clock"
import type { Packet } from "mqtt-packet"
import { isReserved } from "../../../domain/access/Topic.js"
import { deliver } from "../AedesClient.js"
import { Keepable } from "./KeptMessage.js"
import type { SessionStore } from "./SessionStore.js"
import { type SharedOptions, sharedMark } from "./SharedSubscriptions.js"

export class SharedDelivery {
  /** Counts a message of ours as Aedes counts its own. */
  nextCount: () => number = () => 0
  private readonly online = new Map<string, Client>()

  constructor(
    private readonly sessions: SessionStore,
    private readonly clock: Clock
  ) {}

  arrived(client: Client): void {
    this.online.set(client.id, client)
  }

  left(client: Client): void {
    if (this.online.get(client.id) === client) this.online.delete(client.id)
  }

  /** Ahead of Aedes: gives shared subscriptions the names that it knows them by. */
  rename({ id }: Client, packet: Packet): void {
    if (packet.cmd === "subscribe") {
      for (const subscription of packet.subscriptions)
        subscription.topic = sharedMark(subscription.topic) ?? subscription.topic
    } else if (packet.cmd === "unsubscribe") {
      packet.unsubscriptions = packet.unsubscriptions.map((filter) => {
        const mark = sharedMark(filter)
        if (mark !== null) this.sessions.shared.leave(filter, id)
        return mark ?? filter
      })
    }
  }

  /** Behind Aedes, which has sent the message to all others. */
  send(packet: AedesPublishPacket): void {
    const { shared } = this.sessions
    if (shared.isEmpty || isReserved(packet.topic)) return
    for (const { id, options } of shared.next(packet.topic, packet.qos, (one) => this.online.has(one))) {
      const client = this.online.get(id)
      const message = this.messageFor(packet, options)
      if (message.qos > 0 && client?.clean !== true)
        this.sessions.queues.add(id, new Keepable(message), message.qos)
      if (client !== undefined) deliver(client, message)
    }
  }

  private messageFor(packet: AedesPublishPacket, options: SharedOptions): AedesPublishPacket {
    const { payload, properties, qos, topic } = packet
    const { subscriptionIdentifier } = options
    const expiry = properties?.messageExpiryInterval
    const own = {
      ...properties,
      ...(subscriptionIdentifier === undefined ? {} : { subscriptionIdentifier })
    }
    const isOver = qos > options.qos
    return {
      ...{ cmd: "publish", topic, payload, dup: false, retain: false, brokerId: "" },
      qos: isOver ? options.qos : qos,
      brokerCounter: this.nextCount(),
      ...(Object.keys(own).length === 0 ? {} : { properties: own }),
      // By this Aedes tells what has expired while it waited.
      ...(expiry === undefined
        ? {}
        : { messageExpiry: this.clock.unsafeCurrentTimeMillis() + expiry * 1_000 })
    }
  }
}
