/** Against another implementation of MQTT 3.1.1: what it writes is read here, and what is written here it reads. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as MqttPacket from "mqtt-packet"
import {
  connectPacket,
  DISCONNECT,
  type Inbound,
  MqttReader,
  PINGREQ,
  pubackPacket,
  pubcompPacket,
  pubrecPacket,
  subscribePacket
} from "../../../src/broker/client/MqttWire.js"

const KEPT_MAX = 1_000

/** What the reader makes of these bytes, cut at these places. */
const read = (bytes: Uint8Array, cuts: ReadonlyArray<number> = [], keptMax = KEPT_MAX) => {
  const packets: Array<Inbound> = []
  const reader = new MqttReader(keptMax, (packet) => packets.push(packet))
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  const faults = places.flatMap((from, at) => {
    const fault = reader.accept(bytes.subarray(from, places[at + 1] ?? bytes.length))
    return fault === null ? [] : [fault]
  })
  return { faults, packets }
}

const parse = (bytes: Buffer): ReadonlyArray<MqttPacket.Packet> => {
  const packets: Array<MqttPacket.Packet> = []
  const parser = MqttPacket.parser({ protocolVersion: 4 })
  parser.on("packet", (packet: MqttPacket.Packet) => packets.push(packet))
  parser.parse(bytes)
  return packets
}

const ids = FastCheck.integer({ min: 1, max: 65_535 })

const publishes = FastCheck.record({
  topic: FastCheck.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter(
    (topic) => !/[+#\0]/.test(topic)
  ),
  payload: FastCheck.uint8Array({ maxLength: 300 }),
  qos: FastCheck.constantFrom(0 as const, 1 as const, 2 as const),
  packetId: ids,
  retain: FastCheck.boolean(),
  dup: FastCheck.boolean()
})

/** A packet as the other implementation writes it, and what it must be read as. */
const exchanges: FastCheck.Arbitrary<readonly [Buffer, Inbound]> = FastCheck.oneof(
  publishes.map(({ dup, packetId, payload, qos, retain, topic }) => {
    const bytes = MqttPacket.generate({
      cmd: "publish",
      topic,
      payload: Buffer.from(payload),
      qos,
      retain,
      dup: qos > 0 && dup,
      messageId: packetId
    })
    const publish = { qos, packetId: qos === 0 ? 0 : packetId, topic, payload, retained: retain }
    return [bytes, { _tag: "Publish", ...publish }] as const
  }),
  FastCheck.tuple(FastCheck.boolean(), FastCheck.integer({ min: 0, max: 5 })).map(
    ([sessionPresent, code]) =>
      [
        MqttPacket.generate({ cmd: "connack", returnCode: code, sessionPresent }),
        { _tag: "Connack", sessionPresent, code }
      ] as const
  ),
  FastCheck.tuple(ids, FastCheck.array(FastCheck.constantFrom(0, 1, 128), { minLength: 1 })).map(
    ([packetId, codes]) =>
      [
        MqttPacket.generate({ cmd: "suback", messageId: packetId, granted: codes }),
        { _tag: "Suback", packetId, codes }
      ] as const
  ),
  ids.map(
    (packetId) =>
      [MqttPacket.generate({ cmd: "pubrel", messageId: packetId }), { _tag: "Pubrel", packetId }] as const
  ),
  FastCheck.constant([MqttPacket.generate({ cmd: "pingresp" }), { _tag: "Pingresp" }] as const)
)

// Views of other kinds hold the same bytes.
const plain = (packet: Inbound) =>
  packet._tag === "Publish" ? { ...packet, payload: [...packet.payload] } : packet

describe("MqttReader", () => {
  it("reads what another implementation writes, however the chunks are cut", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(exchanges, { maxLength: 8 }),
        FastCheck.array(FastCheck.nat(), { maxLength: 12 }),
        (pairs, cuts) => {
          const { faults, packets } = read(Buffer.concat(pairs.map(([bytes]) => bytes)), cuts)
          assert.deepStrictEqual(faults, [])
          assert.deepStrictEqual(
            packets.map(plain),
            pairs.map(([, packet]) => plain(packet))
          )
        }
      )
    )
  })

  it("cuts what is too long, and goes on behind it", () => {
    const long = MqttPacket.generate({
      cmd: "publish",
      topic: "a",
      payload: Buffer.alloc(5_000, 7),
      qos: 1,
      messageId: 9,
      retain: false,
      dup: false
    })
    const stream = Buffer.concat([long, MqttPacket.generate({ cmd: "pingresp" })])
    for (const cuts of [[], [3, 900, 1_004, 1_005, 4_000], stream.map((_, at) => at)]) {
      const { faults, packets } = read(stream, [...cuts])
      assert.deepStrictEqual(faults, [])
      assert.deepStrictEqual(packets.map(plain), [
        {
          _tag: "Publish",
          qos: 1,
          packetId: 9,
          topic: "a",
          payload: Array(KEPT_MAX - 5).fill(7),
          retained: false
        },
        { _tag: "Pingresp" }
      ])
    }
  })

  it("refuses what no broker sends to a subscriber", () => {
    const wrong = [
      MqttPacket.generate({ cmd: "pingreq" }),
      Buffer.from([0x30, 1, 0]),
      Buffer.from([0x32, 3, 0, 1, 97]),
      Buffer.from([0x36, 5, 0, 1, 97, 0, 1]),
      Buffer.from([0x20, 0]),
      Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01])
    ]
    for (const bytes of wrong) {
      const { faults, packets } = read(bytes)
      assert.isAtLeast(faults.length, 1)
      assert.deepStrictEqual(packets, [])
    }
  })
})

describe("what a subscriber sends", () => {
  it("asks for its session, with a user and password where there is one", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.string({ minLength: 1, maxLength: 200 }),
        FastCheck.option(FastCheck.string({ minLength: 1 }), { nil: undefined }),
        FastCheck.option(FastCheck.string({ minLength: 1 }), { nil: undefined }),
        (clientId, username, password) => {
          const [packet] = parse(connectPacket({ clientId, username, password, keepAliveSeconds: 300 }))
          assert.isTrue(packet?.cmd === "connect")
          if (packet?.cmd !== "connect") return
          assert.strictEqual(packet.clientId, clientId)
          assert.isFalse(packet.clean)
          assert.strictEqual(packet.keepalive, 300)
          assert.strictEqual(packet.username, username)
          const secret = username === undefined ? undefined : password
          assert.strictEqual(packet.password?.toString(), secret)
        }
      )
    )
  })

  it("subscribes at QoS 1", () => {
    const filters = ["sensors/#", "$share/tide/ä/+", "a".repeat(300)]
    const [packet] = parse(subscribePacket(259, filters))
    assert.isTrue(packet?.cmd === "subscribe")
    if (packet?.cmd !== "subscribe") return
    assert.strictEqual(packet.messageId, 259)
    assert.deepStrictEqual(
      packet.subscriptions.map(({ qos, topic }) => [topic, qos]),
      filters.map((filter) => [filter, 1])
    )
  })

  it("answers with the id", () => {
    const answers = [pubackPacket(259), pubrecPacket(258), pubcompPacket(65_535), PINGREQ, DISCONNECT]
    assert.deepStrictEqual(
      parse(Buffer.concat(answers)).map(({ cmd, messageId }) => [cmd, messageId]),
      [
        ["puback", 259],
        ["pubrec", 258],
        ["pubcomp", 65_535],
        ["pingreq", undefined],
        ["disconnect", undefined]
      ]
    )
  })
})
