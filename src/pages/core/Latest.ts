/**
 * A count that a page shows, made again when it is older than KEPT. A page waits for it only a moment where there is
 * an older one, and no longer than WAITED where there is none: however much there is to count, the page is there.
 * Effect's Cache does neither: it forgets the older one, and stops counting when the page that asked goes on.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"

/** ms. */
const KEEP_MILLIS = 10_000
const WAITED = "3 seconds"
const WAITED_WITH_ONE = "500 millis"

interface State<A, E> {
  readonly known: { readonly value: A; readonly at: number } | null
  readonly counting: Fiber.RuntimeFiber<A, E> | null
}

/** Undefined: it is still being counted for the first time. A failure is the page's, and is not kept. */
export const makeLatest = <A, E>(count: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const state = yield* Ref.make<State<A, E>>({ known: null, counting: null })
    const run = Effect.gen(function* () {
      const value = yield* count
      const at = yield* Clock.currentTimeMillis
      yield* Ref.update(state, (was) => ({ ...was, known: { value, at } }))
      return value
    })
    return Effect.gen(function* () {
      const { counting, known } = yield* Ref.get(state)
      const now = yield* Clock.currentTimeMillis
      if (known !== null && now - known.at < KEEP_MILLIS) return known.value
      // One that has ended is done with, however it ended.
      const goesOn = counting !== null && (yield* counting.poll)._tag === "None"
      const fiber = goesOn ? counting : yield* Effect.forkIn(run, scope)
      yield* Ref.update(state, (was) => ({ ...was, counting: fiber }))
      const exit = yield* Fiber.await(fiber).pipe(
        Effect.timeoutOption(known === null ? WAITED : WAITED_WITH_ONE)
      )
      return exit._tag === "Some" ? yield* exit.value : known?.value
    })
  })
