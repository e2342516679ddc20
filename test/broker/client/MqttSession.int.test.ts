/** The subscriber against a broker of the test's own, which sees each packet and sends what it likes. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Subscriber from "../../../src/broker/client/MqttSubscriber.js"
import { MessageSink } from "../../../src/broker/MessageSink.js"
import { startFakeBroker } from "../FakeBroker.js"
import { STORED, TestSink, until } from "../support.js"

/** A subscriber, a broker and a sink; it is subscribed unless the broker was told otherwise. */
const setUp = (options: Partial<Subscriber.SubscriberOptions> = {}) =>
  Effect.gen(function* () {
    const { fake, port, stop } = yield* startFakeBroker
    const sink = new TestSink()
    const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
    const layer = Subscriber.layer({
      url: Redacted.make(`mqtt://plant:secret@127.0.0.1:${port}`),
      clientId: "tide",
      topics: ["sensors/#", "$share/g/plant/+"],
      packetBytesMax: 1_024,
      ...options
    }).pipe(Layer.provide(Layer.succeed(MessageSink, sink)))
    const context = yield* Layer.buildWithScope(layer, scope)
    const subscriber = Context.get(context, Subscriber.MqttSubscriber)
    const leave = Scope.close(scope, Exit.void)
    return { fake, leave, port, sink, stop, subscriber }
  })

const subscribed = Effect.tap(setUp(), ({ subscriber }) => subscriber.connected)

