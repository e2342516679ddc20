/** Two processes share a server: who owns a name, when it goes over, and which writes are refused. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { layer as databaseLayer } from "../../src/db/Database.js"
import { Database, Fence } from "../../src/db/Transaction.js"
import { Ownership, type OwnershipService } from "../../src/ownership/Ownership.js"
import * as SqlOwnership from "../../src/ownership/SqlOwnership.js"
import { hasMysql, mysqlDatabase, sqlite, type TestDatabase } from "../support/databases.js"

/** On an idle machine each takes two to four seconds. */
const TEST_MILLIS_MAX = 60_000

/** A lease that is short, and one that nobody renews, as of a process that has stopped. */
const SHORT = { leaseMillis: 2_000, renewMillis: 100 }
const STOPPED = { leaseMillis: 1_000, renewMillis: 3_600_000 }

interface Process {
  readonly ownership: OwnershipService
  readonly database: Context.Tag.Service<typeof Database>
}

class ProcessOf extends Context.Tag("test/Process")<ProcessOf, Process>() {}

/** A process on the database, until the scope ends. */
const processOn = (
  target: Effect.Effect.Success<TestDatabase["target"]>,
  times: SqlOwnership.LeaseTimes = SHORT
): Effect.Effect<Process, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const context = yield* Layer.build(
      Layer.effect(ProcessOf, Effect.all({ ownership: Ownership, database: Database })).pipe(
        Layer.provide(SqlOwnership.layer(times)),
        Layer.provide(databaseLayer(target))
      )
    )
    return Context.get(context, ProcessOf)
  })

/** Owns the name for good; answers its fence once it does, and the fiber in which it goes on. */
const owning = ({ ownership }: Process, name = "fold") =>
  Effect.gen(function* () {
    const began = yield* Deferred.make<Context.Tag.Service<typeof Fence>>()
    const fiber = yield* Effect.forkScoped(
      ownership.whileOwned(
        name,
        Effect.zipRight(
          Effect.flatMap(Fence, (fence) => Deferred.succeed(began, fence)),
          Effect.never
        )
      )
    )
    return { began: Deferred.await(began), fiber }
  })

const write = ({ database }: Process, projection: string) =>
  database.transact(
    (sql) => sql`REPLACE INTO checkpoints (projection, position, generation) VALUES (${projection}, 1, 1)`
  )

const isWritten = ({ database }: Process, projection: string) =>
  Effect.map(
    database.read((sql) => sql`SELECT 1 AS one FROM checkpoints WHERE projection = ${projection}`),
    (rows) => rows.length > 0
  )

/** How a connection for writing is set, of as many as there are. */
const settings = ({ database }: Process) =>
  Effect.forEach(
    [1, 2, 3, 4],
    () =>
      database.transact((sql) =>
        Effect.zipLeft(
          sql<{ lockWait: number; wait: number }>`SELECT @@SESSION.innodb_lock_wait_timeout AS lockWait,
            @@SESSION.wait_timeout AS wait`,
          Effect.sleep("50 millis")
        )
      ),
    { concurrency: "unbounded" }
  )

const epochOf = ({ database }: Process, name = "fold") =>
  Effect.map(
    database.read((sql) => sql<{ epoch: number }>`SELECT epoch FROM ownership WHERE name = ${name}`),
    ([row]) => Number(row?.epoch)
  )

