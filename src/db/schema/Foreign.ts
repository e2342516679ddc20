/**
 * Is this database ours, as far as it is used? Asked before anything is made in it: every migration takes a table
 * that is there for its own, and would go on with somebody else's.
 *
 * Each migration is recorded after it has run, and they run in order. So of the names that our migrations make,
 * only those of the recorded ones and of the first that is not recorded (it was cut off, or another process is at it)
 * may be there.
 */
import * as Effect from "effect/Effect"
import { type Migration, migrations } from "../../../migrations/index.js"
import { type ByDialect, SYNTAX } from "../Dialect.js"
import { DatabaseError } from "../Failure.js"
import type { DatabaseService } from "../Transaction.js"

/** What records the migrations; made first of all. */
const LEDGER = "schema_migrations"
const LEDGER_COLUMNS = ["id", "name", "applied_at"]
const SHOWN_MAX = 5

export type Access = Pick<DatabaseService, "dialect" | "transact">

/** What the ledger says: the recorded names by id; null: there is none, or it is not ours. */
export type LedgerNames = ReadonlyMap<number, string> | null

const CREATION = /^\s*CREATE (?:OR REPLACE )?(?:TABLE|VIEW) (?:IF NOT EXISTS )?(\w+)/

const madeBy = (some: ReadonlyArray<Migration>): ReadonlySet<string> =>
  new Set(some.flatMap(({ sqlite }) => CREATION.exec(sqlite)?.[1] ?? []))

/** Which of those that are there have our names, and are not ours. Sorted. */
export const foreignTables = (
  there: ReadonlySet<string>,
  recorded: LedgerNames,
  all: ReadonlyArray<Migration> = migrations
): ReadonlyArray<string> => {
  const history = all.filter(({ id }) => recorded?.has(id))
  const misnamed = history.some(({ id, name }) => recorded?.get(id) !== name)
  if (misnamed || (recorded === null && there.has(LEDGER))) return [LEDGER]
  const next = recorded === null ? undefined : all.find(({ id }) => !recorded.has(id))
  const expected = madeBy(next === undefined ? history : [...history, next])
  return [...madeBy(all)].filter((name) => there.has(name) && !expected.has(name)).sort()
}

/** Tables and views. To SQLite names are alike in any case; a server keeps them in lower case where they are to it. */
const TABLES: ByDialect<string> = {
  mysql: "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()",
  sqlite: "SELECT lower(name) AS name FROM sqlite_master WHERE type IN ('table', 'view')"
}
const names = (rows: ReadonlyArray<{ readonly name: string }>) => new Set(rows.map(({ name }) => name))

const tables = ({ dialect, transact }: Access) =>
  Effect.map(
    transact((sql) => sql.unsafe<{ name: string }>(TABLES[dialect])),
    names
  )

export const columnsOf = ({ dialect, transact }: Access, table: string) =>
  Effect.map(
    transact((sql) => sql.unsafe<{ name: string }>(SYNTAX[dialect].columnsOf, [table])),
    names
  )

export const recordedIn = (database: Access): Effect.Effect<LedgerNames, DatabaseError> =>
  Effect.gen(function* () {
    const there = yield* columnsOf(database, LEDGER)
    if (!LEDGER_COLUMNS.every((name) => there.has(name))) return null
    const rows = yield* database.transact(
      (sql) => sql<{ id: number; name: string }>`SELECT id, name FROM schema_migrations`
    )
    return new Map(rows.map(({ id, name }) => [Number(id), String(name)]))
  })

/** The last migration that is recorded and that we don't know: a newer program made it. */
export const newerMigration = (
  recorded: LedgerNames,
  all: ReadonlyArray<Migration> = migrations
): string | undefined => {
  const ids = new Set(all.map(({ id }) => id))
  const [last] = [...(recorded ?? [])].filter(([id]) => !ids.has(id)).sort(([a], [b]) => b - a)
  return last === undefined ? undefined : `${last[0]}, ${last[1]}`
}

export const tooNew = (migration: string) =>
  new DatabaseError({
    kind: "Permanent",
    code: "NEWER_SCHEMA",
    reason: `a newer Tidemark has changed this database (migration ${migration}), and this one does not know how: run that version, or restore a copy from before`
  })

/** What names the database. */
const SETTINGS: ByDialect<string> = { mysql: "DATABASE_URL", sqlite: "DATA_DIR, or DATABASE_URL" }

/**
 * Fails where tables are there under our names that we did not make, or where a newer program has changed ours.
 * Changes nothing.
 */
export const refuseForeign = (database: Access): Effect.Effect<void, DatabaseError> =>
  Effect.gen(function* () {
    // In this order: whatever a migration beside us has made by now, the ledger then tells of the one before it.
    const there = yield* tables(database)
    const recorded = yield* recordedIn(database)
    const foreign = foreignTables(there, recorded)
    const newer = newerMigration(recorded)
    if (foreign.length === 0 && newer !== undefined) return yield* tooNew(newer)
    if (foreign.length === 0) return
    const more = foreign.length - SHOWN_MAX
    const list = [...foreign.slice(0, SHOWN_MAX), ...(more > 0 ? [`${more} more`] : [])].join(", ")
    const setting = SETTINGS[database.dialect]
    return yield* new DatabaseError({
      kind: "Permanent",
      code: "FOREIGN_TABLES",
      reason: `this database holds tables that Tidemark did not make: ${list}; nothing was changed in it; give Tidemark an empty one (${setting})`
    })
  })
