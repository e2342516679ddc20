/**
 * What clients may do: the hooks that Aedes asks, and the one place where a publish is handed on.
 *
 * Invariants:
 * 1. A publish is handed to the sink before anything else comes of it, and its acknowledgement waits for the sink.
 *    `authorizePublish` is the only hook ahead of Aedes' own acknowledgement; we give it here, and send the message on.
 * 2. An error given to Aedes closes the connection, and the client sends again: so it is given only for what broke
 *    a rule, or was not stored. A message that can't be understood is the sink's to keep, and is acknowledged.
 * 3. Subscribers get the same whoever publishes: what the log rejects is sent on like anything else.
 */
import type { AedesOptions, AedesPublishPacket, Client, PublishPacket, Subscription } from "aedes"
import type { Clock } from "effect/Clock"
import { generate } from "mqtt-packet"
import type { Principal } from "../../domain/access/Principal.js"
import type { Scope } from "../../domain/access/Scope.js"
import { subscriptionFault } from "../../domain/access/Topic.js"
import type { TraceMaker } from "../../telemetry/Traces.js"
import { Handover } from "../Handover.js"
import type { MessageSinkService } from "../MessageSink.js"
import { Admission } from "./Admission.js"
import * as AedesClient from "./AedesClient.js"
import { mayHear, OUTDATED, publishFault } from "./MqttLogins.js"
import type { MqttSettings } from "./MqttSettings.js"
import { AckOutbox } from "./packet/AckOutbox.js"
import { PacketInlet } from "./packet/PacketInlet.js"
import * as ReasonCodes from "./packet/ReasonCodes.js"
import { NOT_STORED } from "./RefusedClients.js"
import { RetainedQuota } from "./RetainedQuota.js"
import { ReceiveWindow } from "./session/ReceiveWindow.js"
import { SessionStore } from "./session/SessionStore.js"
import { SharedDelivery } from "./session/SharedDelivery.js"
import { sharedName } from "./session/SharedSubscriptions.js"

type Hooks = Required<
  Pick<
    AedesOptions,
    "authenticate" | "authorizePublish" | "authorizeSubscribe" | "authorizeForward" | "published"
  >
>

type Callback = (error: Error | null) => void

const encoder = new TextEncoder()

const sizeOf = (packet: PublishPacket): number =>
  generate({ ...packet, messageId: 1 }, { protocolVersion: 5 }).length

/** The trace that a client of MQTT 5 says its message is of: https://w3c.github.io/trace-context-mqtt/ */
const traceparentOf = ({ properties }: PublishPacket): string | undefined => {
  const said = properties?.userProperties?.traceparent
  return typeof said === "string" ? said : undefined
}

/** How long a client that was told why it is closed may take to close, in ms. */
const LINGER_MILLIS = 1_000

/** Who sends a message once more, having had this many answers on one connection, will never release it. */
const ANSWERS_MAX = 2

export class MqttRules {
  readonly handover: Handover
  readonly sessions: SessionStore
  readonly shared: SharedDelivery
  readonly outbox = new AckOutbox()
  /** Sends a message on to subscribers. */
  publish: (packet: PublishPacket, done: () => void) => void = (_, done) => done()
  /** Told of each client whose connection ends for what it did. */
  refused: (client: Client, error: Error) => void = () => {}
  /** Where a connection comes from. */
  addressOf: (connection: object) => string | null = () => null
  /** Does something after so many ms. */
  later: (millis: number, act: () => void) => void = (_, act) => act()
  /** Nothing is taken any more, wills included. */
  closed = false
  private readonly admission: Admission
  private readonly inlets = new WeakMap<Client, PacketInlet>()
  private readonly retained: RetainedQuota
  private readonly windows: ReceiveWindow

