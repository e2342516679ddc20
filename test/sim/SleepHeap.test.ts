import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { type Sleep, SleepHeap } from "../../src/sim/SleepHeap.js"

const sleepAt = (at: number): Sleep => ({ at, wake: () => undefined, cancelled: false })
const drain = (heap: SleepHeap): ReadonlyArray<Sleep> => {
  const out: Array<Sleep> = []
  for (let next = heap.pop(); next !== undefined; next = heap.pop()) out.push(next)
  return out
}

describe("SleepHeap", () => {
  it("gives sleeps in order of time, then of beginning, without the cancelled", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.record({ at: FastCheck.nat(20), cancel: FastCheck.boolean() }), {
          maxLength: 200
        }),
        (specs) => {
          const heap = new SleepHeap()
          const sleeps = specs.map(({ at }) => sleepAt(at))
          for (const sleep of sleeps) heap.push(sleep)
          const kept = sleeps.filter((_, i) => !specs[i]?.cancel)
          for (const sleep of sleeps) if (!kept.includes(sleep)) heap.cancel(sleep)
          assert.strictEqual(heap.size, kept.length)
          // Array.sort is stable: equal times stay in order of beginning.
          assert.deepStrictEqual(
            drain(heap),
            [...kept].sort((a, b) => a.at - b.at)
          )
          assert.strictEqual(heap.size, 0)
        }
      )
    )
  })

  it("sweeps out cancelled sleeps, and keeps the order of the others", () => {
    const heap = new SleepHeap()
    const sleeps = Array.from({ length: 10_000 }, (_, i) => sleepAt((i * 7_919) % 10_007))
    for (const sleep of sleeps) heap.push(sleep)
    const kept = sleeps.filter((_, i) => i % 10 === 0)
    for (const [i, sleep] of sleeps.entries()) if (i % 10 !== 0) heap.cancel(sleep)
    assert.strictEqual(heap.size, kept.length)
    assert.deepStrictEqual(
      drain(heap),
      kept.sort((a, b) => a.at - b.at)
    )
  })
})
