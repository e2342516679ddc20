/** What MQTT asks of a broker and Aedes does not do by itself, on the wire. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Packet } from "mqtt-packet"
import { rawClient, startBroker, TestSink, until } from "../support.js"
import { publishPacket, subscribePacket, talk } from "./wire.js"

const start = (settings = {}) => {
  const sink = new TestSink()
  sink.open = true
  return startBroker(settings, sink)
}

const FIVE = { protocolVersion: 5 } as const
const kinds = (packets: ReadonlyArray<Packet>) => packets.map(({ cmd }) => cmd)
const texts = (packets: ReadonlyArray<Packet>) =>
  packets.flatMap((packet) => (packet.cmd === "publish" ? [packet.payload.toString()] : []))
const codes = (packets: ReadonlyArray<Packet>) =>
  packets.flatMap((packet) => (packet.cmd === "disconnect" ? [packet.reasonCode] : []))

describe("a message at QoS 2", () => {
  it.scopedLive("is answered before it is sent on, and its repeat is answered alone", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* start()
      const { next, send } = yield* talk(port)
      send(subscribePacket("t", 0))
      yield* next(1)
      send(publishPacket("t", "x", 2), publishPacket("t", "x", 2, { dup: true }), { cmd: "pingreq" })
      assert.deepStrictEqual(kinds(yield* next(5)).sort(), [
        ...["pingresp", "publish", "pubrec", "pubrec", "suback"]
      ])
      const packets = kinds(yield* next(5))
      assert.isBelow(packets.indexOf("pubrec"), packets.indexOf("publish"))
      assert.strictEqual(sink.messages.length, 1)
    })
  )

  it.scopedLive.each([4, 5] as const)("of MQTT %i that is never released ends the connection", (version) =>
    Effect.gen(function* () {
      const { port, sink } = yield* start()
      const connect = {
        ...{ protocolVersion: version, clientId: "again", clean: false },
        ...(version === 5 ? { properties: { sessionExpiryInterval: 60 } } : {})
      }
      const again = publishPacket("t", "x", 2, { dup: true })
      const first = yield* talk(port, connect)
      first.send(again, again)
      yield* first.next(2)
      first.send(again)
      yield* until("the end", () => first.raw.closed)
      assert.deepStrictEqual(
        kinds(first.received()).filter((kind) => kind === "pubrec"),
        ["pubrec", "pubrec"]
      )
      assert.deepStrictEqual(codes(first.received()), version === 5 ? [0x82] : [])
      // On another connection it may come again, and be released.
      const second = yield* talk(port, connect)
      second.send(again, { cmd: "pubrel", messageId: 1 })
      assert.deepStrictEqual(kinds(yield* second.next(2)), ["pubrec", "pubcomp"])
      assert.strictEqual(sink.messages.length, 1)
    })
  )

  it.scopedLive("that comes again while it is stored is sent on once", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker()
      const { next, send } = yield* talk(port)
      send(subscribePacket("t"))
      yield* next(1)
      send(publishPacket("t", "x", 2), publishPacket("t", "x", 2, { dup: true }))
      yield* until("both are there", () => sink.messages.length === 2)
      sink.settle()
      yield* next(4)
      send({ cmd: "pingreq" })
      assert.deepStrictEqual(kinds(yield* next(5)), ["suback", "pubrec", "pubrec", "publish", "pingresp"])
    })
  )

  it.scopedLive("of MQTT 3.1 may be released again with DUP", () =>
    Effect.gen(function* () {
      const { port } = yield* start()
      const { next, raw, send } = yield* talk(port, { protocolVersion: 3, clientId: "old" })
      send(publishPacket("t", "x", 2), Buffer.from([0x62, 2, 0, 1]), Buffer.from([0x6a, 2, 0, 1]))
      assert.deepStrictEqual(kinds(yield* next(3)), ["pubrec", "pubcomp", "pubcomp"])
      assert.isFalse(raw.closed)
    })
  )
})

describe("CONNACK", () => {
  it.scopedLive("says that a session is there, also one without subscriptions", () =>
    Effect.gen(function* () {
      const { port } = yield* start()
      const isPresent = (clean: boolean) =>
        Effect.gen(function* () {
          const { connack, raw } = yield* talk(port, { clientId: "dial", clean })
          raw.socket.destroy()
          return connack?.cmd === "connack" && connack.sessionPresent
        })
      const present: Array<boolean> = []
      for (const clean of [false, false, true, false]) present.push(yield* isPresent(clean))
      assert.deepStrictEqual(present, [false, true, false, false])
    })
  )

  it.scopedLive("refuses a keep-alive that is too long by a code that MQTT has", () =>
    Effect.gen(function* () {
      const { port } = yield* start({ keepAliveSecondsMax: 30 })
      const { connack } = yield* talk(port, { clientId: "slow", keepalive: 31 })
      assert.strictEqual(connack?.cmd === "connack" ? connack.returnCode : null, 2)
    })
  )

  it.scopedLive("does not come for a will without a topic", () =>
    Effect.gen(function* () {
      const { port } = yield* start()
      const raw = yield* rawClient(port)
      // Its flags: clean, and a will; behind its name the will's topic and payload, both empty.
      const body = [4, 0x06, 0, 60, 0, 1, 0x61, 0, 0, 0, 0]
      raw.socket.write(Buffer.concat([Buffer.from([0x10, 17, 0, 4]), Buffer.from("MQTT"), Buffer.from(body)]))
      yield* until("the end", () => raw.closed)
      assert.strictEqual(raw.received.length, 0)
    })
  )
})

describe("a subscriber", () => {
  it.scopedLive("is sent what is retained at the QoS that was granted, in the order of topics", () =>
    Effect.gen(function* () {
      const { port } = yield* start()
      const { next, send } = yield* talk(port)
      const retained = { retain: true }
      for (const topic of ["t/b", "t/", "$t/x", "t/a"]) send(publishPacket(topic, topic, 1, retained))
      yield* next(4)
      send(subscribePacket("t/+"), subscribePacket("+/x"))
      const packets = (yield* next(9)).slice(4)
      assert.deepStrictEqual(texts(packets), ["t/", "t/a", "t/b"])
      for (const packet of packets) {
        if (packet.cmd === "publish") assert.deepStrictEqual([packet.qos, packet.retain], [0, true])
      }
    })
  )

  it.scopedLive("is not sent what it published before, but for what is retained", () =>
    Effect.gen(function* () {
      const { port } = yield* start()
      const { next, send } = yield* talk(port)
      send(publishPacket("t", "before"), publishPacket("t", "kept", 0, { retain: true }))
      send(publishPacket("u", "x"), subscribePacket("t"), publishPacket("t", "after"), { cmd: "pingreq" })
      const packets = yield* next(4)
      assert.deepStrictEqual(texts(packets).sort(), ["after", "kept"])
    })
  )

  it.scopedLive("is told of all its subscriptions by one message, without the publisher's DUP", () =>
    Effect.gen(function* () {
      const { port } = yield* start()
      const { next, send } = yield* talk(port, FIVE)
      send(subscribePacket("t/+", 0, { subscriptionIdentifier: 3 }))
      send(subscribePacket("t/#", 0, { subscriptionIdentifier: 4 }))
      yield* next(2)
      send(publishPacket("t/1", "x", 1, { dup: true }))
      const message = (yield* next(4)).find(({ cmd }) => cmd === "publish")
      assert.strictEqual(message?.cmd, "publish")
      if (message?.cmd !== "publish") return
      assert.deepStrictEqual(message.properties?.subscriptionIdentifier, [3, 4])
      assert.isFalse(message.dup)
    })
  )
})

describe("a client of MQTT 5 hears why its connection ends", () => {
  const malformed: ReadonlyArray<readonly [string, number, Packet | Buffer]> = [
    ["a packet id of 0", 0x81, { ...subscribePacket("t"), messageId: 0 }],
    ["a filter with a wildcard in it", 0x81, subscribePacket("a#")],
    ["a SUBSCRIBE that is cut off", 0x81, Buffer.from([0x82, 3, 0, 1, 0])],
    ["flags that are another's", 0x81, Buffer.from([0x80, 3, 0, 1, 0])],
    ["101 levels", 0x81, publishPacket("a/".repeat(101), "x", 1)],
    ["an alias that was not given", 0x82, publishPacket("", "x", 1, { properties: { topicAlias: 1 } })],
    // PUBLISH to "t" with a payload format of 2.
    ["a format that is none", 0x82, Buffer.from([0x30, 7, 0, 1, 0x74, 2, 1, 2, 0x78])]
  ]
  it.scopedLive.each(malformed)("%s", ([, code, packet]) =>
    Effect.gen(function* () {
      const { port, sink } = yield* start()
      const { raw, received, send } = yield* talk(port, FIVE)
      send(packet)
      yield* until("the end", () => raw.closed)
      assert.deepStrictEqual(codes(received()), [code])
      assert.strictEqual(sink.messages.length, 0)
    })
  )
})

it.scopedLive("a client that still sends when its connection ends reads why", () =>
  Effect.gen(function* () {
    const { port } = yield* start({ inflightQos2Max: 10 })
    const { raw, received, send } = yield* talk(port, FIVE)
    const publishes = Array.from({ length: 11 }, (_, at) => publishPacket("t", "x", 2, { messageId: at + 1 }))
    send(...publishes)
    yield* until("the end is said", () => codes(received()).length > 0)
    send(...publishes.map((_, at): Packet => ({ cmd: "pubrel", messageId: at + 1 })))
    yield* until("the end", () => raw.closed)
    assert.deepStrictEqual(codes(received()), [0x93])
    // Nothing that came behind it was answered.
    assert.deepStrictEqual(kinds(received()).slice(1), [...Array(10).fill("pubrec"), "disconnect"])
  })
)

describe("a shared subscription", () => {
  it.scopedLive("gives each message to one of its group, and waits for who is away", () =>
    Effect.gen(function* () {
      const { port } = yield* start()
      const connect = { clientId: "away", clean: false }
      const away = yield* talk(port, connect)
      const [one, two] = [yield* talk(port, FIVE), yield* talk(port, FIVE)]
      assert.deepInclude(one.connack?.cmd === "connack" ? one.connack.properties : {}, {
        sharedSubscriptionAvailable: true
      })
      away.send(subscribePacket("$share/h/t/#", 1))
      yield* away.next(1)
      away.raw.socket.destroy()
      for (const member of [one, two]) {
        member.send(subscribePacket("$share/g/t/#", 2, { subscriptionIdentifier: 5 }))
        yield* member.next(1)
      }
      const publisher = yield* talk(port)
      for (let count = 1; count <= 4; count += 1)
        publisher.send(publishPacket("t/x", `${count}`, 1, { messageId: count }))
      assert.deepStrictEqual(texts(yield* one.next(3)), ["1", "3"])
      assert.deepStrictEqual(texts(yield* two.next(3)), ["2", "4"])
      const [, message] = yield* one.next(3)
      assert.strictEqual(message?.cmd === "publish" && message.properties?.subscriptionIdentifier, 5)
      const back = yield* talk(port, connect)
      assert.deepStrictEqual(texts(yield* back.next(4)), ["1", "2", "3", "4"])
      one.send({ cmd: "unsubscribe", messageId: 7, unsubscriptions: ["$share/g/t/#"] })
      assert.deepStrictEqual(kinds(yield* one.next(4)).at(-1), "unsuback")
      publisher.send(publishPacket("t/x", "5"), publishPacket("t/x", "6"))
      assert.deepStrictEqual(texts(yield* two.next(5)), ["2", "4", "5", "6"])
      assert.deepStrictEqual(texts(yield* back.next(6)), ["1", "2", "3", "4", "5", "6"])
    })
  )
})
