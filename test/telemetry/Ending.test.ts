import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { endingWithin } from "../../src/telemetry/Ending.js"

/** Interrupts what takes so many ms to tidy up: whether it has, when the interruption is done. */
const interrupted = (tidying: number) =>
  Effect.gen(function* () {
    const begun = yield* Deferred.make<void>()
    let tidied = false
    const held = Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never).pipe(
      Effect.onInterrupt(() =>
        Effect.delay(
          Effect.sync(() => (tidied = true)),
          tidying
        )
      )
    )
    const fiber = yield* Effect.fork(endingWithin(1_000)(held))
    yield* Deferred.await(begun)
    const ending = yield* Effect.fork(Fiber.interrupt(fiber))
    yield* TestClock.adjust(5_000)
    yield* Fiber.join(ending)
    return { tidied }
  })

describe("endingWithin", () => {
  it.effect("waits for what tidies up in time", () =>
    Effect.gen(function* () {
      assert.isTrue((yield* interrupted(900)).tidied)
    })
  )

  it.effect("does not wait for what never ends", () =>
    Effect.gen(function* () {
      // It would hang here.
      assert.isFalse((yield* interrupted(Number.POSITIVE_INFINITY)).tidied)
    })
  )

  it.effect("gives what it comes to by itself", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* endingWithin(1_000)(Effect.succeed(7)), 7)
      assert.strictEqual(yield* Effect.flip(endingWithin(1_000)(Effect.fail("no"))), "no")
    })
  )
})
