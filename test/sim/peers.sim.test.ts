/**
 * Two to four equal processes on one database, by seed, under all faults: of the network, of clocks, and of the processes
 * themselves. A failure names its seed: `tidemark simulate --faults all --processes drawn --seed N`.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { run } from "../../src/sim/chaos/Chaos.js"
import { FAULT_NAMES } from "../../src/sim/chaos/Director.js"
import { PEER_FAULT_NAMES } from "../../src/sim/chaos/peers/PeerFaults.js"

/** Short, so that many seeds fit. In each process something is renewed every two seconds, which is what takes time. */
const HOURS = 0.3
const SEEDS = 24
const TEST_MILLIS_MAX = 120_000

const faults = [...FAULT_NAMES, ...PEER_FAULT_NAMES]

/** What has to happen in some of the seeds, or they prove nothing. */
const MARKERS = [
  "minutes went over",
  "sensors went over",
  "taken over from a process that was stopped",
  "taken over from a process that was cut off",
  "taken over from a process that had ended",
  "the fence refused a write",
  "the server ended what a silent process had open",
  "appended in turn",
  "a clock that is off by more than a minute",
  "a machine's clock stepped",
  "an owner was killed",
  "stopped in order",
  "lease: pause",
  "lease: cut off",
  "checkpoint: pause",
  "checkpoint: cut off",
  "commit: pause",
  "commit: cut off",
  "two batches inserted at a time",
  "a batch waited for one below",
  "a batch was out of turn",
  "a reservation was taken back",
  "batches of two processes in turn"
]

describe("several processes under all faults", () => {
  const met = new Set<string>()

  for (let seed = 1; seed <= SEEDS; seed += 1) {
    it.live(
      `seed ${seed}`,
      () =>
        Effect.gen(function* () {
          const result = yield* run({ seed, hours: HOURS, faults, processes: "drawn" })
          assert.deepStrictEqual(result.violations, [])
          assert.isAtLeast(result.acknowledged, 80)
          for (const marker of result.met.keys()) met.add(marker)
        }),
      TEST_MILLIS_MAX
    )
  }

  it("met what they are there for", () => {
    assert.deepStrictEqual(
      MARKERS.filter((marker) => !met.has(marker)),
      []
    )
  })

  it.live(
    "give the same trace for the same seed",
    () =>
      Effect.gen(function* () {
        const once = () => run({ seed: 5, hours: 0.1, faults, processes: 3 })
        const { trace } = yield* once()
        assert.strictEqual((yield* once()).trace, trace)
      }),
    TEST_MILLIS_MAX
  )

  it.live(
    "without faults keep their owners, and refuse nothing",
    () =>
      Effect.gen(function* () {
        const calm = yield* run({ seed: 3, hours: 0.2, faults: [], processes: 4 })
        assert.deepStrictEqual(calm.violations, [])
        assert.isFalse(calm.met.has("minutes went over"))
        assert.isFalse(calm.met.has("sensors went over"))
        assert.isFalse(calm.met.has("the fence refused a write"))
      }),
    TEST_MILLIS_MAX
  )
})
