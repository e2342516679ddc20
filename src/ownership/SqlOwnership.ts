/**
 * Ownership on a server that several processes share: leases in the table `ownership`, by the server's own clock.
 *
 * Invariants:
 * 1. A lease is taken over only after it has run out, and each take-over raises the epoch.
 * 2. A transaction under the fence writes the row of its name first, for its owner and epoch: a take-over waits for
 *    its end, and after one there is no such row. This needs no clock.
 * 3. A process stops owning by its own clock before the server's lets another in: it counts from before it asked.
 */
import { randomUUID } from "node:crypto"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { DatabaseError } from "../db/Failure.js"
import * as Rows from "../db/Rows.js"
import { Database, type DatabaseService, Fence, LOCK_WAIT_SECONDS } from "../db/Transaction.js"
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
/** How long a renewal or a take-over waits for a row, in s: what else is owned has to be renewed meanwhile. */
const ROW_WAIT_SECONDS = 1
/** So long after its end a lease is taken over, where it was not renewed, ms. */
const PAST_END_MILLIS = 20
/** How long the end of a process waits to give up what it owns. */
const RELEASE_WITHIN = "1 second"
const NANOS_PER_MILLI = 1_000_000n

interface Lease {
  readonly name: string
  readonly owner: string
  readonly epoch: number
  /** How long it lasts still, ms; below 0: another may take it. */
  readonly remains: number
}

const Changed = Schema.Struct({ affectedRows: Schema.Int })
const isChange = Schema.is(Changed)

/** The process that holds leases, and for how long at a time. */
interface Holder {
  readonly owner: string
  readonly leaseMillis: number
}

const leaseEnd = (sql: SqlClient, { leaseMillis }: Holder) =>
  sql.literal(`UTC_TIMESTAMP(6) + INTERVAL ${leaseMillis * 1_000} MICROSECOND`)

const lockWait = (sql: SqlClient, seconds: number) =>
  sql.unsafe(`SET SESSION innodb_lock_wait_timeout = ${seconds}`)

/** A statement that waits for another's row for a short time only. */
const briefly = <A>(sql: SqlClient, statement: Effect.Effect<A, SqlError>) =>
  Effect.zipRight(
    lockWait(sql, ROW_WAIT_SECONDS),
    // Others use the connection after us; one that is lost takes its settings with it.
    Effect.ensuring(statement, Effect.ignore(lockWait(sql, LOCK_WAIT_SECONDS)))
  )

/** All leases. */
const listed = (sql: SqlClient) =>
  Effect.flatMap(
    sql`SELECT name, owner, epoch, TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), lease_until) AS remains
      FROM ownership`,
    Rows.every(
      (row): Lease => ({
        name: Rows.text(row.name),
        owner: Rows.text(row.owner),
        epoch: Rows.integer(row.epoch),
        remains: Rows.integer(row.remains) / 1_000
      })
    )
  )

/** Renews what the process owns, and answers all leases. */
const renewed = (database: DatabaseService, holder: Holder) =>
  database.transact((sql) =>
    Effect.zipRight(
      briefly(
        sql,
        sql`UPDATE ownership SET lease_until = ${leaseEnd(sql, holder)} WHERE owner = ${holder.owner}`
      ),
      listed(sql)
    )
  )

/** The leases of `name 1`, `name 2`, … */
const numbered = (database: DatabaseService, name: string) =>
  Effect.map(database.read(listed), (leases) =>
    leases.flatMap((lease) =>
      lease.name.startsWith(`${name} `)
        ? [{ number: Number(lease.name.slice(name.length + 1)), remains: lease.remains }]
        : []
    )
  )

/** Takes a name over whose lease has ended, or that nobody ever owned; answers its epoch if it is ours then. */
const taken = (database: DatabaseService, holder: Holder, name: string) =>
  database.transact((sql) =>
    Effect.gen(function* () {
      yield* briefly(
        sql,
        sql`INSERT INTO ownership (name, owner, epoch, lease_until)
          VALUES (${name}, '', 0, '2000-01-01 00:00:00') ON DUPLICATE KEY UPDATE name = name`
      )
      yield* sql`UPDATE ownership SET owner = ${holder.owner}, epoch = epoch + 1,
          lease_until = ${leaseEnd(sql, holder)}
        WHERE name = ${name} AND lease_until < UTC_TIMESTAMP(6)`
      return yield* Effect.flatMap(
        sql`SELECT epoch FROM ownership WHERE name = ${name} AND owner = ${holder.owner}`,
        Rows.first((row) => Rows.integer(row.epoch))
      )
    })
  )

/** Fails where the name has another owner or epoch; else nobody takes it over before the transaction ends. */
const fence = (holder: Holder, name: string, epoch: number) => (sql: SqlClient) =>
  Effect.gen(function* () {
    const change = yield* sql`UPDATE ownership SET lease_until = ${leaseEnd(sql, holder)}
      WHERE name = ${name} AND owner = ${holder.owner} AND epoch = ${epoch}`.raw
    if (isChange(change) && change.affectedRows === 1) return
    return yield* new DatabaseError({
      kind: "Fenced",
      code: "",
      reason: `another process has taken over: ${name}`
    })
  })

const make = (database: DatabaseService, { leaseMillis, leftMillis, renewMillis }: LeaseTimes) =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    const owner = randomUUID()
    const holder: Holder = { owner, leaseMillis }
    const wanted = new Set<string>()
    const bell = yield* Queue.sliding<void>(1)
    const held = yield* SubscriptionRef.make<ReadonlyMap<string, number>>(new Map())
    let epochs: ReadonlyMap<string, number> = new Map()
    /** Until then what is held is ours by our own clock, in ns. */
    let until = 0n

    // What runs is cut off only by another's take-over: a server that is away has nobody take over.
    const isValid = () => clock.unsafeCurrentTimeNanos() < until
    const hold = (some: ReadonlyMap<string, number>) =>
      Effect.suspend(() => {
        const isSame = some.size === epochs.size && [...some].every(([name, at]) => epochs.get(name) === at)
        epochs = some
        return isSame ? Effect.void : SubscriptionRef.set(held, some)
      })

    const take = (name: string) =>
      Effect.tap(taken(database, holder, name), (epoch) =>
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
      const leases = yield* renewed(database, holder)
      until = asked + BigInt(leaseMillis) * NANOS_PER_MILLI
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
      database
        .transact((sql) => sql`UPDATE ownership SET lease_until = UTC_TIMESTAMP(6) WHERE owner = ${owner}`)
        .pipe(
          Effect.when(() => epochs.size > 0),
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
      Effect.provideService(effect, Fence, fence(holder, name, epoch))

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
      leases: (name) => patiently(numbered(database, name), []),
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

/** A file belongs to one process: there is nobody to share with, and nothing is asked. */
export const layer = (times: LeaseTimes = LEASE_TIMES): Layer.Layer<never, never, Database> =>
  Layer.unwrapEffect(
    Effect.map(Database, (database) =>
      database.dialect === "sqlite" ? Layer.empty : Layer.scoped(Ownership, make(database, times))
    )
  )