  constructor(
    private readonly settings: MqttSettings,
    sink: MessageSinkService,
    clock: Clock,
    traces: TraceMaker | null = null
  ) {
    this.handover = new Handover(sink, clock, traces)
    this.sessions = new SessionStore(settings, () => clock.unsafeCurrentTimeMillis())
    this.admission = new Admission(settings, this.sessions, {
      addressOf: (connection) => this.addressOf(connection) ?? "",
      after: (millis, act) => this.later(millis, act)
    })
    this.sessions.mayHave = (client, filter) => this.admission.maySubscribe(client, filter)
    this.shared = new SharedDelivery(this.sessions, clock)
    this.windows = new ReceiveWindow(this.sessions.queues)
    this.retained = new RetainedQuota(settings.retainedTopicsMax, settings.retainedBytesMax)
  }

  readonly hooks: Hooks = {
    authenticate: (...login) => this.admission.authenticate(...login),
    authorizePublish: (client, packet, callback) => {
      // Without a client it is the broker's own.
      if (client === null) {
        callback(null)
        return
      }
      const login = this.admission.loginOf(client)
      const fault = this.closed ? "the broker is stopping" : publishFault(login, packet)
      if (fault !== null) callback(new Error(fault))
      else this.hand(client, login.principal.scope, packet, callback)
    },
    authorizeSubscribe: (client, subscription, callback) => {
      const isOver = AedesClient.subscriptionCount(client) >= this.settings.subscriptionsMax
      // No subscription is MQTT's refusal of it: 0x80 in SUBACK.
      callback(null, isOver || !this.maySubscribe(client, subscription) ? null : subscription)
    },
    authorizeForward: (client, packet) => this.forwarded(client, packet),
    published: (packet, _, callback) => {
      this.shared.send(packet)
      callback(null)
    }
  }

  principalOf(client: Client): Principal {
    return this.admission.loginOf(client).principal
  }

  /** A connection is made: all that its client sends comes by here. */
  connected(client: Client): void {
    const inlet = new PacketInlet({
      pass: (packet) => {
        if (packet.cmd === "connect") this.admission.greet(client, packet)
        this.windows.heard(client, packet)
        this.shared.rename(client, packet)
        pass(packet)
      },
      isAlias: (alias) => alias > this.settings.topicAliasesMax || AedesClient.hasAlias(client, alias),
      refuse: ({ reason, reasonCode }) =>
        this.close(client, reasonCode, reason, (error) => client.emit("error", error))
    })
    const pass = AedesClient.intercept(client, inlet.take, ({ message }) => {
      if (client.version !== 5 || !client.connected || client.closed) return
      const isViolation = message === AedesClient.NOT_A_BIT
      const code = isViolation ? ReasonCodes.PROTOCOL_ERROR : ReasonCodes.MALFORMED_PACKET
      this.outbox.flush(client)
      client.conn.write(ReasonCodes.disconnectPacket(code))
    })
    this.inlets.set(client, inlet)
  }

  arrived(client: Client): void {
    this.shared.arrived(client)
    this.sessions.arrived(client, this.admission.loginOf(client))
  }

  /** Its connection has ended, whatever came of it. */
  gone(client: Client): void {
    this.admission.closed(client)
  }

  /** Ends the connections and sessions of whose login holds no more. */
  dropOutdated(): void {
    for (const client of this.admission.outdated()) {
      this.close(client, ReasonCodes.NOT_AUTHORIZED, OUTDATED, (error) => client.emit("error", error))
    }
    this.sessions.endOutdated()
  }

  left(client: Client): void {
    this.shared.left(client)
    this.sessions.left(client)
  }

  private maySubscribe(client: Client, subscription: Subscription): boolean {
    const shared = sharedName(subscription.topic)
    const filter = shared ?? subscription.topic
    if (subscriptionFault(filter) !== null) return false
    if (!this.admission.maySubscribe(client, filter)) {
      this.refused(client, new Error(`it may not subscribe to ${JSON.stringify(filter.slice(0, 64))}`))
      return false
    }
    this.sessions.subscribing(client)
    return shared === null || this.sessions.shared.join(shared, client.id, subscription)
  }

