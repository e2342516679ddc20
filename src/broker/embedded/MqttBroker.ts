/**
 * The embedded MQTT 3.1.1 broker: Aedes on a socket of ours. It lets in, bounds, and hands each publish to the
 * message sink before it acknowledges it.
 *
 * Stopping: no new connections, no more reading, what was taken in is stored and acknowledged (for at most
 * `shutdownMillis`), connections are closed. The sink must still be there then: provide it to this layer.
 */
import { createServer, type Server } from "node:net"
import { Aedes } from "aedes"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Metrics from "../../telemetry/Metrics.js"
import { MessageSink } from "../MessageSink.js"
import { MqttRules } from "./MqttRules.js"
import { DEFAULT_MQTT_SETTINGS, type MqttSettings } from "./MqttSettings.js"
import { RefusedClients, tellRefused } from "./RefusedClients.js"
import { guardSocket, type SocketGuard } from "./SocketGuard.js"

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
}

export class MqttBroker extends Context.Tag("tidemark/MqttBroker")<MqttBroker, MqttBrokerService>() {}

/** Idle connections are probed by TCP after this long, in ms, so that a peer that is gone is found. */
const PROBE_MILLIS = 60_000
/** How long a connection that we end may take to close by itself, in ms. */
const END_MILLIS = 200
/** A subscriber never holds publishers here (SocketGuard); should it, Aedes drops it after this, in ms. */
const DRAIN_MILLIS = 3_000

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
    server.listen({ host, port }, () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })

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
        maxInflightInbound: settings.inflightQos2Max
      })
    ),
    (aedes) => Effect.async<void>((resume) => aedes.close(() => resume(Effect.void)))
  )

/** The open connections, and the latches that stopping waits for. */
interface Intake {
  readonly guards: Set<SocketGuard>
  readonly empty: Effect.Latch
  readonly idle: Effect.Latch
  held: boolean
}

const stopIntake = (intake: Intake, rules: MqttRules, settings: MqttSettings): Effect.Effect<void> =>
  Effect.gen(function* () {
    intake.held = true
    yield* rules.handover.outstanding === 0 ? intake.idle.open : intake.idle.close
    // Interruptible also in a release, or no timeout could end it.
    yield* Effect.timeoutOption(
      Effect.interruptible(intake.idle.await),
      Duration.millis(settings.shutdownMillis)
    )
  })

const closeConnections = (intake: Intake, rules: MqttRules): Effect.Effect<void> =>
  Effect.gen(function* () {
    rules.closed = true
    // First the end of the stream, behind the acknowledgements: a mere destroy could overtake them.
    for (const { socket } of intake.guards) socket.end()
    yield* intake.guards.size === 0 ? intake.empty.open : intake.empty.close
    yield* Effect.timeoutOption(Effect.interruptible(intake.empty.await), Duration.millis(END_MILLIS))
    for (const { socket } of intake.guards) socket.destroy()
  })

const make = (settings: MqttSettings) =>
  Effect.gen(function* () {
    const sink = yield* MessageSink
    const run = Runtime.runFork(yield* Effect.runtime<never>())
    const clock = yield* Effect.clock
    const rules = new MqttRules(settings, sink, clock)
    const intake: Intake = {
      guards: new Set(),
      empty: yield* Effect.makeLatch(false),
      idle: yield* Effect.makeLatch(false),
      held: false
    }
    rules.handover.onIdle = () => intake.idle.unsafeOpen()
    const aedes = yield* makeAedes(settings, rules)
    // Without a listener an error event would end the process.
    aedes.addListener("error", (error) => run(Effect.logError("The MQTT broker failed", error)))
    const refused = tellRefused(yield* RefusedClients, clock, run)
    // A socket that is closed no longer knows whose it was.
    const addresses = new WeakMap<object, string>()
    aedes.on("connectionError", ({ conn }, error) => {
      if (!rules.closed) refused(null, addresses.get(conn) ?? null, error)
    })
    aedes.on("clientError", ({ conn, id }, error) => {
      if (!rules.closed) refused(id, addresses.get(conn) ?? null, error)
    })

    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: PROBE_MILLIS })
    server.maxConnections = settings.connectionsMax
    const isHeld = () => intake.held || sink.overloaded()
    server.on("connection", (socket) => {
      const guard = guardSocket(socket, settings, isHeld, (reason) => {
        refused(null, socket.remoteAddress ?? null, new Error(reason))
      })
      if (socket.remoteAddress !== undefined) addresses.set(socket, socket.remoteAddress)
      intake.guards.add(guard)
      Metrics.mqttConnections.unsafeUpdate(intake.guards.size, [])
      socket.once("close", () => {
        intake.guards.delete(guard)
        Metrics.mqttConnections.unsafeUpdate(intake.guards.size, [])
        if (intake.guards.size === 0) intake.empty.unsafeOpen()
      })
      aedes.handle(socket)
    })
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        sink.onDrained(() => {
          for (const guard of intake.guards) guard.resume()
        })
      ),
      (unlisten) => Effect.sync(unlisten)
    )
    const port = yield* listen(server, settings.host, settings.port)
    server.removeAllListeners("error")
    server.on("error", (error) => run(Effect.logError(`MQTT server: ${error.message}`)))
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => server.close()).pipe(
        Effect.zipRight(stopIntake(intake, rules, settings)),
        Effect.zipRight(closeConnections(intake, rules))
      )
    )
    return MqttBroker.of({
      host: settings.host,
      port,
      connections: Effect.sync(() => intake.guards.size),
      stopIntake: stopIntake(intake, rules, settings)
    })
  })

/** The broker, listening. What it takes in goes to the message sink. */
export const layer = (
  settings: Partial<MqttSettings> = {}
): Layer.Layer<MqttBroker, MqttListenError, MessageSink> =>
  Layer.scoped(MqttBroker, make({ ...DEFAULT_MQTT_SETTINGS, ...settings }))
