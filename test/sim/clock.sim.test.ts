/** What steps of the wall clock do to the sensors of a process. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { micros } from "../../src/domain/Time.js"
import { ReadingSink } from "../../src/sensors/ReadingSink.js"
import * as Supervisor from "../../src/sensors/SensorSupervisor.js"
import { ProcessClock } from "../../src/sim/ProcessClock.js"
import * as SimClock from "../../src/sim/SimClock.js"
import { simulated } from "../sensors/support.js"

const start = micros(1_718_323_200_000_000)

/** How many readings leave in a minute after the clock was stepped by so many ms. */
const afterStep = (millis: number) => {
  const base = SimClock.make(start)
  const clock = new ProcessClock(base)
  const counts = { sent: 0 }
  const sink = Layer.succeed(ReadingSink, {
    publish: (_topic, _payload, settle) => {
      counts.sent += 1
      settle(null)
    }
  })
  const actor = Effect.flatMap(Supervisor.SensorSupervisor, ({ apply }) => apply([simulated(1)])).pipe(
    Effect.zipRight(Effect.never),
    Effect.provide(Supervisor.layer({ seed: 1 })),
    Effect.provide(sink)
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
