/**
 * Ownership on a server that several processes share: what a process makes of its leases (`Leases.ts`).
 *
 * Invariants:
 * 1. What runs under a name runs under the fence of one epoch of it, and is cut off once another process has the name.
 * 2. A process stops owning by its own clock before the server's lets another in: it counts from before it asked, and by
 *    both of its clocks. A step of its wall clock forward has it own nothing until it has renewed.
 */
import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Database, type DatabaseService, Fence } from "../db/Transaction.js"
import { type LeaseSyntax, MYSQL, makeLeases } from "./Leases.js"
import { Ownership } from "./Ownership.js"
import { makeSlots } from "./Slots.js"

export interface LeaseTimes {
  /** How long a name stays with a process that says nothing more, ms. */
  readonly leaseMillis: number
  /** How often a process renews what it owns, and looks for what nobody owns any more, ms. */
  readonly renewMillis: number
  /** How long after its lease a numbered name counts as left for good, ms. */
  readonly leftMillis?: number
}

// Longer than a process that is stopped within a transaction holds its rows: the server cuts it off (db/Mysql).
const LEASE_TIMES: LeaseTimes = { leaseMillis: 6_000, renewMillis: 2_000 }
/** So long after its end a lease is taken over, where it was not renewed, ms. */
const PAST_END_MILLIS = 20
/** How long the end of a process waits to give up what it owns. */
const RELEASE_WITHIN = "1 second"
const NANOS_PER_MILLI = 1_000_000n

