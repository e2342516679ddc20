/** SIGHUP, by which `systemctl reload` and people ask a program to look at its files again. */
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"

/** Does it at each SIGHUP, as long as the scope lasts. Without any listener the signal would end the process. */
export const onHangup = (act: Effect.Effect<void>): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const run = Runtime.runFork(yield* Effect.runtime<never>())
    const listener = () => {
      run(act)
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => process.on("SIGHUP", listener)),
      () => Effect.sync(() => process.off("SIGHUP", listener))
    )
  })