  private forwarded(client: Client, packet: AedesPublishPacket): AedesPublishPacket | null {
    const waiting = "writableLength" in client.conn ? client.conn.writableLength : 0
    const isLate = waiting > this.settings.forwardBytesMax
    const max = client.maximumPacketSize
    AedesClient.suit(client, packet)
    const isUnfit =
      isLate ||
      !mayHear(this.admission.loginOf(client), packet.topic) ||
      (max !== undefined && sizeOf(packet) > max)
    // What is not sent now does not wait; nor does what Aedes would not find again: what is retained.
    if (isUnfit || packet.retain) this.sessions.queues.forget(client.id, packet)
    return !isUnfit && this.windows.admit(client, packet) ? packet : null
  }

  private hand(client: Client, scope: Scope, packet: PublishPacket, callback: Callback): void {
    const { qos, topic } = packet
    if (qos === 2 && packet.messageId !== undefined && !this.isNew(client, packet, callback)) return
    const payload = typeof packet.payload === "string" ? encoder.encode(packet.payload) : packet.payload
    if (packet.retain && !this.retained.admit(packet)) packet.retain = false
    AedesClient.prepare(packet, client)
    const given = { topic, payload, qos, clientId: client.id, scope, traceparent: traceparentOf(packet) }
    this.handover.give(given, (acknowledge, outcome) => {
      if (!acknowledge) {
        this.close(client, ReasonCodes.SERVER_BUSY, NOT_STORED, callback)
        // A will is Aedes' to send on.
      } else if (packet.cmd !== "publish") callback(null)
      else {
        const answer = qos === 0 ? null : ReasonCodes.answerTo(client, packet, payload, outcome)
        this.pass(client, packet, answer, callback)
      }
    })
  }

  /** What was stored is acknowledged, but at QoS 0, and sent on unless that was done while it was stored again. */
  private pass(
    client: Client,
    packet: PublishPacket,
    answer: ReasonCodes.Answer | null,
    callback: Callback
  ): void {
    const isRepeat = packet.qos === 2 && this.sessions.unreleased.timesAnswered(client, packet) > 0
    if (answer !== null) this.answer(client, packet, answer)
    const inlet = this.inlets.get(client)
    inlet?.publishing()
    const done = () => {
      AedesClient.markAnswered(packet)
      inlet?.published()
      callback(null)
    }
    const isHeard = packet.retain || this.sessions.hasSubscribers
    if (isRepeat || !isHeard) done()
    else this.publish(packet, done)
  }

  /** Whether a message at QoS 2 is to be taken in: it is no repeat of one that was stored, nor one too many. */
  private isNew(client: Client, packet: PublishPacket, callback: Callback): boolean {
    const { unreleased } = this.sessions
    const times = unreleased.timesAnswered(client, packet)
    if (times >= ANSWERS_MAX) {
      this.close(client, ReasonCodes.PROTOCOL_ERROR, "a message comes again and is never released", callback)
    } else if (times > 0) {
      this.answer(client, packet, ReasonCodes.plainAnswerTo(packet))
      AedesClient.markAnswered(packet)
      callback(null)
    } else if (unreleased.admit(client, packet)) return true
    else {
      const reason = "too many messages at QoS 2 are not released"
      this.close(client, ReasonCodes.RECEIVE_MAXIMUM_EXCEEDED, reason, callback)
    }
    return false
  }

  private answer(client: Client, packet: PublishPacket, answer: ReasonCodes.Answer): void {
    if (packet.qos === 2) {
      if (answer.isError) this.sessions.unreleased.release(client, packet)
      else this.sessions.unreleased.answered(client, packet)
    }
    if (!client.closed) this.outbox.send(client, answer.bytes)
  }

  /** Ends the connection, by which the client learns that it must send again: with why, where MQTT has a word for it. */
  private close(client: Client, reasonCode: number, reason: string, callback: Callback): void {
    const error = new Error(reason)
    if (client.version !== 5 || !client.connected || client.closed) {
      callback(error)
      return
    }
    this.refused(client, error)
    this.inlets.get(client)?.stop()
    this.outbox.flush(client)
    // A connection that is closed while its client still sends is reset, and the client may never read why.
    client.conn.end(ReasonCodes.goodbyeTo(client, reasonCode, reason))
    this.later(LINGER_MILLIS, () => client.close())
  }
}
