/**
 * One fiber that wakes actors, each at the time it asked for. A fiber for each of 10,000 actors costs half a core to
 * sleep and wake; this one costs what the actors do.
 *
 * - Actors that are due at the same time are woken in the order in which they asked.
 * - An actor is never woken early. When the clock was set back, none waits longer than it asked for.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import type * as Scope from "effect/Scope"
import { Due, DueHeap } from "../domain/DueHeap.js"
import { MICROS_PER_MILLI, type Micros } from "../domain/Time.js"
import { unsafeNowMicros } from "../telemetry/Instant.js"

/** Actors that are woken in one go; then sockets and timers have their turn. */
const WAKES_PER_TURN = 256

/** When an actor is woken next, if at all. */
export class Appointment<A> extends Due {
  /** How long it was to wait when the time was set, in µs. */
  wait = 0

  constructor(readonly actor: A) {
    super()
  }
}

export interface ActorWheel<A> {
  readonly now: () => Micros
  /** Wakes the actor at a time, once; another time that was set before is forgotten. */
  readonly wakeAt: (appointment: Appointment<A>, time: number) => void
  readonly cancel: (appointment: Appointment<A>) => void
}

/** A wheel that turns until its scope closes. `wake` must not throw. */
export const make = <A>(
  wake: (actor: A, now: Micros) => void
): Effect.Effect<ActorWheel<A>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    const turnAgain = yield* FiberHandle.makeRuntime<never, never, void>()
    const heap = new DueHeap<Appointment<A>>()
    /** When the fiber's sleep ends: -Infinity while it is awake, Infinity while there is none. */
    let sleepsUntil = Number.POSITIVE_INFINITY
    let lastTurn = Number.NEGATIVE_INFINITY

    const clockSetBack = (now: Micros) => {
      const former: Array<Appointment<A>> = []
      for (let next = heap.pop(); next !== undefined; next = heap.pop()) former.push(next)
      for (const appointment of former) {
        heap.put(appointment, Math.min(appointment.at, now + appointment.wait))
      }
    }

    const turn = (): Effect.Effect<void> => {
      sleepsUntil = Number.NEGATIVE_INFINITY
      let now = unsafeNowMicros(clock)
      if (now < lastTurn) clockSetBack(now)
      let next = heap.peek()
      for (let wakes = 0; next !== undefined && next.at <= now && wakes < WAKES_PER_TURN; wakes++) {
        heap.pop()
        wake(next.actor, now)
        now = unsafeNowMicros(clock)
        next = heap.peek()
      }
      lastTurn = now
      sleepsUntil = next?.at ?? Number.POSITIVE_INFINITY
      return next === undefined
        ? Effect.void
        : clock.sleep(Duration.millis(Math.max(0, next.at - now) / MICROS_PER_MILLI))
    }
    const turning = Effect.whileLoop({
      while: () => sleepsUntil !== Number.POSITIVE_INFINITY,
      body: turn,
      step: () => undefined
    })

    const now = () => unsafeNowMicros(clock)
    return {
      now,
      wakeAt: (appointment, time) => {
        appointment.wait = time - now()
        heap.put(appointment, time)
        if (time < sleepsUntil) {
          sleepsUntil = Number.NEGATIVE_INFINITY
          turnAgain(turning, { immediate: false })
        }
      },
      cancel: (appointment) => heap.remove(appointment)
    }
  })
