/** Imports: each with what became of its rows, counted in the transactions that stored them. */
import { createHash } from "node:crypto"
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import type { Import } from "../../domain/dataset/ImportsDataset.js"
import { ImportId } from "../../domain/Ids.js"
import { nowMicros } from "../../telemetry/Instant.js"
import type { AppendItem, AppendOutcome } from "../EventLog.js"
import { importCounts, importKeys } from "../ImportCounts.js"
import type { ImportPage, ImportStart } from "../ImportLog.js"
import { lockedHead } from "./LogHead.js"
import type { Session } from "./Session.js"

const importId = (n: number): ImportId => ImportId.make(n, { disableValidation: true })

/** Whoever reads the database learns no token of it. */
const hashOf = (token: string): string => createHash("sha256").update(token).digest("hex")

const importOfRow = (row: Rows.Row): Import => ({
  id: importId(Rows.integer(row.id)),
  source: Rows.text(row.source),
  actor: Rows.maybeText(row.actor),
  startedAt: Rows.time(row.started_at),
  stored: Rows.integer(row.stored),
  repeated: Rows.integer(row.repeated),
  rejected: Rows.integer(row.rejected),
  firstAt: Rows.maybeTime(row.first_at),
  lastAt: Rows.maybeTime(row.last_at),
  undoneAt: Rows.maybeTime(row.undone_at)
})

const COLUMNS = "id, source, actor, started_at, stored, repeated, rejected, first_at, last_at, undone_at"

/** The next number, under the lock of the log's head. */
export const beginImport = (sql: SqlClient, database: DatabaseService, start: ImportStart) =>
  Effect.gen(function* () {
    yield* lockedHead(sql, database)
    const id = yield* sql`SELECT MAX(id) AS last FROM imports`.pipe(
      Effect.flatMap(Rows.only(({ last }) => importId(Rows.total(last) + 1)))
    )
    const now = database.encodeTime(yield* nowMicros)
    yield* sql`INSERT INTO imports (id, token_hash, source, actor, started_at, stored, repeated, rejected)
      VALUES (${id}, ${hashOf(start.token)}, ${start.source}, ${start.actor ?? null}, ${now}, 0, 0, 0)`
    return id
  })

/** The newest first. */
export const importPage = (sql: SqlClient, { before, id, limit, skip = 0 }: ImportPage) =>
  sql`SELECT ${sql.literal(COLUMNS)} FROM imports
    WHERE ${id === undefined ? sql`1 = 1` : sql`id = ${id}`}
      AND ${before === undefined ? sql`1 = 1` : sql`id < ${before}`}
    ORDER BY id DESC LIMIT ${String(limit)} OFFSET ${String(skip)}`.pipe(
    Effect.flatMap(Rows.every(importOfRow))
  )

export const importUndone = (sql: SqlClient, database: DatabaseService, id: ImportId) =>
  Effect.flatMap(
    nowMicros,
    (now) =>
      sql`UPDATE imports SET undone_at = ${database.encodeTime(now)} WHERE id = ${id} AND undone_at IS NULL`
  )

const noImport = (_: AppendItem): ImportId | undefined => undefined

/** The imports that the items of a batch name by the right token. Nearly every batch names none. */
export const importsNamed = (session: Session, items: ReadonlyArray<AppendItem>) =>
  Effect.gen(function* () {
    if (items.every(({ importKey }) => importKey === undefined)) return noImport
    const keys = new Set<string>()
    for (const { id, token } of importKeys(items)) {
      const there =
        yield* session.sql`SELECT id FROM imports WHERE id = ${id} AND token_hash = ${hashOf(token)}`
      if (there.length > 0) keys.add(`${id} ${token}`)
    }
    return ({ importKey: key }: AppendItem): ImportId | undefined =>
      key !== undefined && keys.has(`${key.id} ${key.token}`) ? key.id : undefined
  })

/** Adds what an append did to the imports that it was for. */
export const countImports = (
  session: Session,
  items: ReadonlyArray<AppendItem>,
  outcomes: ReadonlyArray<AppendOutcome>,
  importOf: (item: AppendItem) => ImportId | undefined
) =>
  Effect.forEach(
    importOf === noImport ? [] : importCounts(items, outcomes, importOf),
    ([id, { firstAt, lastAt, rejected, repeated, stored }]) => {
      const { database, sql } = session
      const [first, last] = [firstAt, lastAt].map((at) => (at === null ? null : database.encodeTime(at)))
      return sql`UPDATE imports SET stored = stored + ${stored}, repeated = repeated + ${repeated},
          rejected = rejected + ${rejected},
          first_at = CASE WHEN first_at <= COALESCE(${first ?? null}, first_at) THEN first_at
            ELSE COALESCE(${first ?? null}, first_at) END,
          last_at = CASE WHEN last_at >= COALESCE(${last ?? null}, last_at) THEN last_at
            ELSE COALESCE(${last ?? null}, last_at) END
        WHERE id = ${id}`
    },
    { discard: true }
  )
