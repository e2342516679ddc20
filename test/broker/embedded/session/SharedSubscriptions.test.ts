import { assert, describe, it } from "@effect/vitest"
import {
  SharedSubscriptions,
  sharedMark,
  sharedName
} from "../../../../src/broker/embedded/session/SharedSubscriptions.js"

const setUp = (...members: ReadonlyArray<readonly [name: string, id: string, qos: 0 | 1 | 2]>) => {
  const shared = new SharedSubscriptions()
  for (const [name, id, qos] of members) assert.isTrue(shared.join(name, id, { qos }))
  const online = new Set(members.map(([, id]) => id))
  const next = (topic: string, qos = 1) => shared.next(topic, qos, (id) => online.has(id)).map(({ id }) => id)
  return { next, online, shared }
}

describe("a group that shares a subscription", () => {
  it("is sent each message once, its members in turn", () => {
    const { next } = setUp(["$share/g/t/+", "a", 1], ["$share/g/t/+", "b", 1], ["$share/h/#", "c", 0])
    assert.deepStrictEqual(
      [next("t/1"), next("t/1"), next("t/2"), next("u"), next("$x")],
      [["a", "c"], ["b", "c"], ["a", "c"], ["c"], []]
    )
  })

  it("passes over who is away, unless all are: then it waits for one for whom it may", () => {
    const { next, online } = setUp(["$share/g/t", "a", 0], ["$share/g/t", "b", 1])
    online.delete("a")
    assert.deepStrictEqual([next("t"), next("t")], [["b"], ["b"]])
    online.delete("b")
    assert.deepStrictEqual([next("t", 1), next("t", 0)], [["b"], []])
  })

  it("is gone with its last member", () => {
    const { next, shared } = setUp(["$share/g/t", "a", 1], ["$share/g/t", "b", 1], ["$share/h/t", "b", 1])
    shared.leave("$share/g/t", "a")
    assert.deepStrictEqual(
      [next("t"), next("t")],
      [
        ["b", "b"],
        ["b", "b"]
      ]
    )
    shared.forget("b")
    assert.isTrue(shared.isEmpty)
  })

  it("is refused where there are too many, and not its next member", () => {
    const { shared } = setUp()
    for (let group = 0; group < 1_000; group += 1)
      assert.isTrue(shared.join(`$share/${group}/t`, "a", { qos: 0 }))
    assert.isFalse(shared.join("$share/more/t", "a", { qos: 0 }))
    assert.isTrue(shared.join("$share/7/t", "b", { qos: 0 }))
  })

  it("has a name that no client can give", () => {
    const mark = sharedMark("$share/g/t")
    assert.strictEqual(sharedName(mark ?? ""), "$share/g/t")
    for (const name of ["t", "$share/g", "$share//t", "$share/+/t", "$share/g/t+"]) {
      assert.isNull(sharedMark(name))
      assert.isNull(sharedName(name))
    }
  })
})
