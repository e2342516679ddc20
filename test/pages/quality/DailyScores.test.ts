import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { scoresOf } from "../../../src/domain/quality/QualityReport.js"
import { noTallies } from "../../../src/domain/quality/Tally.js"
import { MICROS_PER_DAY, micros } from "../../../src/domain/Time.js"
import { DAYS_SHOWN, makeDaily } from "../../../src/pages/quality/DailyScores.js"
import { Catalog } from "../../../src/projections/catalogue/Catalogue.js"
import { Quality, type QualityService } from "../../../src/projections/quality/Quality.js"

const TODAY = 20_000
const dayOf = (time = 0) => time / MICROS_PER_DAY - TODAY

/** Counts days as `history` is asked for them, each in so many ms; nothing else may be asked for. */
const counted = (millis: number) => {
  // The day of the newest data, and of the earliest that the log took since it was looked at last.
  const log = { newest: TODAY, earliest: Number.POSITIVE_INFINITY, plan: 0 }
  const questions: Array<readonly [first: number, afterLast: number]> = []
  const never = () => Effect.dieMessage("a strip asks for history alone")
  const history: QualityService["history"] = ({ bySensor, end = 0, interval, start = 0 }) =>
    Effect.sync(() => {
      assert.deepStrictEqual([interval, bySensor], ["1d", true])
      questions.push([dayOf(start), dayOf(end)])
      const scores = scoresOf(noTallies, "sensor_data")
      return Array.from({ length: dayOf(end) - dayOf(start) }, (_, index) => ({
        start: micros(start + index * MICROS_PER_DAY),
        end: micros(start + (index + 1) * MICROS_PER_DAY),
        position: questions.length,
        results: { sensor_data: scores, aggregated_sensor_data: scores },
        sensors: [],
        leftOut: 0
      }))
    }).pipe(Effect.delay(millis))
  const touched: QualityService["touched"] = (since) =>
    Effect.sync(() => {
      const earliest = since === undefined ? Number.POSITIVE_INFINITY : log.earliest * MICROS_PER_DAY
      log.earliest = Number.POSITIVE_INFINITY
      return { earliest, position: 1, plan: log.plan }
    })
  const quality = Layer.succeed(Quality, {
    history,
    touched,
    report: never,
    failures: never,
    gaps: never,
    remarks: never
  })
  const catalog = Layer.succeed(Catalog, {
    lastTime: () => Effect.sync(() => Option.some(micros(log.newest * MICROS_PER_DAY + 1)))
  } as never)
  return { log, questions, layer: Layer.merge(quality, catalog) }
}
const begin = TestClock.setTime((TODAY * MICROS_PER_DAY) / 1_000 + 60_000)

/** Asks, and lets the clock go on, for what is waited for. */
const asked = <A, E>(question: Effect.Effect<A, E>) =>
  Effect.flatMap(Effect.fork(question), (fiber) => Effect.zipRight(TestClock.adjust(1), Fiber.join(fiber)))

