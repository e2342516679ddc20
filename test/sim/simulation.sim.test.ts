/** The declared sensors, ingest, log and fold on the simulated clock. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { decode } from "../../src/config/SensorFile.js"
import { NO_FAULTS } from "../../src/domain/SimulatedSensor.js"
import { micros } from "../../src/domain/Time.js"
import { simulate } from "../../src/sim/Simulation.js"
import { simulated } from "../sensors/support.js"

const start = micros(1_704_067_200_000_000)
const declared = decode("sensors.json", readFileSync("sensors.json", "utf8"))

describe("a simulated pipeline", () => {
  it.live("stores an hour of the five sensors, and folds it exactly", () =>
    Effect.gen(function* () {
      const sensors = yield* declared
      const hour = yield* simulate({ sensors, seed: 1, seconds: 3_600, start })
      assert.strictEqual(hour.stored, 5 * 3_600)
      assert.strictEqual(hour.messages, 5 * 3_600)
      assert.strictEqual(hour.rejected + hour.repeated, 0)
      assert.strictEqual(hour.minutes, 5 * 60)
      assert.strictEqual(hour.wrong, 0)
    })
  )

  it.live("counts every message of sensors that misbehave, and gives the same trace for the same seed", () =>
    Effect.gen(function* () {
      const faults = { ...NO_FAULTS, duplicate: 0.01, late: 0.01, malformed: 0.01, drop: 0.01 }
      const sensors = [simulated(1, { faults }), simulated(2, { faults })]
      const options = { sensors, seed: 7, seconds: 1_200, start }
      const hour = yield* simulate(options)
      assert.strictEqual(hour.wrong, 0)
      assert.strictEqual(hour.stored + hour.repeated + hour.rejected, hour.messages)
      assert.isAbove(hour.repeated, 0)
      assert.isAbove(hour.rejected, 0)
      assert.deepStrictEqual(yield* simulate(options), hour)
      assert.notStrictEqual((yield* simulate({ ...options, seed: 8 })).trace, hour.trace)
    })
  )
})
