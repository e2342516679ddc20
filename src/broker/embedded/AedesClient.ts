/**
 * What Aedes keeps of a client and does not type. Read here alone; the version is pinned, and tests hold each use.
 */
import type { EventEmitter } from "node:events"
import type { Aedes, AedesPublishPacket, Client, PublishPacket } from "aedes"
import type { Packet } from "mqtt-packet"
import { isUnder } from "../Topic.js"

interface Internals {
  clean: boolean
  /** The packet id of what is sent next. */
  _nextId: number
  readonly _cleanStart?: boolean
  subscriptions: Record<string, { readonly qos: 0 | 1 | 2 }>
  readonly _parser: EventEmitter
  deliverQoS(packet: object, done: () => void): void
  /** False: the client wants no reasons in words (MQTT 5, Request Problem Information). */
  readonly _requestProblemInformation?: boolean
}

const isOfAedes = (client: Client): client is Client & Internals => "_parser" in client

const internals = (client: Client): Internals => {
  if (!isOfAedes(client)) throw new Error("this version of Aedes is not known")
  return client
}

/** In this version objects are kept by names that clients choose (GHSA-52qw-whmv-87c5): they must inherit nothing. */
export const protect = (aedes: Aedes): void => {
  Object.assign(aedes, { clients: Object.create(null), brokers: Object.create(null) })
}

const INHERITED = "__proto__"

/**
 * The same for a client, ahead of its first SUBSCRIBE: a filter that would break Aedes becomes one that is refused.
 * `heard` is told of each packet, ahead of Aedes.
 */
export const protectClient = (client: Client, heard: (packet: Packet) => void): void => {
  const known = internals(client)
  known.subscriptions = Object.create(null)
  known._parser.prependListener("packet", (packet: Packet) => {
    heard(packet)
    if (packet.cmd !== "subscribe") return
    for (const subscription of packet.subscriptions) {
      if (subscription.topic === INHERITED) subscription.topic = `$SYS/${INHERITED}`
    }
  })
}

/**
 * Ahead of CONNACK. Packet ids begin behind those of what waits. A client of MQTT 5 that asks for its session, and for
 * none hereafter, keeps it for this connection: Aedes would drop what waits.
 */
export const resume = (client: Client, nextId: number): void => {
  const known = internals(client)
  known._nextId = nextId
  if (client.version === 5 && known._cleanStart === false) known.clean = false
}

/** Behind CONNACK. Aedes says so only when it has sent what waited, and until then closes without a DISCONNECT. */
export const markConnected = (client: Client): void => {
  Object.assign(client, { connected: true })
}

export const subscriptionCount = (client: Client): number =>
  Object.keys(internals(client).subscriptions).length

export const wantsReasons = (client: Client): boolean =>
  client.version === 5 && internals(client)._requestProblemInformation !== false

/** The highest QoS of the client's subscriptions that a topic falls under. Aedes goes by a filter of that name alone. */
export const grantedQos = (client: Client, topic: string): 0 | 1 | 2 =>
  Object.entries(internals(client).subscriptions).reduce<0 | 1 | 2>(
    (most, [filter, { qos }]) => (qos > most && isUnder(topic, filter) ? qos : most),
    0
  )

/**
 * Makes a message ready to be sent on: says whose it is, so that it does not come back where the client wants none of
 * its own, and takes off a will what no PUBLISH may hold.
 */
export const prepare = (packet: PublishPacket, client: Client): void => {
  Object.assign(packet, { clientId: client.id })
  if (packet.properties === undefined || !("willDelayInterval" in packet.properties)) return
  const { willDelayInterval: _, ...properties } = packet.properties
  packet.properties = properties
}

/** Sends a message that was held. Without the broker's id it is not taken for one that was sent before. */
export const deliver = (client: Client, packet: AedesPublishPacket): void => {
  internals(client).deliverQoS({ ...packet, brokerId: undefined }, () => {})
}

/** Aedes does nothing more with the message: neither acknowledges it nor sends it on. */
export const markAnswered = (packet: PublishPacket): void => {
  Object.assign(packet, { _notAuthorized: true })
}
