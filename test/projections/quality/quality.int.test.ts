import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { Database } from "../../../src/db/Transaction.js"
import { sensorId } from "../../../src/domain/Ids.js"
import { DIMENSIONS } from "../../../src/domain/quality/QualityChecks.js"
import { QualityReport } from "../../../src/domain/quality/QualityReport.js"
import {
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MILLI,
  MICROS_PER_SECOND,
  micros
} from "../../../src/domain/Time.js"
import * as SqlCatalogueLog from "../../../src/eventlog/SqlCatalogueLog.js"
import * as Quality from "../../../src/projections/quality/Quality.js"
import {
  describeDatabases,
  hasMysql,
  mysqlDatabase,
  sqlite,
  type TestDatabase
} from "../../support/databases.js"
import { at, events, fold, foldedUpTo, type HandmadeEvent, rejected, sensor, series } from "../handmade.js"

const START = at("2026-11-22T10:00:00.000000Z")
const END = at("2026-11-22T10:10:00.000000Z")
const SECOND = MICROS_PER_SECOND

/** Sensor 1: one a second for ten minutes (600), of which ten are missing and what else is said here. */
const hourly = (): ReadonlyArray<HandmadeEvent> => {
  const kept = series(1, START + 500_000, SECOND, 600, (i) => 20 + (i % 10) / 10).filter(
    (_, i) => i < 300 || i >= 310
  )
  return kept.map((event, i) => {
    if (i === 5) return { ...event, value: 90 } // outside the range and implausible
    if (i === 6) return { ...event, recordedAt: event.occurredAt + 61 * SECOND } // late
    if (i === 7) return { ...event, recordedAt: event.occurredAt - 2 * SECOND } // from the future
    if (i === 8) return { ...event, supersededBy: 591 } // corrected
    if (i === 9) return { ...event, supersededBy: 592 } // deleted
    return event
  })
}
const first = hourly()
const log: ReadonlyArray<HandmadeEvent> = [
  ...first, // 590 events, positions 1 to 590
  {
    ...first[8],
    type: "ReadingCorrected",
    sensor: 1,
    occurredAt: first[8]?.occurredAt ?? 0,
    value: 20.5,
    readingId: 9,
    supersededBy: undefined
  },
  { type: "ReadingDeleted", sensor: 1, occurredAt: first[9]?.occurredAt ?? 0, readingId: 10 },
  { sensor: 1, occurredAt: first[20]?.occurredAt ?? 0, value: 21.7 }, // a conflict, position 593
  { type: "ReadingCorrected", sensor: 1, occurredAt: START + 700 * SECOND, value: 1, readingId: 9_999 }, // outside
  { type: "ReadingDeleted", sensor: 1, occurredAt: START + 30 * SECOND, readingId: 8_888 }, // points nowhere
  // Sensor 2: nobody described it, no interval; sensor 9 is not registered at all.
  { sensor: 2, occurredAt: START + 60 * SECOND, value: 1 },
  { sensor: 2, occurredAt: START + 61 * SECOND, value: 2 },
  { sensor: 9, occurredAt: START + 62 * SECOND, value: 3 },
  // Far outside the window.
  { sensor: 2, occurredAt: START - 3 * MICROS_PER_DAY, value: 5 },
  { sensor: 2, occurredAt: START + 3 * MICROS_PER_DAY, value: 5 }
].map((event): HandmadeEvent => {
  const { supersededBy, ...rest } = event as HandmadeEvent
  return supersededBy === undefined ? rest : { ...rest, supersededBy }
})

const setUp = Effect.gen(function* () {
  yield* TestClock.setTime((END + MICROS_PER_DAY) / MICROS_PER_MILLI)
  yield* sensor(1, { intervalMs: 1_000, range: [0, 45] })
  yield* sensor(2, { unit: null })
  yield* events(log)
  yield* fold(log)
  yield* rejected(1, START)
  yield* rejected(2, END - 1)
  yield* rejected(3, END)
  const db = yield* Database
  // Two stored minutes that are not what the readings give: one with another count, one of no readings at all.
  yield* db.transact(
    (sql) => sql`UPDATE sensor_minutes SET readings = readings + 1
      WHERE sensor_id = 1 AND minute = ${db.encodeTime(START + 120 * SECOND)}`
  )
  yield* db.transact(
    (sql) => sql`UPDATE sensor_minutes SET minute = ${db.encodeTime(START + 480 * SECOND)}
      WHERE sensor_id = 2 AND minute = ${db.encodeTime(START + 60 * SECOND)}`
  )
})

const report = Effect.flatMap(Quality.Quality, (quality) => quality.report({ start: START, end: END }))

