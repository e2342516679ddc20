/**
 * What clients may do: the hooks that Aedes asks, and the one place where a publish is handed on.
 *
 * Invariants:
 * 1. A publish is handed to the sink before anything else comes of it, and its acknowledgement waits for the sink.
 *    Aedes acknowledges QoS 1 *before* it publishes: `authorizePublish` is the only hook ahead of that.
 * 2. An error given to Aedes closes the connection, and the client sends again: so it is given only for what broke
 *    a rule, or was not stored. A message that can't be understood is the sink's to keep, and is acknowledged.
 * 3. Subscribers get the same whoever publishes: what the log rejects is sent on like anything else.
 */
import type { AedesOptions, AedesPublishPacket, Client, PublishPacket } from "aedes"
import type { Clock } from "effect/Clock"
import { generate } from "mqtt-packet"
import { type Credential, verify } from "../../config/Credentials.js"
import { Handover } from "../Handover.js"
import type { MessageSinkService } from "../MessageSink.js"
import { isBadText, isReserved, subscriptionFault } from "../Topic.js"
import { grantedQos, markAnswered, prepare, protectClient, resume, subscriptionCount } from "./AedesClient.js"
import type { MqttSettings } from "./MqttSettings.js"
import { acknowledgement, MALFORMED_PACKET, RECEIVE_MAXIMUM_EXCEEDED, SERVER_BUSY } from "./ReasonCodes.js"
import { ReceiveWindow } from "./ReceiveWindow.js"
import { NOT_STORED } from "./RefusedClients.js"
import { RetainedQuota } from "./RetainedQuota.js"
import { SessionStore } from "./SessionStore.js"

type Hooks = Required<
  Pick<
    AedesOptions,
    "preConnect" | "authenticate" | "authorizePublish" | "authorizeSubscribe" | "authorizeForward"
  >
>

type Callback = (error: Error | null) => void

const encoder = new TextEncoder()

const sizeOf = (packet: PublishPacket): number =>
  generate({ ...packet, messageId: 1 }, { protocolVersion: 5 }).length

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
  readonly sessions: SessionStore
  /** Sends a message on to subscribers. */
  publish: (packet: PublishPacket, done: () => void) => void = (_, done) => done()
  /** Nothing is taken any more, wills included. */
  closed = false
  private readonly users = new WeakMap<Client, Credential>()
  private readonly retained: RetainedQuota
  private readonly windows: ReceiveWindow

  constructor(
    private readonly settings: MqttSettings,
    sink: MessageSinkService,
    clock: Clock
  ) {
    this.handover = new Handover(sink, clock)
    this.sessions = new SessionStore(settings, () => clock.unsafeCurrentTimeMillis())
    this.windows = new ReceiveWindow(this.sessions)
    this.retained = new RetainedQuota(settings.retainedTopicsMax, settings.retainedBytesMax)
  }

  readonly hooks: Hooks = {
    preConnect: (client, packet, callback) => {
      protectClient(client, (received) => this.windows.heard(client, received))
      const texts = [packet.clientId, packet.username ?? "", packet.will?.topic ?? ""]
      const bad = texts.some(isBadText)
      // An error, not false: that would leave the refused connection hanging.
      callback(bad ? new Error("CONNECT holds text that is not valid") : null, !bad)
    },
    authenticate: (client, username, password, callback) => {
      resume(client, this.sessions.nextId(client))
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
      else if (isBadText(packet.topic)) {
        this.close(client, MALFORMED_PACKET, "the topic is not valid text", callback)
      } else this.hand(client, packet, callback)
    },
    authorizeSubscribe: (client, subscription, callback) => {
      if (isBadText(subscription.topic)) {
        this.close(client, MALFORMED_PACKET, "a filter is not valid text", callback)
        return
      }
      const isOver = subscriptionCount(client) >= this.settings.subscriptionsMax
      // No subscription is MQTT's refusal of it: 0x80 in SUBACK.
      callback(null, isOver || subscriptionFault(subscription.topic) !== null ? null : subscription)
    },
    authorizeForward: (client, packet) => {
      const waiting = "writableLength" in client.conn ? client.conn.writableLength : 0
      const isLate = waiting > this.settings.forwardBytesMax
      const max = client.maximumPacketSize
      const isTooLarge = max !== undefined && sizeOf(packet) > max
      // What is not sent now does not wait; nor does what Aedes would not find again: what is retained.
      if (isLate || isTooLarge || packet.retain) this.sessions.forget(client, packet)
      if (isLate || isTooLarge) return null
      const granted = packet.qos === 2 ? this.downgraded(client, packet) : packet
      return this.windows.admit(client, granted) ? granted : null
    }
  }

  private downgraded(client: Client, packet: AedesPublishPacket): AedesPublishPacket {
    // Nothing granted: it was unsubscribed from since, and the message waited.
    if (grantedQos(client, packet.topic) === 1) packet.qos = 1
    return packet
  }

  private publishFault(client: Client, packet: PublishPacket): string | null {
    if (this.closed) return "the broker is stopping"
    if (isReserved(packet.topic)) return "topics that begin with $ are the broker's own"
    return this.users.get(client)?.role === "reader" ? "a reader may not publish" : null
  }

  private hand(client: Client, packet: PublishPacket, callback: Callback): void {
    const { qos, topic } = packet
    if (qos === 2 && packet.messageId !== undefined && !this.sessions.unreleased.admit(client, packet)) {
      this.close(client, RECEIVE_MAXIMUM_EXCEEDED, "too many messages at QoS 2 are not released", callback)
      return
    }
    const payload = typeof packet.payload === "string" ? encoder.encode(packet.payload) : packet.payload
    if (packet.retain && !this.retained.admit(topic, payload.length)) packet.retain = false
    prepare(packet, client)
    this.handover.give({ topic, payload, qos, clientId: client.id }, (acknowledge, outcome) => {
      if (!acknowledge) {
        this.close(client, SERVER_BUSY, NOT_STORED, callback)
        return
      }
      const answer = outcome === null ? null : acknowledgement(client, packet, payload, outcome)
      if (answer === null) callback(null)
      else this.answer(client, packet, answer, callback)
    })
  }

  /** Acknowledges in place of Aedes, which knows one reason code, and sends the message on. */
  private answer(client: Client, packet: PublishPacket, answer: Buffer, callback: Callback): void {
    if (!client.closed) client.conn.write(answer)
    if (packet.qos === 2) this.sessions.unreleased.release(client, packet)
    this.publish(packet, () => {})
    markAnswered(packet)
    callback(null)
  }

  /** Ends the connection, by which the client learns that it must send again: with why, where MQTT has a word for it. */
  private close(client: Client, reasonCode: number, reason: string, callback: Callback): void {
    if (client.version !== 5 || client.closed) callback(new Error(reason))
    else client.disconnect({ reasonCode, properties: { reasonString: reason } })
  }
}
