/**
 * What Aedes keeps of a client and does not type. Read here alone; the version is pinned, and tests hold each use.
 */
import type { EventEmitter } from "node:events"
import type { Aedes, AedesPublishPacket, Client, PublishPacket } from "aedes"
import type { Packet } from "mqtt-packet"
import { isUnder } from "../../domain/access/Topic.js"

interface Subscription {
  readonly qos: 0 | 1 | 2
  /** The subscription identifier (MQTT 5). */
  readonly si?: number
}

interface Internals {
  clean: boolean
  /** The packet id of what is sent next. */
  _nextId: number
  readonly _cleanStart?: boolean
  /** Of CONNECT, ahead of CONNACK. */
  readonly _will?: { readonly topic: string } | null
  subscriptions: Record<string, Subscription>
  readonly _parser: Parser
  readonly _topicAliases: ReadonlyMap<number, string>
  deliverQoS(packet: object, done: () => void): void
  /** False: the client wants no reasons in words (MQTT 5, Request Problem Information). */
  readonly _requestProblemInformation?: boolean
}

/** What Aedes keeps of the parser's. */
interface Parser extends EventEmitter {
  _parseByType(type: string): unknown
  _parseByte(): number | undefined
  _parseHeader(): unknown
  readonly _list: { readUInt8(at: number): number; consume(bytes: number): void }
  readonly packet: object
  _emitError(error: Error): void
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

/** The first bytes of what a client of MQTT 3.1 sends again, with DUP. The parser knows later versions alone. */
const RESENT = new Map([
  [0x6a, "pubrel"],
  [0x8a, "subscribe"],
  [0xaa, "unsubscribe"]
])

export const takeResent = (client: Client): void => {
  const parser = internals(client)._parser
  const parse = parser._parseHeader.bind(parser)
  parser._parseHeader = () => {
    const cmd = RESENT.get(parser._list.readUInt8(0))
    if (cmd === undefined) return parse()
    Object.assign(parser.packet, { cmd, qos: 1, dup: true, retain: false })
    parser._list.consume(1)
    return true
  }
}

/** A filter that would break Aedes becomes one that is refused. */
const INHERITED = "__proto__"
const REFUSED = "\0"

/** A value of MQTT 5 that is one bit has another: the parser takes any for true. */
export const NOT_A_BIT = "a property that is 0 or 1 is neither"

/**
 * Stands between the parser and Aedes from the first packet on: gives each packet to `take`, and what the parser can't
 * read to `broken`, ahead of Aedes. What it gives back hands a packet on to Aedes.
 */
export const intercept = (
  client: Client,
  take: (packet: Packet) => void,
  broken: (error: Error) => void
): ((packet: Packet) => void) => {
  const known = internals(client)
  const parser = known._parser
  known.subscriptions = Object.create(null)
  const [enqueue] = parser.listeners("packet")
  if (enqueue === undefined) throw new Error("this version of Aedes is not known")
  parser.removeAllListeners("packet")
  parser.on("packet", take)
  parser.prependListener("error", broken)
  const parse = parser._parseByType.bind(parser)
  parser._parseByType = (type) => {
    if (type !== "byte") return parse(type)
    const byte = parser._parseByte()
    if (byte !== 0 && byte !== 1) parser._emitError(new Error(NOT_A_BIT))
    return byte === 1
  }
  return (packet) => {
    if (packet.cmd === "subscribe") {
      for (const subscription of packet.subscriptions)
        if (subscription.topic === INHERITED) subscription.topic = REFUSED
    }
    if (!client.closed) Reflect.apply(enqueue, parser, [packet])
  }
}

export const hasAlias = (client: Client, alias: number): boolean => internals(client)._topicAliases.has(alias)

/** Whether a client asks for the session that it had. */
export const wantsSession = (client: Client): boolean => internals(client)._cleanStart === false

export const willTopicOf = (client: Client): string | undefined => internals(client)._will?.topic

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

const matching = (client: Client, topic: string): ReadonlyArray<Subscription> =>
  Object.entries(internals(client).subscriptions)
    .filter(([filter]) => isUnder(topic, filter))
    .map(([, subscription]) => subscription)

/** The QoS of the client's subscriptions that a topic falls under. Aedes goes by a filter of that name alone. */
const grantedQos = (client: Client, topic: string): ReadonlyArray<0 | 1 | 2> =>
  matching(client, topic).map(({ qos }) => qos)

/** The identifiers of all subscriptions that a topic falls under. Aedes sends one of them. */
const identifiersOf = (client: Client, topic: string): ReadonlyArray<number> =>
  matching(client, topic).flatMap(({ si }) => si ?? [])

/** What the client's subscriptions make of a message: its QoS, and their identifiers. */
export const suit = (client: Client, packet: AedesPublishPacket): void => {
  const { properties, topic } = packet
  if (packet.qos === 2 || (packet.qos === 1 && packet.retain)) {
    const granted = grantedQos(client, topic)
    // Nothing granted: it was unsubscribed from since, and the message waited; or it is sent to a group.
    if (granted.length > 0 && !granted.includes(2)) packet.qos = granted.includes(1) ? 1 : 0
  }
  if (properties?.subscriptionIdentifier === undefined) return
  const identifiers = identifiersOf(client, topic)
  if (identifiers.length > 1) packet.properties = { ...properties, subscriptionIdentifier: [...identifiers] }
}

/**
 * Makes a message ready to be sent on: says whose it is, so that it does not come back where the client wants none of
 * its own, and takes off a will what no PUBLISH may hold.
 */
export const prepare = (packet: PublishPacket, client: Client): void => {
  // DUP is of the way to the broker alone (MQTT-3.3.1-3).
  Object.assign(packet, { clientId: client.id, dup: false })
  if (packet.properties === undefined || !("willDelayInterval" in packet.properties)) return
  const { willDelayInterval: _, ...properties } = packet.properties
  packet.properties = properties
}

/** Aedes' count of messages, which tells them apart. */
export const nextCount = (aedes: Aedes): number => {
  if (!("counter" in aedes) || typeof aedes.counter !== "number") throw new Error("no counter")
  aedes.counter += 1
  return aedes.counter
}

/** Sends a message that was held, or that is for this client alone. Without the broker's id it is not taken for one that was sent before. */
export const deliver = (client: Client, packet: AedesPublishPacket): void => {
  internals(client).deliverQoS({ ...packet, brokerId: undefined }, () => {})
}

/** Aedes does nothing more with the message: neither acknowledges it nor sends it on. */
export const markAnswered = (packet: PublishPacket): void => {
  Object.assign(packet, { _notAuthorized: true })
}
