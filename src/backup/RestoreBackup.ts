/**
 * Puts a backup into an empty database of either kind.
 *
 * Invariants:
 * 1. Until the last row is there, the log's head is below 0. A server refuses such a database, and so does another restore:
 *    what was cut off is cleared only by one that is told to.
 * 2. The head is this restore's own mark, which each of its transactions looks at: of two restores into one database, the
 *    one that began first ends.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import { migrations } from "../../migrations/index.js"
import type { DatabaseError } from "../db/Failure.js"
import * as Rows from "../db/Rows.js"
import type { DatabaseService } from "../db/Transaction.js"
import { BackupFault, type Part, type Start } from "./BackupFormat.js"
import { type Linked, Linker } from "./EventLinks.js"
import { BLOCK, blockDigest, keepDigest } from "./LogDigests.js"
import { checkBytes, eachRows } from "./PartFile.js"
import { type Cells, linesOf } from "./RowText.js"
import { insertRows } from "./SavedRows.js"
import { allTables, type Column, eventsTable, savedTables } from "./SavedTables.js"
import type { BackupProgress } from "./TakeBackup.js"

/** Where the parts come from. */
export interface RestoreSource<E> {
  readonly start: Start
  /** Rows in all; null: not known. */
  readonly total: number | null
  /** Gives each part to `take`, in order. Fails where one is missing. */
  readonly each: <E2, R>(
    take: (part: Part, bytes: Uint8Array) => Effect.Effect<void, E2, R>
  ) => Effect.Effect<void, E | E2, R>
}

/** The database is not one that can be restored into. */
export class RestoreRefused extends Schema.TaggedError<RestoreRefused>()("RestoreRefused", {
  reason: Schema.String
}) {
  override get message(): string {
    return this.reason
  }
}

export interface RestoreOptions {
  readonly onProgress?: (progress: BackupProgress) => void
  /** What a restore that was cut off has left is cleared first. */
  readonly again?: boolean
  /** Told when it ends before its time, whichever way; `rows`: how many are there. */
  readonly onCutOff?: (rows: number) => Effect.Effect<void>
}

/** Marks are -1 to this, each drawn by chance. */
const MARK_MIN = -1_000_000_000

const headIn = (sql: SqlClient, { syntax }: DatabaseService) =>
  sql`SELECT position FROM log_head WHERE id = 1 ${sql.literal(syntax.forUpdate)}`.pipe(
    Effect.flatMap(Rows.only(({ position }) => Rows.integer(position)))
  )

/** Rows that one statement deletes: on a server all of a table at once would be one long transaction. */
const CLEARED_ROWS = 5_000

/** Deletes all rows of a table. */
const clear = (database: DatabaseService, table: string) => {
  if (database.dialect === "sqlite") return database.transact((sql) => sql.unsafe(`DELETE FROM ${table}`))
  const some = database.transact((sql) =>
    Effect.zipRight(
      sql.unsafe(`DELETE FROM ${table} LIMIT ${CLEARED_ROWS}`),
      sql.unsafe(`SELECT 1 FROM ${table} LIMIT 1`).values
    )
  )
  return Effect.repeat(some, { while: (left) => left.length > 0 })
}

/** Fails where anything is there; marks what follows as unfinished. */
const begin = (database: DatabaseService, again: boolean) =>
  Effect.gen(function* () {
    const refused = (what: string) =>
      new RestoreRefused({
        reason: `${database.address} is not empty: ${what}. A restore needs an empty database: nothing was changed in this one`
      })
    const mark = yield* Random.nextIntBetween(MARK_MIN, 0)
    const before = yield* database.transact((sql) =>
      Effect.tap(headIn(sql, database), (head) =>
        // Whoever is at it still ends with its next rows.
        head < 0 && again ? sql`UPDATE log_head SET position = ${mark} WHERE id = 1` : Effect.void
      )
    )
    if (before > 0) return yield* refused(`its log ends at position ${before}`)
    if (before < 0 && !again) return yield* refused("another restore into it is under way, or was cut off")
    const tables = [eventsTable, ...savedTables].map(({ name }) => name)
    if (before < 0) for (const name of [...tables, "log_digests"]) yield* clear(database, name)
    for (const name of tables) {
      const rows = yield* database.read((sql) => sql.unsafe(`SELECT 1 FROM ${name} LIMIT 1`).values)
      if (rows.length > 0) return yield* refused(`its table ${name} has rows`)
    }
    yield* database.transact((sql) => sql`UPDATE log_head SET position = ${mark} WHERE id = 1`)
    return mark
  })

/** A transaction of the restore; fails where the database is not its own any more. */
const writing = <A, E>(
  database: DatabaseService,
  mark: number,
  body: (sql: SqlClient) => Effect.Effect<A, E>
) =>
  database.transact(
    (sql) =>
      Effect.gen(function* () {
        if ((yield* headIn(sql, database)) === mark) return yield* body(sql)
        return yield* new RestoreRefused({
          reason: `another process has written into ${database.address} meanwhile`
        })
      }),
    // Run again after an unknown outcome, it would find its own rows.
    { retryUnknown: false }
  )

