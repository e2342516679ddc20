/** MQTT 5: what a client hears of its message, and when. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import mqttPacket, { type Packet } from "mqtt-packet"
import { loginsOf } from "../../../../src/broker/embedded/MqttLogins.js"
import type { MessageOutcome } from "../../../../src/broker/MessageSink.js"
import { hashSecret, parseCredentials } from "../../../../src/config/Credentials.js"
import { rawClient, STORED, startBroker, until } from "../../support.js"

const V5 = { protocolVersion: 5 } as const
const packetOf = (packet: Packet) => mqttPacket.generate(packet, V5)

const CONNECT5 = (properties: object = {}, login: object = {}) =>
  packetOf({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 5,
    clientId: "raw",
    clean: true,
    keepalive: 60,
    properties,
    ...login
  })
const PUBLISH5 = (messageId: number, topic: string, payload: string, qos: 1 | 2 = 1, properties = {}) =>
  packetOf({ cmd: "publish", messageId, topic, payload, qos, dup: false, retain: false, properties })

/** A connection of MQTT 5, and what it has received, packet by packet. */
const connect5 = (port: number, properties: object = {}, login: object = {}) =>
  Effect.gen(function* () {
    const raw = yield* rawClient(port)
    const received = () => {
      const packets: Array<Packet> = []
      const parser = mqttPacket.parser(V5)
      parser.on("packet", (packet: Packet) => packets.push(packet))
      parser.parse(raw.received)
      return packets
    }
    raw.socket.write(CONNECT5(properties, login))
    yield* until("CONNACK", () => received().length === 1)
    const answers = () =>
      received()
        .slice(1)
        .map((packet) => {
          const { cmd, messageId } = packet
          const code = "reasonCode" in packet ? packet.reasonCode : undefined
          const words = "properties" in packet ? packet.properties : undefined
          return [cmd, messageId, code ?? 0, ...(words === undefined ? [] : [{ ...words }])]
        })
    return { raw, received, answers }
  })

const refused = (kind: "Message" | "Access" | "Quota" | "Log", stored = 0): MessageOutcome => ({
  stored,
  repeated: 0,
  rejected: 1,
  refusal: { kind, reason: "it is wrong" }
})

const users = Either.getOrThrow(parseCredentials(`ann:reader:${hashSecret("a")}`))

