/**
 * The one place where transactions begin, commit, fail and are tried again.
 *
 * Invariants:
 * 1. `transact` answers a success only after COMMIT has answered one.
 * 2. Whatever way a transaction ends, its connection is rolled back and given back.
 * 3. Under a `Fence`, nothing is committed of work that another process has taken over.
 * 4. A failed COMMIT is `Unknown`: it is run again only where the caller's keys make that safe.
 */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import { SqlError } from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import type { Micros } from "../domain/Time.js"
import type { ByDialect, Dialect, Syntax } from "./Dialect.js"
import { classify, DatabaseError, hasNumber, tookTooLong } from "./Failure.js"
import type { Pulse } from "./Heartbeat.js"

/** Whether the database answers; `since` is when that last changed. */
export interface DatabaseStatus {
  readonly reachable: boolean
  /** Why not; null while it is reachable. */
  readonly reason: string | null
  readonly since: Micros
}

export interface TransactOptions {
  /** Run again when the outcome of the COMMIT is unknown: only where doing it twice does it once. Default true. */
  readonly retryUnknown?: boolean
  /** Failures that are an answer, as of a unique key that judges: they count as no error of the database. */
  readonly isAnswer?: (error: DatabaseError) => boolean
}

export interface DatabaseService extends Pick<Syntax, "encodeTime"> {
  readonly dialect: Dialect
  /** Several transactions write at a time, and each locks its rows; else one does, which has all to itself. */
  readonly locksRows: boolean
  readonly syntax: Syntax
  /** Where it is, without its password: for messages. */
  readonly address: string
  /** Runs the body in one transaction (READ COMMITTED on MySQL, IMMEDIATE on SQLite); transient failures retried. */
  readonly transact: <A, E, R>(
    body: (sql: SqlClient.SqlClient) => Effect.Effect<A, E, R>,
    options?: TransactOptions
  ) => Effect.Effect<A, Exclude<E, SqlError> | DatabaseError, R>
  /** Runs reads outside a transaction; transient failures are retried. SQLite refuses writes here. */
  readonly read: <A, E, R>(
    body: (sql: SqlClient.SqlClient) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, Exclude<E, SqlError> | DatabaseError, R>
  /** Waits until the database was reached, migrated and checked. */
  readonly ready: Effect.Effect<void>
  /** Fails when waiting for the database turned out to be of no use; else never ends. */
  readonly failed: Effect.Effect<never, DatabaseError>
  readonly status: Effect.Effect<DatabaseStatus>
  /** How it is set so that a commit may be lost, each in one line; asked when it was reached. */
  readonly durability: Effect.Effect<ReadonlyArray<string>>
}

/** By which ownership an effect writes: as the owner of a name, at an epoch of it. */
export interface Fenced {
  readonly name: string
  readonly epoch: number
  /** Fails where another process has taken the name over. */
  readonly check: (sql: SqlClient.SqlClient) => Effect.Effect<void, SqlError | DatabaseError>
}

/**
 * What each transaction of an effect is held to first, in the transaction: it fails where another process has taken the
 * work over (src/ownership). Null: nothing is held to anything.
 */
export class Fence extends Context.Reference<Fence>()("tidemark/Fence", {
  defaultValue: (): Fenced | null => null
}) {}

export class Database extends Context.Tag("tidemark/Database")<Database, DatabaseService>() {}

/** How long a statement of ours waits on a server for a row that another transaction holds, in s. */
export const LOCK_WAIT_SECONDS = 3

/** How often, and for how long, a transient failure is tried again before the caller hears of it. */
const RETRIES_MAX = 4
const RETRYING_MAX = "2 seconds"
const retrying = Schedule.exponential("20 millis").pipe(
  Schedule.jittered,
  Schedule.intersect(Schedule.recurs(RETRIES_MAX)),
  Schedule.upTo(RETRYING_MAX)
)

// An SqlError, or a defect of the driver, as ours; what the body itself fails with passes.
const failureOf = <E>(cause: Cause.Cause<E>): Option.Option<DatabaseError> => {
  const sqlError = Cause.find(cause, (part) =>
    part._tag === "Fail" && part.error instanceof SqlError ? Option.some(part.error) : Option.none()
  )
  return Option.map(sqlError, (error) => classify(error))
}

const classified = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, Exclude<E, SqlError> | DatabaseError, R> =>
  Effect.catchAllCause(effect, (cause): Effect.Effect<never, Exclude<E, SqlError> | DatabaseError> => {
    const failure = failureOf(cause)
    return Option.isSome(failure)
      ? Effect.fail(failure.value)
      : Effect.failCause(cause as Cause.Cause<Exclude<E, SqlError>>)
  })

/** Tried again where that may help. What succeeds at once, as nearly all does, pays nothing for it. */
const retried =
  (retryUnknown: boolean) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
    const isTemporary = (error: E) =>
      error instanceof DatabaseError &&
      !tookTooLong(error) &&
      (error.kind === "Transient" || (retryUnknown && error.kind === "Unknown"))
    return Effect.catchAll(effect, (error) => {
      if (!isTemporary(error)) return Effect.fail(error)
      let first: Effect.Effect<A, E, R> | null = Effect.fail(error)
      const next = Effect.suspend(() => {
        const attempt = first ?? effect
        first = null
        return attempt
      })
      return Effect.retry(next, { schedule: retrying, while: isTemporary })
    })
  }

const execute = (connection: Connection, text: string) =>
  connection.executeUnprepared(text, [], undefined).pipe(
    Effect.sandbox,
    Effect.mapError((cause) => Cause.squash(cause))
  )