describe("the days of a strip", () => {
  it.scoped(
    "come from the history: the newest first, all before it at once, and what is over is kept",
    () => {
      const { layer, questions } = counted(0)
      return Effect.gen(function* () {
        yield* begin
        const daily = yield* makeDaily
        const ask = asked(daily.days())
        const days = yield* ask
        assert.deepStrictEqual(
          days.map(({ day, scores }) => [dayOf(day), scores?.start === day]),
          Array.from({ length: DAYS_SHOWN }, (_, index) => [index + 1 - DAYS_SHOWN, true])
        )
        const all: typeof questions = [
          [0, 1],
          [1 - DAYS_SHOWN, 0]
        ]
        assert.deepStrictEqual(questions, all)
        yield* ask
        assert.deepStrictEqual(questions, all)
        // A day that is not over is soon counted again, and alone.
        yield* TestClock.adjust("30 seconds")
        yield* ask
        assert.deepStrictEqual(questions, [...all, [0, 1]])
        yield* TestClock.adjust("10 minutes")
        yield* ask
        assert.deepStrictEqual(questions, [...all, [0, 1], ...all])
      }).pipe(Effect.provide(layer))
    }
  )

  it.scoped("are shown as far as they are counted, and are there when they are asked for again", () => {
    const { layer, questions } = counted(1_000)
    return Effect.gen(function* () {
      yield* begin
      const daily = yield* makeDaily
      const first = yield* Effect.fork(daily.days())
      yield* TestClock.adjust("1200 millis")
      const known = (yield* Fiber.join(first)).map(({ scores }) => scores !== undefined)
      assert.deepStrictEqual(known.slice(-2), [false, true])
      yield* TestClock.adjust("2 seconds")
      const days = yield* daily.days()
      assert.isTrue(days.every(({ scores }) => scores !== undefined))
      assert.lengthOf(questions, 2)
    }).pipe(Effect.provide(layer))
  })

  it.scoped("are counted again from the day on that something late is of", () => {
    const { layer, log, questions } = counted(0)
    return Effect.gen(function* () {
      yield* begin
      const daily = yield* makeDaily
      const ask = asked(daily.days())
      yield* ask
      questions.length = 0
      log.earliest = TODAY - 5
      const days = yield* ask
      assert.deepStrictEqual(questions, [[-5, 0]])
      assert.deepStrictEqual(
        days.map(({ scores }) => scores?.position),
        [...Array.from({ length: 8 }, () => 2), ...Array.from({ length: 5 }, () => 1), 1]
      )
      yield* ask
      assert.lengthOf(questions, 1)
      // What arrives of today is looked at every 20 s, and touches no day before it.
      log.earliest = TODAY
      yield* ask
      assert.lengthOf(questions, 1)
    }).pipe(Effect.provide(layer))
  })

  it.scoped("are counted again when somebody has planned something", () => {
    const { layer, log, questions } = counted(0)
    return Effect.gen(function* () {
      yield* begin
      const daily = yield* makeDaily
      const ask = asked(daily.days())
      log.plan = 3
      yield* ask
      questions.length = 0
      yield* ask
      assert.deepStrictEqual(questions, [])
      log.plan = 4
      yield* ask
      assert.deepStrictEqual(questions, [[1 - DAYS_SHOWN, 0]])
    }).pipe(Effect.provide(layer))
  })

  it.scoped(
    "end today while there is data of the last two weeks, and with the newest data after that",
    () => {
      const { layer, log } = counted(0)
      return Effect.gen(function* () {
        yield* begin
        const daily = yield* makeDaily
        const span = (until?: number) =>
          Effect.gen(function* () {
            const asked = daily.days(until === undefined ? undefined : micros(until * MICROS_PER_DAY + 5))
            const fiber = yield* Effect.fork(asked)
            yield* TestClock.adjust(1)
            const days = yield* Fiber.join(fiber)
            return [dayOf(days[0]?.day), dayOf(days.at(-1)?.day)]
          })
        log.newest = TODAY - DAYS_SHOWN + 1
        assert.deepStrictEqual(yield* span(), [1 - DAYS_SHOWN, 0])
        log.newest = TODAY - DAYS_SHOWN
        assert.deepStrictEqual(yield* span(), [1 - 2 * DAYS_SHOWN, -DAYS_SHOWN])
        log.newest = TODAY
        assert.deepStrictEqual(yield* span(TODAY - 3), [1 - DAYS_SHOWN, 0])
        assert.deepStrictEqual(yield* span(TODAY + 3), [1 - DAYS_SHOWN, 0])
        assert.deepStrictEqual(yield* span(TODAY - 100), [-99 - DAYS_SHOWN, -100])
        assert.deepStrictEqual(yield* span(3), [-TODAY, 3 - TODAY])
      }).pipe(Effect.provide(layer))
    }
  )
})
