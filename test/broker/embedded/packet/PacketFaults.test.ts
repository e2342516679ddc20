import { assert, describe, it } from "@effect/vitest"
import { generate, type Packet, parser } from "mqtt-packet"
import { packetFault } from "../../../../src/broker/embedded/packet/PacketFaults.js"
import { MALFORMED_PACKET, PROTOCOL_ERROR } from "../../../../src/broker/embedded/packet/ReasonCodes.js"

const V5 = { protocolVersion: 5 } as const
const SUBSCRIBE = { cmd: "subscribe", messageId: 1 } as const
const PUBLISH = { cmd: "publish", topic: "a/b", payload: "x", qos: 0, dup: false, retain: false } as const
const CONNECT = { cmd: "connect", clientId: "c", clean: true, keepalive: 60, ...V5 } as const
const WILL = { payload: Buffer.from("x"), qos: 0, retain: false } as const

/** Alias 1 is given to a topic, as the parser gives packets. */
const codeOf = (packet: Packet): number | undefined => packetFault(packet, (alias) => alias === 1)?.reasonCode

const subscribed = (topic: string) => codeOf({ ...SUBSCRIBE, subscriptions: [{ topic, qos: 0 }] })
const unsubscribed = (topic: string) => codeOf({ cmd: "unsubscribe", messageId: 1, unsubscriptions: [topic] })
const willOn = (topic: string) => codeOf({ ...CONNECT, will: { ...WILL, topic } })

describe("a packet is malformed", () => {
  it("with a text that no topic or filter may be", () => {
    const deep = "a/".repeat(100)
    for (const topic of ["a/#", "+", "a\0", "a\uFFFD", deep, `${deep}b`])
      assert.strictEqual(codeOf({ ...PUBLISH, topic }), MALFORMED_PACKET, topic)
    for (const filter of ["", "#/a", "a+", "a\0", deep]) {
      assert.strictEqual(subscribed(filter), MALFORMED_PACKET, filter)
      assert.strictEqual(unsubscribed(filter), MALFORMED_PACKET, filter)
    }
    for (const topic of ["", "a/#", "a\0", deep]) assert.strictEqual(willOn(topic), MALFORMED_PACKET, topic)
    for (const topic of ["/", "a/b", "größe", "$x", deep.slice(0, -1)]) {
      assert.strictEqual(codeOf({ ...PUBLISH, topic }), undefined, topic)
      assert.strictEqual(subscribed(topic), undefined, topic)
      assert.strictEqual(willOn(topic), undefined, topic)
    }
  })

  it("with a filter that a session would keep too much of", () => {
    assert.isUndefined(subscribed("a".repeat(1_024)))
    assert.strictEqual(subscribed("a".repeat(1_025)), MALFORMED_PACKET)
  })

  it("with a property that it ends within, as a parser gives it", () => {
    const cut = (properties: object) => ({ ...PUBLISH, properties }) as unknown as Packet
    assert.strictEqual(codeOf(cut({ responseTopic: null })), MALFORMED_PACKET)
    assert.strictEqual(codeOf(cut({ userProperties: { a: null } })), MALFORMED_PACKET)
    assert.strictEqual(codeOf(cut({ userProperties: { a: ["b", null] } })), MALFORMED_PACKET)
    const will = { ...WILL, topic: "a", properties: { responseTopic: null } }
    assert.strictEqual(codeOf({ ...CONNECT, will } as unknown as Packet), MALFORMED_PACKET)
    assert.isUndefined(codeOf(cut({ responseTopic: "a", correlationData: Buffer.from("x") })))
    let packet: Packet | undefined
    const reading = parser({ protocolVersion: 5 }).on("packet", (parsed) => {
      packet = parsed
    })
    // A response topic of nine characters, of which the packet has none.
    reading.parse(Buffer.from([0x30, 0x07, 0x00, 0x01, 0x61, 0x03, 0x08, 0x00, 0x09]))
    assert.isDefined(packet)
    if (packet !== undefined) assert.strictEqual(codeOf(packet), MALFORMED_PACKET)
  })

  it("with a packet id of 0", () => {
    assert.strictEqual(codeOf({ ...PUBLISH, qos: 1, messageId: 0 }), MALFORMED_PACKET)
    assert.strictEqual(
      codeOf({ ...SUBSCRIBE, messageId: 0, subscriptions: [{ topic: "a", qos: 0 }] }),
      MALFORMED_PACKET
    )
    assert.strictEqual(codeOf({ cmd: "unsubscribe", messageId: 0, unsubscriptions: ["a"] }), MALFORMED_PACKET)
  })

  it("with a property that is another packet's", () => {
    const bytes = generate(
      { ...PUBLISH, properties: { contentType: "x", userProperties: { a: "b" }, messageExpiryInterval: 1 } },
      V5
    )
    const found: Array<Packet> = []
    const reader = parser(V5)
    reader.on("packet", (packet: Packet) => found.push(packet))
    reader.parse(bytes)
    assert.deepStrictEqual(found.map(codeOf), [undefined])
    const identified = (subscriptionIdentifier: number) =>
      codeOf({
        ...SUBSCRIBE,
        subscriptions: [{ topic: "a", qos: 0 }],
        properties: { subscriptionIdentifier }
      })
    assert.deepStrictEqual([identified(3), identified(0)], [undefined, MALFORMED_PACKET])
    assert.strictEqual(codeOf({ ...PUBLISH, properties: { subscriptionIdentifier: 3 } }), MALFORMED_PACKET)
  })
})

describe("a publish breaks a rule", () => {
  it("without a topic, but for an alias that has one", () => {
    assert.strictEqual(codeOf({ ...PUBLISH, topic: "" }), PROTOCOL_ERROR)
    assert.strictEqual(codeOf({ ...PUBLISH, topic: "", properties: { topicAlias: 2 } }), PROTOCOL_ERROR)
    assert.strictEqual(codeOf({ ...PUBLISH, topic: "", properties: { topicAlias: 1 } }), undefined)
  })

  it("with a wildcard in the topic for its answer", () => {
    assert.strictEqual(codeOf({ ...PUBLISH, properties: { responseTopic: "a/#" } }), PROTOCOL_ERROR)
    assert.strictEqual(codeOf({ ...PUBLISH, properties: { responseTopic: "a/b" } }), undefined)
  })
})
