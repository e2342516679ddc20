/** Sessions over real sockets: what waits for a subscriber that is away, what it is sent again, and what ends it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import mqtt, { type IClientOptions, type MqttClient } from "mqtt"
import { connectClient, publish, startBroker, TestSink, until } from "../../support.js"

const start = () => {
  const sink = new TestSink()
  sink.open = true
  return startBroker({}, sink)
}

/** A client of a name, with all that it receives from the first packet on. */
const connectAs = (port: number, clientId: string, options: IClientOptions = {}) =>
  Effect.acquireRelease(
    Effect.async<{ client: MqttClient; messages: Array<string>; sessionPresent: boolean }>((resume) => {
      const messages: Array<string> = []
      const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
        clientId,
        clean: false,
        reconnectPeriod: 0,
        ...options
      })
      client.on("error", () => {})
      client.on("message", (_, payload, { dup, qos }) =>
        messages.push(`${payload.toString()} ${qos}${dup ? " again" : ""}`)
      )
      client.once("connect", ({ sessionPresent }) =>
        resume(Effect.succeed({ client, messages, sessionPresent }))
      )
    }),
    ({ client }) => Effect.promise(() => client.endAsync(true))
  )

const subscribe = (client: MqttClient, filter: string, qos: 0 | 1 | 2) =>
  Effect.promise(() => client.subscribeAsync(filter, { qos }))
const leave = (client: MqttClient) => Effect.promise(() => client.endAsync())
const unsubscribe = (client: MqttClient, filter: string) =>
  Effect.promise(() => client.unsubscribeAsync(filter))

describe("a session", () => {
  it.scopedLive("keeps subscriptions and what was published while its client was away", () =>
    Effect.gen(function* () {
      const { port } = yield* start()
      const publisher = yield* connectClient(port)
      const before = yield* connectAs(port, "dial")
      assert.isFalse(before.sessionPresent)
      yield* subscribe(before.client, "plant/#", 2)
      yield* subscribe(before.client, "plant/one/+", 1)
      yield* leave(before.client)
      for (const qos of [0, 1, 2] as const) yield* publish(publisher, "plant/two", `two ${qos}`, qos)
      yield* publish(publisher, "plant/one/x", "twice matched", 2)
      const after = yield* connectAs(port, "dial")
      assert.isTrue(after.sessionPresent)
      yield* until("what waited", () => after.messages.length === 3)
      assert.deepStrictEqual(after.messages, ["two 1 1", "two 2 2", "twice matched 2"])
      yield* publish(publisher, "plant/two", "live", 1)
      yield* until("it is subscribed still", () => after.messages.includes("live 1"))
      yield* leave(after.client)
      const again = yield* connectAs(port, "dial")
      yield* unsubscribe(again.client, "plant/#")
      assert.deepStrictEqual(again.messages, [])
    })
  )

  it.scopedLive("sends again with DUP what its client did not acknowledge", () =>
    Effect.gen(function* () {
      const { port } = yield* start()
      const publisher = yield* connectClient(port)
      let arrived = 0
      // mqtt.js acknowledges when this calls back.
      const before = yield* connectAs(port, "dial", {
        customHandleAcks: () => {
          arrived += 1
        },
        protocolVersion: 5,
        properties: { sessionExpiryInterval: 60 }
      })
      yield* subscribe(before.client, "plant", 1)
      yield* publish(publisher, "plant", "hello", 1)
      yield* until("it is there", () => arrived === 1)
      before.client.stream.destroy()
      const after = yield* connectAs(port, "dial", { protocolVersion: 5 })
      yield* until("it is there again", () => after.messages.length === 1)
      assert.deepStrictEqual(after.messages, ["hello 1 again"])
    })
  )

  it.scopedLive("ends where a client asks for a clean one, and in MQTT 5 when it says", () =>
    Effect.gen(function* () {
      const { port } = yield* start()
      const publisher = yield* connectClient(port)
      const first = yield* connectAs(port, "dial")
      yield* subscribe(first.client, "plant", 1)
      yield* leave(first.client)
      yield* publish(publisher, "plant", "missed", 1)
      const clean = yield* connectAs(port, "dial", { clean: true })
      assert.isFalse(clean.sessionPresent)
      yield* leave(clean.client)
      const five = { protocolVersion: 5 as const, properties: { sessionExpiryInterval: 1 } }
      const second = yield* connectAs(port, "dial", five)
      assert.isFalse(second.sessionPresent)
      assert.deepStrictEqual([...clean.messages, ...second.messages], [])
      yield* subscribe(second.client, "plant", 1)
      yield* leave(second.client)
      const third = yield* connectAs(port, "dial", five)
      assert.isTrue(third.sessionPresent)
      yield* leave(third.client)
      yield* Effect.sleep("1500 millis")
      assert.isFalse((yield* connectAs(port, "dial", five)).sessionPresent)
    })
  )

  it.scopedLive("takes a client without a name where it asks for a clean one", () =>
    Effect.gen(function* () {
      const { port } = yield* start()
      const five = yield* connectAs(port, "", { clean: true, protocolVersion: 5 })
      const four = yield* connectAs(port, "", { clean: true })
      assert.isTrue(five.client.connected && four.client.connected)
    })
  )

  it.scopedLive("gives a message at the QoS that was granted, also where the filter has wildcards", () =>
    Effect.gen(function* () {
      const { port } = yield* start()
      const { client, messages } = yield* connectAs(port, "dial")
      yield* subscribe(client, "plant/+", 1)
      yield* publish(client, "plant/one", "two to one", 2)
      yield* until("it is there", () => messages.length === 1)
      assert.deepStrictEqual(messages, ["two to one 1"])
    })
  )

  it.scopedLive("of a client named as what objects inherit is one like any other", () =>
    Effect.gen(function* () {
      const { port } = yield* start()
      for (const name of ["__proto__", "constructor", "toString"]) {
        const { client, messages } = yield* connectAs(port, name, { protocolVersion: 5 })
        const other = yield* connectAs(port, name, { protocolVersion: 5 })
        yield* until("the first is closed", () => !client.connected)
        yield* Effect.promise(() => other.client.subscribeAsync([name, "plant"], { qos: 1 }).catch(() => []))
        yield* publish(other.client, "plant", "hello", 1)
        yield* until("it is there", () => other.messages.length === 1)
        assert.deepStrictEqual(messages, [])
      }
    })
  )
})
