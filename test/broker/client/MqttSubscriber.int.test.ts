/** The subscriber, and the whole program with it, against a real Mosquitto. */
import { connect, createServer, type Socket } from "node:net"
import { performance } from "node:perf_hooks"
import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { MqttClient } from "mqtt"
import * as Subscriber from "../../../src/broker/client/MqttSubscriber.js"
import { MessageSink } from "../../../src/broker/MessageSink.js"
import { describeMosquitto, startMosquitto } from "../../support/mosquitto.js"
import { connectClient, publish, TestSink, until } from "../support.js"

const subscriber = (port: number, options: Partial<Subscriber.SubscriberOptions> = {}) =>
  Effect.gen(function* () {
    const sink = new TestSink()
    const layer = Subscriber.layer({
      url: Redacted.make(`mqtt://127.0.0.1:${port}`),
      clientId: "tide",
      topics: ["sensors/#"],
      packetBytesMax: 65_536,
      ...options
    }).pipe(Layer.provide(Layer.succeed(MessageSink, sink)))
    const service = Context.get(yield* Layer.build(layer), Subscriber.MqttSubscriber)
    yield* service.connected
    return { sink, service }
  })

/** Publishes numbers at QoS 1, and waits until the broker has them all. */
const publishNumbers = (client: MqttClient, from: number, count: number) =>
  Effect.promise(() =>
    Promise.all(
      Array.from({ length: count }, (_, at) =>
        client.publishAsync(`sensors/${at % 10}`, String(from + at), { qos: 1 })
      )
    )
  )

const numbers = (sink: TestSink): ReadonlyArray<number> =>
  sink.messages.map(({ payload }) => Number(Buffer.from(payload).toString()))
const range = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, at) => at)

/** A way to the broker that can be cut. */
const startProxy = (to: number) =>
  Effect.acquireRelease(
    Effect.async<{ readonly port: number; readonly cut: () => void; readonly stop: () => void }>((resume) => {
      const sockets = new Set<Socket>()
      const server = createServer((near) => {
        const far = connect(to, "127.0.0.1")
        for (const [one, other] of [
          [near, far],
          [far, near]
        ] as const) {
          sockets.add(one)
          one.pipe(other)
          one.on("error", () => other.destroy())
          one.on("close", () => sockets.delete(one))
        }
      })
      const cut = () => {
        for (const socket of sockets) socket.resetAndDestroy()
      }
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(
          Effect.succeed({
            port,
            cut,
            stop: () => {
              server.close()
              cut()
            }
          })
        )
      })
    }),
    ({ stop }) => Effect.sync(stop)
  )

describeMosquitto("a subscriber of Mosquitto", () => {
  it.scopedLive("gets again what was not acknowledged when its connection was cut, and loses nothing", () =>
    Effect.gen(function* () {
      const mosquitto = yield* startMosquitto(["max_inflight_messages 100"])
      const proxy = yield* startProxy(mosquitto.port)
      const { service, sink } = yield* subscriber(proxy.port)
      const client = yield* connectClient(mosquitto.port)
      yield* publishNumbers(client, 0, 300)
      yield* until("the first hundred", () => sink.messages.length === 100)
      proxy.cut()
      // Stored, but too late to say so: the broker may not hear of it.
      sink.settle()
      yield* until("they came again", () => sink.messages.length >= 200)
      sink.open = true
      sink.settle()
      yield* until("all came", () => new Set(numbers(sink)).size === 300)
      assert.deepStrictEqual(numbers(sink).slice(100, 200), range(100))
      assert.include(yield* service.status, { connected: true })
    })
  )

  it.scopedLive("goes to the next node when one refuses, and connects only while it may", () =>
    Effect.gen(function* () {
      const mosquitto = yield* startMosquitto()
      const proxy = yield* startProxy(mosquitto.port)
      let mayConnect = true
      const { service, sink } = yield* subscriber(mosquitto.port, {
        url: Redacted.make(`mqtt://127.0.0.1:${proxy.port},127.0.0.1:${mosquitto.port}`),
        mayConnect: () => mayConnect
      })
      sink.open = true
      mayConnect = false
      proxy.stop()
      yield* Effect.repeat(service.status, { until: ({ connected }) => !connected })
      yield* Effect.sleep("1 second")
      assert.include(yield* service.status, { connected: false })
      mayConnect = true
      yield* service.connected.pipe(Effect.timeout("10 seconds"))
      const client = yield* connectClient(mosquitto.port)
      yield* publish(client, "sensors/1", "5")
      yield* until("it came by the other node", () => sink.messages.length > 0)
      assert.strictEqual(service.address, `mqtt://127.0.0.1:${proxy.port},127.0.0.1:${mosquitto.port}`)
    })
  )

  it.scopedLive("subscribes again when the broker has forgotten its session", () =>
    Effect.gen(function* () {
      const mosquitto = yield* startMosquitto()
      const { sink } = yield* subscriber(mosquitto.port)
      sink.open = true
      yield* Effect.promise(() => mosquitto.kill())
      yield* Effect.promise(() => mosquitto.run())
      const client = yield* connectClient(mosquitto.port)
      // What is published before it has subscribed again is nobody's.
      const again = Effect.zipRight(publish(client, "sensors/1", "5"), Effect.sleep("20 millis"))
      yield* Effect.repeat(again, { until: () => sink.messages.length > 0 }).pipe(
        Effect.timeout("20 seconds")
      )
      assert.strictEqual(numbers(sink)[0], 5)
    })
  )

  it.scopedLive("finds what was published while it was away", () =>
    Effect.gen(function* () {
      const mosquitto = yield* startMosquitto()
      const client = yield* connectClient(mosquitto.port)
      yield* Effect.scoped(subscriber(mosquitto.port))
      yield* publishNumbers(client, 0, 50)
      const { sink } = yield* subscriber(mosquitto.port)
      sink.open = true
      // What came before it was open.
      sink.settle()
      yield* until("all are there", () => sink.messages.length === 50)
      assert.deepStrictEqual(numbers(sink), range(50))
    })
  )

  it.scopedLive("shares the messages of a group with the others of it", () =>
    Effect.gen(function* () {
      const mosquitto = yield* startMosquitto()
      const topics = ["$share/tide/sensors/#"]
      const one = yield* subscriber(mosquitto.port, { clientId: "one", topics })
      const two = yield* subscriber(mosquitto.port, { clientId: "two", topics })
      one.sink.open = true
      two.sink.open = true
      const client = yield* connectClient(mosquitto.port)
      yield* publishNumbers(client, 0, 200)
      yield* until("all came", () => one.sink.messages.length + two.sink.messages.length === 200)
      assert.deepStrictEqual(
        [...numbers(one.sink), ...numbers(two.sink)].sort((a, b) => a - b),
        range(200)
      )
      assert.isAbove(Math.min(one.sink.messages.length, two.sink.messages.length), 0)
    })
  )

  it.scopedLive("has ten thousand messages acknowledged", () =>
    Effect.gen(function* () {
      const mosquitto = yield* startMosquitto(["max_queued_messages 0"])
      const { sink } = yield* subscriber(mosquitto.port)
      sink.open = true
      const client = yield* connectClient(mosquitto.port)
      const began = performance.now()
      yield* publishNumbers(client, 0, 10_000)
      yield* until("all came", () => sink.messages.length === 10_000)
      const rate = Math.round(10_000_000 / (performance.now() - began))
      console.log(`10,000 messages through Mosquitto, ${rate}/s`)
      assert.strictEqual(new Set(numbers(sink)).size, 10_000)
    })
  )
})
