import { assert, describe, it } from "@effect/vitest"
import { micros } from "../../src/domain/Time.js"
import type { Message } from "../../src/sensors/Faults.js"
import { Outbox } from "../../src/sensors/Outbox.js"

const message = (at: number, dueAt = at): Message => ({
  topic: "sensors/1",
  payload: `${at}`,
  measuredAt: micros(at),
  dueAt: micros(dueAt)
})
const payloads = (messages: ReadonlyArray<Message>) => messages.map(({ payload }) => payload)

describe("Outbox", () => {
  it("gives the oldest until they are acknowledged, in any order", () => {
    const outbox = new Outbox()
    outbox.put([message(1), message(2), message(3)], micros(3))
    assert.deepStrictEqual(payloads(outbox.head(2)), ["1", "2"])
    assert.deepStrictEqual(payloads(outbox.head(9)), ["1", "2", "3"])
    const [, second] = outbox.head(2)
    if (second !== undefined) outbox.acknowledged(second)
    assert.deepStrictEqual(payloads(outbox.head(9)), ["1", "3"])
  })

  it("holds late messages back until they are due", () => {
    const outbox = new Outbox()
    outbox.put([message(1, 5), message(2)], micros(2))
    outbox.release(micros(4))
    assert.deepStrictEqual(payloads(outbox.head(9)), ["2"])
    outbox.release(micros(5))
    assert.deepStrictEqual(payloads(outbox.head(9)), ["2", "1"])
  })

  it("is bounded: the oldest goes, and is counted", () => {
    const outbox = new Outbox(3)
    outbox.put([message(1), message(2, 99)], micros(2))
    assert.strictEqual(outbox.put([message(3), message(4), message(5)], micros(5)), 2)
    assert.strictEqual(outbox.size, 3)
    assert.strictEqual(outbox.dropped, 2)
    assert.deepStrictEqual(payloads(outbox.head(9)), ["4", "5"])
    outbox.put([message(6, 99), message(7, 99), message(8, 99)], micros(8))
    assert.strictEqual(outbox.size, 3)
    assert.deepStrictEqual(payloads(outbox.head(9)), [])
  })
})
