/**
 * Planned downtime: completeness leaves it out, whenever it was planned, and as of each position what was planned then.
 * What is counted of hours stays as it is.
 */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { sensorId } from "../../../src/domain/Ids.js"
import { MICROS_PER_HOUR, MICROS_PER_MILLI, MICROS_PER_MINUTE, micros } from "../../../src/domain/Time.js"
import { CatalogueLog } from "../../../src/eventlog/CatalogueLog.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import { makeAnnotation, withdrawAnnotation } from "../../../src/http/annotations/AnnotationChanges.js"
import * as Minutes from "../../../src/projections/minutes/Minutes.js"
import * as Quality from "../../../src/projections/quality/Quality.js"
import * as QualityHours from "../../../src/projections/quality/QualityHours.js"
import { append, candidate } from "../../http/realServer.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { at } from "../handmade.js"
import { awake, live } from "./measured.js"

const START = at("2026-11-22T10:00:00.000000Z")
const HOURS = 4
const END = micros(START + HOURS * MICROS_PER_HOUR)
const WINDOW = { start: START, end: END }
/** Two readings a minute. */
const STEP = MICROS_PER_MINUTE / 2
const COUNT = (HOURS * MICROS_PER_HOUR) / STEP
const SENSORS = 20
/** Minutes from START on: planned to be down, with some readings in it all the same; and a hole that nobody planned. */
const [DOWN_FROM, DOWN_TO, HOLE_FROM, HOLE_TO] = [30, 150, 200, 210]
const minutesAt = (minute: number) => micros(START + minute * MICROS_PER_MINUTE)

const isMissing = (i: number): boolean => {
  const minute = i / 2
  return (
    (minute > DOWN_FROM && minute < DOWN_TO && i % 100 !== 0) || (minute >= HOLE_FROM && minute < HOLE_TO)
  )
}

const readings = (sensor: number, holed: boolean) =>
  Array.from({ length: COUNT }, (_, i) => i)
    .filter((i) => !holed || !isMissing(i))
    .map((i) => candidate(sensor, START + i * STEP, 20 + (i % 7)))

const setUp = Effect.gen(function* () {
  yield* TestClock.setTime(END / MICROS_PER_MILLI + 600_000)
  const log = yield* EventLog
  for (let sensor = 1; sensor <= SENSORS; sensor++) yield* append(readings(sensor, sensor % 2 === 1))
  yield* log.describe(
    Array.from({ length: SENSORS }, (_, index) => ({ id: sensorId(index + 1), intervalMs: 30_000, said: {} }))
  )
  yield* Effect.flatMap(Minutes.Minutes, ({ catchUp }) => catchUp)
})

const parts = Effect.all({ log: EventLog, words: CatalogueLog })

/** Somebody plans a downtime, in minutes from START on: the number of its annotation. */
const plan = (from: number, to: number | null, ...sensors: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    const end_time = to === null ? null : minutesAt(to)
    const input = { start_time: minutesAt(from), end_time, kind: "downtime" as const, text: "Overhaul" }
    const row = yield* makeAnnotation(yield* parts, { ...input, sensor_ids: sensors.map(sensorId) }, {})
    return row?.id ?? 0
  })

const withdraw = (id: number) => Effect.flatMap(parts, (all) => withdrawAnnotation(all, id, {}))

/** The log's end, with the minutes folded up to there. */
const headNow = Effect.gen(function* () {
  yield* Effect.flatMap(Minutes.Minutes, ({ catchUp }) => catchUp)
  return yield* Effect.flatMap(EventLog, ({ head }) => head)
})

const reportOf = (question: Quality.QualityQuestion & { readonly fresh?: boolean }) =>
  Effect.flatMap(Quality.Quality, (quality) => awake(quality.report(question)))

type Report = Effect.Effect.Success<ReturnType<typeof reportOf>>
const tallyOf = ({ aggregated_details, details }: Report) =>
  [details, aggregated_details].map(({ completeness: { denominator, numerator } }) => [
    numerator,
    denominator
  ])

const sensorOf = (id: number, question: Partial<Quality.QualityQuestion> = {}) =>
  reportOf({ ...WINDOW, ...question, sensorId: sensorId(id) })

const world = (database: TestDatabase) => QualityHours.layer.pipe(Layer.provideMerge(live(database)))

const SLOW = 120_000

