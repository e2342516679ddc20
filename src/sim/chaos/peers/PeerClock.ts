/**
 * The clock of a machine on which one of several processes runs: off by so much, a little fast or slow, and stopped for a
 * while where the process is, as by SIGSTOP. Then nothing of it runs, and its clock has gone on when it does again.
 *
 * A step moves the wall clock alone: nanoseconds count steadily, as those of a machine do.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { ProcessClock } from "../../ProcessClock.js"
import type { SimClock } from "../../SimClock.js"

export class PeerClock extends ProcessClock {
  paused = false
  private readonly going = Effect.unsafeMakeLatch(true)
  private readonly steadyMillis: number

  constructor(
    base: SimClock,
    offsetMillis: number,
    /** How much faster it goes than the true time, in millionths. */
    private readonly ppm: number
  ) {
    super(base)
    this.offsetMillis = offsetMillis
    this.steadyMillis = offsetMillis
  }

  override unsafeCurrentTimeMillis(): number {
    return Math.floor(this.micros() / 1_000) + this.offsetMillis
  }

  override unsafeCurrentTimeNanos(): bigint {
    return BigInt(this.micros() + this.steadyMillis * 1_000) * 1_000n
  }

  override sleep(duration: Duration.Duration): Effect.Effect<void> {
    return Effect.zipRight(super.sleep(duration), this.gate)
  }

  /** Waits while the process is stopped. */
  readonly gate: Effect.Effect<void> = Effect.suspend(() =>
    this.paused ? Effect.zipRight(this.going.await, this.gate) : Effect.void
  )

  pause(): void {
    this.paused = true
    this.going.unsafeClose()
  }

  resume(): void {
    this.paused = false
    this.going.unsafeOpen()
  }

  private micros(): number {
    const now = this.base.now()
    return now + Math.round((now - this.start) * this.ppm * 1e-6)
  }
}
