/** Figures of shaped values, from what is kept of minutes: held against the readings themselves, one by one. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { eventId, position } from "../../../src/domain/Ids.js"
import { fold, type MinuteReading, mergeAll } from "../../../src/domain/minute/Minute.js"
import { RELATIVE_ERROR, rankOf } from "../../../src/domain/minute/Sketch.js"
import { type Part, PartsBuilder, shapedFigures } from "../../../src/domain/shaping/ShapedFigures.js"
import type { Shape } from "../../../src/domain/shaping/Shaping.js"
import { conversion } from "../../../src/domain/shaping/UnitConversion.js"
import { followedBy, mapped, polynomial, type ValueMap } from "../../../src/domain/shaping/ValueMap.js"
import { micros } from "../../../src/domain/Time.js"
import { type Unit, unitNamed } from "../../../src/domain/Unit.js"
import { exact, isNearest, UNIT } from "../minute/rationals.js"

const unit = (text: string): Unit => unitNamed(text) ?? assert.fail(text)
const FAHRENHEIT = conversion(unit("C"), unit("°F")) ?? assert.fail("°F")
const PSI = conversion(unit("hPa"), unit("psi")) ?? assert.fail("psi")

const shapeOf = (map: ValueMap): Shape => ({ map, unit: "x", calibration: 1 })
const reading = (value: number, at: number): MinuteReading => ({
  position: position(at + 1),
  eventId: eventId(at.toString(16).padStart(32, "0")),
  occurredAt: micros(at),
  value,
  sensorVersion: 1,
  lat: null,
  lng: null
})

// As sensors have them: the products stay within the units of the oracle.
const value = FastCheck.double({ noNaN: true, min: -1e6, max: 1e6 }).filter(
  (x) => x === 0 || Math.abs(x) > 1e-9
)
const values = FastCheck.array(value, { minLength: 1, maxLength: 40 })
const conversions = FastCheck.constantFrom(null, FAHRENHEIT, PSI)
const lines = FastCheck.tuple(value, value)

/** The parts of readings: some minutes of each map, split by `cut`. */
const partsOf = (
  groups: ReadonlyArray<{ readonly map: ValueMap; readonly values: ReadonlyArray<number> }>,
  cut: number
) => {
  let at = 0
  return groups.map(({ map, values }): Part => {
    const readings = values.map((one) => reading(one, at++))
    const minutes = [fold(readings.slice(0, cut)), fold(readings.slice(cut))]
    return { shape: shapeOf(map), minute: mergeAll(minutes) }
  })
}

describe("figures of shaped values", () => {
  it("are the exact ones of the results of each reading, rounded once", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.tuple(lines, values), { minLength: 1, maxLength: 3 }),
        conversions,
        FastCheck.nat(40),
        (drawn, linear, cut) => {
          const groups = drawn.map(([line, values]) => ({
            line,
            values,
            map: linear === null ? polynomial(line) : followedBy(polynomial(line), linear)
          }))
          const figures = shapedFigures(partsOf(groups, cut))
          const { divisor, offset, scale } = linear ?? { scale: 1n, offset: 0n, divisor: 1n }
          // In units of 1 / divisor: each result by itself.
          const results = groups.flatMap(({ line: [c0, c1], values }) =>
            values.map((x) => scale * (exact(c0) + ((exact(c1) * exact(x)) >> UNIT)) + (offset << UNIT))
          )
          const doubles = groups.flatMap(({ map, values }) => values.map((x) => mapped(map, x)))
          const sum = results.reduce((a, b) => a + b, 0n)
          const n = BigInt(results.length)
          assert.strictEqual(figures.count, results.length)
          assert.isTrue(isNearest(figures.sum ?? Number.NaN, sum, divisor))
          assert.isTrue(isNearest(figures.mean, sum, divisor * n))
          assert.strictEqual(figures.min, Math.min(...doubles))
          assert.strictEqual(figures.max, Math.max(...doubles))
          assert.strictEqual(figures.first, doubles[0])
          assert.strictEqual(figures.last, doubles.at(-1))
          // The deviation is the root of a rational: its square lies between those of the neighbours' midpoints.
          const spread = results.reduce((total, one) => total + (n * one - sum) ** 2n, 0n)
          const below = figures.stddev * (1 - 2 ** -52)
          const above = figures.stddev * (1 + 2 ** -52)
          const squared = (one: number) => (exact(one) * divisor * n) ** 2n * n
          assert.isTrue(squared(below) <= spread && (spread === 0n || squared(above) >= spread))
        }
      ),
      { numRuns: 150 }
    )
  })

  it("have percentiles within the sketch's error of the results, in the order of the results", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.tuple(lines, values), { minLength: 1, maxLength: 3 }),
        (drawn) => {
          const groups = drawn.map(([line, values]) => ({
            values,
            map: polynomial(line),
            scale: Math.abs(line[1])
          }))
          const { p50, p95, p99 } = shapedFigures(partsOf(groups, 7))
          const errors = groups.flatMap(({ scale, values }) =>
            values.map((x) => scale * Math.abs(x) * RELATIVE_ERROR)
          )
          const sorted = groups
            .flatMap(({ map, values }) => values.map((x) => mapped(map, x)))
            .sort((a, b) => a - b)
          const error = Math.max(...errors) * (1 + 1e-9) + 1e-12
          for (const [percent, told] of [
            [50, p50],
            [95, p95],
            [99, p99]
          ] as const) {
            assert.closeTo(told, sorted[rankOf(percent, sorted.length)] ?? Number.NaN, error)
          }
        }
      )
    )
    // Mirrored: what was the least is the greatest.
    const falling = shapedFigures(partsOf([{ map: polynomial([0, -1]), values: [1, 2, 3, 4] }], 2))
    assert.deepInclude(falling, { min: -4, max: -1, first: -1, last: -4, sum: -10, mean: -2.5 })
    assert.closeTo(falling.p50, -3, 0.03)
    assert.closeTo(falling.p99, -2, 0.02)
  })

  it("of a formula that is no line are those of its results, reading by reading", () => {
    const square = shapeOf(polynomial([0, 0, 1]))
    const line = shapeOf(polynomial([1, 2]))
    const builder = new PartsBuilder()
    for (const [index, one] of [-3, 1, 2].entries()) builder.add(square, reading(one, index))
    builder.merge(line, fold([reading(5, 3)]))
    const figures = shapedFigures(builder.done())
    assert.deepInclude(figures, { count: 4, min: 1, max: 11, first: 9, last: 11, sum: 25, mean: 6.25 })
    assert.strictEqual(
      figures.stddev,
      Math.sqrt((9 - 6.25) ** 2 + (1 - 6.25) ** 2 + (4 - 6.25) ** 2 + (11 - 6.25) ** 2) / 2
    )
    const constant = shapedFigures([
      { shape: shapeOf(polynomial([7])), minute: fold([reading(1, 0), reading(2, 1)]) }
    ])
    assert.deepInclude(constant, { min: 7, max: 7, sum: 14, stddev: 0, p50: 7 })
  })
})
