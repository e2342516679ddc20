/**
 * A client of an MQTT 3.1.1 broker: one connection, over which messages are published as a device does it.
 *
 * - `publish` at QoS 1 or 2 succeeds when the broker has acknowledged, and never otherwise. What was not
 *   acknowledged when the connection closed fails: the caller alone decides whether to send it again.
 * - Nothing is queued while there is no connection: `publish` fails at once. The connection comes back by itself.
 * - At most `inFlightMax` messages wait for their acknowledgement; further calls of `publish` wait their turn.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import mqtt from "mqtt"
import { ReadingSink } from "../../sensors/ReadingSink.js"
import {
  connectError,
  type MqttClientOptions,
  type MqttConnectError,
  type MqttTarget,
  parseTarget
} from "./MqttAddress.js"

/**
 * How long a broker may hold an acknowledgement back. Then the connection is dropped, as only a new one makes sure
 * that a late acknowledgement is not taken for that of another message.
 */
export const ACKNOWLEDGE_TIMEOUT = Duration.seconds(60)
/** Messages in flight on one connection; packet ids allow 65,535. */
export const IN_FLIGHT_MAX = 1_000
/** How long the layer waits for its first connection before it lets the others start. */
const FIRST_CONNECTION_WAIT = Duration.seconds(2)

/** The message was not acknowledged (connection lost, broker stopping). The same message may be sent again. */
class NotAcknowledged extends Schema.TaggedError<NotAcknowledged>()("NotAcknowledged", {
  reason: Schema.String
}) {}

type Settle = (refusal: string | null) => void

export interface MqttConnection {
  /** QoS 0 succeeds when the message was handed to the socket, QoS 1 (the default) and 2 when acknowledged. */
  readonly publish: (
    topic: string,
    payload: string | Uint8Array,
    qos?: 0 | 1 | 2,
    retain?: boolean
  ) => Effect.Effect<void, NotAcknowledged>
  /** `publish` at QoS 1 without a fiber: `settle` hears once whether it was acknowledged (null), or why not. */
  readonly offer: (topic: string, payload: string, settle: Settle) => void
  readonly connected: Effect.Effect<void>
}

export { type MqttClientOptions, MqttConnectError } from "./MqttAddress.js"

interface Pending {
  readonly sentAt: number
  readonly fail: (reason: string) => void
}

/** What the library has no state for: whether we may publish, and what is not acknowledged. */
class Publisher {
  readonly connected = Effect.unsafeMakeLatch(false)
  private up = false
  // In the order of sending.
  private readonly pending = new Set<Pending>()
  // Wait for their turn; how many these are is for the callers to bound.
  private readonly waiting: Array<() => void> = []

  constructor(
    private readonly client: mqtt.MqttClient,
    private readonly clock: Clock.Clock,
    private readonly inFlightMax: number
  ) {}

  opened(): void {
    this.up = true
    this.connected.unsafeOpen()
  }

  /** The connection is gone: nothing that is pending will be acknowledged. */
  closed(reason: string): void {
    this.up = false
    this.connected.unsafeClose()
    const lost = [...this.pending]
    this.pending.clear()
    // Or the library would send them again by itself.
    for (const id of Object.keys(this.client.outgoing)) this.client.removeOutgoingMessage(Number(id))
    for (const message of lost) message.fail(reason)
    for (const refuse of this.waiting.splice(0)) refuse()
  }

  /** `settle` hears once: null when it was acknowledged (QoS 0: handed to the socket), or why it was not. */
  publish(topic: string, payload: string | Uint8Array, qos: 0 | 1 | 2, settle: Settle, retain = false): void {
    if (!this.up) {
      settle("not connected")
      return
    }
    if (this.pending.size >= this.inFlightMax) {
      this.waiting.push(() => this.publish(topic, payload, qos, settle, retain))
      return
    }
    const message: Pending = { sentAt: this.clock.unsafeCurrentTimeMillis(), fail: settle }
    this.pending.add(message)
    const bytes = typeof payload === "string" ? payload : Buffer.from(payload)
    this.client.publish(topic, bytes, { qos, retain }, (error) => {
      if (!this.pending.delete(message)) return
      settle(error?.message ?? null)
      this.waiting.shift()?.()
    })
  }

