/** Long work lets others in: sockets, timers, other requests. */
import * as Effect from "effect/Effect"

/** Goes on after one whole turn of the event loop. `Effect.yieldNow` waits for microtasks alone. */
export const nextTurn: Effect.Effect<void> = Effect.async((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})
