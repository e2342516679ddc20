/** No constant passes: each dimension is 100, 0 and exactly in between, by the rows alone. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import type { Dimension } from "../../../src/domain/quality/QualityChecks.js"
import { mergeParts, NO_PART } from "../../../src/domain/quality/QualityCounts.js"
import { type FoldScope, foldMinutes, foldReadings } from "../../../src/domain/quality/QualityFold.js"
import { makeReport } from "../../../src/domain/quality/QualityReport.js"
import type { QualityEvent, QualityMinute } from "../../../src/domain/quality/QualityRows.js"
import { mergeShapes, NO_SHAPE, type Point, shapeOf } from "../../../src/domain/quality/QualityShape.js"
import * as Tally from "../../../src/domain/quality/QualityTally.js"
import { noTallies } from "../../../src/domain/quality/Tally.js"
import { MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND, micros } from "../../../src/domain/Time.js"

const START = micros(1_000 * MICROS_PER_HOUR)
const COUNT = 60
const END = micros(START + MICROS_PER_MINUTE)
const VERSION = { lack: null, min: 0, max: 100 }

type Change = (event: QualityEvent, i: number) => QualityEvent | ReadonlyArray<QualityEvent> | null

/** A reading a second for a minute, each value its own, changed or left out as asked. */
const events = (change: Change = (event) => event): ReadonlyArray<QualityEvent> =>
  Array.from(
    { length: COUNT },
    (_, i): QualityEvent => ({
      position: i + 1,
      type: "ReadingRecorded",
      occurredAt: micros(START + i * MICROS_PER_SECOND),
      recordedAt: micros(START + i * MICROS_PER_SECOND + 20_000),
      clockSet: true,
      value: 20 + (i % 5),
      readingId: null,
      supersededBy: null,
      attached: false,
      version: VERSION,
      sequence: null
    })
  ).flatMap((event, i) => {
    const changed = change(event, i)
    return changed === null ? [] : Array.isArray(changed) ? changed : [changed as QualityEvent]
  })

const minuteOf = (readings: number): QualityMinute => ({
  minute: START,
  id: 1,
  readings,
  min: 20,
  max: 24,
  mean: 22,
  stddev: Math.SQRT2,
  first: 20,
  last: 24,
  version: VERSION
})

const foldPart = (
  events: ReadonlyArray<QualityEvent>,
  minutes: ReadonlyArray<QualityMinute>,
  scope: FoldScope
) => ({
  readings: foldReadings(events, scope),
  minutes: foldMinutes(minutes, events, scope)
})

const scores = (list: ReadonlyArray<QualityEvent>, minutes: ReadonlyArray<QualityMinute> = []) => {
  const asOf = 1_000
  const counts = foldPart(list, minutes, {
    asOf,
    folded: asOf,
    intervalMs: 1_000,
    wholeFrom: START,
    wholeTo: END
  })
  const window = { start: START, end: END, now: END }
  const facts: Tally.SensorFacts = {
    sensorId: 1,
    intervalMs: 1_000,
    retired: false,
    firstEver: micros(START - MICROS_PER_SECOND),
    lastEver: END,
    type: "temperature",
    unit: "C"
  }
  const limits = Tally.limitsOf(counts, { variedBefore: false, rests: false })
  const tallies = Tally.sensorTallies(facts, counts, limits, Tally.NO_OUTLIERS, [{ window, counts }])
  return makeReport({ ...window, position: asOf, sensors: [{ sensorId: 1, tallies }], others: noTallies })
    .results.sensor_data
}

const half =
  (change: (event: QualityEvent) => ReturnType<Change>): Change =>
  (event, i) =>
    i % 2 === 0 ? change(event) : event
const late = (event: QualityEvent) => ({ ...event, recordedAt: micros(event.occurredAt + 61_000_000) })
const early = (event: QualityEvent) => ({ ...event, recordedAt: micros(event.occurredAt - 2_000_000) })
const clockless = (event: QualityEvent) => ({ ...event, clockSet: false })
/** Told again, and told otherwise. */
const toldThrice = (event: QualityEvent): ReadonlyArray<QualityEvent> => [
  event,
  { ...event, position: event.position + 100 },
  { ...event, position: event.position + 200, value: 50 }
]
const undescribed = (event: QualityEvent) => ({ ...event, version: null })

