/** A turn of the event loop. */
import * as Effect from "effect/Effect"

/**
 * Lets sockets and timers have their turn. `Effect.yieldNow` gives way to fibers alone: beside the embedded
 * database, whose driver answers at once, nothing else would be served until a long work is done.
 */
export const turn: Effect.Effect<void> = Effect.async((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})