describeDatabases("planned downtime", (database) => {
  it.effect(
    "is left out of completeness, and only of that",
    () =>
      Effect.gen(function* () {
        yield* setUp
        const hours = yield* QualityHours.QualityHours
        const before = yield* reportOf(WINDOW)
        assert.deepStrictEqual(before.downtime, [])
        // What lies around it, as windows of their own.
        const around = yield* Effect.forEach(
          [
            { start: START, end: minutesAt(DOWN_FROM) },
            { start: minutesAt(DOWN_TO), end: END }
          ],
          (part) => Effect.map(sensorOf(1, part), tallyOf)
        )
        const sum = [0, 1].map((dataset) =>
          [0, 1].map((at) => around.reduce((all, part) => all + (part[dataset]?.[at] ?? 0), 0))
        )
        assert.deepStrictEqual(sum, [
          [COUNT - 260, COUNT - 240],
          [110, 120]
        ])
        const other = tallyOf(yield* sensorOf(3))

        yield* plan(DOWN_FROM, DOWN_TO, 1)
        for (const counted of [false, true]) {
          if (counted) yield* awake(hours.round)
          const one = yield* sensorOf(1)
          assert.deepStrictEqual(tallyOf(one), sum)
          assert.deepStrictEqual(one.downtime, [{ sensor_id: 1, seconds: (DOWN_TO - DOWN_FROM) * 60 }])
          assert.deepStrictEqual(tallyOf(yield* sensorOf(3)), other)
          const all = yield* reportOf(WINDOW)
          assert.deepStrictEqual(yield* reportOf({ ...WINDOW, fresh: true }), all)
          const { completeness: _then, ...elseBefore } = before.details
          const { completeness: _now, ...elseNow } = all.details
          assert.deepStrictEqual(elseNow, elseBefore)
        }

        // Of all sensors: of more than are counted one by one.
        yield* plan(DOWN_FROM + 20, DOWN_TO)
        const all = yield* reportOf(WINDOW)
        assert.lengthOf(all.downtime, SENSORS)
        const each = yield* Effect.forEach(
          Array.from({ length: SENSORS }, (_, index) => index + 1),
          (id) => Effect.map(sensorOf(id), tallyOf)
        )
        assert.deepStrictEqual(
          tallyOf(all),
          [0, 1].map((dataset) =>
            [0, 1].map((at) => each.reduce((sum, one) => sum + (one[dataset]?.[at] ?? 0), 0))
          )
        )
      }).pipe(Effect.provide(world(database))),
    SLOW
  )

  it.effect(
    "cuts gaps and failures, which are those that the report counts",
    () =>
      Effect.gen(function* () {
        yield* setUp
        const quality = yield* Quality.Quality
        yield* plan(DOWN_FROM, DOWN_TO, 1)
        // It ends in the hole that nobody planned.
        yield* plan(HOLE_FROM + 4, HOLE_TO - 2, 1)
        for (const check of ["received", "minutes_present"] as const) {
          const { aggregated_details, details } = yield* sensorOf(1)
          const failed = (check === "received" ? details : aggregated_details).completeness.checks[0]?.failed
          const page = yield* awake(
            quality.failures({ ...WINDOW, sensorId: sensorId(1), check, skip: 0, limit: 100 })
          )
          assert.strictEqual(
            page.rows.reduce((sum, { count }) => sum + count, 0),
            failed
          )
          assert.isAbove(failed ?? 0, 0)
        }
        const gaps = yield* awake(
          quality.gaps({ ...WINDOW, sensorId: sensorId(1), skip: 0, limit: 100, longerThan: 0 })
        )
        const minute = (time: number) => (time - START) / MICROS_PER_MINUTE
        assert.deepStrictEqual(
          gaps.rows.map(({ end, missing, open, start }) => [minute(start), minute(end), missing, open]),
          [
            [HOLE_FROM - 0.5, HOLE_FROM + 4, 8, true],
            [HOLE_TO - 2, HOLE_TO, 3, true]
          ]
        )
        const { gaps: marked } = yield* awake(quality.remarks({ ...WINDOW, sensorId: sensorId(1), max: 10 }))
        assert.strictEqual(marked?.gaps, 2)
        const days = yield* awake(
          quality.history({ ...WINDOW, sensorId: sensorId(1), interval: "1h", bySensor: true })
        )
        assert.deepStrictEqual(
          days.map(({ results }) => results.sensor_data.completeness),
          // Half an hour of the first, none of the second, half an hour of the third; eleven are missing of the last.
          [100, null, 100, (100 * 100) / 111]
        )
      }).pipe(Effect.provide(world(database))),
    SLOW
  )

  it.effect(
    "is what was planned then, as of each position",
    () =>
      Effect.gen(function* () {
        yield* setUp
        const log = yield* EventLog
        const then = yield* headNow
        const subject = yield* plan(DOWN_FROM, DOWN_TO, 1)
        const planned = yield* headNow
        yield* withdraw(subject)
        const withdrawn = yield* headNow
        const asOf = ({ position, recordedAt }: typeof then) =>
          Effect.flatMap(log.sensorsAsOf(position), (sensors) =>
            Effect.map(
              sensorOf(1, { asOf: { position, at: recordedAt, sensors } }),
              ({ details, downtime }) => [
                details.completeness.denominator - details.completeness.numerator,
                downtime.length
              ]
            )
          )
        const ages = Effect.forEach([then, planned, withdrawn], asOf)
        // Two readings came in the downtime.
        const failing = 20 + 239 - 2
        assert.deepStrictEqual(yield* ages, [
          [failing, 0],
          [20, 1],
          [failing, 0]
        ])
        yield* plan(0, null)
        assert.strictEqual((yield* sensorOf(1)).details.completeness.score, null)
        assert.deepStrictEqual((yield* ages).slice(0, 2), [
          [failing, 0],
          [20, 1]
        ])
      }).pipe(Effect.provide(world(database))),
    SLOW
  )
})