  /** Drops the connection when the oldest message has waited for so many ms. */
  dropIfSilent(timeoutMs: number): void {
    const [oldest] = this.pending
    if (oldest === undefined || this.clock.unsafeCurrentTimeMillis() - oldest.sentAt < timeoutMs) return
    this.closed(`no acknowledgement in ${timeoutMs} ms`)
    this.client.stream.destroy()
  }
}

/** Opens a connection that comes back by itself; `onError` hears why each try has failed. */
const open = (
  target: MqttTarget,
  options: MqttClientOptions,
  events: {
    readonly onUp: () => void
    readonly onError: (error: MqttConnectError) => void
    readonly onDown: () => void
  }
): Effect.Effect<MqttConnection, never, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Clock.clockWith(Effect.succeed)
    const inFlightMax = options.inFlightMax ?? IN_FLIGHT_MAX
    const inFlight = yield* Effect.makeSemaphore(inFlightMax)
    const [, publisher] = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const client = mqtt.connect(target.options)
        const publisher = new Publisher(client, clock, inFlightMax)
        client.on("connect", () => {
          publisher.opened()
          events.onUp()
        })
        client.on("close", () => {
          publisher.closed("the connection was closed")
          if (!client.disconnecting) events.onDown()
        })
        client.on("error", (error) => events.onError(connectError(target, error)))
        return [client, publisher] as const
      }),
      ([client, publisher]) =>
        Effect.async<void>((resume) => {
          publisher.closed("the client has ended")
          client.end(true, () => resume(Effect.void))
        })
    )
    const timeout = Duration.toMillis(options.acknowledgeTimeout ?? ACKNOWLEDGE_TIMEOUT)
    yield* Effect.sync(() => publisher.dropIfSilent(timeout)).pipe(
      Effect.delay(timeout / 4),
      Effect.forever,
      Effect.forkScoped
    )
    return {
      publish: (topic, payload, qos = 1, retain = false) =>
        inFlight.withPermits(1)(
          Effect.async<void, NotAcknowledged>((resume) => {
            const settle: Settle = (reason) =>
              resume(reason === null ? Effect.void : new NotAcknowledged({ reason }))
            publisher.publish(topic, payload, qos, settle, retain)
          })
        ),
      offer: (topic, payload, settle) => publisher.publish(topic, payload, 1, settle),
      connected: publisher.connected.await
    }
  })

/**
 * Connects, or says in one error why there is no connection. Once made, a connection that is lost comes back by
 * itself. It ends with the scope.
 */
export const make = (
  options: MqttClientOptions
): Effect.Effect<MqttConnection, MqttConnectError, Scope.Scope> =>
  Effect.gen(function* () {
    const target = yield* parseTarget(options)
    const first = yield* Deferred.make<void, MqttConnectError>()
    const settle = (outcome: Effect.Effect<void, MqttConnectError>) => Deferred.unsafeDone(first, outcome)
    // A connection that was never made must not be tried on until the caller's scope ends.
    const scope = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
    // Each of several hosts is tried once.
    let left = target.hosts.length
    let reason = connectError(target, new Error("the broker closed the connection"))
    const connection = yield* open(target, options, {
      onUp: () => settle(Effect.void),
      onError: (error) => {
        reason = error
        if (left === 1) settle(error)
      },
      onDown: () => {
        left -= 1
        if (left === 0) settle(reason)
      }
    }).pipe(Scope.extend(scope))
    yield* Deferred.await(first).pipe(Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause))))
    return connection
  })

/** The sink of the simulated sensors: it is there even while the broker is not, and says so in the log. */
export const layer = (options: MqttClientOptions): Layer.Layer<ReadingSink, MqttConnectError> =>
  Layer.scoped(
    ReadingSink,
    Effect.gen(function* () {
      const target = yield* parseTarget(options)
      const log = Runtime.runFork(yield* Effect.runtime<never>())
      // Each state is said once, however often it is tried again.
      let said = ""
      const say = (text: string, level: (text: string) => Effect.Effect<void>) => {
        if (text !== said) log(level(text))
        said = text
      }
      const connection = yield* open(target, options, {
        onUp: () => say(`sensors publish to ${target.shown}`, Effect.logInfo),
        onError: (error) => say(error.message, Effect.logWarning),
        onDown: () => {
          if (said.startsWith("sensors publish"))
            say("sensors have lost their MQTT connection", Effect.logWarning)
        }
      })
      yield* Effect.timeoutOption(connection.connected, FIRST_CONNECTION_WAIT)
      return { publish: connection.offer }
    })
  )
