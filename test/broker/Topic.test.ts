import { assert, describe, it } from "@effect/vitest"
import { RetainedQuota } from "../../src/broker/embedded/RetainedQuota.js"
import { isBadText, subscriptionFault, topicName } from "../../src/broker/Topic.js"

describe("a topic", () => {
  it("names a device", () => {
    assert.strictEqual(topicName("sensors"), "")
    assert.strictEqual(topicName("sensors/hall/1"), "hall/1")
    assert.strictEqual(topicName("sensorsX/1"), "sensorsX/1")
    assert.strictEqual(topicName("home/hall"), "home/hall")
  })

  it("is bad with NUL or broken UTF-8", () => {
    assert.isTrue(isBadText("a\0"))
    assert.isTrue(isBadText(Buffer.from([0x61, 0xff]).toString()))
    assert.isFalse(isBadText("größe/温度"))
  })

  it("may be subscribed to unless it is shared or the broker's", () => {
    assert.strictEqual(subscriptionFault("#"), null)
    assert.strictEqual(subscriptionFault("sensors/+"), null)
    assert.isNotNull(subscriptionFault("$share/g/sensors"))
    assert.isNotNull(subscriptionFault("$SYS/#"))
  })
})

describe("retained messages", () => {
  it("are bounded in topics and bytes, and make room when they are cleared", () => {
    const quota = new RetainedQuota(2, 10)
    assert.isTrue(quota.admit("a", 3))
    assert.isTrue(quota.admit("b", 3))
    assert.isFalse(quota.admit("c", 1))
    assert.isFalse(quota.admit("b", 6))
    assert.isTrue(quota.admit("b", 5))
    assert.isTrue(quota.admit("a", 0))
    assert.isTrue(quota.admit("c", 3))
  })
})
