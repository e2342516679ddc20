/**
 * Brings the schema up to date. Each migration is one idempotent statement, run alone and recorded after it
 * succeeded: one that was cut off half-way runs again, and two processes may do it at once.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { type Migration, migrations, type Server, serverOf, statementFor } from "../../migrations/index.js"
import { nowMicros } from "../telemetry/Instant.js"
import { type Access, columnsOf, refuseForeign } from "./Foreign.js"
import type { DatabaseService } from "./Transaction.js"

// Its name is known to Foreign.ts.
const LEDGER = `CREATE TABLE IF NOT EXISTS schema_migrations (
  id INT NOT NULL PRIMARY KEY, name VARCHAR(64) NOT NULL, applied_at VARCHAR(32) NOT NULL)`

const applied = (sql: SqlClient.SqlClient) =>
  sql<{ id: number }>`SELECT id FROM schema_migrations ORDER BY id`.pipe(
    Effect.map((rows) => new Set(rows.map((row) => row.id)))
  )

const hasColumn = (database: Access, { column, table }: NonNullable<Migration["adds"]>) =>
  Effect.map(columnsOf(database, table), (columns) => columns.has(column))

const serverBehind = ({ dialect, transact }: Pick<DatabaseService, "dialect" | "transact">) =>
  dialect === "sqlite"
    ? Effect.succeed<Server>("sqlite")
    : Effect.map(
        transact((sql) => sql<{ version: string }>`SELECT VERSION() AS version`),
        ([row]) => serverOf(row?.version ?? "")
      )

const apply = (database: Access, server: Server, migration: Migration) => {
  const run = Effect.asVoid(
    database.transact((sql) => sql.unsafe(statementFor(server, migration)).unprepared)
  )
  const { adds } = migration
  if (adds === undefined) return run
  const there = hasColumn(database, adds)
  const unlessThere = Effect.flatMap(there, (isApplied) => (isApplied ? Effect.void : run))
  // Another process may have added it in between.
  return Effect.catchAll(unlessThere, (error) =>
    Effect.flatMap(there, (isApplied) => (isApplied ? Effect.void : Effect.fail(error)))
  )
}

const record = (database: Pick<DatabaseService, "transact" | "encodeTime">, { id, name }: Migration) =>
  Effect.flatMap(nowMicros, (now) =>
    database.transact((sql) =>
      Effect.flatMap(applied(sql), (ids) =>
        ids.has(id)
          ? Effect.void
          : sql`INSERT INTO schema_migrations (id, name, applied_at)
              VALUES (${id}, ${name}, ${database.encodeTime(now)})`
      )
    )
  )

/** What another process makes or records in between fails here, and is there when it is tried again. */
const besideOthers = Schedule.intersect(Schedule.spaced("50 millis"), Schedule.recurs(3))

/** Applies what is missing, in order; answers the names of what was applied. Refuses a database of somebody else. */
export const migrate = (
  database: Access & Pick<DatabaseService, "encodeTime">,
  onApplied: (name: string, index: number, total: number) => Effect.Effect<void> = () => Effect.void
) =>
  Effect.gen(function* () {
    yield* refuseForeign(database)
    yield* database.transact((sql) => sql.unsafe(LEDGER).unprepared)
    const history = yield* database.transact(applied)
    const missing = migrations.filter((migration) => !history.has(migration.id))
    const server = yield* serverBehind(database)
    for (const [index, migration] of missing.entries()) {
      yield* Effect.retry(
        Effect.zipRight(apply(database, server, migration), record(database, migration)),
        besideOthers
      )
      yield* onApplied(migration.name, index + 1, missing.length)
    }
    return missing.map((migration) => migration.name)
  })
