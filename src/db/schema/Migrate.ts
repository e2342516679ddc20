/**
 * Brings the schema up to date. Each migration is one idempotent statement, run alone and recorded after it
 * succeeded: one that was cut off half-way runs again. Of several processes one migrates, and the others wait for it.
 */
import * as Effect from "effect/Effect"
import { type Migration, migrations, type Server, serverOf, statementFor } from "../../../migrations/index.js"
import { nowMicros } from "../../telemetry/Instant.js"
import type { DatabaseService } from "../Transaction.js"
import { type Access, columnsOf, type LedgerNames, recordedIn, refuseForeign } from "./Foreign.js"
import { type Fence, isLost, PATIENCE, underLock } from "./MigrationLock.js"

type Target = Access & Pick<DatabaseService, "encodeTime">

// Its name is known to Foreign.ts.
const LEDGER = `CREATE TABLE IF NOT EXISTS schema_migrations (
  id INT NOT NULL PRIMARY KEY, name VARCHAR(64) NOT NULL, applied_at VARCHAR(32) NOT NULL)`

const missingIn = (recorded: LedgerNames): ReadonlyArray<Migration> =>
  migrations.filter(({ id }) => recorded?.has(id) !== true)

const hasColumn = (database: Access, { column, table }: NonNullable<Migration["adds"]>) =>
  Effect.map(columnsOf(database, table), (columns) => columns.has(column))

const serverBehind = ({ dialect, transact }: Access) =>
  dialect === "sqlite"
    ? Effect.succeed<Server>("sqlite")
    : Effect.map(
        transact((sql) => sql<{ version: string }>`SELECT VERSION() AS version`),
        ([row]) => serverOf(row?.version ?? "")
      )

/** Runs the migration's statement behind the fence, on the connection that has passed it. */
const apply = (database: Access, server: Server, migration: Migration, fence: Fence) => {
  const run = database.transact((sql) =>
    Effect.zipRight(fence(sql), Effect.asVoid(sql.unsafe(statementFor(server, migration)).unprepared))
  )
  const { adds } = migration
  if (adds === undefined) return run
  const there = hasColumn(database, adds)
  const unlessThere = Effect.flatMap(there, (isApplied) => (isApplied ? Effect.void : run))
  // It may have been added in between: a server goes on with the statement of a process that died.
  return Effect.catchAll(unlessThere, (error) =>
    Effect.flatMap(there, (isApplied) => (isApplied ? Effect.void : Effect.fail(error)))
  )
}

const record = (database: Target, { id, name }: Migration, fence: Fence) =>
  Effect.flatMap(nowMicros, (now) =>
    database.transact((sql) =>
      Effect.gen(function* () {
        yield* fence(sql)
        const [there] = yield* sql`SELECT id FROM schema_migrations WHERE id = ${id}`
        if (there !== undefined) return
        yield* sql`INSERT INTO schema_migrations (id, name, applied_at)
          VALUES (${id}, ${name}, ${database.encodeTime(now)})`
      })
    )
  )

type OnApplied = (name: string, index: number, total: number) => Effect.Effect<void>

const applyMissing = (database: Target, onApplied: OnApplied, fence: Fence) =>
  Effect.gen(function* () {
    // Once more: whoever held the lock before may have been of another version.
    yield* refuseForeign(database)
    yield* database.transact((sql) => sql.unsafe(LEDGER).unprepared)
    const missing = missingIn(yield* recordedIn(database))
    const server = yield* serverBehind(database)
    for (const [index, migration] of missing.entries()) {
      yield* apply(database, server, migration, fence)
      yield* record(database, migration, fence)
      yield* onApplied(migration.name, index + 1, missing.length)
    }
    return missing.map((migration) => migration.name)
  })

/** Applies what is missing, in order; answers the names of what was applied. Refuses a database of somebody else. */
export const migrate = (database: Target, onApplied: OnApplied = () => Effect.void, patience = PATIENCE) =>
  Effect.gen(function* () {
    yield* refuseForeign(database)
    if (missingIn(yield* recordedIn(database)).length === 0) return []
    return yield* underLock(database, patience, (fence) => applyMissing(database, onApplied, fence)).pipe(
      Effect.retry({ while: isLost })
    )
  })
