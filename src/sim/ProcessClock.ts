/** The wall clock of one simulated process: steps move what it shows, and no sleep with it. */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { SimClock } from "./SimClock.js"

export class ProcessClock implements Clock.Clock {
  readonly [Clock.ClockTypeId]: Clock.ClockTypeId = Clock.ClockTypeId
  readonly currentTimeMillis = Effect.sync(() => this.unsafeCurrentTimeMillis())
  readonly currentTimeNanos = Effect.sync(() => this.unsafeCurrentTimeNanos())
  /** How far it is off, in ms. */
  offsetMillis = 0

  constructor(protected readonly base: SimClock) {}

  /** Steps. */
  set(offsetMillis: number): void {
    this.offsetMillis = offsetMillis
  }

  unsafeCurrentTimeMillis(): number {
    return this.base.unsafeCurrentTimeMillis() + this.offsetMillis
  }

  unsafeCurrentTimeNanos(): bigint {
    return this.base.unsafeCurrentTimeNanos() + BigInt(this.offsetMillis) * 1_000_000n
  }

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    return this.base.sleep(duration)
  }
}
