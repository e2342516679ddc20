/** What a plot marks is what the checks name in the same window: the same rows, the same gaps. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { sensorId } from "../../../src/domain/Ids.js"
import {
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MILLI,
  MICROS_PER_SECOND,
  micros
} from "../../../src/domain/Time.js"
import * as SqlCatalogueLog from "../../../src/eventlog/SqlCatalogueLog.js"
import * as Quality from "../../../src/projections/quality/Quality.js"
import { REMARK_CHECKS } from "../../../src/projections/quality/QualityRemarks.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { at, events, type HandmadeEvent, sensor, series } from "../handmade.js"

const START = at("2026-11-22T10:00:00.000000Z")
const SECOND = MICROS_PER_SECOND
const live = (database: TestDatabase) =>
  Quality.layer.pipe(Layer.provideMerge(SqlCatalogueLog.layer), Layer.provideMerge(database.layer))

/** Sensor 1, one a second for five minutes: out of range, ahead of the clock, told twice, and gone for half a minute. */
const analog = series(1, START, SECOND, 300, (i) => 20 + (i % 10) / 10)
  .filter((_, i) => (i < 150 || i >= 180) && i >= 30)
  .map((event, i) => (i === 50 ? { ...event, value: 90 } : event))
  .map((event, i) => (i === 90 ? { ...event, recordedAt: event.occurredAt - 2 * SECOND } : event))
/** Sensor 2, a switch: on for three seconds of five minutes. */
const switched = series(2, START, SECOND, 300, (i) => (i >= 100 && i < 103 ? 1 : 0))
const log: ReadonlyArray<HandmadeEvent> = [
  ...analog,
  ...switched,
  { sensor: 1, occurredAt: analog[200]?.occurredAt ?? 0, value: 21.7 }
]

const setUp = Effect.gen(function* () {
  yield* TestClock.setTime((START + MICROS_PER_DAY) / MICROS_PER_MILLI)
  yield* sensor(1, { intervalMs: 1_000, range: [0, 45] })
  yield* sensor(2, { intervalMs: 1_000 })
  yield* sensor(3, {})
  yield* events(log)
})

const WINDOWS = [
  [0, 300],
  [40, 130],
  [150, 200],
  [-3_600, 7_200]
] as const

describeDatabases("what stands out", (database) => {
  it.effect("is what the checks of single readings name in that window, and their gaps", () =>
    Effect.gen(function* () {
      yield* setUp
      const quality = yield* Quality.Quality
      for (const [from, to] of WINDOWS) {
        const window = { start: micros(START + from * SECOND), end: micros(START + to * SECOND) }
        for (const id of [1, 2, 3].map(sensorId)) {
          const found = yield* quality.remarks({ ...window, sensorId: id, max: 100 })
          const named = yield* Effect.forEach(REMARK_CHECKS, (check) =>
            quality.failures({ ...window, sensorId: id, check, skip: 0, limit: 100 })
          )
          const text = (check: string, reading: number | null, reason: string) =>
            `${check} ${reading} ${reason}`
          assert.deepStrictEqual(
            found.failing
              .flatMap((one) => one.reasons.map(({ check, reason }) => text(check, one.readingId, reason)))
              .sort(),
            named.flatMap(({ rows }) => rows.map((row) => text(row.check, row.readingId, row.reason))).sort(),
            `sensor ${id}, ${from} to ${to}`
          )
          const { rows } = yield* quality.gaps({
            ...window,
            sensorId: id,
            longerThan: 0,
            skip: 0,
            limit: 100
          })
          assert.deepStrictEqual(
            found.gaps,
            id === 3
              ? null
              : { gaps: rows.length, longest: Math.max(0, ...rows.map(({ end, start }) => end - start)) }
          )
        }
      }
    }).pipe(Effect.provide(live(database)))
  )

  it.effect(
    "names each reading once with all that is wrong with it, nothing of a switch, and no more than asked",
    () =>
      Effect.gen(function* () {
        yield* setUp
        const quality = yield* Quality.Quality
        const window = { start: START, end: micros(START + 300 * SECOND) }
        const one = yield* quality.remarks({ ...window, sensorId: sensorId(1), max: 100 })
        assert.deepStrictEqual(
          one.failing.map(({ at: when, reasons }) => [
            (when - START) / SECOND,
            reasons.map(({ check }) => check).join(" ")
          ]),
          [
            [80, "in_range usual_steps plausible no_spikes"],
            [81, "usual_steps"],
            [120, "not_ahead"],
            [260, "one_value_a_time"]
          ]
        )
        // It first spoke half a minute after the window began: nothing was expected of it before.
        assert.deepStrictEqual(one.gaps, { gaps: 1, longest: 31 * SECOND })
        const two = yield* quality.remarks({ ...window, sensorId: sensorId(2), max: 100 })
        assert.deepStrictEqual(two, { failing: [], more: false, gaps: { gaps: 0, longest: 0 } })
        const cut = yield* quality.remarks({ ...window, sensorId: sensorId(1), max: 2 })
        assert.deepStrictEqual(cut.failing, one.failing.slice(0, 2))
        assert.isTrue(cut.more)
        // Silence up to the end of the window is a gap as well.
        const later = { start: START, end: micros(START + MICROS_PER_HOUR) }
        const quiet = yield* quality.remarks({ ...later, sensorId: sensorId(2), max: 100 })
        assert.deepStrictEqual(quiet.gaps, { gaps: 1, longest: 3_301 * SECOND })
      }).pipe(Effect.provide(live(database)))
  )
})
