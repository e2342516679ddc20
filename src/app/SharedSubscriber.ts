/**
 * The subscriber of a shared subscription: under a numbered client id that is this process' by a lease, so that the broker
 * keeps a session for each number, whichever process has it. Numbers that were left for good are taken, too.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { type MqttConnectError, parseTarget } from "../broker/client/MqttAddress.js"
import * as MqttSubscriber from "../broker/client/MqttSubscriber.js"
import type { MessageSink } from "../broker/MessageSink.js"
import { Ownership, type Slot } from "../ownership/Ownership.js"
import { nowMicros } from "../telemetry/Instant.js"

/** The leases' name. */
const SLOTS = "mqtt"

const make = (options: MqttSubscriber.SubscriberOptions) =>
  Effect.gen(function* () {
    const ownership = yield* Ownership
    const { shown } = yield* parseTarget({ url: Redacted.value(options.url), clientId: options.clientId })
    const since = yield* nowMicros
    const current = new Map<number, MqttSubscriber.MqttSubscriberService>()
    const connected = yield* Effect.makeLatch()
    const subscribe = ({ isOurs, number }: Slot) =>
      Effect.gen(function* () {
        const clientId = `${options.clientId}-${number}`
        const context = yield* Layer.build(MqttSubscriber.layer({ ...options, clientId, mayConnect: isOurs }))
        const service = Context.get(context, MqttSubscriber.MqttSubscriber)
        yield* Effect.acquireRelease(
          Effect.sync(() => current.set(number, service)),
          () => Effect.sync(() => current.delete(number))
        )
        yield* service.connected
        yield* connected.open
        return yield* Effect.never
      }).pipe(Effect.scoped)
    yield* Effect.forkScoped(ownership.whileOneOwned(SLOTS, subscribe))
    yield* Effect.forkScoped(ownership.forEachLeft(SLOTS, subscribe))
    const all = Effect.suspend(() => Effect.forEach([...current.values()], ({ status }) => status))
    return MqttSubscriber.MqttSubscriber.of({
      address: shown,
      status: Effect.map(
        all,
        (statuses): MqttSubscriber.LinkStatus =>
          statuses.find((status) => !status.connected) ??
          statuses[0] ?? { connected: false, reason: "it waits for a client id of its own", since }
      ),
      connected: connected.await,
      stopIntake: Effect.suspend(() =>
        Effect.forEach([...current.values()], ({ stopIntake }) => stopIntake, {
          concurrency: "unbounded",
          discard: true
        })
      )
    })
  })

export const layer = (
  options: MqttSubscriber.SubscriberOptions
): Layer.Layer<MqttSubscriber.MqttSubscriber, MqttConnectError, MessageSink> =>
  Layer.scoped(MqttSubscriber.MqttSubscriber, make(options))
