/** The settings that bound what one client, or all of them together, may take. docs/limits.md says how they hold. */
import * as Either from "effect/Either"
import { duration, KIB, MIB, setting, whole } from "./Setting.js"

const COUNT_MAX = 1_000_000

/**
 * A bound on what one client does; 0: none. Absent: `DEFAULT_PEER_LIMITS`, and none where the port is open on this
 * machine alone.
 */
const ofOne = (name: string, min: number, max: number) =>
  setting<number | undefined>(name, undefined, (digits) => {
    const number = /^\d{1,16}$/.test(digits) ? Number(digits) : Number.NaN
    return number === 0 || (number >= min && number <= max)
      ? Either.right(number)
      : Either.left(`must be a whole number from ${min} to ${max}, or 0 for none`)
  })

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text

export const limitSettings = {
  maxMqttConnections: whole("MAX_MQTT_CONNECTIONS", 1, COUNT_MAX, 5_000),
  maxMqttConnectionsPerAddress: ofOne("MAX_MQTT_CONNECTIONS_PER_ADDRESS", 1, COUNT_MAX),
  /** How long a connection may take to say who it is. */
  mqttConnectTimeout: duration("MQTT_CONNECT_TIMEOUT", "5 seconds"),
  /** Messages, and bytes, that are read of one MQTT connection in a second. With less, one chunk would outlast a keep-alive. */
  maxMessagesPerSecond: ofOne("MAX_MESSAGES_PER_SECOND", 10, COUNT_MAX),
  maxBytesPerSecond: ofOne("MAX_BYTES_PER_SECOND", 16 * KIB, 1_024 * MIB),
  /** Of one client. */
  maxSubscriptions: whole("MAX_SUBSCRIPTIONS", 1, COUNT_MAX, 1_000),
  maxRetainedMessages: whole("MAX_RETAINED_MESSAGES", 0, COUNT_MAX, 10_000),
  /** Sessions of clients that are away. */
  maxSessions: whole("MAX_SESSIONS", 1, COUNT_MAX, 1_000),
  maxHttpConnections: whole("MAX_HTTP_CONNECTIONS", 1, COUNT_MAX, 1_024),
  /** Requests of one key, and of one address, in a second. */
  maxRequestsPerSecond: ofOne("MAX_REQUESTS_PER_SECOND", 1, COUNT_MAX),
  /** Requests of one key, or of one address without a key, that are answered at once. */
  maxRequestsAtOnce: ofOne("MAX_REQUESTS_AT_ONCE", 1, COUNT_MAX),
  /** How long a query may take on a database server. */
  queryTimeout: duration("QUERY_TIMEOUT", "60 seconds"),
  /** Whose pages may read here from a browser. */
  corsOrigins: setting<ReadonlyArray<string>>("CORS_ORIGINS", [], (list) => {
    const origins = list.split(",").map((origin) => origin.trim())
    const wrong = origins.find((origin) => !isOrigin(origin))
    return wrong === undefined
      ? Either.right(origins)
      : Either.left(`"${wrong}" is no origin: write it as https://host or http://host:port, without a path`)
  })
}

/** What one client may take, of what is bounded only where others than this machine's own can come in. */
export interface PeerLimits {
  readonly maxMqttConnectionsPerAddress: number
  readonly maxMessagesPerSecond: number
  readonly maxBytesPerSecond: number
  readonly maxRequestsPerSecond: number
  readonly maxRequestsAtOnce: number
}

export const DEFAULT_PEER_LIMITS: PeerLimits = {
  maxMqttConnectionsPerAddress: 1_000,
  maxMessagesPerSecond: 10_000,
  maxBytesPerSecond: 16 * MIB,
  maxRequestsPerSecond: 200,
  maxRequestsAtOnce: 100
}

/** These limits as they are set; where they are not, none for who is `alone`: open, and on this machine's own address. */
export const peerLimits = (
  said: { readonly [K in keyof PeerLimits]: number | undefined },
  alone: boolean
): PeerLimits => {
  const limitOf = (name: keyof PeerLimits) => said[name] ?? (alone ? 0 : DEFAULT_PEER_LIMITS[name])
  return {
    maxMqttConnectionsPerAddress: limitOf("maxMqttConnectionsPerAddress"),
    maxMessagesPerSecond: limitOf("maxMessagesPerSecond"),
    maxBytesPerSecond: limitOf("maxBytesPerSecond"),
    maxRequestsPerSecond: limitOf("maxRequestsPerSecond"),
    maxRequestsAtOnce: limitOf("maxRequestsAtOnce")
  }
}
