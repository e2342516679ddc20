import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Moments from "../../../src/domain/minute/Moments.js"
import { CHECKS } from "../../../src/domain/quality/QualityChecks.js"
import * as Counts from "../../../src/domain/quality/QualityCounts.js"
import * as Quality from "../../../src/domain/quality/QualityReport.js"
import * as Tally from "../../../src/domain/quality/QualityTally.js"
import * as Tallies from "../../../src/domain/quality/Tally.js"
import { MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND, micros } from "../../../src/domain/Time.js"

const HOUR = micros(MICROS_PER_HOUR)
const window: Tally.Window = { start: HOUR, end: micros(2 * HOUR), now: micros(100 * HOUR) }

const facts = (intervalMs: number | null, times: ReadonlyArray<number>): Tally.SensorFacts => ({
  sensorId: 1,
  intervalMs,
  retired: false,
  firstEver: times[0] === undefined ? null : micros(Math.min(...times)),
  lastEver: times[0] === undefined ? null : micros(Math.max(...times)),
  type: null,
  unit: null
})

/** What the database counts of readings at these times. */
const counted = (times: ReadonlyArray<number>, intervalMs: number | null): Counts.ReadingCounts =>
  [...times]
    .sort((a, b) => a - b)
    .filter((time) => time >= window.start && time < window.end)
    .reduce<Counts.ReadingCounts>((counts, time) => {
      const conflict = counts.lastAt === time ? 1 : 0
      const one = {
        ...Counts.NO_READINGS,
        readings: 1,
        conflicts: conflict,
        firstAt: micros(time),
        lastAt: micros(time)
      }
      return Counts.mergeReadings(counts, one, intervalMs)
    }, Counts.NO_READINGS)

const complete = (times: ReadonlyArray<number>, intervalMs: number | null, within = window) =>
  Tally.completeness(facts(intervalMs, times), counted(times, intervalMs), within)

const every = (step: number, from: number, count: number) =>
  Array.from({ length: count }, (_, i) => from + i * step)
const SECOND = MICROS_PER_SECOND
const hour = every(SECOND, HOUR, 3_600)

describe("a score", () => {
  it("is null without a denominator, and 100 only when all is right", () => {
    assert.isNull(Tallies.score({ numerator: 0, denominator: 0 }))
    assert.strictEqual(Tallies.score({ numerator: 0, denominator: 3 }), 0)
    assert.strictEqual(Tallies.score({ numerator: 3, denominator: 3 }), 100)
    const nearly = Tallies.score({ numerator: 9_999_999, denominator: 10_000_000 })
    assert.isTrue(nearly !== null && nearly < 100)
  })

  it("lies between 0 and 100 for every tally", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.nat(), FastCheck.nat(), (a, b) => {
        const score = Tallies.score({ numerator: Math.min(a, b), denominator: Math.max(a, b) })
        return score === null ? Math.max(a, b) === 0 : score >= 0 && score <= 100
      })
    )
  })
})

describe("completeness", () => {
  it("is whole for a device that keeps its interval, from whatever phase", () => {
    assert.deepStrictEqual(complete(hour, 1_000), { numerator: 3_600, denominator: 3_600 })
    const running = every(SECOND, HOUR - 10 * SECOND + 700_000, 3_700)
    assert.deepStrictEqual(complete(running, 1_000), { numerator: 3_600, denominator: 3_600 })
  })

  it("loses nothing to jitter below half an interval", () => {
    const jitter = FastCheck.array(FastCheck.integer({ min: -240_000, max: 240_000 }), {
      minLength: 3_610,
      maxLength: 3_610
    })
    FastCheck.assert(
      FastCheck.property(jitter, (offsets) => {
        const times = offsets.map((offset, i) => HOUR - 5 * SECOND + i * SECOND + offset)
        const { denominator, numerator } = complete(times, 1_000)
        return numerator === denominator && denominator >= 3_599
      }),
      { numRuns: 20 }
    )
  })

  it("counts each dropped reading once", () => {
    const dropped = hour.filter((_, i) => i % 10 !== 5)
    assert.deepStrictEqual(complete(dropped, 1_000), { numerator: 3_240, denominator: 3_600 })
  })

  it("counts silence at either end of the window", () => {
    const first = complete([HOUR - SECOND, ...hour.slice(600)], 1_000)
    // The reading that may lie just beyond the edge is not held against it.
    assert.deepStrictEqual(first, { numerator: 3_000, denominator: 3_599 })
    assert.deepStrictEqual(complete(hour.slice(0, 3_000), 1_000), { numerator: 3_000, denominator: 3_600 })
  })

  it("begins with a sensor's first reading, and ends with the present", () => {
    assert.deepStrictEqual(complete(hour.slice(1_800), 1_000), { numerator: 1_800, denominator: 1_800 })
    const now = { ...window, now: micros(HOUR + 60 * SECOND) }
    assert.deepStrictEqual(complete(hour.slice(0, 60), 1_000, now), { numerator: 60, denominator: 60 })
  })

  it("is not made up for by a burst, by repeats of a time, or by a device slower than its interval", () => {
    const burst = every(SECOND, HOUR, 1_800)
    assert.deepStrictEqual(complete(burst, 60_000), { numerator: 31, denominator: 60 })
    assert.deepStrictEqual(complete([...hour.slice(0, 1_800), ...hour.slice(0, 1_800)], 1_000), {
      numerator: 1_800,
      denominator: 3_600
    })
    const slow = every(1.4 * SECOND, HOUR, 2_572)
    assert.deepStrictEqual(complete(slow, 1_000), { numerator: 2_572, denominator: 3_600 })
  })

  it("is 0 for a sensor that fell silent, and nothing for one without an interval, or not yet there", () => {
    assert.deepStrictEqual(complete([HOUR / 2], 1_000), { numerator: 0, denominator: 3_600 })
    assert.deepStrictEqual(complete(hour, null), Tallies.NOTHING)
    assert.deepStrictEqual(complete([3 * HOUR], 1_000), Tallies.NOTHING)
    const retired = { ...facts(1_000, [HOUR / 2]), retired: true }
    assert.deepStrictEqual(Tally.completeness(retired, Counts.NO_READINGS, window), Tallies.NOTHING)
  })
})

