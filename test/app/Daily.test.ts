import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { DAYS_SHOWN, makeDaily } from "../../src/AppPages/Daily.js"
import { noTallies, scoresOf } from "../../src/domain/Quality.js"
import { MICROS_PER_DAY, micros } from "../../src/domain/Time.js"
import { Catalog } from "../../src/projections/Catalog.js"
import { Quality, type QualityService } from "../../src/projections/Quality.js"

const TODAY = 20_000
const dayOf = (time = 0) => time / MICROS_PER_DAY - TODAY

/** Counts days as `history` is asked for them, each in so many ms; nothing else may be asked for. */
const counted = (millis: number) => {
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
  const quality = Layer.succeed(Quality, {
    history,
    report: never,
    failures: never,
    gaps: never,
    remarks: never
  })
  const catalog = Layer.succeed(Catalog, {
    lastTime: () => Effect.succeed(Option.some(micros(TODAY * MICROS_PER_DAY + 1)))
  } as never)
  return { questions, layer: Layer.merge(quality, catalog) }
}
const begin = TestClock.setTime((TODAY * MICROS_PER_DAY) / 1_000 + 60_000)

describe("the days of a strip", () => {
  it.scoped(
    "come from the history: the newest first, all before it at once, and what is over is kept",
    () => {
      const { layer, questions } = counted(0)
      return Effect.gen(function* () {
        yield* begin
        const daily = yield* makeDaily
        const ask = Effect.flatMap(Effect.fork(daily.days), (fiber) =>
          Effect.zipRight(TestClock.adjust(1), Fiber.join(fiber))
        )
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
      const first = yield* Effect.fork(daily.days)
      yield* TestClock.adjust("1200 millis")
      const known = (yield* Fiber.join(first)).map(({ scores }) => scores !== undefined)
      assert.deepStrictEqual(known.slice(-2), [false, true])
      yield* TestClock.adjust("2 seconds")
      const days = yield* daily.days
      assert.isTrue(days.every(({ scores }) => scores !== undefined))
      assert.lengthOf(questions, 2)
    }).pipe(Effect.provide(layer))
  })
})
