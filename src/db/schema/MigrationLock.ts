/**
 * Which process migrates: one at a time, by a row with an epoch. No server's own locks, for of a cluster they hold one node.
 *
 * Invariants:
 * 1. The holder counts beats. Where they stand still for `patience`, by the clock of whoever waits, it is taken for dead,
 *    and the lock goes on under a higher epoch. No two clocks are compared.
 * 2. Whoever was taken for dead, and is not, changes nothing: `fence` refuses in the transaction of each change. A server
 *    ends the connection of one that stops between the two (`wait_timeout`), and sooner than anybody's patience ends.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { SYNTAX } from "../Dialect.js"
import { DatabaseError } from "../Failure.js"
import { type Access, columnsOf } from "./Foreign.js"

/** Longer than `wait_timeout` of our writers and two beats. */
export const PATIENCE = Duration.seconds(15)
const BEAT = "2 seconds"
/** Between two looks of one that waits; less where its patience is shorter. */
const LOOK_MILLIS = 200

const TABLE = "schema_lock"
const CREATE = `CREATE TABLE IF NOT EXISTS ${TABLE} (
  id INT NOT NULL PRIMARY KEY, epoch BIGINT NOT NULL, beats BIGINT NOT NULL, held INT NOT NULL)`

/** `held`: 1 or 0. */
interface Lock {
  readonly epoch: number
  readonly beats: number
  readonly held: number
}

/** The holder has the row in a transaction just now: it lives, or the server will end it. */
const isLockWait = ({ code }: DatabaseError): boolean => code.startsWith("1205 ")

const LOST = "MIGRATION_LOCK_LOST"
export const isLost = ({ code }: DatabaseError): boolean => code === LOST
const lost = new DatabaseError({
  kind: "Permanent",
  code: LOST,
  reason: "another process took this one for dead, and migrates the database"
})

/** Fails where somebody else holds the lock by now; else nobody takes it before the transaction ends. */
export type Fence = (sql: SqlClient) => Effect.Effect<void, SqlError | DatabaseError>

const locked = (sql: SqlClient, { dialect }: Access) =>
  Effect.map(
    sql.unsafe<Lock>(`SELECT epoch, beats, held FROM ${TABLE} WHERE id = 1 ${SYNTAX[dialect].forUpdate}`),
    ([row]): Lock | undefined =>
      row && { epoch: Number(row.epoch), beats: Number(row.beats), held: Number(row.held) }
  )

/** The lock's row is there afterwards. */
const prepare = (database: Access) =>
  Effect.gen(function* () {
    const there = yield* columnsOf(database, TABLE)
    if (there.size > 0) return
    yield* database.transact((sql) => sql.unsafe(CREATE).unprepared)
  })

interface Attempt {
  readonly taken: boolean
  /** As it is now; null: its holder has it in a transaction. */
  readonly lock: Lock | null
}

/** Takes the lock where it is free, or still as its holder left it that is taken for dead; else answers what it is. */
const take = (database: Access, dead: Lock | null): Effect.Effect<Attempt, DatabaseError> =>
  database.transact(
    (sql) =>
      Effect.gen(function* () {
        const lock = yield* locked(sql, database)
        if (lock === undefined) {
          // Two may come so far at once: the second finds the row, and looks again.
          const keep = SYNTAX[database.dialect].orUpdate("id", () => "id = 1")
          yield* sql.unsafe(`INSERT INTO ${TABLE} (id, epoch, beats, held) VALUES (1, 0, 0, 0) ${keep}`)
          return { taken: false, lock: { epoch: 0, beats: 0, held: 0 } }
        }
        if (lock.held === 1 && !isSame(lock, dead)) return { taken: false, lock }
        const next: Lock = { epoch: lock.epoch + 1, beats: 0, held: 1 }
        yield* sql`UPDATE schema_lock SET epoch = ${next.epoch}, beats = 0, held = 1 WHERE id = 1`
        return { taken: true, lock: next }
      }),
    // Done and not heard of, it would be waited for as somebody else's.
    { retryUnknown: false }
  )

const isSame = (a: Lock | null, b: Lock | null): boolean =>
  a !== null && b !== null && a.epoch === b.epoch && a.beats === b.beats

/** Waits for the lock; answers its epoch. */
const acquire = (database: Access, patience: Duration.Duration): Effect.Effect<number, DatabaseError> => {
  const bound = Duration.toMillis(patience)
  /** `seen` is how it was at the last look, and since `since`; undefined: nobody has looked yet. */
  const look = (seen: Lock | null | undefined, since: number): Effect.Effect<number, DatabaseError> =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const dead = seen !== undefined && now - since >= bound ? seen : null
      const { lock, taken } = yield* Effect.catchIf(take(database, dead), isLockWait, () =>
        Effect.succeed<Attempt>({ taken: false, lock: null })
      )
      if (taken && lock !== null) return lock.epoch
      if (lock?.held === 0) return yield* look(seen, since)
      if (seen === undefined) {
        yield* Effect.logInfo("another process is migrating the database: waiting for it")
      }
      yield* Effect.sleep(Math.min(LOOK_MILLIS, bound / 4))
      return yield* look(lock, isSame(lock, seen ?? null) ? since : now)
    })
  return Effect.zipRight(prepare(database), look(undefined, 0))
}

const beat = (database: Access, epoch: number) =>
  database.transact((sql) => sql`UPDATE schema_lock SET beats = beats + 1 WHERE id = 1 AND epoch = ${epoch}`)

const release = (database: Access, epoch: number) =>
  database.transact((sql) => sql`UPDATE schema_lock SET held = 0 WHERE id = 1 AND epoch = ${epoch}`)

const fenceOf =
  (database: Access, epoch: number): Fence =>
  (sql) =>
    Effect.flatMap(locked(sql, database), (lock) => (lock?.epoch === epoch ? Effect.void : Effect.fail(lost)))

/** Runs the body while this process alone holds the lock; it fails with what `isLost` knows where that ends before it. */
export const underLock = <A, E, R>(
  database: Access,
  patience: Duration.Duration,
  body: (fence: Fence) => Effect.Effect<A, E, R>
) =>
  Effect.acquireUseRelease(
    acquire(database, patience),
    (epoch) => {
      // A beat that fails is missed: if all do, somebody else goes on.
      const beating = Effect.repeat(
        Effect.delay(Effect.ignore(beat(database, epoch)), BEAT),
        Schedule.forever
      )
      return Effect.raceFirst(body(fenceOf(database, epoch)), Effect.zipRight(beating, Effect.never))
    },
    // Where that fails too, whoever waits takes it when its patience ends.
    (epoch) => Effect.ignore(release(database, epoch))
  )
