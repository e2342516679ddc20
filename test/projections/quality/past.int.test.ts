/**
 * Quality as of a position: what it was then, before and after its hours are counted, and whatever came, was corrected,
 * deleted or registered anew since. Some sensors rest at 0, or are constant: of these the days before count, too.
 */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { type ReadingId, sensorId } from "../../../src/domain/Ids.js"
import { MICROS_PER_DAY, MICROS_PER_MILLI, MICROS_PER_MINUTE, micros } from "../../../src/domain/Time.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import * as Minutes from "../../../src/projections/minutes/Minutes.js"
import * as Quality from "../../../src/projections/quality/Quality.js"
import * as QualityHours from "../../../src/projections/quality/QualityHours.js"
import { append, candidate } from "../../http/realServer.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { at } from "../handmade.js"
import { awake, live } from "./measured.js"

const START = at("2026-11-22T00:00:00.000000Z")
const DAYS = 3
const A_DAY = 288
const COUNT = DAYS * A_DAY
const END = micros(START + DAYS * MICROS_PER_DAY)
const timeOf = (i: number) => micros(START + i * 5 * MICROS_PER_MINUTE)

const sun = (i: number) => (i % A_DAY < 144 ? 0 : 100 + (i % 7))
const warm = (i: number) => 20 + (i % 9)
/** A gap of ten readings in the last day, and a spike. */
const holed = (i: number) => (i >= COUNT - 60 && i < COUNT - 50 ? null : i === COUNT - 20 ? 900 : warm(i))
/** It shows one value all the last day, and others before. */
const constant = (i: number) => (i < COUNT - A_DAY - 10 ? warm(i) : 21)

const SENSORS = [sun, holed, constant]

const readings = (id: number, value: (i: number) => number | null, from = 0, to = COUNT) =>
  Array.from({ length: to - from }, (_, k) => from + k).flatMap((i) => {
    const one = value(i)
    return one === null ? [] : [candidate(id, timeOf(i), one, id === 3 ? { type: "level" } : {})]
  })

/** Of days before the window, too: after it nothing rests at 0 any more, and nothing was ever constant. */
const meddle = Effect.gen(function* () {
  const log = yield* EventLog
  const { position } = yield* log.head
  const all = yield* log.readings({}, { asOf: position, limit: COUNT * SENSORS.length })
  for (const { id, occurredAt, sensorId: sensor, value } of all.filter((_, index) => index % 60 === 0))
    yield* log.replace(id as ReadingId, { sensorId: sensor, occurredAt, value: value - 50, said: {} })
  yield* log.removeAll(
    all.filter(({ occurredAt, sensorId: sensor }) => sensor === 3 && occurredAt < END - MICROS_PER_DAY)
  )
  yield* append([
    ...readings(2, () => 33, COUNT - 60, COUNT - 50),
    ...readings(4, warm, COUNT - A_DAY, COUNT),
    candidate(1, micros(END - 1), -7, {})
  ])
  yield* log.describe([{ id: sensorId(2), intervalMs: 60_000, said: {} }])
  yield* log.retire([sensorId(1)])
  yield* (yield* Minutes.Minutes).catchUp
})

const world = (database: TestDatabase) => QualityHours.layer.pipe(Layer.provideMerge(live(database)))

const SLOW = 240_000

describeDatabases("quality as of a position", (database) => {
  it.effect(
    "is what it was then",
    () =>
      Effect.gen(function* () {
        const log = yield* EventLog
        const hours = yield* QualityHours.QualityHours
        const quality = yield* Quality.Quality
        yield* TestClock.setTime(END / MICROS_PER_MILLI)
        for (const [index, value] of SENSORS.entries()) yield* append(readings(index + 1, value))
        yield* log.describe(
          SENSORS.map((_, index) => ({ id: sensorId(index + 1), intervalMs: 300_000, said: {} }))
        )
        yield* (yield* Minutes.Minutes).catchUp
        const { position, recordedAt } = yield* log.head
        const answers = Effect.gen(function* () {
          const asOf = { position, at: recordedAt, sensors: yield* log.sensorsAsOf(position) }
          const page = { skip: 0, limit: 100, longerThan: 0 }
          return {
            report: yield* awake(quality.report({ asOf })),
            fresh: yield* awake(quality.report({ asOf, fresh: true })),
            gaps: yield* awake(quality.gaps({ asOf, ...page }))
          }
        })
        const then = yield* answers
        const checksOf = ({ details }: typeof then.report) =>
          Object.values(details).flatMap(({ checks }) => checks)
        assert.deepStrictEqual(then.fresh, then.report)

        // As of the head it is the same as now, but for what keeps no past.
        const now = yield* awake(quality.report({}))
        const pastless = ["accepted", "minutes_match"]
        assert.deepStrictEqual(
          checksOf(then.report).filter(({ name }) => !pastless.includes(name)),
          checksOf(now).filter(({ name }) => !pastless.includes(name))
        )
        assert.deepStrictEqual(
          checksOf(then.report)
            .filter(({ name }) => pastless.includes(name))
            .map(({ denominator }) => denominator),
          [0, 0]
        )
        const failed = new Map(checksOf(then.report).map((check) => [check.name, check.failed]))
        assert.deepStrictEqual(
          ["received", "no_spikes", "not_stuck"].map((name) => failed.get(name)),
          [10, 1, A_DAY]
        )
        assert.deepStrictEqual(
          then.gaps.rows.map(({ missing, sensorId: sensor }) => [sensor, missing]),
          [[2, 10]]
        )

        yield* awake(hours.round)
        assert.deepStrictEqual(yield* answers, then)
        yield* meddle
        assert.deepStrictEqual(yield* answers, then)
        yield* awake(hours.round)
        assert.deepStrictEqual(yield* answers, then)
        const later = yield* awake(quality.report({}))
        assert.notDeepEqual(checksOf(later), checksOf(now))
      }).pipe(Effect.provide(world(database))),
    SLOW
  )
})
