import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import { MICROS_PER_DAY, micros } from "../../src/domain/Time.js"
import * as SimClock from "../../src/sim/SimClock.js"
import { nowMicros } from "../../src/telemetry/Instant.js"

const start = micros(1_700_000_000_000_000)

describe("SimClock", () => {
  it.live("runs a year of sleeping in no time, exact to the microsecond", () =>
    Effect.gen(function* () {
      const clock = SimClock.make(start)
      const times = yield* clock.run(
        Effect.gen(function* () {
          yield* Effect.sleep("365 days")
          const late = yield* nowMicros
          yield* Effect.sleep(Duration.micros(7n))
          return [late, yield* nowMicros, yield* Clock.currentTimeMillis]
        })
      )
      const end = start + 365 * MICROS_PER_DAY
      assert.deepStrictEqual(times, [end, end + 7, Math.floor((end + 7) / 1_000)])
    })
  )

  it.live("finishes what a sleep sets off before the next one ends", () =>
    Effect.gen(function* () {
      const clock = SimClock.make(start)
      const trace: Array<string> = []
      const ticker = (name: string, period: number) =>
        Effect.repeat(
          Effect.gen(function* () {
            // Fibers, promises and long chains of yields all belong to the instant.
            yield* Effect.fork(Effect.sync(() => trace.push(`${clock.now() - start} ${name}`)))
            yield* Effect.promise(() => Promise.resolve())
            for (let i = 0; i < 5_000; i++) yield* Effect.yieldNow()
            trace.push(`${clock.now() - start} ${name} done`)
          }),
          Schedule.spaced(period)
        )
      const program = Effect.gen(function* () {
        yield* Effect.fork(ticker("a", 2))
        yield* Effect.fork(ticker("b", 3))
        yield* Effect.sleep(4)
      })
      yield* clock.run(program)
      const at = (time: number, name: string) => [`${time} ${name}`, `${time} ${name} done`]
      assert.deepStrictEqual(
        trace.filter((line) => !line.startsWith("0 ")),
        [...at(2_000, "a"), ...at(3_000, "b")]
      )
    })
  )

  it.live("wakes sleepers of one instant in the order in which they lay down", () =>
    Effect.gen(function* () {
      const clock = SimClock.make(start)
      const woken = yield* clock.run(
        Effect.gen(function* () {
          const queue = yield* Queue.unbounded<number>()
          yield* Effect.forEach([1, 2, 3, 4, 5], (n) =>
            Effect.fork(Effect.zipRight(Effect.sleep("1 second"), Queue.offer(queue, n)))
          )
          return yield* Queue.takeN(queue, 5)
        })
      )
      assert.deepStrictEqual([...woken], [1, 2, 3, 4, 5])
    })
  )

  it.live("goes on from its present in a second run, with what the first one left asleep", () =>
    Effect.gen(function* () {
      const clock = SimClock.make(start)
      let ticks = 0
      yield* clock.run(
        Effect.forkDaemon(
          Effect.forever(
            Effect.zipRight(
              Effect.sleep("1 second"),
              Effect.sync(() => ticks++)
            )
          )
        )
      )
      yield* clock.run(Effect.sleep("10500 millis"))
      assert.strictEqual(ticks, 10)
      assert.strictEqual(clock.now() - start, 10_500_000)
    })
  )

  it.live("passes on failures and interruption", () =>
    Effect.gen(function* () {
      const clock = SimClock.make(start)
      assert.strictEqual(yield* Effect.flip(clock.run(Effect.fail("no"))), "no")
      let interrupted = false
      const forever = Effect.forever(Effect.sleep("1 second")).pipe(
        Effect.onInterrupt(() =>
          Effect.andThen(Effect.sleep("1 minute"), () => {
            interrupted = true
          })
        )
      )
      const fiber = yield* Effect.fork(clock.run(forever))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(fiber)
      assert.isTrue(interrupted)
    })
  )

  it.live("says so when nothing can happen any more", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(SimClock.make(start).run(Effect.never))
      assert.include(String(exit), "waits for ever")
    })
  )
})
