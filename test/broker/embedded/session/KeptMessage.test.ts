/** What is kept of a message holds no more memory than is counted. */
import { assert, describe, it } from "@effect/vitest"
import type { PublishPacket } from "aedes"
import { RetainedQuota } from "../../../../src/broker/embedded/RetainedQuota.js"
import { bytesOf, detached } from "../../../../src/broker/embedded/session/KeptMessage.js"

const message = (given: Partial<PublishPacket> = {}): PublishPacket => ({
  ...{ cmd: "publish", topic: "t", payload: Buffer.from("x"), qos: 1, retain: true, dup: false },
  ...given
})

describe("a message that is kept", () => {
  it("holds no byte of the chunk that it came in, nor of a pool", () => {
    const chunk = Buffer.alloc(65_536, "x")
    for (const length of [0, 1, 100, 5_000]) {
      const payload = chunk.subarray(7, 7 + length)
      const kept = detached(message({ payload, properties: { correlationData: payload, contentType: "c" } }))
      const { correlationData } = kept.properties ?? {}
      assert.deepStrictEqual([kept.payload, correlationData], [payload, payload])
      assert.strictEqual(kept.payload.buffer.byteLength, length)
      assert.strictEqual(correlationData?.buffer.byteLength, length)
      assert.strictEqual(kept.properties?.contentType, "c")
    }
  })

  it("has properties of its own", () => {
    const properties = { messageExpiryInterval: 5 }
    const kept = detached(message({ properties }))
    Object.assign(kept.properties ?? {}, { messageExpiryInterval: 1 })
    assert.strictEqual(properties.messageExpiryInterval, 5)
  })

  it("counts with all that its client chose", () => {
    const plain = bytesOf(message())
    assert.strictEqual(plain, 2)
    const text = "ä".repeat(1_000)
    for (const properties of [
      { userProperties: { [text]: "" } },
      { userProperties: { a: text } },
      { userProperties: { a: ["b", text] } },
      { responseTopic: text },
      { contentType: text },
      { correlationData: Buffer.from(text) }
    ])
      assert.isAtLeast(bytesOf(message({ properties })), plain + 1_000)
    const many = Array.from({ length: 1_000 }, () => "")
    assert.isAtLeast(bytesOf(message({ properties: { userProperties: { a: many } } })), plain + 10_000)
  })
})

describe("retained messages", () => {
  it("are bounded in topics and bytes, and make room when they are cleared", () => {
    const quota = new RetainedQuota(2, 10)
    const admit = (topic: string, bytes: number) =>
      quota.admit(message({ topic, payload: Buffer.alloc(bytes, "x") }))
    assert.isTrue(admit("a", 3))
    assert.isTrue(admit("b", 3))
    assert.isFalse(admit("c", 1))
    assert.isFalse(admit("b", 6))
    assert.isTrue(admit("b", 5))
    assert.isTrue(admit("a", 0))
    assert.isTrue(admit("c", 3))
  })

  it("are bounded by their properties too", () => {
    const quota = new RetainedQuota(10, 1_000)
    const long = { userProperties: { a: "x".repeat(700) } }
    assert.isTrue(quota.admit(message({ properties: long })))
    assert.isFalse(quota.admit(message({ topic: "other", properties: long })))
    assert.isTrue(quota.admit(message({ payload: Buffer.alloc(0), properties: long })))
    assert.isTrue(quota.admit(message({ topic: "other", properties: long })))
  })
})