/** An error of the server's own: the connection lives on, with what it had open. */
const isRefusal = (error: unknown): boolean => hasNumber(classify(error))

/**
 * The body in one transaction of one connection, once, behind the fence. `begin` and the others are fixed texts, a
 * statement each.
 */
const once = <A, E, R>(
  { begin, leftOpen, reserve }: Pick<Driver, "begin" | "leftOpen" | "reserve">,
  body: Effect.Effect<A, E, R>,
  fence: Effect.Effect<void, SqlError | DatabaseError> = Effect.void
): Effect.Effect<A, Exclude<E, SqlError> | DatabaseError, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      // The failure before it is the one to report; a lost connection can't be rolled back, nor is it used again.
      const undo = (connection: Connection) =>
        Effect.catchAll(execute(connection, "ROLLBACK"), (error) =>
          leftOpen !== undefined && isRefusal(error) ? Ref.set(leftOpen, true) : Effect.void
        )
      const run: Effect.Effect<A, E | SqlError | DatabaseError, R> = Effect.gen(function* () {
        const connection = yield* restore(Scope.extend(reserve, scope))
        // START TRANSACTION would commit what a transaction before has left open.
        const texts = leftOpen !== undefined && (yield* Ref.get(leftOpen)) ? ["ROLLBACK", begin] : [begin]
        for (const text of texts) {
          yield* execute(connection, text).pipe(Effect.mapError((error) => classify(error)))
        }
        const exit = yield* restore(Effect.zipRight(fence, body)).pipe(
          Effect.provideService(SqlClient.TransactionConnection, [connection, 0]),
          Effect.exit
        )
        if (Exit.isSuccess(exit)) {
          yield* execute(connection, "COMMIT").pipe(
            // A COMMIT that failed (a full disk, say) may leave the transaction open on this connection.
            Effect.tapError(() => undo(connection)),
            Effect.mapError((error) => classify(error, true))
          )
          return exit.value
        }
        yield* undo(connection)
        return yield* exit
      })
      return yield* classified(run).pipe(Effect.onExit((exit) => Scope.close(scope, exit)))
    })
  )

/** Begins a transaction that reads the database as it is now; readers of a server are at REPEATABLE READ. */
const SNAPSHOT: ByDialect<string> = {
  mysql: "START TRANSACTION WITH CONSISTENT SNAPSHOT",
  sqlite: "BEGIN"
}

/** What a driver must give for `transact` and `read`. */
export interface Driver {
  /** For reading; its `reserve` gives a connection for that. */
  readonly sql: SqlClient.SqlClient
  /** A connection for writing, until its scope closes. */
  readonly reserve: Effect.Effect<Connection, SqlError, Scope.Scope>
  /** What begins a transaction of it. */
  readonly begin: string
  /** Whether a connection may have been given back with a transaction open on it. Absent: BEGIN refuses one that has. */
  readonly leftOpen?: Ref.Ref<boolean>
  readonly compiler: Statement.Compiler
  /** Hears each failure, before it is tried again: a server may have become one that is not to be used. */
  readonly onFailure?: (error: DatabaseError) => Effect.Effect<void>
  /** Of a server, which may fall silent; a file does not. */
  readonly pulse?: Pulse
}

/** A driver whose connections are all seen by `wrap` first: for faults that no real database makes on demand. */
export const wrapDriver = (
  driver: Driver,
  wrap: (connection: Connection, use: "read" | "write") => Effect.Effect<Connection, SqlError, Scope.Scope>
): Effect.Effect<Driver> =>
  SqlClient.make({
    acquirer: Effect.flatMap(driver.sql.reserve, (connection) => wrap(connection, "read")),
    compiler: driver.compiler,
    spanAttributes: []
  }).pipe(
    Effect.provide(Reactivity.layer),
    Effect.map((sql) => ({
      ...driver,
      sql,
      reserve: Effect.flatMap(driver.reserve, (connection) => wrap(connection, "write"))
    }))
  )

/** Tells the driver of a failure. */
const telling =
  ({ onFailure }: Pick<Driver, "onFailure">) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    onFailure === undefined
      ? effect
      : Effect.tapError(effect, (error) => (error instanceof DatabaseError ? onFailure(error) : Effect.void))

export const transactWith =
  (driver: Effect.Effect<Driver, DatabaseError>): DatabaseService["transact"] =>
  <A, E, R>(body: (sql: SqlClient.SqlClient) => Effect.Effect<A, E, R>, options?: TransactOptions) =>
    Effect.flatMap(driver, (own) =>
      Effect.flatMap(Fence, (fence) => once(own, body(own.sql), fence?.check(own.sql))).pipe(telling(own))
    ).pipe(retried(options?.retryUnknown ?? true))

export const readWith =
  (driver: Effect.Effect<Pick<Driver, "onFailure" | "sql">, DatabaseError>): DatabaseService["read"] =>
  <A, E, R>(body: (sql: SqlClient.SqlClient) => Effect.Effect<A, E, R>) =>
    Effect.flatMap(driver, (own) => classified(body(own.sql)).pipe(telling(own))).pipe(retried(false))

/** The body as one read of the database as it is now, on one connection of `sql`. It is not run again when it fails. */
export const snapshotWith =
  (sql: SqlClient.SqlClient, dialect: Dialect) =>
  <A, E, R>(body: (sql: SqlClient.SqlClient) => Effect.Effect<A, E, R>) =>
    once({ reserve: sql.reserve, begin: SNAPSHOT[dialect] }, body(sql))
