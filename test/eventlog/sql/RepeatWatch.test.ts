/** When batches are looked up before they are stored. */
import { assert, describe, it } from "@effect/vitest"
import { RepeatWatch } from "../../../src/eventlog/sql/append/RepeatWatch.js"

const until = (watch: RepeatWatch): number => {
  for (let batches = 0; batches < 1_000; batches++) {
    if (!watch.expectsRepeats) return batches
    watch.lookedUp(false)
  }
  return assert.fail("batches are looked up for ever")
}

describe("the watch for repeats", () => {
  it("looks batches up at first, and no more where none has a repeat", () => {
    assert.strictEqual(until(new RepeatWatch()), 16)
  })

  it("looks up again for as long after a repeat that was found", () => {
    const watch = new RepeatWatch()
    for (let batch = 0; batch < 10; batch++) watch.lookedUp(false)
    watch.lookedUp(true)
    assert.strictEqual(until(watch), 16)
  })

  it("looks up again after a batch that failed at a unique key", () => {
    const watch = new RepeatWatch()
    until(watch)
    watch.collided()
    assert.isTrue(watch.expectsRepeats)
    assert.strictEqual(until(watch), 16)
  })
})
