/** The contract of aggregates: what they answer, over every store. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { type Position, position, sensorId } from "../../../src/domain/Ids.js"
import { type Interval, intervalMicros } from "../../../src/domain/minute/Interval.js"
import { divisionStart, zoneNamed } from "../../../src/domain/minute/LocalInterval.js"
import { bucketOf, valueOf } from "../../../src/domain/minute/Sketch.js"
import { MICROS_PER_DAY } from "../../../src/domain/Time.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import {
  type AggregatePageRequest,
  type AggregateRow,
  Aggregates
} from "../../../src/projections/minutes/Aggregates.js"
import type { AggregateFilter } from "../../../src/projections/minutes/MinuteStore.js"
import { Minutes } from "../../../src/projections/minutes/Minutes.js"
import {
  allEvents,
  append,
  assertSame,
  minute,
  type NaiveMinute,
  naiveFold,
  perform,
  reading,
  readingIds,
  type Services,
  START,
  scripts,
  second
} from "./minutes.support.js"

export type MakeAggregates = () => Layer.Layer<Services | Aggregates, unknown>

const ask = (filter: AggregateFilter = {}, page: Partial<AggregatePageRequest> = {}) =>
  Effect.flatMap(Aggregates, (service) =>
    service.aggregates(filter, { interval: "1m", limit: 1_000, ...page })
  )
const rowsOf = (filter?: AggregateFilter, page?: Partial<AggregatePageRequest>) =>
  Effect.map(ask(filter, page), (answer) => answer.rows)

const shown = (row: AggregateRow): NaiveMinute => ({
  sensor: row.sensorId,
  minute: row.timestamp,
  id: row.id,
  position: row.position,
  count: row.count,
  sum: row.sum,
  mean: row.value,
  variance: row.stddev * row.stddev,
  min: row.min,
  max: row.max,
  first: row.first,
  last: row.last,
  version: 1,
  percentiles: [row.p50, row.p95, row.p99]
})

const LENGTHS: ReadonlyArray<Interval> = ["1m", "5m", "7m", "1h", "1d", "1w", "10d"]
/** 1970 began on a Thursday, and weeks begin on Monday. */
const THURSDAY = 3 * MICROS_PER_DAY

/** The answer for each interval as of a position, whole and page by page, against a naive fold. */
const assertAnswers = (asOf: Position) =>
  Effect.gen(function* () {
    const events = yield* allEvents
    for (const interval of LENGTHS) {
      const length = intervalMicros(interval)
      const before = interval.endsWith("w") ? THURSDAY : 0
      const startOf = (time: number) => Math.floor((time + before) / length) * length - before
      const expected = naiveFold(events, asOf, startOf).filter((one) => one.count > 0)
      const whole = yield* rowsOf({}, { interval, asOf })
      assertSame(whole.map(shown), expected)
      const paged: Array<AggregateRow> = []
      for (;;) {
        const last = paged.at(-1)
        const after = last === undefined ? undefined : { start: last.timestamp, sensorId: last.sensorId }
        const page = yield* rowsOf({}, { interval, asOf, after, limit: 3 })
        paged.push(...page)
        if (page.length < 3) break
      }
      assert.deepStrictEqual(paged, whole)
      for (const skip of [1, 4, whole.length]) {
        const page = yield* rowsOf({}, { interval, asOf, skip, limit: 2 })
        assert.deepStrictEqual(page, whole.slice(skip, skip + 2))
      }
    }
  })

/** Instants by which clocks change, and a time of summer: minutes since START. */
const CHANGES = ["2023-10-29T01:00Z", "2024-03-31T01:00Z", "2024-04-06T15:00Z", "2024-06-30T22:00Z"].map(
  (text) => (Date.parse(text) * 1_000 - START) / 60_000_000
)
const AROUND = [-1_500, -91, -61, -31, -1, 0, 29, 30, 61, 121, 1_400]
const LOCAL: ReadonlyArray<Interval> = ["1m", "30m", "1h", "2h", "1d", "3d", "1w", "1mo", "1q"]

