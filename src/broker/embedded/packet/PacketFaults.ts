/**
 * What is wrong with a packet that the parser took: MQTT has its connection ended, in MQTT 5 with a reason code. Aedes
 * looks at less, and closes without a word.
 */
import type { IPublishPacket, Packet } from "mqtt-packet"
import { isBadText, isFilter } from "../../../domain/access/Topic.js"
import { MALFORMED_PACKET, PROTOCOL_ERROR } from "./ReasonCodes.js"

export interface PacketFault {
  readonly reasonCode: number
  readonly reason: string
}

const malformed = (reason: string): PacketFault => ({ reasonCode: MALFORMED_PACKET, reason })
const violation = (reason: string): PacketFault => ({ reasonCode: PROTOCOL_ERROR, reason })

/** More than this Aedes' matchers throw at. */
const LEVELS_MAX = 100
/** Characters of a filter: it is kept for as long as its session is. */
const FILTER_LENGTH_MAX = 1_024
const WILDCARDS = /[+#]/

const hasTooManyLevels = (text: string): boolean =>
  text.length >= LEVELS_MAX && text.split("/").length > LEVELS_MAX

/** The properties that a client may give with a packet (MQTT 5, 2.2.2.2). */
const PROPERTIES: Partial<Record<Packet["cmd"], ReadonlySet<string>>> = {
  publish: new Set([
    ...["payloadFormatIndicator", "messageExpiryInterval", "topicAlias", "responseTopic"],
    ...["correlationData", "userProperties", "contentType"]
  ]),
  subscribe: new Set(["subscriptionIdentifier", "userProperties"]),
  unsubscribe: new Set(["userProperties"])
}

/** The parser gives null where the packet ends within a property. Aedes takes that for text, and throws. */
const isCut = (value: unknown): boolean =>
  value === null || (typeof value === "object" && !Buffer.isBuffer(value) && Object.values(value).some(isCut))

const hasCutProperty = (packet: Packet): boolean =>
  ("properties" in packet && isCut(packet.properties)) ||
  (packet.cmd === "connect" && isCut(packet.will?.properties))

const propertyFault = (packet: Packet): PacketFault | null => {
  const allowed = PROPERTIES[packet.cmd]
  if (allowed === undefined || !("properties" in packet) || packet.properties === undefined) return null
  const other = Object.keys(packet.properties).find((name) => !allowed.has(name))
  return other === undefined ? null : malformed(`${packet.cmd} may not have the property ${other}`)
}

const topicFault = (packet: IPublishPacket, isAlias: (alias: number) => boolean): PacketFault | null => {
  const { properties, topic } = packet
  const alias = properties?.topicAlias
  if (topic === "") {
    if (alias === undefined) return violation("the topic is empty")
    return isAlias(alias) ? null : violation("the topic alias is not known")
  }
  if (isBadText(topic)) return malformed("the topic is not valid text")
  if (WILDCARDS.test(topic)) return malformed("the topic holds a wildcard")
  return hasTooManyLevels(topic) ? malformed("the topic has too many levels") : null
}

const publishFault = (packet: IPublishPacket, isAlias: (alias: number) => boolean): PacketFault | null => {
  if (packet.qos > 0 && packet.messageId === 0) return malformed("the packet id is 0")
  const fault = topicFault(packet, isAlias) ?? propertyFault(packet)
  if (fault !== null) return fault
  return WILDCARDS.test(packet.properties?.responseTopic ?? "")
    ? violation("the response topic holds a wildcard")
    : null
}

const filterFault = (filter: string): PacketFault | null => {
  if (isBadText(filter)) return malformed("a filter is not valid text")
  if (hasTooManyLevels(filter)) return malformed("a filter has too many levels")
  if (filter.length > FILTER_LENGTH_MAX) return malformed("a filter is too long")
  return isFilter(filter) ? null : malformed("a filter has a wildcard where none may be, or is empty")
}

const filtersFault = (packet: Packet, filters: ReadonlyArray<string>): PacketFault | null => {
  if (packet.messageId === 0) return malformed("the packet id is 0")
  if (filters.length === 0) return malformed(`${packet.cmd} holds no filter`)
  return filters.map(filterFault).find((fault) => fault !== null) ?? propertyFault(packet)
}

const willFault = (topic: string | undefined): PacketFault | null => {
  if (topic === undefined) return null
  if (topic === "") return malformed("the will's topic is empty")
  return WILDCARDS.test(topic) || hasTooManyLevels(topic)
    ? malformed("the will's topic is no topic's name")
    : null
}

/** `isAlias`: whether the client has given a topic this number. */
export const packetFault = (packet: Packet, isAlias: (alias: number) => boolean): PacketFault | null => {
  if (hasCutProperty(packet)) return malformed("a property is cut off")
  switch (packet.cmd) {
    case "publish":
      return publishFault(packet, isAlias)
    case "subscribe": {
      const identifier = packet.properties?.subscriptionIdentifier
      if (identifier === 0) return malformed("the subscription identifier is 0")
      return filtersFault(
        packet,
        packet.subscriptions.map(({ topic }) => topic)
      )
    }
    case "unsubscribe":
      return filtersFault(packet, packet.unsubscriptions)
    case "connect": {
      const texts = [packet.clientId, packet.username ?? "", packet.will?.topic ?? ""]
      return texts.some(isBadText)
        ? malformed("CONNECT holds text that is not valid")
        : willFault(packet.will?.topic)
    }
    default:
      return null
  }
}
