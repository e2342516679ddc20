/** How many numbers of a device's count are missing between two readings. */
import { assert, describe, it } from "@effect/vitest"
import { skippedBetween } from "../../../src/domain/quality/QualityCounts.js"

const edge = (seq: number, epoch = "a") => ({ epoch, seq })

describe("the numbers that a device left out", () => {
  it("are those between two of one start", () => {
    assert.strictEqual(skippedBetween(edge(4), edge(5)), 0)
    assert.strictEqual(skippedBetween(edge(4), edge(9)), 4)
    assert.strictEqual(skippedBetween(edge(0), edge(2 ** 31)), 2 ** 31 - 1)
  })

  it("are none where it starts, goes back, or has nothing before", () => {
    assert.strictEqual(skippedBetween(edge(4), edge(9, "b")), 0)
    assert.strictEqual(skippedBetween(edge(9), edge(4)), 0)
    assert.strictEqual(skippedBetween(null, edge(4)), 0)
  })

  it("are none where a counter leaps, so that one device can't make a score of all that no number holds", () => {
    assert.strictEqual(skippedBetween(edge(0), edge(2 ** 31 + 1)), 0)
    assert.strictEqual(skippedBetween(edge(1), edge(Number.MAX_SAFE_INTEGER)), 0)
  })
})
