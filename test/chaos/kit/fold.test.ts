/** The checker's own arithmetic, on sums whose figures are known. */
import { assert, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { Fold, nearest } from "./fold.js"

const figures = (...values: ReadonlyArray<number>) => {
  const fold = new Fold()
  for (const value of values) fold.add(value)
  return fold.figures()
}

it("sums without rounding on the way", () => {
  assert.strictEqual(figures(1e16, 1, -1e16).sum, 1)
  assert.strictEqual(figures(...Array.from({ length: 10 }, () => 0.1)).sum, 1)
  assert.strictEqual(figures(1, 1e100, 1, -1e100).sum, 2)
  assert.strictEqual(figures(2 ** 53, 1, 2 ** -40).sum, 2 ** 53 + 2)
})

it("knows a minute's figures", () => {
  assert.deepStrictEqual(figures(2, 4, 4, 4, 5, 5, 7, 9), {
    count: 8,
    sum: 40,
    min: 2,
    max: 9,
    mean: 5,
    stddev: 2
  })
})

it("rounds a fraction to the nearest double", () => {
  assert.strictEqual(nearest(1n, 3n), 1 / 3)
  assert.strictEqual(nearest(-2n, 3n), -2 / 3)
  const whole = FastCheck.integer({ min: 1, max: 2 ** 31 })
  FastCheck.assert(
    // One division of doubles is rounded once, too.
    FastCheck.property(whole, whole, (a, b) => assert.strictEqual(nearest(BigInt(a), BigInt(b)), a / b))
  )
})

it("gives a double back to the bit", () => {
  const double = FastCheck.double({ min: -1e30, max: 1e30, noNaN: true }).filter((v) => Math.abs(v) > 1e-30)
  FastCheck.assert(FastCheck.property(double, (value) => assert.strictEqual(figures(value).sum, value)))
})
