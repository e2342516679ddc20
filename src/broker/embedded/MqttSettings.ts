/**
 * The settings and bounds of the embedded broker, each with its unit.
 */
import { type LoginPace, NO_LOGIN_PACE } from "../../access/LoginPace.js"
import type { TlsFiles } from "../../tls/TlsFiles.js"
import { type MqttLogins, OPEN } from "./MqttLogins.js"
import type { PaceLimits } from "./packet/Pace.js"
import type { GuardLimits } from "./packet/SocketGuard.js"
import type { SessionLimits } from "./session/SessionStore.js"

export interface MqttTls {
  readonly files: TlsFiles
  /** 0 is any free port. */
  readonly port: number
  /** Without TLS it is not listened at all. */
  readonly only: boolean
}

/** What one client may do. */
export interface PeerBounds extends PaceLimits {
  /** Connections from one address; 0: any number. */
  readonly connectionsPerAddressMax: number
}

export const NO_PEER_BOUNDS: PeerBounds = {
  connectionsPerAddressMax: 0,
  packetsPerSecondMax: 0,
  bytesPerSecondMax: 0
}

export interface MqttSettings extends Omit<GuardLimits, keyof PaceLimits>, SessionLimits {
  readonly host: string
  /** 0 is any free port. */
  readonly port: number
  /** Where it listens with TLS; absent: nowhere. */
  readonly tls?: MqttTls | undefined
  /** Who may come in. */
  readonly logins: MqttLogins
  /** How logins are slowed down. */
  readonly pace: LoginPace
  /** Asked at each connection: with the first key there are others. */
  readonly peer: () => PeerBounds
  readonly connectionsMax: number
  /** How long a connection may take to send CONNECT, in ms. */
  readonly connectMillisMax: number
  /** Longest keep-alive that a client may ask for, in s; 0 lets it ask for any, or for none. */
  readonly keepAliveSecondsMax: number
  /** Longest client id, in UTF-16 code units. */
  readonly clientIdLengthMax: number
  /** A subscriber that has not read this many bytes misses messages until it has. */
  readonly forwardBytesMax: number
  /** Subscriptions of one client. */
  readonly subscriptionsMax: number
  /** Topic aliases of one connection (MQTT 5). */
  readonly topicAliasesMax: number
  readonly retainedTopicsMax: number
  readonly retainedBytesMax: number
  /** How long stopping waits for what was taken in to be stored and acknowledged, in ms. */
  readonly shutdownMillis: number
}

export const DEFAULT_MQTT_SETTINGS: MqttSettings = {
  host: "127.0.0.1",
  port: 1883,
  logins: OPEN,
  pace: NO_LOGIN_PACE,
  peer: () => NO_PEER_BOUNDS,
  connectionsMax: 5_000,
  connectMillisMax: 5_000,
  // A device that sleeps asks for a long one; a dead peer is found by TCP's own probes.
  keepAliveSecondsMax: 0,
  clientIdLengthMax: 256,
  packetBytesMax: 2_097_152,
  connectBytesMax: 65_536,
  forwardBytesMax: 1_048_576,
  writeBufferBytesMax: 8_388_608,
  subscriptionsMax: 1_000,
  topicAliasesMax: 16,
  sessionsMax: 1_000,
  sessionSecondsMax: 86_400,
  queuedMessagesMax: 1_000,
  queuedBytesMax: 33_554_432,
  inflightQos2Max: 1_000,
  retainedTopicsMax: 10_000,
  retainedBytesMax: 4_194_304,
  shutdownMillis: 1_000
}