const make = (
  database: DatabaseService,
  syntax: LeaseSyntax,
  { leaseMillis, leftMillis, renewMillis }: LeaseTimes
) =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    const owner = randomUUID()
    const { fence, numbered, released, renewed, taken } = makeLeases(database, syntax, owner, leaseMillis)
    const wanted = new Set<string>()
    const bell = yield* Queue.sliding<void>(1)
    const held = yield* SubscriptionRef.make<ReadonlyMap<string, number>>(new Map())
    let epochs: ReadonlyMap<string, number> = new Map()
    /** Until then what is held is ours by our own clock, in ns; and in ms by its wall, which goes on while a machine sleeps. */
    let until = 0n
    let untilMillis = 0

    // What runs is cut off only by another's take-over: a server that is away has nobody take over.
    const isValid = () =>
      clock.unsafeCurrentTimeNanos() < until && clock.unsafeCurrentTimeMillis() < untilMillis
    const hold = (some: ReadonlyMap<string, number>) =>
      Effect.suspend(() => {
        const isSame = some.size === epochs.size && [...some].every(([name, at]) => epochs.get(name) === at)
        epochs = some
        return isSame ? Effect.void : SubscriptionRef.set(held, some)
      })

    const take = (name: string) =>
      Effect.tap(taken(name), (epoch) =>
        epoch === undefined
          ? Effect.void
          : Effect.zipRight(
              hold(new Map(epochs).set(name, epoch)),
              Effect.logInfo(`this process does now: ${name} (epoch ${epoch})`)
            )
      )
    /** One at a time: what is taken between the renewal's question and its answer would count as lost. */
    const inTurn = (yield* Effect.makeSemaphore(1)).withPermits(1)
    /** Renews, and takes what is free; answers how long to wait for the next turn, ms. */
    const turn = Effect.gen(function* () {
      const asked = clock.unsafeCurrentTimeNanos()
      const askedMillis = clock.unsafeCurrentTimeMillis()
      const leases = yield* renewed
      until = asked + BigInt(leaseMillis) * NANOS_PER_MILLI
      untilMillis = askedMillis + leaseMillis
      yield* hold(
        new Map(leases.flatMap((one) => (one.owner === owner ? [[one.name, one.epoch] as const] : [])))
      )
      const lasting = leases.filter(({ remains }) => remains >= 0)
      const isHeld = new Set(lasting.map(({ name }) => name))
      yield* Effect.forEach(wanted, (name) => (isHeld.has(name) ? Effect.void : Effect.asVoid(take(name))), {
        discard: true
      })
      // Whose lease is not renewed is followed at once.
      const ends = lasting
        .filter(({ name }) => wanted.has(name))
        .map(({ remains }) => remains + PAST_END_MILLIS)
      return Math.min(renewMillis, ...ends)
    }).pipe(
      inTurn,
      Effect.catchAllCause((cause) =>
        Effect.as(Effect.logDebug("leases could not be renewed; trying again", cause), renewMillis)
      )
    )
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        until = 0n
        return epochs.size > 0 ? released : Effect.void
      }).pipe(
        Effect.disconnect,
        Effect.timeout(RELEASE_WITHIN),
        // It runs out by itself.
        Effect.catchAllCause((cause) => Effect.logDebug("leases are left to run out", cause))
      )
    )
    yield* database.ready.pipe(
      Effect.zipRight(
        Effect.forever(Effect.flatMap(turn, (wait) => Effect.timeoutOption(Queue.take(bell), wait)))
      ),
      Effect.forkScoped
    )

    const want = (name: string) =>
      Effect.suspend(() => {
        if (wanted.has(name)) return Effect.void
        wanted.add(name)
        return Queue.offer(bell, undefined)
      })
    const first = <A>(choose: (now: ReadonlyMap<string, number>) => Option.Option<A>) =>
      held.changes.pipe(
        Stream.filterMap(choose),
        Stream.runHead,
        Effect.flatMap(Option.match({ onNone: () => Effect.never, onSome: Effect.succeed }))
      )
    const gained = (name: string) => first((now) => Option.fromNullable(now.get(name)))
    const lost = (name: string, epoch: number) =>
      first((now) => (now.get(name) === epoch ? Option.none() : Option.some(undefined)))
    const fenced = <A, E, R>(name: string, epoch: number, effect: Effect.Effect<A, E, R>) =>
      Effect.provideService(effect, Fence, fence(name, epoch))

    const whileHeld = <A, E, R>(name: string, epoch: number, effect: Effect.Effect<A, E, R>) =>
      Effect.raceFirst(
        Effect.map(fenced(name, epoch, effect), Option.some),
        Effect.as(lost(name, epoch), Option.none<A>())
      )
    const whileOwned = <A, E, R>(name: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.gen(function* () {
        yield* want(name)
        const ended = yield* whileHeld(name, yield* gained(name), effect)
        return Option.isSome(ended) ? ended.value : yield* whileOwned(name, effect)
      })
    const ifOwned = <A, E, R>(name: string, effect: Effect.Effect<A, E, R>) =>
      Effect.suspend(() => {
        const epoch = epochs.get(name)
        return epoch === undefined ? Effect.succeedNone : Effect.asSome(fenced(name, epoch, effect))
      })
    const owns = (name: string) => epochs.has(name) && isValid()
    // A database that is away has nobody take anything: it is asked again.
    const patiently = <A, E>(effect: Effect.Effect<A, E>, otherwise: A) =>
      Effect.orElseSucceed(effect, () => otherwise)
    const slots = makeSlots({
      leaseMillis,
      leftMillis,
      leases: (name) => patiently(numbered(name), []),
      take: (name) => patiently(inTurn(take(name)), undefined),
      whileHeld,
      owns
    })
    return {
      whileOwned,
      ifOwned,
      ...slots,
      owns,
      epochs: Effect.sync(() => (isValid() ? epochs : new Map<string, number>()))
    }
  })

/** On a server whose statements about leases are these. */
export const leased = (
  syntax: LeaseSyntax,
  times: LeaseTimes = LEASE_TIMES
): Layer.Layer<never, never, Database> =>
  Layer.unwrapEffect(
    Effect.map(Database, (database) => Layer.scoped(Ownership, make(database, syntax, times)))
  )

/** A file belongs to one process: there is nobody to share with, and nothing is asked. */
export const layer = (times: LeaseTimes = LEASE_TIMES): Layer.Layer<never, never, Database> =>
  Layer.unwrapEffect(
    Effect.map(Database, ({ dialect }) => (dialect === "sqlite" ? Layer.empty : leased(MYSQL, times)))
  )
