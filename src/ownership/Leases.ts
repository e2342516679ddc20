/**
 * Leases in the table `ownership`: the statements of one process that holds some, by the server's own clock.
 *
 * Invariants:
 * 1. A lease is taken over only after it has run out, and each take-over raises the epoch.
 * 2. A transaction under the fence writes the row of its name first, for its owner and epoch: a take-over waits for
 *    its end, and after one there is no such row. This needs no clock.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment, Statement } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { DatabaseError } from "../db/Failure.js"
import * as Rows from "../db/Rows.js"
import { type DatabaseService, type Fenced, LOCK_WAIT_SECONDS } from "../db/Transaction.js"

/** What another kind of server would say differently. */
export interface LeaseSyntax {
  /** The server's time. */
  readonly now: (sql: SqlClient) => Fragment
  /** The server's time in so many ms. */
  readonly after: (sql: SqlClient, millis: number) => Fragment
  /** A time that was over before anybody owned anything. */
  readonly past: string
  /** How long a lease lasts still, µs. */
  readonly remains: (sql: SqlClient) => Fragment
  /** Behind the INSERT of a name: where it is there, nothing is done. */
  readonly orKeep: string
  /** How many rows a statement changed. */
  readonly changed: (sql: SqlClient, statement: Statement<unknown>) => Effect.Effect<number, SqlError>
  /** For how long the connection's next statements wait for a row, s. */
  readonly lockWait: (sql: SqlClient, seconds: number) => Effect.Effect<unknown, SqlError>
}

const Changed = Schema.Struct({ affectedRows: Schema.Int })
const isChange = Schema.is(Changed)

export const MYSQL: LeaseSyntax = {
  now: (sql) => sql.literal("UTC_TIMESTAMP(6)"),
  after: (sql, millis) => sql.literal(`UTC_TIMESTAMP(6) + INTERVAL ${millis * 1_000} MICROSECOND`),
  past: "2000-01-01 00:00:00",
  remains: (sql) => sql.literal("TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), lease_until)"),
  orKeep: "ON DUPLICATE KEY UPDATE name = name",
  changed: (_, statement) =>
    Effect.map(statement.raw, (change) => (isChange(change) ? change.affectedRows : 0)),
  lockWait: (sql, seconds) => sql.unsafe(`SET SESSION innodb_lock_wait_timeout = ${seconds}`)
}

/** How long a renewal or a take-over waits for a row, in s: what else is owned has to be renewed meanwhile. */
const ROW_WAIT_SECONDS = 1

export interface Lease {
  readonly name: string
  readonly owner: string
  readonly epoch: number
  /** How long it lasts still, ms; below 0: another may take it. */
  readonly remains: number
}

/** The leases as one process sees and holds them, each for so many ms at a time. */
export const makeLeases = (
  database: DatabaseService,
  { changed, lockWait, after, now, orKeep, past, remains }: LeaseSyntax,
  owner: string,
  leaseMillis: number
) => {
  const leaseEnd = (sql: SqlClient) => after(sql, leaseMillis)

  /** A statement that waits for another's row for a short time only. */
  const briefly = <A>(sql: SqlClient, statement: Effect.Effect<A, SqlError>) =>
    Effect.zipRight(
      lockWait(sql, ROW_WAIT_SECONDS),
      // Others use the connection after us; one that is lost takes its settings with it.
      Effect.ensuring(statement, Effect.ignore(lockWait(sql, LOCK_WAIT_SECONDS)))
    )

  const listed = (sql: SqlClient) =>
    Effect.flatMap(
      sql`SELECT name, owner, epoch, ${remains(sql)} AS remains FROM ownership`,
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
  const renewed = database.transact((sql) =>
    Effect.zipRight(
      briefly(sql, sql`UPDATE ownership SET lease_until = ${leaseEnd(sql)} WHERE owner = ${owner}`),
      listed(sql)
    )
  )

  /** The leases of `name 1`, `name 2`, … */
  const numbered = (name: string) =>
    Effect.map(database.read(listed), (leases) =>
      leases.flatMap((lease) =>
        lease.name.startsWith(`${name} `)
          ? [{ number: Number(lease.name.slice(name.length + 1)), remains: lease.remains }]
          : []
      )
    )

  /** Takes a name over whose lease has ended, or that nobody ever owned; answers its epoch if it is ours then. */
  const taken = (name: string) =>
    database.transact((sql) =>
      Effect.gen(function* () {
        yield* briefly(
          sql,
          sql`INSERT INTO ownership (name, owner, epoch, lease_until) VALUES (${name}, '', 0, ${past})
            ${sql.literal(orKeep)}`
        )
        yield* sql`UPDATE ownership SET owner = ${owner}, epoch = epoch + 1, lease_until = ${leaseEnd(sql)}
          WHERE name = ${name} AND lease_until < ${now(sql)}`
        return yield* Effect.flatMap(
          sql`SELECT epoch FROM ownership WHERE name = ${name} AND owner = ${owner}`,
          Rows.first((row) => Rows.integer(row.epoch))
        )
      })
    )

  /** Fails where the name has another owner or epoch; else nobody takes it over before the transaction ends. */
  const fence = (name: string, epoch: number): Fenced => ({
    name,
    epoch,
    check: (sql) =>
      Effect.gen(function* () {
        const rows = yield* changed(
          sql,
          sql`UPDATE ownership SET lease_until = ${leaseEnd(sql)}
            WHERE name = ${name} AND owner = ${owner} AND epoch = ${epoch}`
        )
        if (rows === 1) return
        return yield* new DatabaseError({
          kind: "Fenced",
          code: "",
          reason: `another process has taken over: ${name}`
        })
      })
  })

  /** Gives up what the process owns. */
  const released = database.transact(
    (sql) => sql`UPDATE ownership SET lease_until = ${now(sql)} WHERE owner = ${owner}`
  )
  return { renewed, numbered, taken, fence, released }
}
