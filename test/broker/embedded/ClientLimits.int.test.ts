/** What one client may take of the broker: how many connections, how fast, how much that is kept. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { NO_PEER_BOUNDS } from "../../../src/broker/embedded/MqttSettings.js"
import { RefusedClients, RefusedList } from "../../../src/broker/embedded/RefusedClients.js"
import {
  CONNECT,
  connectClient,
  PUBLISH,
  publish,
  rawClient,
  startBroker,
  TestSink,
  until
} from "../support.js"

const openSink = () => {
  const sink = new TestSink()
  sink.open = true
  return sink
}

const PAYLOAD = Buffer.alloc(90, 1)
const messages = (count: number) =>
  Buffer.concat(Array.from({ length: count }, (_, index) => PUBLISH("t", index + 1, PAYLOAD)))

describe("a client that sends faster than its rate", () => {
  it.scopedLive.each([
    ["in messages", { packetsPerSecondMax: 100 }],
    ["in bytes", { bytesPerSecondMax: 10_000 }]
  ] as const)("%s is held back, is told of each message, and no other notices", ([, limits]) =>
    Effect.gen(function* () {
      const { port } = yield* startBroker({ peer: () => ({ ...NO_PEER_BOUNDS, ...limits }) }, openSink())
      const fast = yield* rawClient(port)
      fast.socket.write(CONNECT("fast"))
      yield* until("CONNACK", () => fast.received.length === 4)
      fast.socket.write(messages(200))
      yield* until("the first chunk's acknowledgements", () => fast.acks.length > 0)
      fast.socket.write(messages(100))
      const other = yield* connectClient(port)
      yield* publish(other, "t", "x")
      assert.isBelow(fast.acks.length, 300)
      yield* until("all acknowledgements", () => fast.acks.length === 300)
      assert.isFalse(fast.closed)
    })
  )
})

describe("connections", () => {
  const closedAt = (port: number) =>
    Effect.gen(function* () {
      const client = yield* rawClient(port)
      client.socket.write(CONNECT(""))
      yield* until("an end", () => client.closed)
    })

  it.scopedLive("of one address are bounded, and one that closes makes room", () =>
    Effect.gen(function* () {
      const refused = new RefusedList()
      const { port } = yield* startBroker({
        peer: () => ({ ...NO_PEER_BOUNDS, connectionsPerAddressMax: 2 })
      }).pipe(Effect.provideService(RefusedClients, refused))
      const first = yield* connectClient(port)
      yield* connectClient(port)
      yield* closedAt(port)
      assert.deepStrictEqual(
        refused.last.map(({ address, reason }) => [address, reason]),
        [["127.0.0.1", "more than 2 connections from this address"]]
      )
      yield* Effect.promise(() => first.endAsync(true))
      yield* connectClient(port)
    })
  )

  it.scopedLive("are bounded in all, and who finds no room is listed", () =>
    Effect.gen(function* () {
      const refused = new RefusedList()
      const { port } = yield* startBroker({ connectionsMax: 1 }).pipe(
        Effect.provideService(RefusedClients, refused)
      )
      yield* connectClient(port)
      yield* closedAt(port)
      yield* until("it is listed", () => refused.last[0]?.reason === "too many connections")
    })
  )

  it.scopedLive("that never say who they are end", () =>
    Effect.gen(function* () {
      const { port } = yield* startBroker({ connectMillisMax: 50 })
      const silent = yield* rawClient(port)
      yield* until("an end", () => silent.closed)
    })
  )
})

describe("what is kept for clients is bounded", () => {
  it.scopedLive("in subscriptions of one client", () =>
    Effect.gen(function* () {
      const { port } = yield* startBroker({ subscriptionsMax: 2 })
      const client = yield* connectClient(port)
      const granted = yield* Effect.promise(() => client.subscribeAsync(["a", "b"]))
      assert.deepStrictEqual(
        granted.map(({ qos }) => qos),
        [0, 0]
      )
      const refused = yield* Effect.either(Effect.tryPromise(() => client.subscribeAsync("c")))
      assert.strictEqual(refused._tag, "Left")
    })
  )

  it.scopedLive("in retained messages: one more is stored and sent on, not retained", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker({ retainedTopicsMax: 1 }, openSink())
      const client = yield* connectClient(port)
      for (const topic of ["a", "b"])
        yield* Effect.promise(() => client.publishAsync(topic, "x", { qos: 1, retain: true }))
      const topics: Array<string> = []
      client.on("message", (topic) => topics.push(topic))
      yield* Effect.promise(() => client.subscribeAsync("#"))
      yield* publish(client, "c", "x")
      yield* until("the last message", () => topics.includes("c"))
      assert.deepStrictEqual(topics, ["a", "c"])
      assert.lengthOf(sink.messages, 3)
    })
  )
})