/** On a zone's clocks: whole, backwards, page by page, from and to a time, and passing over some. */
const assertLocal = (zoneName: string, interval: Interval, asOf: Position) =>
  Effect.gen(function* () {
    const division = { interval, zone: zoneNamed(zoneName) }
    const startOf = (time: number) => divisionStart(division, time)
    const expected = naiveFold(yield* allEvents, asOf, startOf).filter((one) => one.count > 0)
    const page = { ...division, asOf }
    const whole = yield* rowsOf({}, page)
    assertSame(whole.map(shown), expected)
    assert.deepStrictEqual(yield* rowsOf({}, { ...page, order: "desc" }), whole.toReversed())
    for (const order of ["asc", "desc"] as const) {
      const paged: Array<AggregateRow> = []
      const limit = Math.max(2, Math.ceil(whole.length / 4))
      for (;;) {
        const last = paged.at(-1)
        const after = last === undefined ? undefined : { start: last.timestamp, sensorId: last.sensorId }
        const rows = yield* rowsOf({}, { ...page, after, limit, order })
        paged.push(...rows)
        if (rows.length < limit) break
      }
      assert.deepStrictEqual(order === "asc" ? paged : paged.toReversed(), whole)
    }
    const [from, to] = [minute(CHANGES[1] ?? 0), minute(CHANGES[3] ?? 0)]
    const inWindow = whole.filter(({ timestamp }) => timestamp >= from && timestamp < to)
    assert.deepStrictEqual(yield* rowsOf({ start: from, end: to }, page), inWindow)
    const skip = Math.floor(whole.length / 3)
    assert.deepStrictEqual(yield* rowsOf({}, { ...page, skip, limit: 2 }), whole.slice(skip, skip + 2))
  })

