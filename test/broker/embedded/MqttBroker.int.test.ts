/** The broker over real sockets: what is acknowledged when, who is let in, and what no client can do to others. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { loginsOf } from "../../../src/broker/embedded/MqttLogins.js"
import { RefusedClients, RefusedList } from "../../../src/broker/embedded/RefusedClients.js"
import { hashSecret, parseCredentials } from "../../../src/config/Credentials.js"
import {
  CONNECT,
  connectClient,
  PUBLISH,
  packet,
  publish,
  rawClient,
  SUBSCRIBE,
  startBroker,
  TestSink,
  until
} from "../support.js"

const openSink = () => {
  const sink = new TestSink()
  sink.open = true
  return sink
}

const users = Either.getOrThrow(
  parseCredentials(`ann:reader:${hashSecret("a")},bob:writer:${hashSecret("b")}`)
)

describe("an acknowledgement", () => {
  it.scopedLive("comes after the sink has settled the message, not before", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker()
      const client = yield* connectClient(port, { clientId: "device-1" })
      for (const qos of [1, 2] as const) {
        let acknowledged = false
        const publishing = yield* publish(client, "sensors/1", `qos ${qos}`, qos).pipe(
          Effect.tap(() => {
            acknowledged = true
          }),
          Effect.fork
        )
        yield* until("the message arrives", () => sink.messages.length === qos)
        // Answered in order on one connection: had the message been acknowledged, it would be known by now.
        yield* Effect.promise(() => client.subscribeAsync(`other/${qos}`))
        assert.isFalse(acknowledged)
        sink.settle()
        yield* Fiber.join(publishing)
      }
      const [first] = sink.messages
      assert.strictEqual(first?.clientId, "device-1")
      assert.strictEqual(first?.topic, "sensors/1")
      assert.strictEqual(Buffer.from(first?.payload ?? []).toString(), "qos 1")
    })
  )

  it.scopedLive("comes in the order of the messages, which are taken in together", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker()
      const client = yield* rawClient(port)
      const ids = Array.from({ length: 100 }, (_, i) => i + 1)
      client.socket.write(
        Buffer.concat([CONNECT("raw"), ...ids.slice(0, 40).map((id) => PUBLISH("s", id, "x"))])
      )
      yield* until("40 messages", () => sink.messages.length === 40)
      assert.deepStrictEqual(client.acks, [])
      sink.settle()
      sink.open = true
      client.socket.write(Buffer.concat(ids.slice(40).map((id) => PUBLISH("s", id, "x"))))
      yield* until("100 acknowledgements", () => client.acks.length === 100)
      assert.deepStrictEqual(client.acks, ids)
    })
  )

  it.scopedLive("never comes for what was not stored: the connection is closed", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker()
      const client = yield* rawClient(port)
      client.socket.write(Buffer.concat([CONNECT("raw"), PUBLISH("s", 1, "x")]))
      yield* until("the message", () => sink.messages.length === 1)
      sink.settle(null)
      yield* until("the end", () => client.closed)
      assert.deepStrictEqual(client.acks, [])
    })
  )

  it.scopedLive("of what is dropped at QoS 0 is none, and the connection stays", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker()
      const client = yield* connectClient(port)
      yield* publish(client, "sensors/1", "x", 0)
      yield* until("the message", () => sink.messages.length === 1)
      sink.settle(null)
      sink.open = true
      yield* publish(client, "sensors/1", "y", 1)
      assert.strictEqual(sink.messages[0]?.qos, 0)
    })
  )

  it.scopedLive("of what was taken in comes while the broker stops, and nothing more is read", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { port, sink } = yield* startBroker().pipe(Scope.extend(scope))
      const client = yield* rawClient(port)
      client.socket.write(Buffer.concat([CONNECT("raw"), PUBLISH("s", 1, "x")]))
      yield* until("the message", () => sink.messages.length === 1)
      const stopping = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* Effect.yieldNow()
      client.socket.write(PUBLISH("s", 2, "x"))
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      sink.settle()
      yield* Fiber.join(stopping)
      yield* until("the end", () => client.closed)
      assert.deepStrictEqual(client.acks, [1])
      assert.strictEqual(sink.messages.length, 1)
    })
  )
})

describe("reading is held while the sink is overloaded", () => {
  it.scopedLive("and goes on after", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker({}, openSink())
      const client = yield* rawClient(port)
      client.socket.write(CONNECT("raw"))
      yield* until("CONNACK", () => client.received.length === 4)
      sink.full = true
      for (let id = 1; id <= 20; id += 1) client.socket.write(PUBLISH("s", id, "x"))
      // The broker has been given the bytes when another connection, made later, is there.
      yield* rawClient(port)
      assert.deepStrictEqual(client.acks, [])
      assert.strictEqual(sink.messages.length, 0)
      sink.drain()
      yield* until("20 acknowledgements", () => client.acks.length === 20)
    })
  )
})

describe("a client that breaks a rule is closed, and no other notices", () => {
  const hostile: ReadonlyArray<readonly [string, Buffer]> = [
    ["declares 256 MiB", Buffer.from([0x32, 0xff, 0xff, 0xff, 0x7f])],
    ["a length of 5 bytes", Buffer.from([0x32, 0x80, 0x80, 0x80, 0x80, 0x01])],
    ["a filter that names what objects inherit", SUBSCRIBE("__proto__/#/x", 1)],
    ["NUL in a filter", SUBSCRIBE("a\0b", 1)],
    ["NUL in a topic", PUBLISH("a\0b", 1, "x")],
    ["broken UTF-8 in a topic", PUBLISH(Buffer.from([0x61, 0xff, 0xfe]), 1, "x")],
    ["a topic of the broker's own", PUBLISH("$SYS/x", 1, "x")],
    ["101 levels", PUBLISH("a/".repeat(101), 1, "x")],
    ["a wildcard in a topic", PUBLISH("a/#", 1, "x")],
    ["CONNECT again", CONNECT("raw")],
    ["random bytes", Buffer.from("GET / HTTP/1.1\r\n\r\n")]
  ]
  it.scopedLive.each(hostile)("%s", ([, bytes]) =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker({}, openSink())
      const other = yield* connectClient(port)
      const client = yield* rawClient(port)
      client.socket.write(Buffer.concat([CONNECT("raw"), bytes]))
      yield* until("the end", () => client.closed)
      yield* publish(other, "sensors/1", "still here")
      assert.deepStrictEqual(
        sink.messages.map((message) => message.topic),
        ["sensors/1"]
      )
    })
  )

  it.scopedLive("a first packet that is large", () =>
    Effect.gen(function* () {
      const { port } = yield* startBroker()
      const client = yield* rawClient(port)
      client.socket.write(packet(0x10, Buffer.alloc(70_000)))
      yield* until("the end", () => client.closed)
    })
  )

  it.scopedLive("a payload of 1 MiB arrives whole", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker({}, openSink())
      const client = yield* connectClient(port)
      yield* publish(client, "sensors/1", Buffer.alloc(1_048_576, 1))
      assert.strictEqual(sink.messages[0]?.payload.length, 1_048_576)
    })
  )
})

describe("who may do what", () => {
  const refusalOf = (port: number, username: string, password: string) =>
    connectClient(port, { username, password }).pipe(
      Effect.flip,
      Effect.map((error) => String(error.error))
    )

  it.scopedLive("with users, a wrong password is refused by CONNACK", () =>
    Effect.gen(function* () {
      const { port } = yield* startBroker({ logins: loginsOf(users) }, openSink())
      assert.match(yield* refusalOf(port, "bob", "wrong"), /Bad username or password/)
      assert.match(yield* refusalOf(port, "eve", "b"), /Bad username or password/)
      const client = yield* rawClient(port)
      client.socket.write(CONNECT("nobody"))
      yield* until("the end", () => client.closed)
      assert.strictEqual(client.received[3], 4)
    })
  )

  it.scopedLive("who is refused is kept, with name, address and reason; who just leaves is not", () => {
    const refused = new RefusedList()
    const told = () => refused.last.map(({ clientId, reason, times }) => [clientId, reason, times])
    return Effect.gen(function* () {
      const { port } = yield* startBroker({ logins: loginsOf(users) }, openSink())
      for (let tries = 0; tries < 2; tries += 1)
        yield* Effect.flip(connectClient(port, { username: "bob", password: "wrong", clientId: "probe 4" }))
      yield* until("both", () => refused.total === 2)
      assert.deepStrictEqual(told(), [["probe 4", 'no user "bob" with this password', 2]])
      assert.strictEqual(refused.last[0]?.address, "127.0.0.1")
      yield* Effect.flip(connectClient(port, { clientId: "anon" }))
      yield* until("it gives no name", () => refused.total === 3)
      assert.deepStrictEqual(told()[0], ["anon", "it gives no user name, and users are set", 1])

      const gone = yield* connectClient(port, { username: "bob", password: "b", clientId: "gone" })
      gone.stream.destroy()
      const reader = yield* connectClient(port, { username: "ann", password: "a", clientId: "dial" })
      reader.publish("sensors/1", "mine", { qos: 1 })
      yield* until("the reader is refused", () => refused.total === 4)
      assert.deepStrictEqual(told()[0], ["dial", "a reader may not publish", 1])
    }).pipe(Effect.provideService(RefusedClients, refused))
  })

  it("keeps no more than a few of them, each client and reason once, with texts cut", () => {
    const refused = new RefusedList()
    for (let index = 0; index < 1_000; index += 1) {
      assert.isTrue(refused.add(`client ${index}`, "127.0.0.1", "x".repeat(1_000), index))
      assert.isFalse(refused.add(`client ${index}`, "127.0.0.1", "x".repeat(1_000), index))
    }
    assert.strictEqual(refused.total, 2_000)
    assert.lengthOf(refused.last, 20)
    const [newest] = refused.last
    assert.deepInclude(newest, { clientId: "client 999", at: 999, times: 2 })
    assert.isAtMost(newest?.reason.length ?? 0, 120)
  })

  it.scopedLive("a writer publishes; a reader reads, and is closed when it publishes", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker({ logins: loginsOf(users) }, openSink())
      const writer = yield* connectClient(port, { username: "bob", password: "b" })
      const reader = yield* connectClient(port, { username: "ann", password: "a" })
      const seen: Array<string> = []
      reader.on("message", (_, payload) => seen.push(payload.toString()))
      yield* Effect.promise(() => reader.subscribeAsync("#"))
      yield* publish(writer, "sensors/1", "hello")
      yield* until("the reader sees it", () => seen.includes("hello"))
      let closed = false
      reader.on("close", () => {
        closed = true
      })
      reader.publish("sensors/1", "mine", { qos: 1 })
      yield* until("the reader is closed", () => closed)
      assert.strictEqual(sink.messages.length, 1)
    })
  )

  it.scopedLive("who subscribes to the broker's own topics is sent nothing of what it says to itself", () =>
    Effect.gen(function* () {
      const { port } = yield* startBroker()
      const client = yield* rawClient(port)
      client.socket.write(Buffer.concat([CONNECT("raw"), SUBSCRIBE("$SYS/#", 1)]))
      yield* until("an answer", () => client.received.length === 9)
      assert.strictEqual(client.received[8], 0)
      const other = yield* connectClient(port)
      yield* Effect.promise(() => other.subscribeAsync("x"))
      client.socket.write(SUBSCRIBE("test/nosubscribe", 2))
      yield* until("a refusal, and nothing ahead of it", () => client.received.length === 14)
      assert.strictEqual(client.received[13], 0x80)
    })
  )

  it.scopedLive("a client id that is too long is refused", () =>
    Effect.gen(function* () {
      const { port } = yield* startBroker()
      const refused = yield* Effect.flip(connectClient(port, { clientId: "x".repeat(300) }))
      assert.match(String(refused.error), /Identifier rejected/)
    })
  )
})

describe("a subscriber that reads nothing", () => {
  it.scopedLive("holds no publisher and does not end the process", () =>
    Effect.gen(function* () {
      const { port } = yield* startBroker({ forwardBytesMax: 65_536 }, openSink())
      const stalled = yield* rawClient(port)
      stalled.socket.write(Buffer.concat([CONNECT("stalled"), SUBSCRIBE("#", 1)]))
      yield* until("SUBACK", () => stalled.received.length === 9)
      stalled.socket.pause()
      const publisher = yield* rawClient(port)
      publisher.socket.write(CONNECT("publisher"))
      yield* until("CONNACK", () => publisher.received.length === 4)
      const payload = Buffer.alloc(1_000, 1)
      const ids = Array.from({ length: 20_000 }, (_, i) => i + 1)
      publisher.socket.write(Buffer.concat(ids.map((id) => PUBLISH("t", id, payload))))
      yield* until("20,000 acknowledgements", () => publisher.received.length === 4 + 4 * ids.length)
    })
  )

  it.scopedLive("is closed when even what is owed to it is over the bound", () =>
    Effect.gen(function* () {
      const { port } = yield* startBroker({ writeBufferBytesMax: 100_000, forwardBytesMax: 1e9 }, openSink())
      const stalled = yield* rawClient(port)
      stalled.socket.write(Buffer.concat([CONNECT("stalled"), SUBSCRIBE("#", 1)]))
      yield* until("SUBACK", () => stalled.received.length === 9)
      stalled.socket.pause()
      const publisher = yield* connectClient(port)
      let published = 0
      while (published < 40) {
        yield* publish(publisher, "t", Buffer.alloc(500_000))
        published += 1
      }
      stalled.socket.resume()
      yield* until("the end", () => stalled.closed)
    })
  )
})

describe("listening", () => {
  it.scopedLive("on a port that is taken fails with one clear line", () =>
    Effect.gen(function* () {
      const { port } = yield* startBroker()
      const error = yield* Effect.flip(startBroker({ port }))
      assert.strictEqual(error._tag, "MqttListenError")
      assert.strictEqual(
        error.message,
        `MQTT can't listen on 127.0.0.1:${port}: the port is taken; set MQTT_PORT to another one`
      )
    })
  )
})
