/**
 * The audit's own log, in SQL.
 *
 * Invariants:
 * 1. Append only, in one order without a hole; each entry holds the hash of the one before.
 * 2. The head is one row, which each append locks first: the entries of several processes make one chain.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Rows from "../db/Rows.js"
import { Database, type DatabaseService } from "../db/Transaction.js"
import type { AuditEntry, AuditFact } from "../domain/access/AuditDataset.js"
import { micros } from "../domain/Time.js"
import type { LogError } from "../eventlog/EventLog.js"
import { mapped } from "../eventlog/LogFailure.js"
import { nowMicros } from "../telemetry/Instant.js"
import { breakOf, type ChainHead, EMPTY_CHAIN, hashOf } from "./AuditChain.js"

export interface Verification {
  /** The last entry that was looked at, and that all before it lead to. */
  readonly head: ChainHead
  /** What breaks the chain first; null: nothing. */
  readonly broken: string | null
}

export interface AuditLogService {
  readonly append: (facts: ReadonlyArray<AuditFact>) => Effect.Effect<void, LogError>
  /** The newest first, behind a position. */
  readonly newest: (page: {
    readonly limit: number
    readonly before?: number | undefined
    readonly skip?: number | undefined
  }) => Effect.Effect<ReadonlyArray<AuditEntry>, LogError>
  /** Goes through all entries. `anchor`: an entry that was written down elsewhere has to be among them. */
  readonly verify: (anchor?: ChainHead) => Effect.Effect<Verification, LogError>
}

export class AuditLog extends Context.Tag("tidemark/AuditLog")<AuditLog, AuditLogService>() {}

/** Longer texts are cut: they are of whoever asks. */
const TEXT_LENGTH_MAX = 500
const NAME_LENGTH_MAX = 190
/** Entries that verification holds at once. */
const VERIFY_ROWS = 1_000

const COLUMNS = "position, recorded_at, kind, actor, address, action, object, outcome, previous_hash, hash"

const kindOf = (cell: unknown): AuditFact["kind"] => {
  const kind = Rows.text(cell)
  // A kind that there is not breaks the hash as well.
  return kind as AuditFact["kind"]
}

const entryOf = (row: Rows.Row): AuditEntry => ({
  position: Rows.integer(row.position),
  recordedAt: Rows.time(row.recorded_at),
  kind: kindOf(row.kind),
  actor: Rows.maybeText(row.actor),
  address: Rows.maybeText(row.address),
  action: Rows.text(row.action),
  object: Rows.maybeText(row.object),
  outcome: Rows.text(row.outcome),
  previousHash: Rows.text(row.previous_hash),
  hash: Rows.text(row.hash)
})

const cut = <Text extends string | null>(text: Text, longest: number) =>
  text === null ? null : text.slice(0, longest).toWellFormed().replaceAll("\0", "")

const bounded = (fact: AuditFact): AuditFact => ({
  kind: fact.kind,
  actor: cut(fact.actor, NAME_LENGTH_MAX),
  address: cut(fact.address, NAME_LENGTH_MAX),
  action: cut(fact.action, NAME_LENGTH_MAX) ?? "",
  object: cut(fact.object, TEXT_LENGTH_MAX),
  outcome: cut(fact.outcome, NAME_LENGTH_MAX) ?? ""
})

const headOf = (sql: SqlClient, lock: string) =>
  sql`SELECT position, recorded_at, hash FROM audit_head WHERE id = 1 ${sql.literal(lock)}`.pipe(
    Effect.flatMap(
      Rows.only((row) => ({
        position: Rows.integer(row.position),
        recordedAt: Rows.time(row.recorded_at),
        hash: Rows.text(row.hash)
      }))
    )
  )

/** Appends within a transaction: of what is told, where it has one of its own. */
export const appendWithin = (
  sql: SqlClient,
  { encodeTime, syntax }: DatabaseService,
  facts: ReadonlyArray<AuditFact>
) =>
  Effect.gen(function* () {
    let head = yield* headOf(sql, syntax.forUpdate)
    const recordedAt = micros(Math.max(head.recordedAt, yield* nowMicros))
    for (const fact of facts) {
      const position = head.position + 1
      const said = { ...bounded(fact), position, recordedAt, previousHash: head.hash }
      head = { position, recordedAt, hash: hashOf(said) }
      yield* sql`INSERT INTO audit_entries (${sql.literal(COLUMNS)})
        VALUES (${position}, ${encodeTime(recordedAt)}, ${said.kind}, ${said.actor}, ${said.address},
          ${said.action}, ${said.object}, ${said.outcome}, ${said.previousHash}, ${head.hash})`
    }
    yield* sql`UPDATE audit_head SET position = ${head.position}, recorded_at = ${encodeTime(recordedAt)},
      hash = ${head.hash} WHERE id = 1`
  })

const entriesBehind = (sql: SqlClient, position: number) =>
  sql`SELECT ${sql.literal(COLUMNS)} FROM audit_entries WHERE position > ${position}
    ORDER BY position LIMIT ${sql.literal(String(VERIFY_ROWS))}`.pipe(Effect.flatMap(Rows.every(entryOf)))

const verify = ({ read }: DatabaseService, anchor: ChainHead | undefined) =>
  Effect.gen(function* () {
    // Read first: what is written meanwhile lies behind it.
    const last = yield* read((sql) => headOf(sql, ""))
    let head = EMPTY_CHAIN
    while (true) {
      const entries = yield* read((sql) => entriesBehind(sql, head.position))
      for (const entry of entries) {
        const broken = breakOf(head, entry)
        if (broken !== null) return { head, broken }
        if (entry.position === anchor?.position && entry.hash !== anchor.hash)
          return { head, broken: `entry ${entry.position} is not the one that was written down` }
        if (entry.position === last.position && entry.hash !== last.hash)
          return { head, broken: `entry ${entry.position} is not the one that the head names` }
        head = { position: entry.position, hash: entry.hash }
      }
      if (entries.length < VERIFY_ROWS) break
      // Of a file: others get their turn.
      yield* Effect.sleep(0)
    }
    const expected = Math.max(last.position, anchor?.position ?? 0)
    return { head, broken: head.position < expected ? `entry ${head.position + 1} is missing` : null }
  })

const newest = (sql: SqlClient, { before, limit, skip = 0 }: Parameters<AuditLogService["newest"]>[0]) =>
  sql`SELECT ${sql.literal(COLUMNS)} FROM audit_entries
    ${before === undefined ? sql`` : sql`WHERE position < ${before}`}
    ORDER BY position DESC LIMIT ${sql.literal(String(Math.trunc(limit)))}
    OFFSET ${sql.literal(String(Math.trunc(skip)))}`.pipe(Effect.flatMap(Rows.every(entryOf)))

const make = (database: DatabaseService): AuditLogService => ({
  // Written again after an unknown outcome, an entry may stand there twice: better than not at all.
  append: (facts) => mapped(database.transact((sql) => appendWithin(sql, database, facts))),
  newest: (page) => mapped(database.read((sql) => newest(sql, page))),
  verify: (anchor) => mapped(verify(database, anchor))
})

export const layer: Layer.Layer<AuditLog, never, Database> = Layer.effect(
  AuditLog,
  Effect.map(Database, make)
)