const live = (database: TestDatabase) =>
  Quality.layer.pipe(Layer.provideMerge(SqlCatalogueLog.layer), Layer.provideMerge(database.layer))

describeDatabases("quality", (database) => {
  it.effect("counts what was looked at and what of it is right, in each dimension", () =>
    Effect.gen(function* () {
      yield* setUp
      const { aggregated_details, details, position, results } = yield* report
      assert.strictEqual(position, log.length)
      const tallies = (of: typeof details) =>
        Object.fromEntries(
          DIMENSIONS.flatMap((dimension) =>
            of[dimension].checks.map((check) => [check.name, [check.numerator, check.denominator]])
          )
        )
      assert.deepStrictEqual(tallies(details), {
        // 600 expected; 590 came, one of them was deleted; the conflict adds none.
        received: [589, 600],
        // 590 - deleted + conflict = 590 readings of sensor 1 in force; 1 outside its range.
        in_range: [589, 590],
        // Sensor 1's 589 times make 588 steps: those over the gap and the deleted one say nothing, two go to the
        // 90 and back. Sensor 2 makes one.
        usual_steps: [585, 587],
        not_stuck: [591, 591],
        // With the 3 of the other sensors, and two messages rejected in the window.
        accepted: [593, 595],
        // 591 recorded of sensor 1, 3 of others; one corrected, one deleted.
        unamended: [592, 594],
        // The value outside the range is far from the others, too.
        plausible: [592, 593],
        no_spikes: [590, 591],
        // Sensor 1 has 10 minutes, one wrong; sensor 2: one stored without readings, one not stored; sensor 9: 1.
        minutes_match: [10, 13],
        recorded_in_time: [593, 594],
        not_ahead: [592, 593],
        clock_set: [593, 593],
        one_value_a_time: [591, 592],
        told_once: [592, 592],
        described: [590, 593],
        version_exists: [592, 593],
        amendments_attached: [2, 3],
        sequence_whole: [0, 0]
      })
      assert.deepStrictEqual(tallies(aggregated_details), {
        minutes_present: [10, 10],
        minutes_in_range: [9, 10],
        minutes_plausible: [12, 12],
        minutes_agree: [10, 13],
        minutes_coherent: [12, 12],
        readings_folded: [594, 594],
        one_row_a_minute: [12, 12],
        minutes_described: [10, 12]
      })
      assert.strictEqual(
        results.sensor_data.validity,
        (100 * (589 + 593 + 585 + 591)) / (590 + 595 + 587 + 591)
      )
      assert.strictEqual(details.validity.score, results.sensor_data.validity)
    }).pipe(Effect.provide(live(database)))
  )

  it.effect("looks at one sensor alone when asked, and answers null where there is nothing", () =>
    Effect.gen(function* () {
      yield* setUp
      const quality = yield* Quality.Quality
      const two = yield* quality.report({ start: START, end: END, sensorId: sensorId(2) })
      assert.strictEqual(two.results.sensor_data.integrity, 50)
      assert.deepStrictEqual(
        two.sensors.map((sensor) => sensor.sensor_id),
        [2]
      )
      const nobody = yield* quality.report({ start: START, end: END, sensorId: sensorId(77) })
      assert.isTrue(DIMENSIONS.every((dimension) => nobody.results.sensor_data[dimension] === null))
      const empty = yield* quality.report({ start: END, end: START })
      assert.isNull(empty.results.sensor_data.completeness)
      const all = yield* quality.report({})
      assert.strictEqual(all.end_time, "2026-11-23T10:10:00.000000Z")
      assert.strictEqual(all.start_time, "2026-11-22T10:10:00.000000Z")
    }).pipe(Effect.provide(live(database)))
  )

  it.effect("gives the same counts over a window of years as over the part that holds the data", () =>
    Effect.gen(function* () {
      yield* setUp
      const quality = yield* Quality.Quality
      const wide = yield* quality.report({ start: micros(0), end: micros(START + 2 * MICROS_PER_DAY) })
      assert.strictEqual(wide.details.uniqueness.denominator, 2 * (592 + 2))
      assert.strictEqual(wide.details.consistency.denominator, 14 + 1)
    }).pipe(Effect.provide(live(database)))
  )

  it.effect("loses no point to jitter, and counts minutes not yet folded as late", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime((END + MICROS_PER_DAY) / MICROS_PER_MILLI)
      yield* sensor(1, { estimatedMs: 60_000 })
      // Around each full minute, now before it and now after: some minutes have two readings, some none.
      const jittered = series(1, START, 60 * SECOND, 600, (i) => i).map((event, i) => ({
        ...event,
        occurredAt: event.occurredAt + (i % 2 === 0 ? 40_000 : -40_000)
      }))
      yield* events(jittered)
      const { aggregated_details, details } = yield* report
      assert.strictEqual(details.completeness.score, 100)
      assert.strictEqual(aggregated_details.timeliness.score, 0)
      assert.strictEqual(details.accuracy.score, 100)
    }).pipe(Effect.provide(live(database)))
  )

  it.effect("takes values at the ends of what a double holds", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime((END + MICROS_PER_DAY) / MICROS_PER_MILLI)
      yield* sensor(1, { intervalMs: 1_000, range: [-1e308, null] })
      const huge = series(1, START, SECOND, 120, (i) => (i % 2 === 0 ? Number.MAX_VALUE : -Number.MAX_VALUE))
      yield* events(huge)
      const db = yield* Database
      yield* db.transact(
        (
          sql
        ) => sql`INSERT INTO sensor_minutes (generation, sensor_id, minute, id, position, readings, value_sum,
            value_min, value_max, value_mean, value_stddev, value_first, value_last, sensor_version, sum_exact,
            squares_exact)
          VALUES (1, 1, ${db.encodeTime(START)}, 1, 120, 60, ${null}, ${-Number.MAX_VALUE}, ${Number.MAX_VALUE},
            ${Number.MAX_VALUE}, ${Number.MAX_VALUE}, ${Number.MAX_VALUE}, ${-Number.MAX_VALUE}, 1, '', '')`
      )
      const { details } = yield* report
      assert.strictEqual(details.validity.checks[0]?.numerator, 60)
    }).pipe(Effect.provide(live(database)))
  )

  it.effect("gives the newest 400 windows of a history, and says how many it leaves out", () =>
    Effect.gen(function* () {
      yield* setUp
      const quality = yield* Quality.Quality
      const hours = (count: number) =>
        quality.history({
          start: micros(END - count * MICROS_PER_HOUR),
          end: END,
          interval: "1h",
          bySensor: false
        })
      const cut = yield* hours(410)
      assert.strictEqual(cut.length, 400)
      // The hour that the end lies in is one of them.
      assert.deepStrictEqual(
        cut.map(({ leftOut }) => leftOut),
        [11, ...Array.from({ length: 399 }, () => 0)]
      )
      assert.strictEqual(cut[0]?.start, END - 10 * 60 * SECOND - 399 * MICROS_PER_HOUR)
      assert.deepStrictEqual(
        (yield* hours(3)).map(({ leftOut }) => leftOut),
        [0, 0, 0, 0]
      )
    }).pipe(Effect.provide(live(database)))
  )

  it.effect("tells the earliest time that was touched since a position, of what is folded", () =>
    Effect.gen(function* () {
      const { touched } = yield* Quality.Quality
      yield* sensor(1)
      assert.deepStrictEqual(yield* touched(undefined), {
        earliest: Number.POSITIVE_INFINITY,
        position: 0,
        plan: 0
      })
      const list: ReadonlyArray<HandmadeEvent> = [
        { sensor: 1, occurredAt: START, value: 1 },
        { sensor: 1, occurredAt: START + 2, value: 1 },
        { sensor: 1, occurredAt: START + 1, value: 1, supersededBy: 4 },
        { type: "ReadingDeleted", sensor: 1, occurredAt: START + 1, readingId: 3 }
      ]
      yield* events(list)
      assert.deepStrictEqual(yield* touched(0), { earliest: Number.POSITIVE_INFINITY, position: 0, plan: 0 })
      yield* foldedUpTo(4)
      assert.deepStrictEqual(yield* touched(undefined), {
        earliest: Number.POSITIVE_INFINITY,
        position: 4,
        plan: 0
      })
      assert.deepStrictEqual(yield* touched(0), { earliest: START, position: 4, plan: 0 })
      assert.deepStrictEqual(yield* touched(1), { earliest: START + 1, position: 4, plan: 0 })
      assert.deepStrictEqual(yield* touched(3), { earliest: START + 1, position: 4, plan: 0 })
      assert.deepStrictEqual(yield* touched(4), { earliest: Number.POSITIVE_INFINITY, position: 4, plan: 0 })
    }).pipe(Effect.provide(live(database)))
  )

  it.effect("answers what its schema says", () =>
    Effect.gen(function* () {
      yield* setUp
      const answer = yield* report
      assert.deepStrictEqual(yield* Schema.decodeUnknown(QualityReport)(answer), answer)
    }).pipe(Effect.provide(live(database)))
  )
})

it.effect.skipIf(!hasMysql())("quality is the same on both databases", () =>
  Effect.gen(function* () {
    const on = (database: TestDatabase) => setUp.pipe(Effect.zipRight(report), Effect.provide(live(database)))
    assert.deepStrictEqual(yield* on(sqlite), yield* on(mysqlDatabase))
  })
)
