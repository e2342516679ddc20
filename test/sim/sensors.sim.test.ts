/** A day of five sensors on the simulated clock, with a sink in memory. */
import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { NO_FAULTS } from "../../src/domain/SimulatedSensor.js"
import { micros } from "../../src/domain/Time.js"
import { ReadingSink } from "../../src/sensors/ReadingSink.js"
import * as Supervisor from "../../src/sensors/SensorSupervisor.js"
import * as SimClock from "../../src/sim/SimClock.js"
import { simulated } from "../sensors/support.js"

const start = micros(1_718_323_200_000_000)

const sensors = [
  simulated(1),
  simulated(2, { signal: { kind: "random_walk" } }),
  simulated(3, { signal: { kind: "daily_wave", noise: 1, peak_hour: 15 } }),
  simulated(4, { signal: { kind: "constant", value: 21 } }),
  simulated(5, { faults: { ...NO_FAULTS, stuck: 0.001, spike: 0.001 } })
]

const simulate = (seed: number, seconds: number) =>
  Effect.gen(function* () {
    const clock = SimClock.make(start)
    const hash = createHash("sha256")
    let count = 0
    const sink = Layer.succeed(ReadingSink, {
      publish: (topic, payload, settle) => {
        count += 1
        hash.update(topic).update(payload)
        settle(null)
      }
    })
    const program = Effect.gen(function* () {
      const supervisor = yield* Supervisor.SensorSupervisor
      yield* supervisor.apply(sensors)
      // Half a second short: the tick at the very end belongs to the next day.
      yield* Effect.sleep(seconds * 1_000 - 500)
    })
    yield* clock.run(program.pipe(Effect.provide(Supervisor.layer({ seed })), Effect.provide(sink)))
    return { count, hash: hash.digest("hex"), now: clock.now() }
  })

describe("a simulated day of five sensors", () => {
  it.live("has 432,000 readings, and the same trace for the same seed", () =>
    Effect.gen(function* () {
      const day = yield* simulate(1, 86_400)
      assert.strictEqual(day.count, 5 * 86_400)
      assert.strictEqual(day.now, start + 86_399_500_000)
      assert.deepStrictEqual(yield* simulate(1, 86_400), day)
    })
  )

  it.live("has another trace for another seed", () =>
    Effect.gen(function* () {
      const hour = yield* simulate(1, 3_600)
      assert.strictEqual(hour.count, 5 * 3_600)
      assert.notStrictEqual((yield* simulate(2, 3_600)).hash, hour.hash)
    })
  )
})
