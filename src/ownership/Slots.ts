/**
 * Numbered names, of which each process owns one: who needs a name of its own takes the lowest that is free.
 *
 * Invariants:
 * 1. A process that comes back in time gets a number that was owned before, rather than a new one: it waits for as long as
 *    a lease lasts before it makes one.
 * 2. What a process that is gone has left waiting under its number is not left for good: another takes that number, too.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Slot } from "./Ownership.js"

/** Between two looks for a free number. */
const LOOK = "500 millis"
/** Between two looks for numbers that were left. */
const LOOK_FOR_LEFT = "2 seconds"
/** So long after its lease another process takes a number in addition: its own may be on its way back. */
const LEFT_MILLIS = 30_000

interface NumberedLease {
  readonly number: number
  /** How long it lasts still, ms; below 0: another may take it. */
  readonly remains: number
}

interface SlotBook {
  readonly leaseMillis: number
  readonly leftMillis?: number | undefined
  /** Those of a name that anybody ever owned. */
  readonly leases: (name: string) => Effect.Effect<ReadonlyArray<NumberedLease>>
  /** Its epoch if it is ours then. */
  readonly take: (name: string) => Effect.Effect<number | undefined>
  /** Runs it until it ends, or until another owns the name: none. */
  readonly whileHeld: <A, E, R>(
    name: string,
    epoch: number,
    effect: Effect.Effect<A, E, R>
  ) => Effect.Effect<Option.Option<A>, E, R>
  readonly owns: (name: string) => boolean
}

const nameOf = (name: string, number: number): string => `${name} ${number}`

/** The number to ask for now; undefined: to wait. */
export const candidate = (leases: ReadonlyArray<NumberedLease>, hasWaited: boolean): number | undefined => {
  const free = leases.filter(({ remains }) => remains < 0).map(({ number }) => number)
  if (free.length > 0) return Math.min(...free)
  return leases.length === 0 || hasWaited ? Math.max(0, ...leases.map(({ number }) => number)) + 1 : undefined
}

export const makeSlots = (book: SlotBook) => {
  const slot = (name: string, number: number): Slot => ({
    number,
    isOurs: () => book.owns(nameOf(name, number))
  })
  const claim = (name: string) =>
    Effect.gen(function* () {
      const clock = yield* Effect.clock
      const start = clock.unsafeCurrentTimeMillis()
      for (;;) {
        const hasWaited = clock.unsafeCurrentTimeMillis() - start > book.leaseMillis + 1_000
        const number = candidate(yield* book.leases(name), hasWaited)
        const epoch = number === undefined ? undefined : yield* book.take(nameOf(name, number))
        if (number !== undefined && epoch !== undefined) return { number, epoch }
        yield* Effect.sleep(LOOK)
      }
    })
  const whileOneOwned = <A, E, R>(
    name: string,
    effect: (slot: Slot) => Effect.Effect<A, E, R>
  ): Effect.Effect<A, E, R> =>
    Effect.gen(function* () {
      const { epoch, number } = yield* claim(name)
      const ended = yield* book.whileHeld(nameOf(name, number), epoch, effect(slot(name, number)))
      return Option.isSome(ended) ? ended.value : yield* whileOneOwned(name, effect)
    })
  const forEachLeft = <E, R>(
    name: string,
    effect: (slot: Slot) => Effect.Effect<never, E, R>
  ): Effect.Effect<never, E, R> =>
    Effect.gen(function* () {
      for (;;) {
        yield* Effect.sleep(LOOK_FOR_LEFT)
        const left = (yield* book.leases(name)).filter(
          ({ remains }) => remains < -(book.leftMillis ?? LEFT_MILLIS)
        )
        for (const { number } of left) {
          const epoch = yield* book.take(nameOf(name, number))
          if (epoch !== undefined)
            yield* Effect.fork(book.whileHeld(nameOf(name, number), epoch, effect(slot(name, number))))
        }
      }
    })
  return { whileOneOwned, forEachLeft }
}