describe("parts of a window", () => {
  it("merge to the whole, wherever it is split", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.integer({ min: 0, max: 3_599 }), { minLength: 1, maxLength: 60 }),
        FastCheck.nat(60),
        (seconds, split) => {
          const times = seconds.map((second) => HOUR + second * SECOND).sort((a, b) => a - b)
          const cut = times.findIndex((time) => time >= HOUR + split * 60 * SECOND)
          const [a, b] = cut < 0 ? [times, []] : [times.slice(0, cut), times.slice(cut)]
          const merged = Counts.mergeReadings(counted(a, 7_000), counted(b, 7_000), 7_000)
          assert.deepStrictEqual(merged, counted(times, 7_000))
        }
      )
    )
  })

  it("merge their moments", () => {
    const moments = (values: ReadonlyArray<number>) =>
      values.reduce((sum, mean) => Moments.mergeMoments(sum, { n: 1, mean, m2: 0 }), Moments.NO_MOMENTS)
    const { m2, mean, n } = Moments.mergeMoments(moments([1, 2]), moments([3, 4, 5]))
    assert.deepStrictEqual([n, mean, m2], [5, 3, 10])
    assert.isNull(Moments.plausibleBounds(Moments.NO_MOMENTS))
    const constant = Moments.plausibleBounds(moments([0.1, 0.1, 0.1]))
    assert.isTrue(constant !== null && constant.low < 0.1 && constant.high > 0.1)
  })
})

describe("a report", () => {
  const tallies: Tallies.Tallies = {
    ...Tallies.noTallies,
    in_range: { numerator: 1, denominator: 2 },
    accepted: { numerator: 3, denominator: 4 }
  }
  const report = Quality.makeReport({
    start: micros(0),
    end: micros(MICROS_PER_MINUTE),
    position: 7,
    sensors: [
      { sensorId: 2, tallies: Tallies.noTallies },
      { sensorId: 3, tallies: { ...tallies, in_range: { numerator: 0, denominator: 1 } } },
      { sensorId: 1, tallies }
    ],
    others: Tallies.noTallies
  })

  it("sums the checks of a dimension over all sensors", () => {
    assert.deepStrictEqual(
      [report.details.validity.numerator, report.details.validity.denominator],
      [1 + 3 + 3, 3 + 8]
    )
    assert.strictEqual(report.results.sensor_data.validity, report.details.validity.score)
    assert.isNull(report.results.aggregated_sensor_data.validity)
  })

  it("says what of a sensor is not known, where that is why it fails", () => {
    const failing = {
      ...Tallies.noTallies,
      described: { numerator: 0, denominator: 5 },
      in_range: tallies.in_range
    }
    const { sensors } = Quality.makeReport({
      start: micros(0),
      end: micros(MICROS_PER_MINUTE),
      position: 7,
      sensors: [
        { sensorId: 1, tallies: failing, lack: "unit" },
        { sensorId: 2, tallies: failing, lack: null }
      ],
      others: Tallies.noTallies
    })
    assert.deepStrictEqual(
      sensors.map((sensor) => sensor.failing.map(({ check, reason }) => [check, reason])),
      [
        [
          ["in_range", null],
          ["described", "the sensor's unit is not known"]
        ],
        [
          ["in_range", null],
          ["described", "they came before the sensor's unit or type was known"]
        ]
      ]
    )
  })

  it("lists the sensors that were looked at, the worst first", () => {
    assert.deepStrictEqual(
      report.sensors.map((sensor) => sensor.sensor_id),
      [3, 1]
    )
  })

  it("has checks of its own name in every dimension of both data sets", () => {
    assert.strictEqual(new Set(CHECKS.map(({ name }) => name)).size, CHECKS.length)
    for (const dataset of ["sensor_data", "aggregated_sensor_data"] as const) {
      assert.strictEqual(new Set(CHECKS.filter((c) => c.dataset === dataset).map((c) => c.dimension)).size, 7)
    }
  })
})
