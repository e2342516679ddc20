import { assert, describe, it } from "@effect/vitest"
import {
  filterPrefix,
  isBadText,
  isFilter,
  isUnder,
  subscriptionFault,
  topicFilterFault,
  topicName
} from "../../src/domain/access/Topic.js"

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

  it("may be subscribed to unless its name asks for a refusal, or names no group to share with", () => {
    const taken = ["#", "sensors/+", "$SYS/#", "$share/g/sensors", "$share/g/#", "$shared"]
    assert.deepStrictEqual(taken.map(subscriptionFault), [null, null, null, null, null, null])
    const refused = [
      "test/nosubscribe",
      "$share/g",
      "$share/g/",
      "$share//x",
      "$share/+/x",
      "$share/g/a#",
      "a\0"
    ]
    for (const filter of refused) assert.isNotNull(subscriptionFault(filter), filter)
  })

  it("is a filter where its wildcards have a level for themselves", () => {
    for (const filter of ["a", "/", "+", "#", "+/a/+", "a/#", "/+/", " "])
      assert.isTrue(isFilter(filter), filter)
    for (const text of ["", "a#", "#/a", "a+", "+a/b", "a/#/", "##"]) assert.isFalse(isFilter(text), text)
  })
})

describe("a filter of topics", () => {
  it("begins as all topics under it do", () => {
    const prefixes = [
      ["a/b", "a/b"],
      ["a/b/#", "a/b"],
      ["a/+", "a/"],
      ["a/+/c/#", "a/"],
      ["+/a", ""],
      ["#", ""],
      ["/+", "/"],
      ["$SYS/#", "$SYS"]
    ] as const
    for (const [filter, prefix] of prefixes) assert.strictEqual(filterPrefix(filter), prefix, filter)
    const topics = ["a", "a/b", "a/b/c", "/a", "a//c", "/", "$SYS", "$SYS/a", "a/x/c/d"]
    for (const [filter] of prefixes)
      for (const topic of topics)
        if (isUnder(topic, filter))
          assert.isTrue(topic.startsWith(filterPrefix(filter)), `${topic} ${filter}`)
  })

  it("is refused with what it has to be", () => {
    for (const filter of ["a", "a/+/#", "größe/#"]) assert.isUndefined(topicFilterFault(filter))
    for (const text of ["", "a#", "#/a", "a\0"]) assert.include(topicFilterFault(text), "+ for one level")
  })
})
