import type { AddressInfo, Socket } from "node:net"
import { createServer, type Server } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Aedes } from "aedes"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as MqttClient from "../../../src/broker/client/MqttClient.js"
import { ReadingSink } from "../../../src/sensors/ReadingSink.js"

// A broker that hands each publish to `onPublish`, and acknowledges when that calls back.
interface TestBroker {
  readonly url: string
  readonly port: number
  readonly received: Array<string>
  readonly sockets: Set<Socket>
  onPublish: (payload: string, acknowledge: () => void) => void
}

const listen = (server: Server, port: number) =>
  Effect.async<number>((resume) => {
    server.listen(port, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
  })

const startBroker = (port = 0) =>
  Effect.gen(function* () {
    const received: Array<string> = []
    const sockets = new Set<Socket>()
    const aedes = yield* Effect.promise(() =>
      Aedes.createBroker({
        authenticate: (_client, username, password, done) => {
          if (username !== "wrong" && (username !== "device" || String(password) === "secret"))
            return done(null, true)
          done(Object.assign(new Error("bad credentials"), { returnCode: 4 as const }), null)
        },
        authorizePublish: (_client, packet, done) => {
          const payload = String(packet.payload)
          received.push(payload)
          broker.onPublish(payload, () => done(null))
        }
      })
    )
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on("close", () => sockets.delete(socket))
      aedes.handle(socket)
    })
    const bound = yield* listen(server, port)
    yield* Effect.addFinalizer(() =>
      Effect.async<void>((resume) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => aedes.close(() => resume(Effect.void)))
      })
    )
    const broker: TestBroker = {
      url: `mqtt://127.0.0.1:${bound}`,
      port: bound,
      received,
      sockets,
      onPublish: (_payload, acknowledge) => acknowledge()
    }
    return broker
  })

/** Polls until it holds, at most 10 s. */
const eventually = (what: string, holds: () => boolean) =>
  Effect.gen(function* () {
    for (let i = 0; i < 1_000; i++) {
      if (holds()) return
      yield* Effect.sleep("10 millis")
    }
    assert.fail(`never: ${what}`)
  })

const freePort = Effect.scoped(Effect.map(startBroker(), (broker) => broker.port))

