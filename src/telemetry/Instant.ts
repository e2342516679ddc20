/**
 * The present, in the domain's unit. Time comes from Effect's Clock alone, so that TestClock and SimClock rule it.
 */
import type { Brand } from "effect/Brand"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** The domain's `Micros`, spelt out: this folder imports nothing of ours. */
type Micros = number & Brand<"Micros">

/**
 * How far the nanosecond clock may stray from the wall clock, in µs. It starts at the wall clock and then counts
 * steadily: through a suspended machine or a step of the wall clock it goes on with the old time.
 */
const STRAY_MICROS_MAX = 100_000

/** Microseconds since the epoch, now. For callbacks outside Effect that hold a clock; not monotone. */
export const unsafeNowMicros = (clock: Clock.Clock): Micros => {
  const fine = Number(clock.unsafeCurrentTimeNanos() / 1_000n)
  const coarse = clock.unsafeCurrentTimeMillis() * 1_000
  const strayed = Math.abs(fine - coarse) > STRAY_MICROS_MAX
  return (strayed ? coarse + (fine % 1_000) : fine) as Micros
}

/** Microseconds since the epoch, now; not monotone. */
export const nowMicros: Effect.Effect<Micros> = Clock.clockWith((clock) =>
  Effect.sync(() => unsafeNowMicros(clock))
)
