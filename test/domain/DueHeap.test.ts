import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { type Due, DueHeap } from "../../src/domain/DueHeap.js"

const dueAt = (at: number): Due => ({ at, cancelled: false })
const drain = (heap: DueHeap<Due>): ReadonlyArray<Due> => {
  const out: Array<Due> = []
  for (let next = heap.pop(); next !== undefined; next = heap.pop()) out.push(next)
  return out
}

describe("DueHeap", () => {
  it("gives what is due in order of time, then of arrival, without the cancelled", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.record({ at: FastCheck.nat(20), cancel: FastCheck.boolean() }), {
          maxLength: 200
        }),
        (specs) => {
          const heap = new DueHeap<Due>()
          const dues = specs.map(({ at }) => dueAt(at))
          for (const due of dues) heap.push(due)
          const kept = dues.filter((_, i) => !specs[i]?.cancel)
          for (const due of dues) if (!kept.includes(due)) heap.cancel(due)
          assert.strictEqual(heap.size, kept.length)
          // Array.sort is stable: equal times stay in order of arrival.
          assert.deepStrictEqual(
            drain(heap),
            [...kept].sort((a, b) => a.at - b.at)
          )
          assert.strictEqual(heap.size, 0)
        }
      )
    )
  })

  it("shows the earliest that is not cancelled, and leaves it", () => {
    const heap = new DueHeap<Due>()
    assert.isUndefined(heap.peek())
    const [first, second] = [dueAt(1), dueAt(2)]
    heap.push(second)
    heap.push(first)
    assert.strictEqual(heap.peek(), first)
    heap.cancel(first)
    assert.strictEqual(heap.peek(), second)
    assert.strictEqual(heap.size, 1)
    assert.strictEqual(heap.pop(), second)
    assert.isUndefined(heap.peek())
  })

  it("sweeps out what is cancelled, and keeps the order of the rest", () => {
    const heap = new DueHeap<Due>()
    const dues = Array.from({ length: 10_000 }, (_, i) => dueAt((i * 7_919) % 10_007))
    for (const due of dues) heap.push(due)
    const kept = dues.filter((_, i) => i % 10 === 0)
    for (const [i, due] of dues.entries()) if (i % 10 !== 0) heap.cancel(due)
    assert.strictEqual(heap.size, kept.length)
    assert.deepStrictEqual(
      drain(heap),
      kept.sort((a, b) => a.at - b.at)
    )
  })
})
