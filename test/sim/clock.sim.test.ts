/** What steps of the wall clock do to the sensors of a process. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { micros } from "../../src/domain/Time.js"
import { Belongings, run } from "../../src/sensors/SensorActor.js"
import { INITIAL_SIGNAL } from "../../src/sensors/Signal.js"
import { ProcessClock } from "../../src/sim/ProcessClock.js"
import * as SimClock from "../../src/sim/SimClock.js"
import { simulated } from "../sensors/support.js"

const start = micros(1_718_323_200_000_000)

/** How many readings leave in a minute after the clock was stepped by so many ms. */
const afterStep = (millis: number) => {
  const base = SimClock.make(start)
  const clock = new ProcessClock(base)
  const counts = { sent: 0 }
  const sink = {
    publish: () =>
      Effect.sync(() => {
        counts.sent += 1
      })
  }
  const actor = run(
    simulated(1),
    new Belongings(),
    sink,
    () => 0.5,
    () => ({ value: 1, state: INITIAL_SIGNAL })
  )
  return base.run(
    Effect.gen(function* () {
      yield* Effect.fork(Effect.withClock(actor, clock))
      yield* Effect.sleep("1 minute")
      clock.offsetMillis = millis
      const before = counts.sent
      yield* Effect.sleep("1 minute")
      return counts.sent - before
    })
  )
}

describe("a step of the wall clock", () => {
  it.effect("silences no sensor, whichever way it goes", () =>
    Effect.gen(function* () {
      for (const millis of [0, 1_000, -1_000, 3_600_000, -3_600_000, 86_400_000, -86_400_000]) {
        assert.isAtLeast(yield* afterStep(millis), 58, `${millis} ms`)
      }
    })
  )
})