export const aggregatesContract = (name: string, make: MakeAggregates, runs: number): void => {
  const test = (title: string, body: Effect.Effect<void, unknown, Services | Aggregates>) =>
    it.effect(title, () => Effect.provide(body, make()))

  describe(`aggregates, ${name}`, () => {
    test(
      "have the figures, the metadata of the latest reading, and what was to be expected",
      Effect.gen(function* () {
        const minutes = yield* Minutes
        const log = yield* EventLog
        yield* log.describe([
          { id: sensorId(1), intervalMs: 20_000, said: { unit: "C", type: "temperature", lat: 1, lng: 2 } }
        ])
        yield* append([
          reading(1, 0, 20),
          reading(1, 40, 24, { description: "Main Entrance" }),
          reading(1, 20, 22, { description: "Kitchen" }),
          reading(2, 3, 7),
          reading(1, 60, 1),
          reading(1, 61, 1),
          reading(1, 62, 1),
          reading(1, 63, 1)
        ])
        yield* minutes.catchUp
        yield* TestClock.setTime((START + 69_999_999) / 1_000)
        const [first, other, second] = yield* rowsOf()
        const { asOf } = yield* ask()
        assert.strictEqual(asOf, (yield* log.head).position)
        assert.deepInclude(first, {
          sensorId: sensorId(1),
          timestamp: minute(0),
          value: 22,
          count: 3,
          sum: 66,
          min: 20,
          max: 24,
          first: 20,
          last: 24,
          p50: valueOf(bucketOf(22)),
          p95: valueOf(bucketOf(22)),
          p99: valueOf(bucketOf(22)),
          lat: 1,
          lng: 2,
          unit: "C",
          type: "temperature",
          description: "Main Entrance",
          interval: "1m",
          expected: 3,
          completeness: 1,
          final: false
        })
        assert.deepInclude(other, {
          sensorId: sensorId(2),
          value: 7,
          unit: null,
          expected: null,
          completeness: null
        })
        assert.deepInclude(second, { timestamp: minute(1), count: 4, expected: 3, completeness: 1 })
        // Ten seconds of lateness are allowed.
        yield* TestClock.setTime((START + 70_000_000) / 1_000)
        assert.deepStrictEqual(
          (yield* rowsOf()).map((row) => row.final),
          [true, true, false]
        )
        const [day] = yield* rowsOf({ sensorIds: [sensorId(1)] }, { interval: "1d" })
        assert.deepInclude(day, { count: 7, expected: 4_320, final: false })
        assert.strictEqual(day?.completeness, 7 / 4_320)
      })
    )

    test(
      "are filtered by sensor, metadata and the start of the interval",
      Effect.gen(function* () {
        const minutes = yield* Minutes
        yield* append([
          reading(1, 0, 1, { unit: "C", type: "temperature" }),
          reading(2, 0, 2, { unit: "%", type: "humidity" }),
          reading(1, 60, 3),
          reading(2, 300, 4),
          // From here on the first sensor says something else.
          reading(1, 120, 5, { unit: "F" })
        ])
        yield* minutes.catchUp
        const values = (filter: AggregateFilter, interval: Interval = "1m") =>
          Effect.map(rowsOf(filter, { interval }), (rows) => rows.map((row) => row.value))
        assert.deepStrictEqual(yield* values({}), [1, 2, 3, 5, 4])
        assert.deepStrictEqual(yield* values({ sensorIds: [sensorId(2)] }), [2, 4])
        assert.deepStrictEqual(yield* values({ sensorIds: [sensorId(1), sensorId(2)] }), [1, 2, 3, 5, 4])
        assert.deepStrictEqual(yield* values({ sensorIds: [] }), [])
        assert.deepStrictEqual(yield* values({ type: "humidity" }), [2, 4])
        assert.deepStrictEqual(yield* values({ type: "Humidity" }), [])
        assert.deepStrictEqual(yield* values({ unit: "C", type: "temperature" }), [1, 3])
        assert.deepStrictEqual(yield* values({ unit: "F" }), [5])
        // 18:27 and 18:28 have Celsius: 18:25 is merged from them alone.
        assert.deepStrictEqual(yield* values({ unit: "C" }, "5m"), [2])
        assert.deepStrictEqual(yield* values({ sensorIds: [sensorId(1)] }, "5m"), [3])
        assert.deepStrictEqual(yield* values({ start: minute(1) }), [3, 5, 4])
        assert.deepStrictEqual(yield* values({ start: second(1), end: second(121) }), [3, 5])
        assert.deepStrictEqual(yield* values({ start: minute(1), end: minute(2) }), [3])
        assert.deepStrictEqual(yield* values({ start: minute(-2), end: minute(3) }, "5m"), [3, 2])
        assert.deepStrictEqual(yield* values({ start: second(-119) }, "5m"), [4])
      })
    )

    test(
      "hold as of a position, page by page, whatever happened later",
      Effect.gen(function* () {
        const minutes = yield* Minutes
        const positions: Array<Position> = []
        for (const [run, script] of scripts(runs, 7).entries()) {
          for (const action of script) yield* perform(action, run * 10, minutes.step)
          positions.push(yield* minutes.catchUp)
          const middle = positions.at(-1) ?? position(0)
          yield* assertAnswers(position(Math.floor(middle * 0.6)))
        }
        for (const asOf of positions) yield* assertAnswers(asOf)
        assert.deepStrictEqual(yield* rowsOf({}, { asOf: position(0) }), [])
      })
    )

    test(
      "are those of local intervals where a zone is named, whatever its clocks do",
      Effect.gen(function* () {
        const minutes = yield* Minutes
        const log = yield* EventLog
        const times = CHANGES.flatMap((change) => AROUND.map((offset) => (change + offset) * 60))
        yield* append(times.flatMap((time, nth) => [reading(1, time, nth), reading(2, time + 59, 0.5 - nth)]))
        const before = yield* minutes.catchUp
        const ids = yield* readingIds
        for (const id of ids.filter((_, nth) => nth % 5 === 0)) yield* log.remove(id)
        yield* append([reading(3, 0, 1)])
        const after = yield* minutes.catchUp
        for (const zone of ["UTC", "Europe/Zurich", "Australia/Lord_Howe"]) {
          for (const interval of LOCAL) yield* assertLocal(zone, interval, after)
          yield* assertLocal(zone, "1d", before)
        }
        const [day] = yield* rowsOf(
          { start: minute(CHANGES[0] ?? 0) },
          { interval: "1d", zone: zoneNamed("Asia/Kathmandu") }
        )
        assert.strictEqual(day?.timestamp, minute((CHANGES[0] ?? 0) + 17.25 * 60))
      })
    )

    test(
      "are those of the moment when none is asked for, and never of what is not folded yet",
      Effect.gen(function* () {
        const minutes = yield* Minutes
        const log = yield* EventLog
        yield* append([reading(1, 0, 1), reading(1, 1, 3)])
        const folded = yield* minutes.catchUp
        yield* append([reading(1, 2, 5), reading(1, 60, 9)])
        const ahead = yield* ask({}, { asOf: (yield* log.head).position })
        assert.strictEqual(ahead.asOf, folded)
        assert.deepStrictEqual(
          ahead.rows.map((row) => row.value),
          [2]
        )
        yield* minutes.catchUp
        assert.deepStrictEqual(
          (yield* rowsOf()).map((row) => row.value),
          [3, 9]
        )
        assert.deepStrictEqual(
          (yield* rowsOf({}, { asOf: folded })).map((row) => row.value),
          [2]
        )
        const [id] = yield* readingIds
        if (id === undefined) return assert.fail("no reading")
        yield* log.remove(id)
        yield* minutes.catchUp
        assert.deepStrictEqual(
          (yield* rowsOf()).map((row) => row.value),
          [4, 9]
        )
        assert.deepStrictEqual(
          (yield* rowsOf({}, { asOf: folded })).map((row) => row.value),
          [2]
        )
        yield* minutes.rebuild()
        assert.deepStrictEqual(
          (yield* rowsOf({}, { asOf: folded })).map((row) => row.value),
          [2]
        )
      })
    )
  })
}
