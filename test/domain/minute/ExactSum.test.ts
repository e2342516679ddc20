import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as ExactSum from "../../../src/domain/minute/ExactSum.js"
import { exact, exactOrBeyond, isNearest, neighbour } from "./rationals.js"

const finite = FastCheck.double({ noNaN: true, noDefaultInfinity: true })
const sensorLike = FastCheck.integer({ min: -5_000, max: 5_000 }).map((n) => n / 100)
const extreme = FastCheck.constantFrom(
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.MIN_VALUE,
  -Number.MIN_VALUE,
  2.2250738585072014e-308,
  2.225073858507201e-308,
  0,
  1,
  -1,
  1e16,
  0.1,
  2 ** 53,
  2 ** -53
)
const values = FastCheck.array(FastCheck.oneof(finite, sensorLike, extreme), { maxLength: 60 })

const momentsOf = (list: ReadonlyArray<number>): ExactSum.Moments => {
  const moments = new ExactSum.Moments()
  for (const value of list) moments.add(value)
  return moments
}
const sumOf = (list: ReadonlyArray<number>) => momentsOf(list).sum
const squaresOf = (list: ReadonlyArray<number>) => momentsOf(list).squares
const oracleSum = (list: ReadonlyArray<number>) => list.reduce((sum, value) => sum + exact(value), 0n)

describe("exact sums", () => {
  it("are what the sum is, rounded once to the nearest double", () => {
    FastCheck.assert(
      FastCheck.property(values, (list) => isNearest(ExactSum.toNumber(sumOf(list)), oracleSum(list), 1n)),
      { numRuns: 2_000 }
    )
  })

  it("give the nearest double to the mean", () => {
    FastCheck.assert(
      FastCheck.property(values, (list) => {
        if (list.length === 0) return
        const mean = ExactSum.mean(sumOf(list), list.length)
        assert.isTrue(Number.isFinite(mean))
        assert.isTrue(isNearest(mean, oracleSum(list), BigInt(list.length)))
      }),
      { numRuns: 2_000 }
    )
  })

  it("give the nearest double to the deviation", () => {
    FastCheck.assert(
      FastCheck.property(values, (list) => {
        if (list.length === 0) return
        const n = BigInt(list.length)
        const spread = n * list.reduce((sum, value) => sum + exact(value) ** 2n, 0n) - oracleSum(list) ** 2n
        const rounded = ExactSum.deviation(sumOf(list), squaresOf(list), list.length)
        assert.isTrue(Number.isFinite(rounded) && rounded >= 0)
        // √spread / n is between the midpoints to the neighbours: compared as squares, on integers.
        const here = exact(rounded)
        const above = (here + exactOrBeyond(neighbour(rounded, 1n))) * n
        assert.isTrue(4n * spread <= above * above)
        if (rounded !== 0) {
          const below = (here + exact(neighbour(rounded, -1n))) * n
          assert.isTrue(4n * spread >= below * below)
        }
      }),
      { numRuns: 2_000 }
    )
  })

  it("round ties to even, and reach the subnormals and the edge of the range", () => {
    const round = (...list: ReadonlyArray<number>) => ExactSum.toNumber(sumOf(list))
    assert.strictEqual(round(2 ** 53, 1), 2 ** 53)
    assert.strictEqual(round(2 ** 53, 3), 2 ** 53 + 4)
    assert.strictEqual(round(2 ** 53, 1, 2 ** -1074), 2 ** 53 + 2)
    assert.strictEqual(ExactSum.mean(sumOf([Number.MIN_VALUE]), 2), 0)
    assert.strictEqual(ExactSum.mean(sumOf([3 * Number.MIN_VALUE]), 2), 2 * Number.MIN_VALUE)
    assert.strictEqual(ExactSum.mean(sumOf([Number.MIN_VALUE]), 1_000), 0)
    assert.strictEqual(round(Number.MAX_VALUE, Number.MAX_VALUE), Number.POSITIVE_INFINITY)
    assert.strictEqual(round(-Number.MAX_VALUE, -Number.MAX_VALUE), Number.NEGATIVE_INFINITY)
    assert.strictEqual(round(Number.MAX_VALUE, 2 ** 969), Number.MAX_VALUE)
    assert.strictEqual(round(Number.MAX_VALUE, 2 ** 970), Number.POSITIVE_INFINITY)
    assert.strictEqual(round(Number.MAX_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE), Number.MAX_VALUE)
    assert.strictEqual(round(1e16, 1, -1e16), 1)
    assert.isTrue(Object.is(round(1, -1), 0))
  })

  it("know figures worked out by hand", () => {
    const list = [2, 4, 4, 4, 5, 5, 7, 9]
    assert.strictEqual(ExactSum.deviation(sumOf(list), squaresOf(list), 8), 2)
    assert.strictEqual(ExactSum.deviation(sumOf([0.1, 0.1, 0.1]), squaresOf([0.1, 0.1, 0.1]), 3), 0)
    assert.strictEqual(ExactSum.deviation(sumOf([0, 1]), squaresOf([0, 1]), 2), 0.5)
    // A large offset loses nothing.
    const offset = [1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]
    assert.strictEqual(ExactSum.deviation(sumOf(offset), squaresOf(offset), 4), Math.sqrt(22.5))
    assert.strictEqual(ExactSum.toNumber(sumOf([0.1, 0.2, 0.3])), 0.6)
  })

  it("have one state for every order and grouping", () => {
    FastCheck.assert(
      FastCheck.property(
        values.chain((list) =>
          FastCheck.tuple(
            FastCheck.constant(list),
            FastCheck.shuffledSubarray(list, { minLength: list.length }),
            FastCheck.nat(list.length)
          )
        ),
        ([list, shuffled, cut]) => {
          assert.deepStrictEqual(sumOf(shuffled), sumOf(list))
          const moments = momentsOf(shuffled.slice(0, cut))
          moments.merge(sumOf(shuffled.slice(cut)), squaresOf(shuffled.slice(cut)))
          assert.deepStrictEqual(moments.sum, sumOf(list))
          assert.deepStrictEqual(moments.squares, squaresOf(list))
        }
      )
    )
  })

  it("survive their text, and are equal as the numbers are", () => {
    FastCheck.assert(
      FastCheck.property(values, values, (left, right) => {
        const [a, b] = [sumOf(left), sumOf(right)]
        assert.deepStrictEqual(ExactSum.decode(ExactSum.encode(a)), a)
        const squares = squaresOf(left)
        assert.deepStrictEqual(ExactSum.decode(ExactSum.encode(squares)), squares)
        assert.isAtMost(ExactSum.encode(squares).length, 1_100)
        const difference = oracleSum(left) - oracleSum(right)
        assert.strictEqual(ExactSum.equals(a, b), difference === 0n)
      })
    )
    for (const text of ["", "1", "p1", "0x1p1", "1p", "1p1.5", "gp0", " 1p1"]) {
      assert.throws(() => ExactSum.decode(text), RangeError)
    }
  })

  it("refuse what is no number", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      assert.throws(() => new ExactSum.Moments().add(value), RangeError)
    }
  })
})
