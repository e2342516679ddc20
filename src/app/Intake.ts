/**
 * What takes readings in: the embedded broker, or the subscriber of one elsewhere, and the simulated sensors that
 * publish to either: each where this process has its role. Started when the database is ready, and stopped first, sensors
 * before broker.
 */
import { randomBytes } from "node:crypto"
import type { FileSystem } from "@effect/platform/FileSystem"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import { KeyBook } from "../access/KeyBook.js"
import type { LoginPace } from "../access/LoginPace.js"
import type { PublishRetained } from "../alerts/MqttNotices.js"
import * as MqttClient from "../broker/client/MqttClient.js"
import * as MqttSubscriber from "../broker/client/MqttSubscriber.js"
import * as MqttBroker from "../broker/embedded/MqttBroker.js"
import { loginsOf, type MqttLogins } from "../broker/embedded/MqttLogins.js"
import type { PeerBounds } from "../broker/embedded/MqttSettings.js"
import type { MessageSink } from "../broker/MessageSink.js"
import { type AppConfig, isLoopback } from "../config/AppConfig.js"
import { hashSecret } from "../config/Credentials.js"
import { peerLimits } from "../config/LimitSettings.js"
import { Database } from "../db/Transaction.js"
import type { EventLog } from "../eventlog/EventLog.js"
import { SensorStatuses } from "../sensors/SensorStatuses.js"
import { type TlsFault, tlsFiles } from "../tls/TlsFiles.js"
import { mqttLogins } from "./KeyLogins.js"
import * as SharedSubscriber from "./SharedSubscriber.js"
import { NOT_SIMULATING, SIMULATOR, type SimulatorStatus, simulating } from "./Simulator.js"

/** The link to a broker elsewhere. */
export interface BrokerLinkStatus extends MqttSubscriber.LinkStatus {
  readonly address: string
}

/** Where devices publish: for people, and for the simulated sensors. */
interface Door {
  /** Without user and password. */
  readonly address: string
  readonly note: string
  readonly url: string
  readonly login: object
}

/** The intake and how it is doing, which others may ask before it is started. */
export class Intake extends Context.Tag("tidemark/Intake")<
  Intake,
  {
    /** Starts taking readings in, until its scope closes; answers where: null: nowhere in this process. */
    readonly start: Effect.Effect<
      Door | null,
      MqttBroker.MqttListenError | MqttClient.MqttConnectError | TlsFault,
      Scope.Scope
    >
    /** Its door is open; one elsewhere may be away. */
    readonly started: Effect.Effect<boolean>
    /** None: there is none yet, or the broker is ours. */
    readonly link: Effect.Effect<Option.Option<BrokerLinkStatus>>
    /** What is wrong with the sensor file as it is now, in one line; null: nothing, or it is not watched. */
    readonly sensorFileFault: Effect.Effect<string | null>
    /** Publishes to where devices do, at QoS 1 and retained; fails with why it was not taken. */
    readonly publishRetained: PublishRetained
  }
>() {}

/** What runs of it. */
interface Parts extends SimulatorStatus {
  readonly started: boolean
  readonly subscriber: Option.Option<MqttSubscriber.MqttSubscriberService>
  readonly publishRetained: PublishRetained
}
type PartsRef = Ref.Ref<Parts>

const NOTHING: Parts = {
  ...NOT_SIMULATING,
  started: false,
  subscriber: Option.none(),
  publishRetained: () => Effect.fail("MQTT has not started")
}
const set = (parts: PartsRef, some: Partial<Parts>) => Ref.update(parts, (all) => ({ ...all, ...some }))

/** How long the start waits for a broker elsewhere before it goes on without. */
const FIRST_CONNECTION_WAIT = "2 seconds"

