/** Rejected messages: kept once, counted at each delivery; and read, newest first. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { byKeys, HEX_KEY, insertAll, type Params } from "../../db/ValueLists.js"
import type { MessageSource } from "../../domain/rejected/RejectedMessage.js"
import { type Faults, faultsJson, reasonOf } from "../../domain/rejected/RejectionFault.js"
import { rejectedId } from "../EventKey.js"
import type { RejectedPage } from "../EventLog.js"
import { rejectedOf } from "./EventRows.js"
import type { Session } from "./Session.js"

export interface Rejection {
  readonly source: MessageSource
  readonly faults: Faults
}

/** Which of these messages are kept already. */
const knownOf = (sql: SqlClient, database: DatabaseService, ids: ReadonlyArray<string>) =>
  byKeys(
    sql,
    database,
    (among) =>
      `SELECT LOWER(HEX(r.id)) AS id FROM rejected_messages r ${database.syntax.byKey("PRIMARY")} WHERE r.id ${among}`,
    ids.map((id) => [id]),
    { each: HEX_KEY }
  ).pipe(
    Effect.flatMap(Rows.every((row) => Rows.text(row.id))),
    Effect.map((known) => new Set(known))
  )

const raise = (sql: SqlClient, id: Buffer, deliveries: number) =>
  sql`UPDATE rejected_messages SET deliveries = deliveries + ${deliveries} WHERE id = ${id}`

const COLUMNS = "id, topic, metric, bytes, size, truncated, reason, faults, first_seen, deliveries"
// What is empty can't be bound: SQLite's driver would make it NULL, which is "not kept".
const ROW = `(${COLUMNS.split(", ")
  .map((name) => (name === "bytes" ? "CASE WHEN ? THEN x'' ELSE ? END" : "?"))
  .join(", ")})`
/** Messages of one statement: each may have 64 KiB. */
const SIZES = [64, 8, 1]
const insertRows = (sql: SqlClient, database: DatabaseService, rows: ReadonlyArray<Params>) =>
  insertAll(
    sql,
    database,
    (lists) => `INSERT INTO rejected_messages (${COLUMNS}) VALUES ${lists}`,
    ROW,
    rows,
    SIZES
  )

export const rejectedTotals = (sql: SqlClient) =>
  sql`SELECT rejected_messages, rejected_bytes FROM log_head WHERE id = 1`.pipe(
    Effect.flatMap(
      Rows.only((row) => ({
        messages: Rows.integer(row.rejected_messages),
        bytes: Rows.integer(row.rejected_bytes)
      }))
    )
  )

/** Keeps what was rejected, within the session's transaction. */
export const keepRejected = (session: Session, rejections: ReadonlyArray<Rejection>) =>
  Effect.gen(function* () {
    if (rejections.length === 0) return
    const { database, sql } = session
    const distinct = new Map<string, { readonly rejection: Rejection; deliveries: number }>()
    for (const rejection of rejections) {
      const id = rejectedId(rejection.source)
      const entry = distinct.get(id)
      if (entry === undefined) distinct.set(id, { rejection, deliveries: 1 })
      else entry.deliveries++
    }
    const known = yield* knownOf(sql, database, [...distinct.keys()])
    const firstSeen = database.encodeTime(session.recordedAt)
    const rows: Array<Params> = []
    for (const [hex, { deliveries, rejection }] of distinct) {
      const id = Buffer.from(hex, "hex")
      if (known.has(hex)) {
        yield* raise(sql, id, deliveries)
        continue
      }
      const { faults, source } = rejection
      const { bytes, truncated } = session.reject(source.bytes)
      rows.push([
        id,
        source.topic,
        source.metric,
        bytes?.length === 0 ? 1 : 0,
        bytes === null ? null : Buffer.from(bytes),
        source.bytes.length,
        truncated ? 1 : 0,
        reasonOf(faults),
        faultsJson(faults),
        firstSeen,
        deliveries
      ])
    }
    yield* insertRows(sql, database, rows)
  })

export const rejectedPage = (sql: SqlClient, database: DatabaseService, page: RejectedPage) => {
  const { after, limit, skip = 0 } = page
  const time = database.encodeTime(after?.firstSeen ?? 0)
  const behind =
    after === undefined
      ? sql`1 = 1`
      : sql`first_seen <= ${time} AND (first_seen < ${time} OR id > ${Buffer.from(after.id, "hex")})`
  return sql`SELECT ${sql.literal(COLUMNS)}
    FROM rejected_messages WHERE ${behind} ORDER BY first_seen DESC, id
    LIMIT ${String(limit)} OFFSET ${String(skip)}`.pipe(Effect.flatMap(Rows.every(rejectedOf)))
}