describe.skipIf(!hasMysql())("ownership on MySQL", () => {
  it.scopedLive(
    "is one process', and goes over at once when that ends",
    () =>
      Effect.gen(function* () {
        const target = yield* mysqlDatabase.target
        const first = yield* Effect.scoped(
          Effect.gen(function* () {
            const one = yield* processOn(target)
            yield* (yield* owning(one)).began
            assert.isTrue(one.ownership.owns("fold"))
            const other = yield* processOn(target)
            const waiting = yield* owning(other)
            assert.isTrue(Option.isNone(yield* Effect.timeoutOption(waiting.began, 1.5 * SHORT.leaseMillis)))
            assert.isFalse(other.ownership.owns("fold"))
            assert.deepStrictEqual(yield* other.ownership.epochs, new Map())
            return yield* one.ownership.epochs
          })
        )
        assert.deepStrictEqual(first, new Map([["fold", 1]]))
        const next = yield* processOn(target, { leaseMillis: 60_000, renewMillis: 100 })
        yield* (yield* owning(next)).began
        assert.deepStrictEqual(yield* next.ownership.epochs, new Map([["fold", 2]]))
      }),
    TEST_MILLIS_MAX
  )

  it.scopedLive(
    "is owned no more, by the process' own word, once that has given it up",
    () =>
      Effect.gen(function* () {
        const target = yield* mysqlDatabase.target
        const { ownership } = yield* Effect.scoped(
          Effect.gen(function* () {
            const one = yield* processOn(target)
            yield* (yield* owning(one)).began
            assert.isTrue(one.ownership.owns("fold"))
            return one
          })
        )
        assert.isFalse(ownership.owns("fold"))
        assert.deepStrictEqual(yield* ownership.epochs, new Map())
      }),
    TEST_MILLIS_MAX
  )

  it.scopedLive(
    "gives each process a number of its own, a free one before a new one, and those left for good to another",
    () =>
      Effect.gen(function* () {
        const target = yield* mysqlDatabase.target
        const times = { ...SHORT, leftMillis: 500 }
        const numberOf = ({ ownership }: Process) =>
          Effect.gen(function* () {
            const number = yield* Deferred.make<number>()
            yield* Effect.forkScoped(
              ownership.whileOneOwned("id", (slot) =>
                Effect.zipRight(Deferred.succeed(number, slot.isOurs() ? slot.number : 0), Effect.never)
              )
            )
            return yield* Deferred.await(number)
          })
        const one = yield* processOn(target, times)
        assert.strictEqual(yield* numberOf(one), 1)
        const second = Effect.scoped(Effect.flatMap(processOn(target, times), numberOf))
        assert.strictEqual(yield* second, 2)
        assert.strictEqual(yield* second, 2)
        const left = yield* Ref.make<ReadonlyArray<number>>([])
        yield* Effect.forkScoped(
          one.ownership.forEachLeft("id", ({ number }) =>
            Effect.zipRight(
              Ref.update(left, (numbers) => [...numbers, number]),
              Effect.never
            )
          )
        )
        yield* Ref.get(left).pipe(
          Effect.repeat({ until: (numbers) => numbers.length > 0, schedule: Schedule.spaced("50 millis") }),
          Effect.timeout("20 seconds")
        )
        assert.deepStrictEqual(yield* Ref.get(left), [2])
      }),
    TEST_MILLIS_MAX
  )

  it.scopedLive(
    "leaves connections as they are set for everybody",
    () =>
      Effect.gen(function* () {
        const one = yield* processOn(yield* mysqlDatabase.target)
        const before = yield* settings(one)
        const fence = yield* (yield* owning(one)).began
        yield* write(one, "fenced").pipe(Effect.provideService(Fence, fence))
        assert.deepStrictEqual(yield* settings(one), before)
      }),
    TEST_MILLIS_MAX
  )

  it.scopedLive(
    "refuses a write under an old epoch, and stops owning before another begins",
    () =>
      Effect.gen(function* () {
        const target = yield* mysqlDatabase.target
        const stopped = yield* processOn(target, STOPPED)
        const old = yield* (yield* owning(stopped)).began
        yield* write(stopped, "before").pipe(Effect.provideService(Fence, old))
        const other = yield* processOn(target)
        const owned = yield* Effect.zipRight(
          (yield* owning(other)).began,
          Effect.sync(() => stopped.ownership.owns("fold"))
        )
        assert.isFalse(owned, "two owned it at once")
        assert.strictEqual(yield* epochOf(other), 2)
        const error = yield* write(stopped, "after").pipe(Effect.provideService(Fence, old), Effect.flip)
        assert.deepInclude(error, { kind: "Fenced", reason: "another process has taken over: fold" })
        assert.isTrue(yield* isWritten(other, "before"))
        assert.isFalse(yield* isWritten(other, "after"))
        // What is not under it goes on.
        yield* write(stopped, "unfenced")
      }),
    TEST_MILLIS_MAX
  )

  it.scopedLive(
    "is not taken over within a transaction under it",
    () =>
      Effect.gen(function* () {
        const target = yield* mysqlDatabase.target
        const slow = yield* processOn(target, STOPPED)
        const fence = yield* (yield* owning(slow)).began
        const other = yield* processOn(target)
        const waiting = yield* owning(other)
        const within = yield* Deferred.make<void>()
        const goOn = yield* Deferred.make<void>()
        const writing = yield* Effect.fork(
          slow.database
            .transact((sql) =>
              Effect.gen(function* () {
                yield* Deferred.succeed(within, undefined)
                yield* Deferred.await(goOn)
                yield* sql`REPLACE INTO checkpoints (projection, position, generation) VALUES ('slow', 1, 1)`
              })
            )
            .pipe(Effect.provideService(Fence, fence))
        )
        yield* Deferred.await(within)
        // Nobody can even look at the row to write it, however slow this machine is.
        const locked = yield* other.database
          .transact((sql) => sql`SELECT epoch FROM ownership WHERE name = 'fold' FOR UPDATE NOWAIT`)
          .pipe(Effect.flip)
        assert.include(locked.code, "1205")
        // Its lease is over by then.
        assert.isTrue(Option.isNone(yield* Effect.timeoutOption(waiting.began, 2 * STOPPED.leaseMillis)))
        assert.strictEqual(yield* epochOf(other), 1)
        yield* Deferred.succeed(goOn, undefined)
        yield* Fiber.join(writing)
        yield* waiting.began
        assert.strictEqual(yield* epochOf(other), 2)
        assert.isTrue(yield* isWritten(other, "slow"))
      }),
    TEST_MILLIS_MAX
  )

  it.scopedLive(
    "comes back under another epoch, which what began under the first does not have",
    () =>
      Effect.gen(function* () {
        const target = yield* mysqlDatabase.target
        const starts = yield* Ref.make(0)
        const process = yield* processOn(target)
        const fences = yield* Ref.make<ReadonlyArray<Context.Tag.Service<typeof Fence>>>([])
        const cut = yield* Deferred.make<void>()
        yield* Effect.forkScoped(
          process.ownership.whileOwned(
            "fold",
            Effect.flatMap(Fence, (fence) =>
              Effect.zipRight(
                Ref.update(fences, (all) => [...all, fence]),
                Effect.zipRight(
                  Ref.update(starts, (n) => n + 1),
                  Effect.onInterrupt(Effect.never, () => Deferred.succeed(cut, undefined))
                )
              )
            )
          )
        )
        yield* Effect.repeat(Ref.get(starts), {
          until: (n) => n === 1,
          schedule: Schedule.spaced("20 millis")
        })
        // Another takes it over, as when this one had been stopped for longer than its lease.
        yield* process.database.transact(
          (sql) => sql`UPDATE ownership SET owner = 'another', epoch = epoch + 1,
          lease_until = UTC_TIMESTAMP(6) + INTERVAL 1 SECOND WHERE name = 'fold'`
        )
        yield* Deferred.await(cut)
        yield* Effect.repeat(Ref.get(starts), {
          until: (n) => n === 2,
          schedule: Schedule.spaced("20 millis")
        })
        const [first = null, second = null] = yield* Ref.get(fences)
        const error = yield* write(process, "first").pipe(Effect.provideService(Fence, first), Effect.flip)
        assert.deepInclude(error, { kind: "Fenced" })
        yield* write(process, "second").pipe(Effect.provideService(Fence, second))
        assert.strictEqual(yield* epochOf(process), 3)
      }),
    TEST_MILLIS_MAX
  )

  it.scopedLive(
    "runs what is for an owner alone in no other process",
    () =>
      Effect.gen(function* () {
        const target = yield* mysqlDatabase.target
        const one = yield* processOn(target)
        const other = yield* processOn(target)
        yield* (yield* owning(one)).began
        assert.deepStrictEqual(yield* one.ownership.ifOwned("fold", Effect.succeed(1)), Option.some(1))
        assert.deepStrictEqual(yield* other.ownership.ifOwned("fold", Effect.succeed(1)), Option.none())
      }),
    TEST_MILLIS_MAX
  )
})

describe("ownership of a file", () => {
  it.scopedLive(
    "is its one process', which asks nobody",
    () =>
      Effect.gen(function* () {
        const { database, ownership } = yield* processOn(yield* sqlite.target)
        assert.isTrue(ownership.owns("fold"))
        assert.isNull(yield* ownership.whileOwned("fold", Fence))
        assert.isNull(yield* ownership.epochs)
        const rows = yield* database.read((sql) => sql`SELECT name FROM ownership`)
        assert.lengthOf(rows, 0)
      }),
    TEST_MILLIS_MAX
  )
})
