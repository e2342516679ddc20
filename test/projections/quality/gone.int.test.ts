/**
 * A sensor that is long gone beside one that reports: the silence counts as missing for as long as it may be an outage,
 * then nothing is expected; a sensor that is back was missed all the time.
 */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { sensorId } from "../../../src/domain/Ids.js"
import { SILENCE_MAX } from "../../../src/domain/SensorSilence.js"
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MILLI, micros } from "../../../src/domain/Time.js"
import * as SqlCatalogueLog from "../../../src/eventlog/SqlCatalogueLog.js"
import * as Quality from "../../../src/projections/quality/Quality.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { at, events, foldedUpTo, sensor, series } from "../handmade.js"
import { awake } from "./measured.js"

const DAY = MICROS_PER_DAY
const HOUR = MICROS_PER_HOUR
/** The last reading of the one that is gone, and ten days afterwards. */
const LAST = at("2026-11-10T00:00:00.000000Z")
const NOW = micros(LAST + 10 * DAY)
const SILENT_DAYS = SILENCE_MAX / DAY

/** Sensor 1 ends with LAST; sensor 2 goes on until now; both one an hour, without a gap. */
const gone = series(1, LAST - 23 * HOUR, HOUR, 24, (i) => i)
const going = series(2, LAST - 23 * HOUR, HOUR, 24 + 240, (i) => i)

const setUp = Effect.gen(function* () {
  yield* TestClock.setTime(NOW / MICROS_PER_MILLI)
  yield* sensor(1, { intervalMs: 3_600_000 })
  yield* sensor(2, { intervalMs: 3_600_000 })
  yield* events([...gone, ...going])
  yield* foldedUpTo(gone.length + going.length)
})

const live = (database: TestDatabase) =>
  Quality.layer.pipe(Layer.provideMerge(SqlCatalogueLog.layer), Layer.provideMerge(database.layer))

const day = (index: number, sensor?: number) => ({
  start: micros(LAST + index * DAY),
  end: micros(LAST + (index + 1) * DAY),
  ...(sensor === undefined ? {} : { sensorId: sensorId(sensor) })
})
const received = (index: number, sensor?: number) =>
  Effect.gen(function* () {
    const { report } = yield* Quality.Quality
    const { details, gone } = yield* awake(report(day(index, sensor)))
    const { denominator, numerator } = details.completeness
    return { tally: [numerator, denominator], gone }
  })

describeDatabases("a sensor that is gone", (database) => {
  it.effect("is missed for a week, and then expected no more, as of each day", () =>
    Effect.gen(function* () {
      yield* setUp
      assert.strictEqual(SILENT_DAYS, 7)
      // Its last reading is the first of that day.
      assert.deepStrictEqual((yield* received(0, 1)).tally, [1, 24])
      assert.deepStrictEqual(yield* received(6, 1), { tally: [0, 24], gone: [] })
      const over = [{ sensor_id: 1, gone_since: "2026-11-10T00:00:00.000000Z" }]
      assert.deepStrictEqual(yield* received(7, 1), { tally: [0, 0], gone: over })
      assert.deepStrictEqual(yield* received(9), { tally: [24, 24], gone: over })
      assert.deepStrictEqual(yield* received(9, 2), { tally: [24, 24], gone: [] })
      const { history } = yield* Quality.Quality
      const days = yield* awake(
        history({ start: day(0).start, end: day(9).end, interval: "1d", bySensor: true })
      )
      assert.deepStrictEqual(
        days.map(({ results }) => results.sensor_data.completeness),
        [(100 * 25) / 48, 50, 50, 50, 50, 50, 50, 100, 100, 100]
      )
      const { gaps } = yield* Quality.Quality
      const { rows } = yield* awake(
        gaps({ start: day(0).start, end: NOW, longerThan: 0, skip: 0, limit: 10 })
      )
      const [silence, ...others] = rows
      assert.deepInclude(silence, { sensorId: 1, start: LAST, end: micros(LAST + SILENCE_MAX), open: true })
      assert.deepStrictEqual(others, [])
    }).pipe(Effect.provide(live(database)))
  )

  it.effect("is back with its next reading, and was missed all the time then", () =>
    Effect.gen(function* () {
      yield* setUp
      const next = gone.length + going.length + 1
      yield* events([{ sensor: 1, occurredAt: NOW - 6 * HOUR, value: 1 }], next)
      yield* foldedUpTo(next)
      assert.deepStrictEqual(yield* received(7, 1), { tally: [0, 24], gone: [] })
      assert.deepStrictEqual((yield* received(8)).tally, [24, 48])
    }).pipe(Effect.provide(live(database)))
  )
})
