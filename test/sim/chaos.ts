/** What the suites of simulated days under faults share. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { run } from "../../src/sim/chaos/Chaos.js"
import { FAULT_NAMES } from "../../src/sim/chaos/Director.js"

/** Short, so that many seeds fit: `tidemark simulate --faults all --seeds 1000 --hours 24` is the long way. */
const HOURS = 3

/** A test for each seed: nothing is violated, and there was enough to violate. */
export const holdsForSeeds = (first: number, last: number): void => {
  for (let seed = first; seed <= last; seed += 1) {
    it.live(
      `seed ${seed}`,
      () =>
        Effect.gen(function* () {
          const result = yield* run({ seed, hours: HOURS, faults: FAULT_NAMES })
          assert.deepStrictEqual(result.violations, [])
          assert.isAtLeast(result.messages, 100)
          assert.isAtLeast(result.acknowledged, 80)
          assert.isAbove(result.met.size, 8)
        }),
      120_000
    )
  }
}
