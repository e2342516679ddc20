/** The simulator itself: the same seed gives the same trace, and without faults nothing is lost on the way. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { run } from "../../src/sim/chaos/Chaos.js"
import { FAULT_NAMES } from "../../src/sim/chaos/Director.js"

describe("the simulator", () => {
  it.live(
    "gives the same trace for the same seed, and another one for another",
    () =>
      Effect.gen(function* () {
        const once = (seed: number) => run({ seed, hours: 4, faults: FAULT_NAMES })
        const first = yield* once(7)
        const again = yield* once(7)
        const other = yield* once(8)
        assert.strictEqual(first.trace, again.trace)
        assert.deepStrictEqual(first.met, again.met)
        assert.notStrictEqual(first.trace, other.trace)
      }),
    120_000
  )

  it.live(
    "without faults acknowledges all that devices send with a promise, and loses no connection",
    () =>
      Effect.gen(function* () {
        const calm = yield* run({ seed: 3, hours: 4, faults: [] })
        assert.deepStrictEqual(calm.violations, [])
        assert.isFalse(calm.met.has("acknowledgement lost, sent again"))
        assert.isFalse(calm.met.has("a person was not answered"))
      }),
    120_000
  )

  it.live(
    "takes no answer at the day's end for none that was given: the correction may be stored, or not",
    () =>
      Effect.gen(function* () {
        // Its last correction waits for a COMMIT that stalls beyond the end.
        const { violations } = yield* run({ seed: 77, hours: 1, faults: FAULT_NAMES })
        assert.deepStrictEqual(violations, [])
      }),
    120_000
  )
})
