import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import type { Micros } from "../../src/domain/Time.js"
import { nowMicros, unsafeNowMicros } from "../../src/telemetry/Instant.js"

const clockAt = (millis: number, nanos: bigint): Clock.Clock => ({
  ...Clock.make(),
  unsafeCurrentTimeMillis: () => millis,
  unsafeCurrentTimeNanos: () => nanos
})

describe("Now", () => {
  it.effect("is the simulated time under TestClock", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* nowMicros, 0)
      yield* TestClock.adjust("90 seconds")
      const now: Micros = yield* nowMicros
      assert.strictEqual(now, 90_000_000)
    })
  )

  it.live("has the real time, to the microsecond", () =>
    Effect.gen(function* () {
      const before = yield* Clock.currentTimeMillis
      const now = yield* nowMicros
      assert.isBelow(Math.abs(now - before * 1_000), 1_000_000)
      assert.isTrue(Number.isSafeInteger(now))
    })
  )

  it("keeps the microseconds of the fine clock", () => {
    assert.strictEqual(
      unsafeNowMicros(clockAt(1_700_000_000_123, 1_700_000_000_123_456_789n)),
      1_700_000_000_123_456
    )
  })

  it("follows the wall clock where the fine clock has strayed, as after a suspended machine", () => {
    assert.strictEqual(
      unsafeNowMicros(clockAt(1_700_000_900_000, 1_700_000_000_123_456_789n)),
      1_700_000_900_000_456
    )
  })
})
