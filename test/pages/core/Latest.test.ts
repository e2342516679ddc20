import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { makeLatest } from "../../../src/pages/core/Latest.js"

describe("what a page shows of a count", () => {
  it.scoped("is counted once for all who ask, kept for a while, and then counted again", () =>
    Effect.gen(function* () {
      let counts = 0
      const latest = yield* makeLatest(Effect.sync(() => ++counts))
      assert.deepStrictEqual([yield* latest, yield* latest], [1, 1])
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* latest, 2)
    })
  )

  it.scoped("is undefined while the first count lasts, and the older one while a later one does", () =>
    Effect.gen(function* () {
      let counts = 0
      const latest = yield* makeLatest(
        Effect.delay(
          Effect.sync(() => ++counts),
          "30 seconds"
        )
      )
      const first = yield* Effect.fork(latest)
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(yield* Fiber.join(first), undefined)
      yield* TestClock.adjust("27 seconds")
      assert.strictEqual(yield* latest, 1)
      yield* TestClock.adjust("10 seconds")
      const second = yield* Effect.fork(latest)
      yield* TestClock.adjust("500 millis")
      assert.strictEqual(yield* Fiber.join(second), 1)
      // The count that goes on is the one that is waited for: no other is begun.
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* latest, 2)
      assert.strictEqual(counts, 2)
    })
  )

  it.scoped("fails as the count does, and is counted anew", () =>
    Effect.gen(function* () {
      let fails = true
      const latest = yield* makeLatest(
        Effect.suspend(() => (fails ? Effect.fail("away") : Effect.succeed(7)))
      )
      assert.strictEqual(yield* Effect.flip(latest), "away")
      fails = false
      assert.strictEqual(yield* latest, 7)
    })
  )
})