describe("MqttClient", () => {
  it.scopedLive("succeeds when the broker has acknowledged, not before", () =>
    Effect.gen(function* () {
      const broker = yield* startBroker()
      let acknowledge: () => void = () => undefined
      broker.onPublish = (_payload, done) => {
        acknowledge = done
      }
      const client = yield* MqttClient.make({ url: broker.url, clientId: "c" })
      const publishing = yield* Effect.fork(client.publish("sensors/1", "hello"))
      yield* eventually("received", () => broker.received.length === 1)
      assert.isTrue(Option.isNone(yield* Fiber.poll(publishing)))
      acknowledge()
      yield* Fiber.join(publishing)
      assert.deepStrictEqual(broker.received, ["hello"])
    })
  )

  it.scopedLive("says in one error that nobody listens, or that the credentials are wrong", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const refused = yield* Effect.flip(
        MqttClient.make({ url: `mqtt://u:p@127.0.0.1:${port}`, clientId: "c" })
      )
      assert.strictEqual(
        refused.message,
        `no MQTT connection to mqtt://127.0.0.1:${port}: nobody listens there`
      )
      const broker = yield* startBroker()
      const device = { url: broker.url, clientId: "c", username: "device" }
      const wrong = yield* Effect.flip(MqttClient.make({ ...device, password: Redacted.make("guess") }))
      assert.strictEqual(wrong.returnCode, 4)
      assert.include(wrong.message, "Bad username or password")
      yield* MqttClient.make({ ...device, password: Redacted.make("secret") })
      yield* MqttClient.make({ url: broker.url.replace("//", "//device:secret@"), clientId: "d" })
      const nonsense = yield* Effect.flip(MqttClient.make({ url: "localhost:1883", clientId: "c" }))
      assert.include(nonsense.message, "mqtt://host:port")
      // The refused ones have given up.
      yield* eventually("only two connections", () => broker.sockets.size === 2)
    })
  )

  it.scopedLive("goes to the next of several nodes, and says why when none takes it", () =>
    Effect.gen(function* () {
      const broker = yield* startBroker()
      const dead = yield* freePort
      const url = `mqtt://127.0.0.1:${dead},127.0.0.1:${broker.port}`
      const client = yield* MqttClient.make({ url, clientId: "c" })
      yield* client.publish("sensors/1", "hello")
      assert.deepStrictEqual(broker.received, ["hello"])
      const nobody = `mqtt://127.0.0.1:${dead},127.0.0.1:${yield* freePort}`
      const error = yield* Effect.flip(MqttClient.make({ url: nobody, clientId: "c" }))
      assert.strictEqual(error.message, `no MQTT connection to ${nobody}: nobody listens there`)
    })
  )

  it.scopedLive("fails what is pending when the connection is lost, and sends nothing again by itself", () =>
    Effect.gen(function* () {
      const broker = yield* startBroker()
      broker.onPublish = () => undefined
      const client = yield* MqttClient.make({ url: broker.url, clientId: "c" })
      const pending = yield* Effect.fork(
        Effect.all([client.publish("sensors/1", "a"), client.publish("sensors/1", "b")], {
          concurrency: "unbounded",
          mode: "either"
        })
      )
      yield* eventually("both received", () => broker.received.length === 2)
      for (const socket of broker.sockets) socket.destroy()
      const outcomes = yield* Fiber.join(pending)
      assert.isTrue(outcomes.every((outcome) => outcome._tag === "Left"))
      assert.strictEqual((yield* Effect.flip(client.publish("sensors/1", "c"))).reason, "not connected")

      broker.onPublish = (_payload, acknowledge) => acknowledge()
      yield* client.connected.pipe(Effect.timeout("10 seconds"))
      yield* client.publish("sensors/1", "d")
      assert.deepStrictEqual(broker.received, ["a", "b", "d"])
    })
  )

  it.scopedLive("drops a connection whose broker acknowledges nothing", () =>
    Effect.gen(function* () {
      const broker = yield* startBroker()
      broker.onPublish = (payload, acknowledge) => {
        if (payload !== "stalled") acknowledge()
      }
      const client = yield* MqttClient.make({
        url: broker.url,
        clientId: "c",
        acknowledgeTimeout: Duration.millis(100)
      })
      const stalled = yield* Effect.flip(client.publish("sensors/1", "stalled"))
      assert.include(stalled.reason, "no acknowledgement in 100 ms")
      yield* client.connected.pipe(Effect.timeout("10 seconds"))
      yield* client.publish("sensors/1", "next")
    })
  )

  it.scopedLive("publishes pipelined, with a bounded number in flight", () =>
    Effect.gen(function* () {
      const broker = yield* startBroker()
      const held: Array<() => void> = []
      broker.onPublish = (_payload, acknowledge) => void held.push(acknowledge)
      const client = yield* MqttClient.make({ url: broker.url, clientId: "c", inFlightMax: 50 })
      const all = yield* Effect.fork(
        Effect.forEach(
          Array.from({ length: 500 }, (_, i) => i),
          (i) => client.publish("sensors/1", `${i}`),
          { concurrency: 200, discard: true }
        )
      )
      let most = 0
      while (Option.isNone(yield* Fiber.poll(all))) {
        yield* eventually("a window", () => held.length > 0 || broker.received.length === 500)
        most = Math.max(most, held.length)
        for (const acknowledge of held.splice(0)) acknowledge()
        yield* Effect.sleep("1 millis")
      }
      yield* Fiber.join(all)
      assert.strictEqual(new Set(broker.received).size, 500)
      assert.isAbove(most, 1)
      assert.isAtMost(most, 50)
    })
  )

  it.scopedLive(
    "offers without a fiber within the same window, and refuses what waits when the connection is lost",
    () =>
      Effect.gen(function* () {
        const broker = yield* startBroker()
        const held: Array<() => void> = []
        broker.onPublish = (_payload, acknowledge) => void held.push(acknowledge)
        const client = yield* MqttClient.make({ url: broker.url, clientId: "c", inFlightMax: 2 })
        const settled: Array<string | null> = []
        for (const payload of ["a", "b", "c", "d", "e"]) {
          client.offer("sensors/1", payload, (refusal) => void settled.push(refusal))
        }
        yield* eventually("a window", () => held.length === 2)
        assert.deepStrictEqual(broker.received, ["a", "b"])
        held.shift()?.()
        yield* eventually("the next one", () => held.length === 2)
        assert.deepStrictEqual(broker.received, ["a", "b", "c"])
        assert.deepStrictEqual(settled, [null])
        for (const socket of broker.sockets) socket.destroy()
        yield* eventually("all are settled", () => settled.length === 5)
        assert.deepStrictEqual(settled, [
          null,
          ...Array<string>(2).fill("the connection was closed"),
          "not connected",
          "not connected"
        ])
      })
  )

  it.scopedLive("ends with its scope, at once, whatever is pending", () =>
    Effect.gen(function* () {
      const broker = yield* startBroker()
      broker.onPublish = () => undefined
      const scope = yield* Scope.make()
      const client = yield* MqttClient.make({ url: broker.url, clientId: "c" }).pipe(Scope.extend(scope))
      const pending = yield* Effect.fork(Effect.flip(client.publish("sensors/1", "a")))
      yield* eventually("received", () => broker.received.length === 1)
      const [took] = yield* Effect.timed(Scope.close(scope, Exit.void))
      assert.isBelow(Duration.toMillis(took), 1_000)
      assert.strictEqual((yield* Fiber.join(pending)).reason, "the client has ended")
      yield* eventually("disconnected", () => broker.sockets.size === 0)
    })
  )
})

describe("MqttClient.layer", () => {
  it.scopedLive("is there before its broker, and publishes once that has come", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const done = yield* Deferred.make<void>()
      const using = yield* Effect.gen(function* () {
        const sink = yield* ReadingSink
        const publish = (payload: string) =>
          Effect.async<string | null>((resume) =>
            sink.publish("sensors/1", payload, (refusal) => resume(Effect.succeed(refusal)))
          )
        assert.strictEqual(yield* publish("early"), "not connected")
        yield* Deferred.succeed(done, undefined)
        let published = false
        for (let i = 0; i < 1_000 && !published; i++) {
          published = (yield* publish("late")) === null
          if (!published) yield* Effect.sleep("10 millis")
        }
      }).pipe(
        Effect.provide(MqttClient.layer({ url: `mqtt://127.0.0.1:${port}`, clientId: "sensors" })),
        Effect.fork
      )
      yield* Deferred.await(done)
      const broker = yield* startBroker(port)
      yield* Fiber.join(using)
      assert.deepStrictEqual(broker.received, ["late"])
    })
  )
})