describe("a client of MQTT 5", () => {
  it.scopedLive("has its messages acknowledged after they are stored, in order", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker()
      const { answers, raw } = yield* connect5(port)
      raw.socket.write(
        Buffer.concat([PUBLISH5(1, "s", "a"), PUBLISH5(2, "s", "b", 2), PUBLISH5(3, "s", "c")])
      )
      yield* until("all are there", () => sink.messages.length === 3)
      assert.deepStrictEqual(answers(), [])
      sink.settle(STORED)
      yield* until("all are acknowledged", () => answers().length === 3)
      assert.deepStrictEqual(
        answers()
          .map(([cmd, id, code]) => [cmd, id, code])
          .sort(([, a], [, b]) => Number(a) - Number(b)),
        [
          ["puback", 1, 0],
          ["pubrec", 2, 0],
          ["puback", 3, 0]
        ]
      )
    })
  )

  it.scopedLive("hears nothing of a message at QoS 0 that is rejected, and is served on", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker()
      const { answers, raw } = yield* connect5(port)
      const topic = "sensors/1"
      raw.socket.write(
        packetOf({ cmd: "publish", topic, payload: "junk", qos: 0, dup: false, retain: false })
      )
      yield* until("it is there", () => sink.messages.length === 1)
      sink.settle(refused("Message"))
      raw.socket.write(PUBLISH5(1, topic, "junk"))
      yield* until("the next is there", () => sink.messages.length === 2)
      sink.settle(STORED)
      yield* until("its answer", () => answers().length === 1)
      assert.deepStrictEqual(answers(), [["puback", 1, 0]])
    })
  )

  it.scopedLive("hears why a message is rejected, by code and words", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker()
      const { answers, raw } = yield* connect5(port)
      const outcomes = [
        refused("Message"),
        refused("Quota"),
        refused("Log"),
        refused("Message", 2),
        STORED,
        refused("Access")
      ]
      for (const [index, outcome] of outcomes.entries()) {
        raw.socket.write(PUBLISH5(index + 1, "sensors/1", "junk"))
        yield* until("it is there", () => sink.messages.length === index + 1)
        sink.settle(outcome)
      }
      yield* until("all answers", () => answers().length === 6)
      assert.deepStrictEqual(answers(), [
        ["puback", 1, 0x99, { reasonString: "it is wrong" }],
        ["puback", 2, 0x97, { reasonString: "it is wrong" }],
        ["puback", 3, 0x83, { reasonString: "it is wrong" }],
        ["puback", 4, 0x00, { reasonString: "1 of 3 rejected: it is wrong" }],
        ["puback", 5, 0x00],
        ["puback", 6, 0x87, { reasonString: "it is wrong" }]
      ])
    })
  )

  it.scopedLive("hears it in PUBREC at QoS 2, and may use the id again", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker({ inflightQos2Max: 1 })
      const { answers, raw } = yield* connect5(port)
      for (let time = 1; time <= 3; time += 1) {
        raw.socket.write(PUBLISH5(time, "sensors/1", "junk", 2))
        yield* until("it is there", () => sink.messages.length === time)
        sink.settle(refused("Message"))
        yield* until("the answer", () => answers().length === time)
      }
      assert.deepStrictEqual(answers().at(-1), ["pubrec", 3, 0x99, { reasonString: "it is wrong" }])
    })
  )

  it.scopedLive("hears no words where it wants none, or where they do not fit", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker()
      sink.open = false
      for (const properties of [{ requestProblemInformation: false }, { maximumPacketSize: 20 }]) {
        const { answers, raw } = yield* connect5(port, properties)
        const before = sink.messages.length
        raw.socket.write(PUBLISH5(1, "sensors/1", "junk"))
        yield* until("it is there", () => sink.messages.length === before + 1)
        sink.settle(refused("Message"))
        yield* until("the answer", () => answers().length === 1)
        assert.deepStrictEqual(answers(), [["puback", 1, 0x99]])
      }
      const { answers, raw } = yield* connect5(port)
      const before = sink.messages.length
      raw.socket.write(PUBLISH5(1, "chat", "no reading at all"))
      yield* until("it is there", () => sink.messages.length === before + 1)
      sink.settle(refused("Message"))
      yield* until("the answer", () => answers().length === 1)
      assert.deepStrictEqual(answers(), [["puback", 1, 0x99]])
    })
  )

  it.scopedLive("is closed with why when a message was not stored, and not acknowledged", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker()
      const { answers, raw } = yield* connect5(port)
      raw.socket.write(PUBLISH5(1, "s", "a"))
      yield* until("it is there", () => sink.messages.length === 1)
      sink.settle(null)
      yield* until("the end", () => raw.closed)
      assert.deepStrictEqual(answers(), [
        ["disconnect", undefined, 0x89, { reasonString: "the message was not stored" }]
      ])
    })
  )

  it.scopedLive("hears that the broker stops, behind its acknowledgements", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { port, sink } = yield* startBroker().pipe(Scope.extend(scope))
      const { answers, raw } = yield* connect5(port)
      raw.socket.write(PUBLISH5(1, "s", "a"))
      yield* until("it is there", () => sink.messages.length === 1)
      sink.settle()
      yield* Scope.close(scope, Exit.void)
      yield* until("the end", () => raw.closed)
      assert.deepStrictEqual(
        answers().map(([cmd, , code]) => [cmd, code]),
        [
          ["puback", 0],
          ["disconnect", 0x8b]
        ]
      )
    })
  )

  it.scopedLive("is refused what it may not do, and stays", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker({ logins: loginsOf(users) })
      sink.open = true
      const login = { username: "ann", password: Buffer.from("a") }
      const { answers, raw } = yield* connect5(port, {}, login)
      raw.socket.write(PUBLISH5(1, "sensors/1", "mine"))
      yield* until("the answer", () => answers().length === 1)
      assert.deepStrictEqual(answers()[0]?.slice(0, 3), ["puback", 1, 0x87])
      raw.socket.write(packetOf({ cmd: "pingreq" }))
      yield* until("it is there still", () => answers().length === 2)
      assert.lengthOf(sink.messages, 0)
    })
  )

  it.scopedLive("may not hold more open at QoS 2 than it was told, nor send larger packets", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker({ inflightQos2Max: 2, packetBytesMax: 1_000 })
      const first = yield* connect5(port)
      const [connack] = first.received()
      assert.deepInclude(connack, { cmd: "connack", reasonCode: 0 })
      assert.deepInclude(connack && "properties" in connack ? { ...connack.properties } : {}, {
        receiveMaximum: 2,
        maximumPacketSize: 1_003,
        topicAliasMaximum: 16
      })
      first.raw.socket.write(Buffer.concat([1, 2, 3].map((id) => PUBLISH5(id, "s", "x", 2))))
      yield* until("the end", () => first.raw.closed)
      assert.deepStrictEqual(first.answers().at(-1)?.slice(0, 3), ["disconnect", undefined, 0x93])
      assert.lengthOf(sink.messages, 2)
      const second = yield* connect5(port)
      second.raw.socket.write(PUBLISH5(1, "s", "x".repeat(2_000)))
      yield* until("the end", () => second.raw.closed)
      assert.deepStrictEqual(second.answers().at(-1)?.slice(0, 3), ["disconnect", undefined, 0x95])
    })
  )

  it.scopedLive("hears why it is closed also right behind CONNACK", () =>
    Effect.gen(function* () {
      const { port } = yield* startBroker()
      for (let time = 0; time < 20; time += 1) {
        const raw = yield* rawClient(port)
        raw.socket.once("data", () => raw.socket.write(PUBLISH5(1, "s", "a", 1, { topicAlias: 0 })))
        raw.socket.write(CONNECT5())
        yield* until("the end", () => raw.closed)
        assert.deepStrictEqual([...raw.received.subarray(-4)], [0xe0, 2, 0x94, 0])
      }
    })
  )

  it.scopedLive("may give a topic a number, and its message arrives under its name", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker()
      const { raw } = yield* connect5(port)
      raw.socket.write(
        Buffer.concat([
          PUBLISH5(1, "sensors/far/away", "a", 1, { topicAlias: 3 }),
          PUBLISH5(2, "", "b", 1, { topicAlias: 3 })
        ])
      )
      yield* until("both are there", () => sink.messages.length === 2)
      assert.deepStrictEqual(
        sink.messages.map(({ topic }) => topic),
        ["sensors/far/away", "sensors/far/away"]
      )
    })
  )

  it.scopedLive("has what is rejected sent on to subscribers all the same, properties included", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker()
      const reader = yield* connect5(port, {})
      reader.raw.socket.write(
        packetOf({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "#", qos: 1 }] })
      )
      yield* until("SUBACK", () => reader.received().length === 2)
      const { raw } = yield* connect5(port, {}, { clientId: "other" })
      raw.socket.write(
        PUBLISH5(1, "sensors/1", "junk", 1, { contentType: "text/plain", userProperties: { line: "4" } })
      )
      yield* until("it is there", () => sink.messages.length === 1)
      sink.settle(refused("Message"))
      yield* until("it is sent on", () => reader.received().length === 3)
      const [, , sent] = reader.received()
      assert.isTrue(sent?.cmd === "publish")
      if (sent?.cmd !== "publish") return
      assert.strictEqual(sent.payload.toString(), "junk")
      assert.strictEqual(sent.properties?.contentType, "text/plain")
      assert.deepStrictEqual({ ...sent.properties?.userProperties }, { line: "4" })
    })
  )

  it.scopedLive("leaves a will that is sent without its delay, and stored", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker()
      sink.open = true
      const reader = yield* connect5(port, {}, { clientId: "reader" })
      reader.raw.socket.write(
        packetOf({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "#", qos: 1 }] })
      )
      yield* until("SUBACK", () => reader.received().length === 2)
      const will = { topic: "w", payload: Buffer.from("gone"), qos: 1, retain: false }
      const { raw } = yield* connect5(
        port,
        {},
        {
          clientId: "willy",
          will: { ...will, properties: { willDelayInterval: 0, contentType: "text/plain" } }
        }
      )
      raw.socket.destroy()
      yield* until("the will", () => reader.received().length === 3)
      const [, , sent] = reader.received()
      assert.deepStrictEqual(sent?.cmd === "publish" ? { ...sent.properties } : {}, {
        contentType: "text/plain"
      })
      assert.lengthOf(sink.messages, 1)
    })
  )

  it.scopedLive("is sent no more at once than it takes, and all of it in order", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* startBroker()
      sink.open = true
      for (const sessionExpiryInterval of [0, 60]) {
        const properties = { receiveMaximum: 2, sessionExpiryInterval }
        const reader = yield* connect5(port, properties, { clientId: `reader ${sessionExpiryInterval}` })
        reader.raw.socket.write(
          packetOf({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "#", qos: 1 }] })
        )
        yield* until("SUBACK", () => reader.received().length === 2)
        const { answers, raw } = yield* connect5(port)
        for (const id of [1, 2, 3, 4, 5, 6]) raw.socket.write(PUBLISH5(id, "s", `${id}`))
        yield* until("all are acknowledged", () => answers().length === 6)
        const sent = () => reader.received().flatMap((packet) => (packet.cmd === "publish" ? [packet] : []))
        yield* until("two are there", () => sent().length === 2)
        yield* Effect.sleep("50 millis")
        for (let count = 2; count < 6; count += 1) {
          assert.lengthOf(sent(), count)
          const messageId = sent()[count - 2]?.messageId ?? 0
          reader.raw.socket.write(packetOf({ cmd: "puback", messageId, reasonCode: 0 }))
          yield* until("one more", () => sent().length === count + 1)
        }
        assert.deepStrictEqual(
          sent().map(({ payload }) => payload.toString()),
          ["1", "2", "3", "4", "5", "6"]
        )
      }
    })
  )
})
