/** What rests at 0, and what is stuck: injected against what is found. */
import { assert, describe, it } from "@effect/vitest"
import { NO_PART } from "../../../src/domain/quality/QualityCounts.js"
import { restByType, restsByHistory } from "../../../src/domain/quality/QualityRest.js"
import { flatFrom, flatReadings, shapeOf } from "../../../src/domain/quality/QualityShape.js"
import { limitsOf, mayRest } from "../../../src/domain/quality/QualityTally.js"
import { micros } from "../../../src/domain/Time.js"

const readingsOf = (values: ReadonlyArray<number>) => {
  const points = values.map((value, i) => ({ at: micros((1 + i) * 300_000_000), value }))
  return {
    ...NO_PART.readings,
    readings: values.length,
    analog: values.filter((value) => value !== 0 && value !== 1).length,
    min: Math.min(...values),
    max: Math.max(...values),
    shape: shapeOf(points, 300_000)
  }
}

/** How many readings a window has that count as stuck, of a sensor that rests at 0 or does not. */
const stuck = (values: ReadonlyArray<number>, rests: boolean) => {
  const readings = readingsOf(values)
  const limits = limitsOf({ ...NO_PART, readings }, { variedBefore: true, rests })
  return flatReadings(readings.shape, limits.flat, limits.rests)
}

const many = (count: number, value: number) => Array.from({ length: count }, () => value)
const day = Array.from(
  { length: 144 },
  (_, i) => Math.round(5_000 * Math.sin((Math.PI * (i + 1)) / 145)) + (i % 7)
)
/** A reading every five minutes: half of each day is night. */
const solar = Array.from({ length: 10 }, () => [...many(144, 0), ...day]).flat()
const rain = [...many(70, 0), 0.2, 0.4, ...many(60, 0), 1.2, ...many(90, 0)]
const warm = (i: number) => 20 + Math.round(50 * Math.sin(i / 40)) / 10 + (i % 2) / 10
const thermometer = Array.from({ length: 600 }, (_, i) => (i >= 200 && i < 320 ? 0 : warm(i)))

describe("a sensor that rests at 0", () => {
  it("may be at 0 for as long as it likes, and is stuck at any other value", () => {
    assert.strictEqual(stuck(solar.slice(0, 288), true), 0)
    assert.strictEqual(stuck(solar, true), 0)
    assert.strictEqual(stuck(rain, true), 0)
    assert.strictEqual(stuck(many(300, 0), true), 0)
    const held = solar.map((value, i) => (i >= 1_000 && i < 1_140 ? 1_234 : value))
    assert.strictEqual(stuck(held, true), 140)
    // By day, beside nights that are no fault.
    assert.strictEqual(stuck([...many(144, 0), ...many(72, 800), ...day.slice(72)], true), 72)
  })

  it("is told from a thermometer, whose zeros are found", () => {
    assert.strictEqual(stuck(thermometer, false), 120)
    assert.strictEqual(stuck(solar.slice(0, 288), false), 144)
    assert.isTrue(mayRest(readingsOf(thermometer), true))
    // Nobody need look back where zeros are not what would be stuck, or what lies below 0.
    assert.isFalse(mayRest(readingsOf(thermometer.map((value) => value + 1)), true))
    assert.isFalse(mayRest(readingsOf([...thermometer, -3]), true))
    assert.isFalse(mayRest(readingsOf(day), true))
  })

  it("is one whose type says so, in any spelling", () => {
    for (const type of [
      "power",
      "solar_power",
      "activePower",
      "Solar Power (AC)",
      "rain",
      "irradiance",
      "flow-rate"
    ])
      assert.strictEqual(restByType(type), "rests", type)
    for (const type of ["temperature", "current temperature", "wind_direction", "air.pressure", "rain_temp"])
      assert.strictEqual(restByType(type), "never", type)
    for (const type of [null, "", "train", "powerful", "co2"] as const)
      assert.strictEqual(restByType(type), "unknown", String(type))
  })

  it("or one that was often at 0, never below, and away in between", () => {
    const history = { minutes: 1_000, zeros: 200, lowest: 0, returned: true }
    assert.isTrue(restsByHistory(history))
    assert.isFalse(restsByHistory({ ...history, zeros: 199 }))
    assert.isFalse(restsByHistory({ ...history, lowest: -0.1 }))
    // One spell of zeros, however long, is what a dead sensor shows.
    assert.isFalse(restsByHistory({ ...history, zeros: 900, returned: false }))
    assert.isFalse(restsByHistory({ minutes: 0, zeros: 0, lowest: null, returned: false }))
  })

  it("leaves its rests out of what is usual", () => {
    const { shape } = readingsOf(solar)
    assert.isBelow(flatFrom(shape, true) ?? 0, flatFrom(shape, false) ?? 0)
    assert.isAtLeast(flatFrom(shape, true) ?? 0, 30)
    // Hours that an earlier version counted have no such list.
    const { zeroRuns: _, ...old } = shape
    assert.strictEqual(flatReadings(old, 30, true), 0)
  })
})
