import { DDSketch } from "@datadog/sketches-js"
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Sketch from "../../../src/domain/minute/Sketch.js"

const anyDouble = FastCheck.double({ noNaN: true, noDefaultInfinity: true })
const value = FastCheck.oneof(
  anyDouble,
  FastCheck.integer({ min: -50, max: 4_500 }).map((n) => n / 100),
  FastCheck.double({ min: 0, max: 1e-308, noNaN: true }),
  FastCheck.constantFrom(0, 1, -1, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, -Number.MIN_VALUE)
)
const values = FastCheck.array(value, { maxLength: 80 })
const filled = FastCheck.array(value, { minLength: 1, maxLength: 80 })

const PERCENTS = [0, 1, 25, 50, 75, 90, 95, 99, 100]

const sorted = (list: ReadonlyArray<number>) => [...list].sort((a, b) => a - b)
const told = (list: ReadonlyArray<number>, percents: ReadonlyArray<number> = PERCENTS) =>
  Sketch.percentiles(
    Sketch.ofValues(list),
    list.length,
    sorted(list)[0] ?? Number.NaN,
    sorted(list).at(-1) ?? Number.NaN,
    percents
  )

/** Of a double's bucket alone, without what min and max know. */
const error = (exact: number, given: number): number =>
  exact === given ? 0 : Math.abs(given / 4 - exact / 4) / Math.abs(exact / 4)