/** Those of the users, and one of this process' own with a secret that nobody else knows. */
const withSimulator = (logins: MqttLogins) => {
  const secret = randomBytes(32).toString("hex")
  const sha256 = Buffer.from(hashSecret(secret), "hex")
  const own = loginsOf([{ name: SIMULATOR, role: "writer", sha256 }])
  return {
    logins: {
      isOpen: logins.isOpen,
      verify: (...given) => own.verify(...given) ?? logins.verify(...given)
    } satisfies MqttLogins,
    login: { username: SIMULATOR, password: Redacted.make(secret) }
  }
}

const reachable = (host: string) => (host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host)
const bracketed = (host: string) => (host.includes(":") ? `[${host}]` : host)

/** Where clients have certificates, who has none is asked who they are. */
const certifiedToo = ({ mqttTlsClientCa }: AppConfig, logins: MqttLogins): MqttLogins =>
  mqttTlsClientCa === undefined ? logins : { ...logins, isOpen: () => false }

const mqttTls = ({ mqttTlsCert, mqttTlsClientCa, mqttTlsKey, mqttTlsOnly, mqttTlsPort }: AppConfig) => {
  const files = tlsFiles(mqttTlsCert, mqttTlsKey, mqttTlsClientCa)
  return files === undefined ? undefined : { files, port: mqttTlsPort, only: mqttTlsOnly }
}

/** What one client may do now: on this machine alone, nothing is bounded while nobody is asked who they are. */
const peerBounds = (config: AppConfig, { isOpen }: MqttLogins) => {
  const bounds = (isAlone: boolean): PeerBounds => {
    const limits = peerLimits(config, isAlone)
    return {
      connectionsPerAddressMax: limits.maxMqttConnectionsPerAddress,
      packetsPerSecondMax: limits.maxMessagesPerSecond,
      bytesPerSecondMax: limits.maxBytesPerSecond
    }
  }
  const [alone, among] = [bounds(true), bounds(false)]
  return () => (isLoopback(config.mqttHost) && isOpen() ? alone : among)
}

const brokerLimits = (config: AppConfig) => ({
  packetBytesMax: config.maxPacket,
  connectionsMax: config.maxMqttConnections,
  connectMillisMax: Duration.toMillis(config.mqttConnectTimeout),
  subscriptionsMax: config.maxSubscriptions,
  retainedTopicsMax: config.maxRetainedMessages,
  sessionsMax: config.maxSessions
})

const embedded = (config: AppConfig, pace: LoginPace, parts: PartsRef) =>
  Effect.gen(function* () {
    const { login, logins } = withSimulator(certifiedToo(config, mqttLogins(config, yield* KeyBook)))
    const context = yield* Layer.build(
      MqttBroker.layer({
        host: config.mqttHost,
        port: config.mqttPort,
        logins,
        pace,
        peer: peerBounds(config, logins),
        tls: mqttTls(config),
        ...brokerLimits(config)
      })
    )
    const { host, port, publishRetained, tlsPort } = Context.get(context, MqttBroker.MqttBroker)
    yield* set(parts, { publishRetained })
    const at = (where: string): ReadonlyArray<string> => [
      ...(port === null ? [] : [`mqtt://${bracketed(where)}:${port}`]),
      ...(tlsPort === null ? [] : [`mqtts://${bracketed(where)}:${tlsPort}`])
    ]
    const [address = "", ...others] = at(host)
    const [url = ""] = at(reachable(host))
    return {
      address,
      note: ['topic "sensors/..."', ...others].join(", also "),
      url,
      // This process' own: there is nobody else to be taken for.
      login: { ...login, verifiesServer: false }
    } satisfies Door
  })

/** Publishes to a broker elsewhere, by a connection for each message: they are rare. */
const publishingTo =
  ({ mqttClientId }: AppConfig, url: Redacted.Redacted): PublishRetained =>
  (topic, payload) =>
    MqttClient.make({ url: Redacted.value(url), clientId: `${mqttClientId}-alerts` }).pipe(
      Effect.flatMap((connection) => connection.publish(topic, payload, 1, true)),
      Effect.scoped,
      Effect.mapError((error) => ("reason" in error ? error.reason : String(error)))
    )