describe("a subscriber", () => {
  it.scopedLive("asks for its session, and subscribes at QoS 1, each time", () =>
    Effect.gen(function* () {
      const { fake, subscriber } = yield* subscribed
      fake.sessionPresent = true
      fake.cut()
      yield* until("it is back", () => fake.ids("subscribe").length === 2)
      yield* subscriber.connected
      const [first] = fake.received
      assert.include(first, { cmd: "connect", clientId: "tide", clean: false, username: "plant" })
      for (const packet of fake.received) {
        if (packet.cmd !== "subscribe") continue
        assert.deepStrictEqual(
          packet.subscriptions.map(({ qos, topic }) => [topic, qos]),
          [
            ["sensors/#", 1],
            ["$share/g/plant/+", 1]
          ]
        )
      }
    })
  )

  it.scopedLive("hands over what comes, many at once, and acknowledges a stored prefix in order", () =>
    Effect.gen(function* () {
      const { fake, sink } = yield* subscribed
      const ids = Array.from({ length: 500 }, (_, at) => at + 1)
      for (const id of ids) fake.publish(id, JSON.stringify({ id }))
      yield* until("all are there", () => sink.messages.length === 500)
      assert.deepStrictEqual(fake.ids(), [])
      const [message] = sink.messages
      assert.include(message, { topic: "sensors/1", qos: 1, clientId: "tide" })
      assert.strictEqual(Buffer.from(message?.payload ?? []).toString(), '{"id":1}')
      sink.settle()
      yield* until("all are acknowledged", () => fake.ids().length === 500)
      assert.deepStrictEqual(fake.ids(), ids)
    })
  )

  it.scopedLive("sends nothing that it held for an older connection", () =>
    Effect.gen(function* () {
      const { fake, sink } = yield* subscribed
      for (const id of [1, 2, 3]) fake.publish(id)
      yield* until("they are there", () => sink.messages.length === 3)
      fake.cut()
      yield* until("it is back", () => fake.ids("subscribe").length === 2)
      // The same id again, for another message, which is not stored yet.
      sink.settle()
      fake.publish(1)
      yield* until("the new one is there", () => sink.messages.length === 4)
      fake.publish(9, "{}", 0)
      yield* until("what follows is there", () => sink.messages.length === 5)
      assert.deepStrictEqual(fake.ids(), [])
      sink.settle()
      yield* until("the new one is acknowledged", () => fake.ids().length > 0)
      assert.deepStrictEqual(fake.ids(), [1])
    })
  )

  it.scopedLive("leaves what was not stored without an acknowledgement, and asks for it again", () =>
    Effect.gen(function* () {
      const { fake, sink } = yield* subscribed
      fake.publish(1)
      yield* until("it is there", () => sink.messages.length === 1)
      sink.settle(null)
      yield* until("it is back", () => fake.ids("subscribe").length === 2)
      assert.deepStrictEqual(fake.ids(), [])
    })
  )

  it.scopedLive("stops reading while the sink is overloaded, and goes on when it is told", () =>
    Effect.gen(function* () {
      const { fake, sink } = yield* subscribed
      sink.open = true
      sink.full = true
      const big = Buffer.alloc(100_000, 32)
      for (let id = 1; id <= 200; id += 1) fake.publish(id, big)
      yield* until("the broker is held", () => fake.unread > 1_000_000)
      assert.isBelow(sink.messages.length, 5)
      sink.drain()
      yield* until("all came", () => fake.ids().length === 200)
    })
  )

  it.scopedLive("takes QoS 0 without and QoS 2 with two answers", () =>
    Effect.gen(function* () {
      const { fake, sink } = yield* subscribed
      fake.publish(0, "{}", 0)
      fake.publish(5, "{}", 2)
      yield* until("both are there", () => sink.messages.length === 2)
      assert.deepStrictEqual(
        sink.messages.map(({ qos }) => qos),
        [0, 2]
      )
      assert.deepStrictEqual(fake.ids("pubrec"), [])
      sink.settle()
      yield* until("it is received", () => fake.ids("pubrec").length === 1)
      fake.send({ cmd: "pubrel", messageId: 5 })
      yield* until("it is complete", () => fake.ids("pubcomp").length === 1)
      assert.deepStrictEqual([fake.ids("pubrec"), fake.ids("pubcomp"), fake.ids()], [[5], [5], []])
    })
  )

  it.scopedLive("takes in a message of any length, cut, so that it can be acknowledged", () =>
    Effect.gen(function* () {
      const { fake, sink } = yield* subscribed
      sink.open = true
      fake.publish(1, Buffer.alloc(3_000_000, 32))
      fake.publish(2)
      yield* until("both are acknowledged", () => fake.ids().length === 2)
      assert.isBelow(sink.messages[0]?.payload.length ?? 0, 140_000)
      assert.strictEqual(sink.messages[1]?.payload.length, 2)
    })
  )

  it.scopedLive("stops: takes nothing more, acknowledges what is stored, leaves the session", () =>
    Effect.gen(function* () {
      const { fake, leave, sink } = yield* subscribed
      for (const id of [1, 2]) fake.publish(id)
      yield* until("they are there", () => sink.messages.length === 2)
      const left = yield* Effect.fork(leave)
      yield* Effect.yieldNow()
      fake.publish(3)
      sink.settle()
      yield* left
      yield* until("it said good-bye", () => fake.ids("disconnect").length === 1)
      assert.deepStrictEqual(fake.ids(), [1, 2])
      assert.lengthOf(sink.messages, 2)
      assert.strictEqual(fake.connections, 1)
    })
  )

  it.scopedLive("stops in time, whatever is not stored", () =>
    Effect.gen(function* () {
      const { fake, leave, sink } = yield* Effect.tap(
        setUp({ shutdownMillis: 50 }),
        ({ subscriber }) => subscriber.connected
      )
      fake.publish(1)
      yield* until("it is there", () => sink.messages.length === 1)
      yield* leave
      sink.settle(STORED)
      assert.deepStrictEqual(fake.ids(), [])
    })
  )

  it.scopedLive("says why there is no connection, and tries on", () =>
    Effect.gen(function* () {
      const { fake, stop, subscriber } = yield* subscribed
      assert.include(yield* subscriber.status, { connected: true, reason: null })
      assert.notInclude(subscriber.address, "secret")
      const told = (reason: RegExp) =>
        until(String(reason), () => {
          const { connected, reason: said } = Effect.runSync(subscriber.status)
          return !connected && reason.test(said ?? "")
        })
      fake.returnCode = 5
      fake.cut()
      yield* told(/does not permit/)
      fake.returnCode = 0
      fake.granted = () => [1, 128]
      yield* told(/refuses the subscription to \$share\/g\/plant\/\+$/)
      fake.granted = () => [0, 1]
      yield* subscriber.connected
      assert.include(yield* subscriber.status, { reason: "it grants only QoS 0 for sensors/#" })
      stop()
      yield* told(/nobody listens there/)
    })
  )
})
