/**
 * The clock of a machine on which one of several processes runs: off by so much, and a little fast or slow. The process may
 * be stopped for a while, as by SIGSTOP: then nothing of it runs, and its clock has gone on when it does again.
 *
 * A step moves the wall clock alone: nanoseconds count steadily, as those of a machine do. Of a machine that is suspended
 * they count no time, and the wall clock alone has gone on.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { ProcessClock } from "../../ProcessClock.js"
import type { SimClock } from "../../SimClock.js"

/** For so long after a step a machine is not suspended, in µs: neither of its clocks could tell how long its lease lasts. */
const SETTLED_MICROS = 10_000_000

export class PeerClock extends ProcessClock {
  paused = false
  private pausedAt = 0
  private pausedBefore = 0
  private readonly going = Effect.unsafeMakeLatch(true)
  private readonly start: number
  private steadyMicros: number
  private suspendedAt: number | null = null
  private setAt = Number.NEGATIVE_INFINITY

  constructor(
    base: SimClock,
    offsetMillis: number,
    /** How much faster it goes than the true time, in millionths. */
    private readonly ppm: number
  ) {
    super(base)
    this.start = base.now()
    this.offsetMillis = offsetMillis
    this.steadyMicros = offsetMillis * 1_000
  }

  /** Nobody sets the clock of one that is stopped. */
  override set(offsetMillis: number): void {
    if (this.paused) return
    this.setAt = this.base.now()
    super.set(offsetMillis)
  }

  override unsafeCurrentTimeMillis(): number {
    return Math.floor(this.micros(this.base.now()) / 1_000) + this.offsetMillis
  }

  override unsafeCurrentTimeNanos(): bigint {
    return BigInt(this.micros(this.suspendedAt ?? this.base.now()) + this.steadyMicros) * 1_000n
  }

  override sleep(duration: Duration.Duration): Effect.Effect<void> {
    return Effect.zipRight(super.sleep(duration), this.gate)
  }

  /** For how long its processes were stopped so far, in µs. */
  get pausedMicros(): number {
    return this.pausedBefore + (this.paused ? this.base.now() - this.pausedAt : 0)
  }

  /** Waits while the process is stopped. */
  readonly gate: Effect.Effect<void> = Effect.suspend(() =>
    this.paused ? Effect.zipRight(this.going.await, this.gate) : Effect.void
  )

  pause(isSuspended: boolean): void {
    if (this.paused) return
    this.paused = true
    const now = this.base.now()
    this.pausedAt = now
    if (isSuspended && now - this.setAt > SETTLED_MICROS) this.suspendedAt = now
    this.going.unsafeClose()
  }

  resume(): void {
    this.pausedBefore = this.pausedMicros
    this.paused = false
    if (this.suspendedAt !== null) {
      this.steadyMicros -= this.micros(this.base.now()) - this.micros(this.suspendedAt)
      this.suspendedAt = null
    }
    this.going.unsafeOpen()
  }

  private micros(now: number): number {
    return now + Math.round((now - this.start) * this.ppm * 1e-6)
  }
}