describe("the sketch", () => {
  it("tells every finite double within a 129th of it, and rises with it", () => {
    FastCheck.assert(
      FastCheck.property(value, value, (a, b) => {
        // A subnormal's quarter would be rounded.
        if (Math.abs(a) > 1e-300)
          assert.isAtMost(error(a, Sketch.valueOf(Sketch.bucketOf(a))), 1 / 129 + 1e-15)
        if (a < b) assert.isAtMost(Sketch.bucketOf(a), Sketch.bucketOf(b))
        assert.strictEqual(Sketch.bucketOf(-a), -Sketch.bucketOf(a) + 0)
        assert.isAtMost(2 * Math.abs(Sketch.bucketOf(a)) + 1, Sketch.BUCKETS_MAX)
      }),
      { numRuns: 5_000 }
    )
    const last = Sketch.bucketOf(Number.MAX_VALUE)
    assert.deepStrictEqual(
      [2 * last + 1, Sketch.bucketOf(Number.MIN_VALUE), Sketch.bucketOf(0), Sketch.bucketOf(-0)],
      [Sketch.BUCKETS_MAX, 1, 0, 0]
    )
    assert.isTrue(Number.isFinite(Sketch.valueOf(last)))
    assert.strictEqual(Sketch.valueOf(0), 0)
  })

  it("tells subnormal doubles, whole units of 2^-1074, as well", () => {
    for (let units = 1; units < 5_000; units++) {
      const given = Sketch.valueOf(Sketch.bucketOf(units * Number.MIN_VALUE)) / Number.MIN_VALUE
      assert.isAtMost(Math.abs(given - units), units / 128)
    }
  })

  it("has buckets whose edges are where the bits say, one after the other", () => {
    // Below the normal doubles there are fewer values than buckets.
    for (let bucket = Sketch.bucketOf(1e-300); bucket < Sketch.bucketOf(1e9); bucket += 97) {
      assert.strictEqual(Sketch.bucketOf(Sketch.valueOf(bucket)), bucket)
      assert.strictEqual(Sketch.bucketOf(Sketch.valueOf(-bucket)), -bucket)
    }
    assert.strictEqual(Sketch.bucketOf(1) + 64, Sketch.bucketOf(2))
    assert.strictEqual(Sketch.bucketOf(1 + 1 / 64) - 1, Sketch.bucketOf(1 + 1 / 64 - Number.EPSILON))
  })

  it("merges associatively and commutatively to the bit, with empty as identity", () => {
    FastCheck.assert(
      FastCheck.property(values, values, values, (x, y, z) => {
        const [a, b, c] = [Sketch.ofValues(x), Sketch.ofValues(y), Sketch.ofValues(z)]
        assert.deepStrictEqual(Sketch.merge(Sketch.merge(a, b), c), Sketch.merge(a, Sketch.merge(b, c)))
        assert.deepStrictEqual(Sketch.merge(a, b), Sketch.merge(b, a))
        assert.deepStrictEqual(Sketch.merge(a, Sketch.empty), a)
        assert.deepStrictEqual(Sketch.merge(Sketch.empty, a), a)
      })
    )
  })

  it("is the whole for any split and any order, a thousand of them", () => {
    const [list = []] = FastCheck.sample(FastCheck.array(value, { minLength: 60, maxLength: 80 }), {
      numRuns: 1,
      seed: 7
    })
    const whole = Sketch.ofValues(list)
    FastCheck.assert(
      FastCheck.property(
        FastCheck.shuffledSubarray(list, { minLength: list.length }),
        FastCheck.array(FastCheck.nat(4), { minLength: 80, maxLength: 80 }),
        (shuffled, lots) => {
          const parts = [0, 1, 2, 3, 4].map((lot) =>
            Sketch.ofValues(shuffled.filter((_, index) => lots[index] === lot))
          )
          assert.deepStrictEqual(parts.reduce(Sketch.merge, Sketch.empty), whole)
        }
      ),
      { numRuns: 1_000 }
    )
  })

  it("reads back what it wrote, large counts too, and refuses what is no sketch", () => {
    let many = Sketch.ofValues([1, 1, -3, 0])
    for (let doubled = 0; doubled < 45; doubled++) many = Sketch.merge(many, many)
    const read: Array<readonly [number, number]> = []
    Sketch.forEach(many, (bucket, count) => read.push([bucket, count]))
    assert.deepStrictEqual(read, [
      [Sketch.bucketOf(-3), 2 ** 45],
      [0, 2 ** 45],
      [Sketch.bucketOf(1), 2 ** 46]
    ])
    const nothing = () => undefined
    for (const bytes of [[0x80], [3], [2, 0], [2, 1, 1], Array(12).fill(0xff)]) {
      assert.throws(() => Sketch.forEach(Uint8Array.from(bytes), nothing), RangeError)
    }
  })

  it("tells the value at the lower nearest rank, within the stated error", () => {
    FastCheck.assert(
      FastCheck.property(filled, (list) => {
        const ordered = sorted(list)
        const given = told(list)
        assert.strictEqual(given.length, PERCENTS.length)
        for (const [index, percent] of PERCENTS.entries()) {
          const exact = ordered[Sketch.rankOf(percent, list.length)] ?? Number.NaN
          const is = given[index] ?? Number.NaN
          // Half a unit more of what a subnormal is rounded to.
          assert.isAtMost(
            Math.abs(is / 2 - exact / 2),
            (Sketch.RELATIVE_ERROR * Math.abs(exact)) / 2,
            `p${percent} of ${list}`
          )
        }
        assert.deepStrictEqual(sorted(given), [...given])
      }),
      { numRuns: 1_000 }
    )
    assert.deepStrictEqual(told([21.5]), Array(PERCENTS.length).fill(21.5))
    assert.deepStrictEqual(told([7, 7, 7, 7], [50, 95, 99]), [7, 7, 7])
    assert.deepStrictEqual(
      [1, 2, 3, 100, 101].map((n) => Sketch.rankOf(95, n)),
      [0, 0, 1, 94, 95]
    )
  })

  it("says what DDSketch says of the same values, within the errors of both", () => {
    const moderate = FastCheck.double({ min: -1e6, max: 1e6, noNaN: true }).filter((n) => Math.abs(n) > 1e-6)
    FastCheck.assert(
      FastCheck.property(FastCheck.array(moderate, { minLength: 1, maxLength: 300 }), (list) => {
        const oracle = new DDSketch({ relativeAccuracy: 0.01 })
        for (const one of list) oracle.accept(one)
        for (const [index, percent] of [50, 95, 99].entries()) {
          const [exact, theirs] = [
            sorted(list)[Sketch.rankOf(percent, list.length)] ?? Number.NaN,
            oracle.getValueAtQuantile(percent / 100)
          ]
          const ours = told(list, [50, 95, 99])[index] ?? Number.NaN
          // Where 0.95 × (n - 1) is rounded below a whole number, they take the rank before.
          if (error(exact, theirs) > 0.0101) continue
          assert.isAtMost(Math.abs(ours - theirs), 0.0201 * Math.abs(exact))
        }
      }),
      { numRuns: 300 }
    )
  })

  it("is small: a byte for each bucket next to another, whatever the count below 128 but one", () => {
    const close = Array.from({ length: 60 }, (_, i) => 20 + Math.sin(i) * 0.4)
    assert.isAtMost(Sketch.ofValues(close).length, 12)
    const apart = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 1 : -1) * 1.7 ** i)
    assert.isAtMost(Sketch.ofValues(apart).length, 130)
  })
})
