import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { Due, DueHeap } from "../../src/domain/DueHeap.js"

const drain = (heap: DueHeap<Due>): ReadonlyArray<Due> => {
  const out: Array<Due> = []
  for (let next = heap.pop(); next !== undefined; next = heap.pop()) out.push(next)
  return out
}

describe("DueHeap", () => {
  it("gives what is due in order of time, then of arrival, without what was taken out", () => {
    const spec = FastCheck.record({
      at: FastCheck.nat(20),
      movedTo: FastCheck.option(FastCheck.nat(20)),
      remove: FastCheck.boolean()
    })
    FastCheck.assert(
      FastCheck.property(FastCheck.array(spec, { maxLength: 200 }), (specs) => {
        const heap = new DueHeap<Due>()
        const dues = specs.map(() => new Due())
        for (const [i, due] of dues.entries()) heap.put(due, specs[i]?.at ?? 0)
        // Some are moved to another time: they have arrived anew.
        const moved = dues.filter((due, i) => {
          const at = specs[i]?.movedTo ?? null
          if (at !== null) heap.put(due, at)
          return at !== null
        })
        const arrivals = [...dues.filter((due) => !moved.includes(due)), ...moved]
        const kept = arrivals.filter((due) => !specs[dues.indexOf(due)]?.remove)
        for (const due of dues) if (!kept.includes(due)) heap.remove(due)
        assert.strictEqual(heap.size, kept.length)
        // Array.sort is stable: equal times stay in order of arrival.
        assert.deepStrictEqual(
          drain(heap),
          [...kept].sort((a, b) => a.at - b.at)
        )
        assert.strictEqual(heap.size, 0)
      })
    )
  })

  it("shows the earliest, and leaves it", () => {
    const heap = new DueHeap<Due>()
    assert.isUndefined(heap.peek())
    const [first, second] = [new Due(), new Due()]
    heap.put(second, 2)
    heap.put(first, 1)
    assert.strictEqual(heap.peek(), first)
    heap.remove(first)
    heap.remove(first)
    assert.strictEqual(heap.peek(), second)
    assert.strictEqual(heap.size, 1)
    assert.strictEqual(heap.pop(), second)
    assert.isUndefined(heap.peek())
  })
})
