/** Texts that tell readings apart which say neither a time nor a count: none is ever given twice. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** Texts that no other call gives, in this process or another: when it started, a draw, and a count. */
export const makeNonce: Effect.Effect<() => string> = Effect.gen(function* () {
  const started = yield* Clock.currentTimeNanos
  const draw = yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)
  const prefix = `${started.toString(36)}.${draw.toString(36)}`
  let count = 0
  return () => {
    count += 1
    return `${prefix}.${count.toString(36)}`
  }
})
