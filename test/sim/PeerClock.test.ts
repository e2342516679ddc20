/** The clock of one of several simulated processes, while its process is stopped. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { micros } from "../../src/domain/Time.js"
import { PeerClock } from "../../src/sim/chaos/peers/PeerClock.js"
import * as SimClock from "../../src/sim/SimClock.js"

describe("the clock of a process that is stopped", () => {
  it.live("knows for how long it was", () => {
    const base = SimClock.make(micros(1_704_067_200_000_000))
    const clock = new PeerClock(base, 250, 40)
    return base.run(
      Effect.gen(function* () {
        yield* Effect.sleep(1_000)
        clock.pause(false)
        yield* Effect.sleep(2_000)
        assert.strictEqual(clock.pausedMicros, 2_000_000)
        clock.resume()
        yield* Effect.sleep(500)
        assert.strictEqual(clock.pausedMicros, 2_000_000)
        clock.pause(true)
        clock.pause(false)
        yield* Effect.sleep(1_000)
        clock.resume()
        assert.strictEqual(clock.pausedMicros, 3_000_000)
      })
    )
  })
})