const CASES: Record<
  Dimension,
  {
    readonly none: ReturnType<typeof scores>
    readonly some: ReturnType<typeof scores>
    readonly exact: number
  }
> = {
  completeness: {
    none: scores([]),
    some: scores(events((event, i) => (i >= 20 && i < 35 ? null : event))),
    exact: (100 * 45) / 60
  },
  // One reading makes no step: its range alone is judged.
  validity: {
    none: scores(events((event, i) => (i === 0 ? { ...event, value: 101 } : null))),
    some: scores(events((event) => ({ ...event, version: { ...VERSION, max: 22 } }))),
    // 36 of 60 in the range; 59 steps and no flat line, all of them right.
    exact: (100 * (36 + 59 + 60)) / (60 + 59 + 60)
  },
  accuracy: {
    none: scores(events((event) => ({ ...event, supersededBy: 900 }))),
    some: scores(events(half((event) => ({ ...event, supersededBy: 900 })))),
    // 30 of 60 stand, and those are plausible; readings miss between all of them, so no step tells a spike.
    exact: (100 * (30 + 30)) / (60 + 30)
  },
  consistency: {
    none: scores(events(), [minuteOf(59)]),
    some: scores(events(), [minuteOf(60), { ...minuteOf(60), minute: END, id: 2 }]),
    exact: 50
  },
  timeliness: {
    none: scores(events((event) => clockless(late(event)))),
    some: scores(
      events((event, i) => (i < 15 ? late(event) : i < 30 ? early(event) : i < 40 ? clockless(event) : event))
    ),
    // 15 of 60 are late; 15 of the other 45 are from the future; 10 of 60 have no usable clock.
    exact: (100 * (45 + 30 + 50)) / (60 + 45 + 60)
  },
  uniqueness: {
    none: scores(events(toldThrice)),
    some: scores(events(half(toldThrice))),
    exact: 50
  },
  integrity: {
    none: scores(events(undescribed)),
    some: scores(events(half(undescribed))),
    exact: 50
  }
}

describe("each dimension", () => {
  const clean = scores(events(), [minuteOf(60)])
  for (const [dimension, { exact, none, some }] of Object.entries(CASES) as ReadonlyArray<
    [Dimension, (typeof CASES)[Dimension]]
  >) {
    it(`${dimension} is 100, 0 and exactly in between`, () => {
      assert.strictEqual(clean[dimension], 100)
      assert.closeTo(some[dimension] ?? Number.NaN, exact, 1e-12)
      assert.strictEqual(none[dimension], 0)
    })
  }
})

const series = FastCheck.array(
  FastCheck.tuple(FastCheck.integer({ min: 0, max: 3 }), FastCheck.constantFrom(1, 1, 1, 35, 70)),
  { minLength: 1, maxLength: 40 }
).map((spells) =>
  spells
    .flatMap(([value, times]) => Array.from({ length: times }, () => value))
    .slice(0, 400)
    .map((value, i): Point => ({ at: micros(START + i * MICROS_PER_SECOND), value }))
)

describe("the shape of a signal", () => {
  it("is the same however it is split", () => {
    FastCheck.assert(
      FastCheck.property(series, FastCheck.nat(400), FastCheck.nat(400), (points, a, b) => {
        const [first, second] = [Math.min(a, b), Math.max(a, b)]
        const parts = [points.slice(0, first), points.slice(first, second), points.slice(second)]
        const merged = parts.reduce((sum, part) => mergeShapes(sum, shapeOf(part, 1_000), 1_000), NO_SHAPE)
        const whole = shapeOf(points, 1_000)
        const sorted = ({ runs, zeroRuns = [], ...rest }: typeof whole) => ({
          ...rest,
          runs: runs.toSorted(),
          zeroRuns: zeroRuns.toSorted()
        })
        assert.deepStrictEqual(sorted(merged), sorted(whole))
      })
    )
  })

  it("is kept by JSON", () => {
    const part = foldPart(events(), [minuteOf(60)], {
      asOf: 100,
      folded: 100,
      intervalMs: 1_000,
      wholeFrom: START,
      wholeTo: END
    })
    assert.deepStrictEqual(JSON.parse(JSON.stringify(part)), part)
    assert.deepStrictEqual(mergeParts(NO_PART, part, 1_000), part)
  })
})
