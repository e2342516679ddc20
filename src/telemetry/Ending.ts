/** How long the end of something may take. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

/**
 * A program that is told to end has ended by then, whatever still holds it up: a commit that a silent server does not
 * answer can't be interrupted. What it leaves undone is as if it had been killed: not acknowledged.
 */
export const STOP_WITHIN: Duration.DurationInput = "4 seconds"

/** Interrupted, it is waited for no longer than this; what it has not tidied up by then goes on alone. */
export const endingWithin =
  (duration: Duration.DurationInput) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkDaemon(Effect.interruptible(effect))
        const ended = Effect.interruptible(Fiber.await(fiber))
        const exit = yield* restore(Fiber.await(fiber)).pipe(
          Effect.onInterrupt(() =>
            Effect.zipRight(Fiber.interruptFork(fiber), Effect.timeoutOption(ended, duration))
          )
        )
        return yield* exit
      })
    )
