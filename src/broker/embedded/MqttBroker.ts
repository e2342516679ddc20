/**
 * The embedded broker of MQTT 3.1.1 and 5: Aedes on sockets of ours, and on WebSockets of the HTTP port. It lets in, bounds, and hands each publish to the
 * message sink before it acknowledges it.
 *
 * Stopping: no new connections, no more reading, what was taken in is stored and acknowledged (for at most
 * `shutdownMillis`), connections are closed. The sink must still be there then: provide it to this layer.
 */
import { Aedes, type Client } from "aedes"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { Audit } from "../../audit/Audit.js"
import { Traces } from "../../telemetry/Traces.js"
import type { TlsFault } from "../../tls/TlsFiles.js"
import { MessageSink } from "../MessageSink.js"
import { markConnected, nextCount, protect } from "./AedesClient.js"
import { auditLogins } from "./LoginAudit.js"
import { MqttConnections } from "./MqttConnections.js"
import { listenAll, type MqttListenError, PROBE_MILLIS } from "./MqttListeners.js"
import { MqttRules } from "./MqttRules.js"
import { DEFAULT_MQTT_SETTINGS, type MqttSettings } from "./MqttSettings.js"
import { RefusedClients, tellRefused } from "./RefusedClients.js"
import * as WebSocketDoor from "./WebSocketDoor.js"

export { MqttListenError } from "./MqttListeners.js"

export interface MqttBrokerService {
  readonly host: string
  /** The port that it listens on, also where the setting was 0; null: on none without TLS. */
  readonly port: number | null
  /** The same with TLS. */
  readonly tlsPort: number | null
  readonly connections: Effect.Effect<number>
  /** Reads no more from any client, and waits until what was taken in is acknowledged, or `shutdownMillis`. */
  readonly stopIntake: Effect.Effect<void>
  /** Sends a message of our own to subscribers, retained; the log does not get it. */
  readonly publishRetained: (topic: string, payload: string) => Effect.Effect<void>
}

export class MqttBroker extends Context.Tag("tidemark/MqttBroker")<MqttBroker, MqttBrokerService>() {}

/** A subscriber never holds publishers here (SocketGuard); should it, Aedes drops it after this, in ms. */
const DRAIN_MILLIS = 3_000

/** How often it is asked whether who is there may stay. */
const LOGINS_EVERY = "250 millis"

/** A packet's size with its fixed header: how MQTT 5 counts it. */
const wireSize = (bytes: number): number =>
  2 + [0x80, 0x4000, 0x20_0000].filter((from) => bytes >= from).length + bytes

/** What Aedes tells the rules, and they it. */
const connect = (aedes: Aedes, rules: MqttRules): void => {
  protect(aedes)
  rules.publish = (packet, done) => aedes.publish(packet, done)
  rules.shared.nextCount = () => nextCount(aedes)
  rules.refused = (client, error) => aedes.emit("clientError", client, error)
  aedes.on("client", (client) => rules.arrived(client))
  aedes.on("connackSent", ({ reasonCode = 0, returnCode = 0 }, client) => {
    if (reasonCode === 0 && returnCode === 0) markConnected(client)
  })
  aedes.on("clientDisconnect", (client) => rules.left(client))
}

const makeAedes = (settings: MqttSettings, rules: MqttRules): Effect.Effect<Aedes, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() =>
      Aedes.createBroker({
        ...rules.hooks,
        // Unbounded on purpose: a bounded emitter unwinds its queue by recursion, and overflows the stack.
        concurrency: 0,
        connectTimeout: settings.connectMillisMax,
        drainTimeout: DRAIN_MILLIS,
        keepaliveLimit: settings.keepAliveSecondsMax,
        persistence: rules.sessions,
        maximumPacketSize: wireSize(settings.packetBytesMax),
        receiveMaximum: settings.inflightQos2Max,
        topicAliasMaximum: settings.topicAliasesMax,
        sessionExpiryIntervalLimit: settings.sessionSecondsMax,
        pendingSessionsLimit: settings.sessionsMax
      })
    ).pipe(Effect.tap((aedes) => Effect.sync(() => connect(aedes, rules)))),
    (aedes) => Effect.async<void>((resume) => aedes.close(() => resume(Effect.void)))
  )

const make = (settings: MqttSettings) =>
  Effect.gen(function* () {
    const sink = yield* MessageSink
    const run = Runtime.runFork(yield* Effect.runtime<never>())
    const clock = yield* Effect.clock
    const rules = new MqttRules(settings, sink, clock, yield* Traces)
    const after = (millis: number, act: () => void) => run(Effect.delay(Effect.sync(act), millis))
    rules.later = after
    const aedes = yield* makeAedes(settings, rules)
    // Without a listener an error event would end the process.
    aedes.addListener("error", (error) => run(Effect.logError("The MQTT broker failed", error)))
    const refused = tellRefused(yield* RefusedClients, clock, run)
    const connections = new MqttConnections({
      settings,
      rules,
      handle: (connection) => aedes.handle(connection),
      isOverloaded: sink.overloaded,
      refused,
      now: () => clock.unsafeCurrentTimeMillis(),
      after
    })
    const addressOf = (conn: object) => connections.addresses.get(conn) ?? null
    rules.addressOf = addressOf
    aedes.on("connectionError", ({ conn }, error) => {
      if (!rules.closed) refused(null, addressOf(conn), error)
    })
    aedes.on("clientError", ({ conn, id }, error) => {
      if (!rules.closed) refused(id, addressOf(conn), error)
    })

    const audit = yield* Audit
    if (audit !== null) {
      const known = {
        addressOf: ({ conn }: Client) => addressOf(conn),
        principalOf: (client: Client) => rules.principalOf(client)
      }
      auditLogins(aedes, audit, known)
    }

    yield* Effect.acquireRelease(
      Effect.sync(() => sink.onDrained(() => connections.resume())),
      (unlisten) => Effect.sync(unlisten)
    )
    const { plain, secure } = yield* listenAll({
      settings,
      accept: connections.accept,
      refused,
      failed: (error) => run(Effect.logError(`MQTT server: ${error.message}`))
    })
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        plain?.server.close()
        secure?.server.close()
      }).pipe(Effect.zipRight(connections.stopIntake), Effect.zipRight(connections.close))
    )
    yield* WebSocketDoor.open({
      hasUsers: () => !settings.logins.isOpen(),
      frameBytesMax: settings.packetBytesMax,
      probeMillis: PROBE_MILLIS,
      isFull: (address) => connections.fullFor(address) !== null,
      accept: connections.accept
    })
    yield* Effect.sync(() => rules.dropOutdated()).pipe(
      Effect.repeat(Schedule.spaced(LOGINS_EVERY)),
      Effect.forkScoped
    )
    return MqttBroker.of({
      host: settings.host,
      port: plain?.port ?? null,
      tlsPort: secure?.port ?? null,
      connections: Effect.sync(() => connections.size),
      stopIntake: connections.stopIntake,
      publishRetained: (topic, payload) =>
        Effect.async((resume) =>
          aedes.publish(
            { cmd: "publish", topic, payload: Buffer.from(payload), qos: 1, retain: true, dup: false },
            (error) => resume(error ? Effect.die(error) : Effect.void)
          )
        )
    })
  })

/** The broker, listening. What it takes in goes to the message sink. */
export const layer = (
  settings: Partial<MqttSettings> = {}
): Layer.Layer<MqttBroker, MqttListenError | TlsFault, MessageSink> =>
  Layer.scoped(MqttBroker, make({ ...DEFAULT_MQTT_SETTINGS, ...settings }))
