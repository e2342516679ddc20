/**
 * A simulated clock behind Effect's Clock: a heap of sleeps, driven without timers. Days of simulated time take
 * seconds.
 *
 * - Time stands still until every fiber under this clock waits; then the earliest sleep ends, alone, and everything
 *   that it sets off is done before the next one ends. Sleeps that end at the same time end in the order in which
 *   they began. So the same program gives the same trace.
 * - It knows of fibers, promises and microtasks, not of sockets and disks: a program that waits for these sees time
 *   run past them.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import { Due, DueHeap } from "../domain/DueHeap.js"
import { type Micros, micros } from "../domain/Time.js"

class Sleep extends Due {
  constructor(readonly wake: () => void) {
    super()
  }
}

/** How many times in a row nothing happens and nothing sleeps before it is taken for a deadlock. */
const IDLE_MAX = 1_000_000

const DEADLOCK = Effect.dieMessage("nothing sleeps under the simulated clock, and its program waits for ever")

/**
 * Sleeps that end in one turn of the event loop. Node runs all microtasks, and so all fibers, between two
 * immediates of a turn; a turn itself costs as much as several readings.
 */
const WAKES_PER_TURN = 16

/** Effect's scheduler, and how many of its tasks wait to be run: 0 means that every fiber waits for something. */
class CountingScheduler implements Scheduler.Scheduler {
  pending = 0
  private readonly inner = new Scheduler.MixedScheduler(2_048)

  shouldYield(fiber: Fiber.RuntimeFiber<unknown, unknown>): number | false {
    return this.inner.shouldYield(fiber)
  }

  scheduleTask(task: Scheduler.Task, priority: number, fiber?: Fiber.RuntimeFiber<unknown, unknown>): void {
    this.pending += 1
    this.inner.scheduleTask(
      () => {
        this.pending -= 1
        task()
      },
      priority,
      fiber
    )
  }
}

export class SimClock implements Clock.Clock {
  readonly [Clock.ClockTypeId]: Clock.ClockTypeId = Clock.ClockTypeId
  readonly currentTimeMillis = Effect.sync(() => this.unsafeCurrentTimeMillis())
  readonly currentTimeNanos = Effect.sync(() => this.unsafeCurrentTimeNanos())
  private readonly scheduler = new CountingScheduler()
  private readonly sleeps = new DueHeap<Sleep>()
  private time: number

  constructor(start: Micros) {
    this.time = start
  }

  now(): Micros {
    return micros(this.time)
  }

  unsafeCurrentTimeMillis(): number {
    return Math.floor(this.time / 1_000)
  }

  unsafeCurrentTimeNanos(): bigint {
    return BigInt(this.time) * 1_000n
  }

  /** Resolution: 1 µs. A sleep of no time still waits for its turn; an infinite one never ends. */
  sleep(duration: Duration.Duration): Effect.Effect<void> {
    const wait = Math.max(0, Math.round(Duration.toMillis(duration) * 1_000))
    if (!Number.isFinite(wait)) return Effect.never
    return Effect.async<void>((resume) => {
      const sleep = new Sleep(() => resume(Effect.void))
      this.sleeps.put(sleep, this.time + wait)
      return Effect.sync(() => this.sleeps.remove(sleep))
    })
  }

  /** Runs an effect, and all that it forks, in simulated time, from the clock's present on. */
  run<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.gen(this, function* () {
      const fiber = yield* effect.pipe(
        Effect.interruptible,
        Effect.withClock(this),
        Effect.withScheduler(this.scheduler),
        Effect.forkDaemon
      )
      // What the interrupted program still does to end (it may sleep) is simulated as well.
      const exit = yield* this.drive(fiber).pipe(
        Effect.onInterrupt(() => Effect.zipRight(Fiber.interruptFork(fiber), this.drive(fiber)))
      )
      return yield* exit
    })
  }

  // Wakes one sleep after the other until the fiber has ended.
  private drive<A, E>(fiber: Fiber.RuntimeFiber<A, E>): Effect.Effect<Exit.Exit<A, E>> {
    return Effect.async<Exit.Exit<A, E>>((resume) => {
      let idle = 0
      let ended = false
      const wake = () => {
        if (!ended) idle = this.scheduler.pending > 0 || this.wakeNext() ? 0 : idle + 1
      }
      const turn = () => {
        if (ended) return
        if (idle > IDLE_MAX) return resume(DEADLOCK)
        for (let i = 0; i < WAKES_PER_TURN; i++) setImmediate(wake)
        setImmediate(turn)
      }
      fiber.addObserver((exit) => {
        ended = true
        resume(Effect.succeed(exit))
      })
      turn()
      return Effect.sync(() => {
        ended = true
      })
    })
  }

  private wakeNext(): boolean {
    const next = this.sleeps.pop()
    if (next === undefined) return false
    this.time = next.at
    next.wake()
    return true
  }
}

export const make = (start: Micros): SimClock => new SimClock(start)
