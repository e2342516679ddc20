/**
 * What clients may do: the hooks that Aedes asks, and the one place where a publish is handed on.
 *
 * Invariants:
 * 1. A publish is handed to the sink before anything else comes of it, and its acknowledgement waits for the sink.
 *    Aedes acknowledges QoS 1 *before* it publishes: `authorizePublish` is the only hook ahead of that.
 * 2. An error given to Aedes closes the connection, and the client sends again: so it is given only for what broke
 *    a rule, or was not stored. A message that can't be understood is the sink's to keep, and is acknowledged.
 * 3. No session outlives its connection: what would be kept for an absent subscriber has no bound, and the log is
 *    where the past is read. (A publisher needs none: what it sends again adds nothing.)
 */
import type { AedesOptions, Client, PublishPacket } from "aedes"
import type { Clock } from "effect/Clock"
import { type Credential, verify } from "../../config/Credentials.js"
import { Handover } from "../Handover.js"
import type { MessageSinkService } from "../MessageSink.js"
import { isBadText, isReserved, subscriptionFault } from "../Topic.js"
import type { MqttSettings } from "./MqttSettings.js"
import { NOT_STORED } from "./RefusedClients.js"
import { RetainedQuota } from "./RetainedQuota.js"

type Hooks = Required<
  Pick<
    AedesOptions,
    "preConnect" | "authenticate" | "authorizePublish" | "authorizeSubscribe" | "authorizeForward"
  >
>

const encoder = new TextEncoder()

/** The codes of CONNACK (MQTT 3.1.1, 3.2.2.3) that are given here. */
const IDENTIFIER_REJECTED = 2
const BAD_USER_NAME_OR_PASSWORD = 4

const refusal = (returnCode: 2 | 4, message: string) => Object.assign(new Error(message), { returnCode })

const notAUser = (name: string | null | undefined): string =>
  name === null || name === undefined || name === ""
    ? "it gives no user name, and users are set"
    : `no user ${JSON.stringify(name.slice(0, 64))} with this password`

export class MqttRules {
  readonly handover: Handover
  /** Nothing is taken any more, wills included. */
  closed = false
  private readonly users = new WeakMap<Client, Credential>()
  private readonly retained: RetainedQuota

  constructor(
    private readonly settings: MqttSettings,
    sink: MessageSinkService,
    clock: Clock
  ) {
    this.handover = new Handover(sink, clock)
    this.retained = new RetainedQuota(settings.retainedTopicsMax, settings.retainedBytesMax)
  }

  readonly hooks: Hooks = {
    preConnect: (_, packet, callback) => {
      packet.clean = true
      const texts = [packet.clientId, packet.username ?? "", packet.will?.topic ?? ""]
      const bad = texts.some(isBadText)
      // An error, not false: that would leave the refused connection hanging.
      callback(bad ? new Error("CONNECT holds text that is not valid") : null, !bad)
    },
    authenticate: (client, username, password, callback) => {
      if (client.id.length > this.settings.clientIdLengthMax) {
        callback(refusal(IDENTIFIER_REJECTED, "the client id is too long"), false)
      } else if (this.settings.users.length === 0) {
        callback(null, true)
      } else {
        const user = verify(this.settings.users, username ?? "", password ?? "")
        if (user !== null) this.users.set(client, user)
        callback(user === null ? refusal(BAD_USER_NAME_OR_PASSWORD, notAUser(username)) : null, user !== null)
      }
    },
    authorizePublish: (client, packet, callback) => {
      // Without a client it is the broker's own.
      const fault = client === null ? null : this.publishFault(client, packet)
      if (client === null || fault !== null) callback(fault === null ? null : new Error(fault))
      else this.hand(client, packet, callback)
    },
    authorizeSubscribe: (_, subscription, callback) => {
      // No subscription is MQTT's refusal of it: 0x80 in SUBACK.
      callback(null, subscriptionFault(subscription.topic) === null ? subscription : null)
    },
    authorizeForward: (client, packet) => {
      const waiting = "writableLength" in client.conn ? client.conn.writableLength : 0
      return waiting > this.settings.forwardBytesMax ? null : packet
    }
  }

  private publishFault(client: Client, packet: PublishPacket): string | null {
    if (this.closed) return "the broker is stopping"
    if (isReserved(packet.topic)) return "topics that begin with $ are the broker's own"
    if (isBadText(packet.topic)) return "the topic is not valid text"
    return this.users.get(client)?.role === "reader" ? "a reader may not publish" : null
  }

  private hand(client: Client, packet: PublishPacket, callback: (error?: Error | null) => void): void {
    const { qos, topic } = packet
    const payload = typeof packet.payload === "string" ? encoder.encode(packet.payload) : packet.payload
    if (packet.retain && !this.retained.admit(topic, payload.length)) packet.retain = false
    this.handover.give({ topic, payload, qos, clientId: client.id }, (acknowledge) => {
      callback(acknowledge ? null : new Error(NOT_STORED))
    })
  }
}