const subscribed = (config: AppConfig, url: Redacted.Redacted, parts: PartsRef) =>
  Effect.gen(function* () {
    const { mqttShare: group } = config
    const topics =
      group === undefined
        ? config.mqttTopics
        : config.mqttTopics.map((topic) => (topic.startsWith("$share/") ? topic : `$share/${group}/${topic}`))
    const subscriberLayer = group === undefined ? MqttSubscriber.layer : SharedSubscriber.layer
    const context = yield* Layer.build(
      subscriberLayer({ url, clientId: config.mqttClientId, topics, packetBytesMax: config.maxPacket })
    )
    const subscriber = Context.get(context, MqttSubscriber.MqttSubscriber)
    yield* set(parts, { subscriber: Option.some(subscriber) })
    // A broker that is away is waited for: the HTTP side is of use without it.
    yield* Effect.timeoutOption(subscriber.connected, FIRST_CONNECTION_WAIT)
    const note = `a broker elsewhere, subscribed to ${topics.join(", ")}`
    return { address: subscriber.address, note }
  })

const elsewhere = (config: AppConfig, url: Redacted.Redacted, parts: PartsRef) =>
  Effect.gen(function* () {
    yield* set(parts, { publishRetained: publishingTo(config, url) })
    const subscription = config.roles.has("ingest")
      ? yield* subscribed(config, url, parts)
      : { address: "a broker elsewhere", note: "this process is not subscribed to it" }
    return { ...subscription, url: Redacted.value(url), login: {} } satisfies Door
  })

/** Where this process takes messages in, or publishes them; null: nowhere. */
const doorOf = (config: AppConfig, pace: LoginPace, parts: PartsRef) => {
  if (config.mqttUrl !== undefined) return elsewhere(config, config.mqttUrl, parts)
  return config.roles.has("broker") ? embedded(config, pace, parts) : Effect.succeed(null)
}

const start = (config: AppConfig, pace: LoginPace, parts: PartsRef) =>
  Effect.gen(function* () {
    yield* Effect.flatMap(Database, (database) => database.ready)
    yield* Effect.flatMap(KeyBook, (keys) => keys.loaded)
    const door: Door | null = yield* doorOf(config, pace, parts)
    yield* set(parts, { started: true })
    if (config.simulate && config.roles.has("sensors") && door !== null)
      yield* simulating(config, door, (status) => set(parts, status))
    return door
  })

/** The intake, not started, and the statuses of its simulated sensors: of none before they run. */
export const layer = (config: AppConfig, pace: LoginPace) =>
  Layer.effectContext(
    Effect.gen(function* () {
      const parts = yield* Ref.make(NOTHING)
      const services = yield* Effect.context<Database | EventLog | KeyBook | MessageSink | FileSystem>()
      const intake = Intake.of({
        start: Effect.mapInputContext(start(config, pace, parts), (scope: Context.Context<Scope.Scope>) =>
          Context.merge(services, scope)
        ),
        started: Effect.map(Ref.get(parts), ({ started }) => started),
        link: Effect.flatMap(Ref.get(parts), ({ subscriber }) =>
          Effect.transposeMapOption(subscriber, ({ address, status }) =>
            Effect.map(status, (link) => ({ ...link, address }))
          )
        ),
        sensorFileFault: Effect.map(Ref.get(parts), ({ sensorFileFault }) => sensorFileFault),
        publishRetained: (...message) =>
          Effect.flatMap(Ref.get(parts), ({ publishRetained }) => publishRetained(...message))
      })
      const statuses = SensorStatuses.of({
        get: (id) => Effect.flatMap(Ref.get(parts), (now) => now.statuses.get(id)),
        all: Effect.flatMap(Ref.get(parts), (now) => now.statuses.all)
      })
      return Context.make(Intake, intake).pipe(Context.add(SensorStatuses, statuses))
    })
  )
