/**
 * The embedded broker of MQTT 3.1.1 and 5: Aedes on sockets of ours, and on WebSockets of the HTTP port. It lets in, bounds, and hands each publish to the
 * message sink before it acknowledges it.
 *
 * Stopping: no new connections, no more reading, what was taken in is stored and acknowledged (for at most
 * `shutdownMillis`), connections are closed. The sink must still be there then: provide it to this layer.
 */
import { createServer, type Server } from "node:net"
import { Aedes } from "aedes"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { MessageSink } from "../MessageSink.js"
import { markConnected, nextCount, protect } from "./AedesClient.js"
import { MqttConnections } from "./MqttConnections.js"
import { MqttRules } from "./MqttRules.js"
import { DEFAULT_MQTT_SETTINGS, type MqttSettings } from "./MqttSettings.js"
import { RefusedClients, tellRefused } from "./RefusedClients.js"
import * as WebSocketDoor from "./WebSocketDoor.js"

/** The address can't be listened on. `message` is one line for people. */
export class MqttListenError extends Schema.TaggedError<MqttListenError>()("MqttListenError", {
  host: Schema.String,
  port: Schema.Int,
  reason: Schema.String
}) {
  override get message(): string {
    return `MQTT can't listen on ${this.host}:${this.port}: ${this.reason}`
  }
}

export interface MqttBrokerService {
  readonly host: string
  /** The port that it listens on, also where the setting was 0. */
  readonly port: number
  readonly connections: Effect.Effect<number>
  /** Reads no more from any client, and waits until what was taken in is acknowledged, or `shutdownMillis`. */
  readonly stopIntake: Effect.Effect<void>
  /** Sends a message of our own to subscribers, retained; the log does not get it. */
  readonly publishRetained: (topic: string, payload: string) => Effect.Effect<void>
}

export class MqttBroker extends Context.Tag("tidemark/MqttBroker")<MqttBroker, MqttBrokerService>() {}

/** Connections that may wait to be taken: after an outage all devices come at once. */
const BACKLOG = 4_096
/** Idle connections are probed by TCP after this long, in ms, so that a peer that is gone is found. */
const PROBE_MILLIS = 60_000
/** A subscriber never holds publishers here (SocketGuard); should it, Aedes drops it after this, in ms. */
const DRAIN_MILLIS = 3_000

/** How often it is asked whether who is there may stay. */
const LOGINS_EVERY = "250 millis"

/** How long a client that was told why it is closed may take to close, in ms. */
const LINGER_MILLIS = 1_000

const REASONS: Record<string, string> = {
  EADDRINUSE: "the port is taken; set MQTT_PORT to another one",
  EADDRNOTAVAIL: "this machine has no such address; see MQTT_HOST",
  EACCES: "the port is not permitted to this user",
  ENOTFOUND: "there is no such host; see MQTT_HOST"
}

const listen = (server: Server, host: string, port: number): Effect.Effect<number, MqttListenError> =>
  Effect.async((resume) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason = REASONS[error.code ?? ""] ?? error.message
      resume(Effect.fail(new MqttListenError({ host, port, reason })))
    })
    server.listen({ host, port, backlog: BACKLOG }, () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })

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
    const rules = new MqttRules(settings, sink, clock)
    rules.later = (act) => run(Effect.delay(Effect.sync(act), LINGER_MILLIS))
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
      after: (millis, act) => run(Effect.delay(Effect.sync(act), millis))
    })
    const addressOf = (conn: object) => connections.addresses.get(conn) ?? null
    aedes.on("connectionError", ({ conn }, error) => {
      if (!rules.closed) refused(null, addressOf(conn), error)
    })
    aedes.on("clientError", ({ conn, id }, error) => {
      if (!rules.closed) refused(id, addressOf(conn), error)
    })

    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: PROBE_MILLIS })
    server.maxConnections = settings.connectionsMax
    server.on("drop", (data) => refused(null, data?.remoteAddress ?? null, new Error("too many connections")))
    server.on("connection", (socket) => connections.accept(socket, socket.remoteAddress))
    yield* Effect.acquireRelease(
      Effect.sync(() => sink.onDrained(() => connections.resume())),
      (unlisten) => Effect.sync(unlisten)
    )
    const port = yield* listen(server, settings.host, settings.port)
    server.removeAllListeners("error")
    server.on("error", (error) => run(Effect.logError(`MQTT server: ${error.message}`)))
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => server.close()).pipe(
        Effect.zipRight(connections.stopIntake),
        Effect.zipRight(connections.close)
      )
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
      port,
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
): Layer.Layer<MqttBroker, MqttListenError, MessageSink> =>
  Layer.scoped(MqttBroker, make({ ...DEFAULT_MQTT_SETTINGS, ...settings }))
