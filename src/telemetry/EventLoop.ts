/** Long work lets others in: sockets, timers, other requests. */
import { performance } from "node:perf_hooks"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** Goes on after one whole turn of the event loop. `Effect.yieldNow` waits for microtasks alone. */
export const nextTurn: Effect.Effect<void> = Effect.async((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})

/** On a busy loop, long work has one part of the time, and others so many. */
const PARTS_OF_OTHERS = 9
/** A turn of more than this part of the piece before is worth a look at how busy the others are. */
const LONG_TURN = 0.5
/** Waits are cut into steps of at least so many ms: each shows how busy the loop is with others. */
const STEP_MILLIS_MIN = 2
/** A loop that is active for a larger part of the time is busy. */
const BUSY_MIN = 0.5

/** Work of many pieces, such as an export: while the loop is busy with others, each piece is followed by a long wait. */
export class LongWork {
  private lastMillis = 0
  private isBusy = false

  /** A piece of it, after the others have had their part of the time for the piece before. */
  piece<A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.gen(this, function* () {
      const [turn] = yield* timed(nextTurn)
      if (this.isBusy || turn > this.lastMillis * LONG_TURN) yield* this.wait()
      const [millis, answer] = yield* timed(work)
      this.lastMillis = millis
      return answer
    })
  }

  /** Ends early where the others have little to do. A loop that waits for a database is not idle at every look. */
  private wait() {
    return Effect.gen(this, function* () {
      const step = Math.max(STEP_MILLIS_MIN, this.lastMillis)
      for (let owed = this.lastMillis * PARTS_OF_OTHERS; owed > 0; owed -= step) {
        const before = performance.eventLoopUtilization()
        yield* Effect.sleep(Duration.millis(step))
        this.isBusy = performance.eventLoopUtilization(before).utilization >= BUSY_MIN
        if (!this.isBusy) return
      }
    })
  }
}

const timed = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const started = yield* Clock.currentTimeNanos
    const answer = yield* work
    return [Number((yield* Clock.currentTimeNanos) - started) / 1e6, answer] as const
  })