/** The columns of a table as the backup has them; fails where this version does not know one. */
const columnsFor = (start: Start, part: Part): Effect.Effect<ReadonlyArray<Column>, BackupFault> => {
  const columns = start.columns[part.table] ?? []
  const own = allTables.find(({ name }) => name === part.table)?.columns ?? []
  const strange = columns.find(({ name }) => !own.some((column) => column.name === name))
  return own.length > 0 && columns.length > 0 && strange === undefined
    ? Effect.succeed(columns)
    : new BackupFault({
        part: part.file,
        reason: `this version knows no ${strange === undefined ? "table" : `column ${strange.name} of`} ${part.table}`
      })
}

const finish = (database: DatabaseService, mark: number, start: Start) =>
  writing(database, mark, (sql) =>
    Effect.gen(function* () {
      yield* sql`UPDATE audit_head SET
        position = (SELECT position FROM audit_entries ORDER BY position DESC LIMIT 1),
        recorded_at = (SELECT recorded_at FROM audit_entries ORDER BY position DESC LIMIT 1),
        hash = (SELECT hash FROM audit_entries ORDER BY position DESC LIMIT 1)
        WHERE id = 1 AND EXISTS (SELECT 1 FROM audit_entries)`
      yield* sql`UPDATE log_head SET position = ${start.position},
        recorded_at = ${database.encodeTime(start.recorded_at)},
        rejected_messages = ${start.rejected_messages}, rejected_bytes = ${start.rejected_bytes},
        sensors_position = ${start.position}
        WHERE id = 1 AND position = ${mark}`
    })
  )

/** Takes pages of the log, in order. */
const logWriter = (
  database: DatabaseService,
  mark: number,
  columns: ReadonlyArray<Column>,
  file: () => string
) => {
  const linker = new Linker()
  const at = (name: string) => columns.findIndex((column) => column.name === name)
  const [position, reading] = [at("position"), at("reading_id")]
  const order = eventsTable.columns.map(({ name }) => at(name))
  let last = 0
  const write = (rows: ReadonlyArray<Cells>) =>
    Effect.gen(function* () {
      const events = rows.map(
        (row): Linked => ({
          position: Number(row[position]),
          readingId: row[reading] == null ? null : Number(row[reading])
        })
      )
      const wrong = events.find((event, index) => event.position !== last + index + 1)
      if (wrong !== undefined) {
        return yield* new BackupFault({
          part: file(),
          reason: `position ${wrong.position} does not follow ${last}`
        })
      }
      const links = yield* database.read((sql) => linker.linksOf(sql, events))
      const full = rows.map((row) => order.map((index) => row[index] ?? null))
      last += rows.length
      yield* writing(database, mark, (sql) =>
        Effect.gen(function* () {
          yield* insertRows(sql, database, "events", eventsTable.columns, full)
          for (const { at, by } of links) {
            yield* sql`UPDATE events SET superseded_by = ${by} WHERE position = ${at}`
          }
          if (rows.length === BLOCK && last % BLOCK === 0) {
            yield* keepDigest(sql, last, blockDigest(linesOf(full)))
          }
        })
      )
    })
  return { write, last: () => last }
}

/** Stores what the source gives, behind the mark; answers how many rows there are. */
const store = <E>(
  database: DatabaseService,
  mark: number,
  source: RestoreSource<E>,
  onRows: (rows: number) => void
) =>
  Effect.gen(function* () {
    const { start } = source
    let file = ""
    const log = logWriter(database, mark, start.columns.events ?? [], () => file)
    yield* source.each((part, bytes) =>
      Effect.gen(function* () {
        file = part.file
        yield* checkBytes(part, bytes)
        const columns = yield* columnsFor(start, part)
        yield* eachRows(part, bytes, (rows) =>
          Effect.gen(function* () {
            yield* part.table === "events"
              ? log.write(rows)
              : writing(database, mark, (sql) => insertRows(sql, database, part.table, columns, rows))
            onRows(rows.length)
            // A file's statements wait for nothing: others get their turn.
            yield* Effect.sleep(0)
          })
        )
      })
    )
    if (log.last() !== start.position) {
      return yield* new BackupFault({
        part: "the log",
        reason: `it ends at position ${log.last()}, and not at ${start.position}`
      })
    }
    yield* finish(database, mark, start)
  })

/** Restores all of it; the read models are folded afterwards. */
export const restoreBackup = <E>(
  database: DatabaseService,
  source: RestoreSource<E>,
  { again = false, onCutOff = () => Effect.void, onProgress = () => undefined }: RestoreOptions = {}
): Effect.Effect<void, E | BackupFault | RestoreRefused | DatabaseError | Rows.BadCell> =>
  Effect.gen(function* () {
    const { start, total } = source
    if (start.schema > migrations.length) {
      return yield* new RestoreRefused({
        reason: `the backup was made by a newer version (${start.program}): restore it by that one`
      })
    }
    const mark = yield* begin(database, again)
    let done = 0
    const onRows = (rows: number) => {
      done += rows
      onProgress({ done, total: total ?? 0 })
    }
    yield* Effect.onError(store(database, mark, source, onRows), () => onCutOff(done))
  })
