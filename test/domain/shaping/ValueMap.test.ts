import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { sensorId } from "../../../src/domain/Ids.js"
import { mapOf, segmentAt } from "../../../src/domain/shaping/Calibration.js"
import { Shaping } from "../../../src/domain/shaping/Shaping.js"
import { conversion, convertibleTo } from "../../../src/domain/shaping/UnitConversion.js"
import { followedBy, IDENTITY, mapped, polynomial } from "../../../src/domain/shaping/ValueMap.js"
import { micros } from "../../../src/domain/Time.js"
import { type Unit, unitNamed } from "../../../src/domain/Unit.js"
import { exact, isNearest, UNIT } from "../minute/rationals.js"

const unit = (text: string): Unit => unitNamed(text) ?? assert.fail(text)
const converted = (value: number, from: string, to: string): number => {
  const linear = conversion(unit(from), unit(to))
  return linear === null ? assert.fail(`${from} to ${to}`) : mapped(followedBy(IDENTITY, linear), value)
}

// Moderate, so that their products stay within the units of the oracle.
const moderate = FastCheck.double({ noNaN: true, min: -1e20, max: 1e20 }).filter(
  (x) => x === 0 || Math.abs(x) > 1e-40
)

describe("a value map", () => {
  it("is the polynomial over the divisor, rounded once", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(moderate, { minLength: 1, maxLength: 4 }),
        moderate,
        FastCheck.integer({ min: 1, max: 1_000 }),
        FastCheck.integer({ min: -1_000, max: 1_000 }),
        (coefficients, x, divisor, offset) => {
          const linear = { scale: 5n, offset: BigInt(offset), divisor: BigInt(divisor) }
          const result = mapped(followedBy(polynomial(coefficients), linear), x)
          const value = coefficients.reduceRight((sum, c) => ((sum * exact(x)) >> UNIT) + exact(c), 0n)
          // Shifting loses nothing: the terms are whole in these units.
          const numerator = 5n * value + (BigInt(offset) << UNIT)
          return isNearest(result, numerator, BigInt(divisor)) && !Object.is(result, -0)
        }
      ),
      { numRuns: 300 }
    )
  })

  it("keeps order, or mirrors it, and stays within the doubles", () => {
    const finite = FastCheck.double({ noNaN: true, noDefaultInfinity: true })
    FastCheck.assert(
      FastCheck.property(finite, finite, finite, finite, (scale, offset, a, b) => {
        const map = polynomial([offset, scale])
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((x) => mapped(map, x)) as [number, number]
        return Number.isFinite(low) && Number.isFinite(high) && (scale >= 0 ? low <= high : low >= high)
      })
    )
    assert.strictEqual(mapped(polynomial([0, 10]), Number.MAX_VALUE), Number.MAX_VALUE)
    assert.strictEqual(mapped(polynomial([0, -10]), Number.MAX_VALUE), -Number.MAX_VALUE)
    assert.isTrue(Object.is(mapped(polynomial([0, -1]), 0), 0))
    assert.strictEqual(mapped(IDENTITY, 0.1), 0.1)
    assert.strictEqual(mapped(polynomial([7, 0, 0]), 3), 7)
  })
})

describe("conversions of units", () => {
  it("are exact where the figures are", () => {
    const cases: ReadonlyArray<readonly [number, string, string, number]> = [
      [20, "C", "°F", 68],
      [-40, "[degF]", "Cel", -40],
      [98.6, "F", "C", 37],
      [0, "C", "K", 273.15],
      [273.5, "K", "°C", 0.35],
      [1013.25, "hPa", "Pa", 101_325],
      [1, "bar", "psi", 14.50377377302092],
      [1, "psi", "kPa", 6.894757293168361],
      [760, "mmHg", "hPa", 1_013.2472],
      [36, "km/h", "m/s", 10],
      [1, "kn", "km/h", 1.852],
      [60, "mph", "km/h", 96.56064],
      [1_500, "W", "kW", 1.5],
      [1, "kWh", "J", 3_600_000],
      [12, "in", "ft", 1],
      [1, "m³/h", "L/min", 16.666666666666668],
      [50, "%", "ppm", 500_000],
      [1, "d", "min", 1_440]
    ]
    for (const [value, from, to, result] of cases) {
      assert.strictEqual(converted(value, from, to), result, `${value} ${from} in ${to}`)
    }
  })

  it("go there and back, through every unit of a dimension", () => {
    for (const from of ["Cel", "Pa", "m/s", "W", "J", "m", "L", "s", "kg", "%"]) {
      for (const to of convertibleTo(unit(from))) {
        const there = converted(21.5, from, to)
        assert.closeTo(converted(there, to, from), 21.5, 1e-12, `${from} ${to}`)
      }
    }
    assert.isNull(conversion(unit("C"), unit("hPa")))
    assert.isNull(conversion(unit("lx"), unit("dB")))
  })
})

describe("the shape of a value", () => {
  const segments = [
    { from: micros(1_000), offset: 1, scale: 2, polynomial: null },
    { from: micros(2_000), offset: null, scale: null, polynomial: [0, 0, 1] }
  ]
  const calibration = { unit: "Cel", segments }
  const one = sensorId(1)
  const shaping = (target: string | null) =>
    new Shaping(new Map([[one, { version: 7, calibration }]]), target === null ? null : unit(target))

  it("is that of the segment that holds for its time", () => {
    assert.deepStrictEqual(
      [999, 1_000, 1_999, 2_000].map((time) => segmentAt(calibration, time)),
      [-1, 0, 0, 1]
    )
    assert.deepStrictEqual(
      segments.map((segment) => mapped(mapOf(segment), 3)),
      [7, 9]
    )
    const at = (time: number) => Either.getOrThrow(shaping(null).shapeAt(one, micros(time), "mV"))
    assert.deepInclude(at(999), { unit: "mV", calibration: null })
    assert.deepInclude(at(1_000), { unit: "Cel", calibration: 7 })
    assert.isTrue(shaping(null).changesWithin(one, micros(0), micros(1_001)))
    assert.isFalse(shaping(null).changesWithin(one, micros(1_000), micros(2_000)))
  })

  it("is refused where a unit can't be converted, with those that it can be", () => {
    const shaped = shaping("°F")
    assert.strictEqual(mapped(Either.getOrThrow(shaped.shapeAt(one, micros(1_500), "mV")).map, 9.5), 68)
    const refused = shaped.shapeAt(one, micros(0), "mV")
    assert.isTrue(Either.isLeft(refused))
    if (Either.isLeft(refused))
      assert.include(refused.left.reason, "is in mV, which can be converted to mV, V, kV")
    for (const [said, part] of [
      [null, "no unit"],
      ["widgets", "widgets"]
    ] as const) {
      const other = shaped.shapeAt(sensorId(2), micros(0), said)
      assert.isTrue(Either.isLeft(other) && other.left.reason.includes(part))
    }
  })
})
