/** Rejected messages: kept once, counted at each delivery; and read, newest first. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { byKeys, HEX_KEY, insertAll, type Params } from "../../db/ValueLists.js"
import { filterPrefix, isUnder } from "../../domain/access/Topic.js"
import type { RejectedPage } from "../EventLog.js"
import { rejectedOf } from "./EventRows.js"

/** These columns of the messages of these ids. */
const named = (
  sql: SqlClient,
  database: Pick<DatabaseService, "syntax">,
  columns: string,
  ids: ReadonlyArray<string>
) =>
  byKeys(
    sql,
    database,
    (among) =>
      `SELECT ${columns} FROM rejected_messages r ${database.syntax.byKey("PRIMARY")} WHERE r.id ${among}`,
    ids.map((id) => [id]),
    { each: HEX_KEY }
  )

/** Which of these messages are kept already. */
export const keptOf = (sql: SqlClient, database: DatabaseService, ids: ReadonlySet<string>) =>
  named(sql, database, "LOWER(HEX(r.id)) AS id", [...ids]).pipe(
    Effect.flatMap(Rows.every((row) => Rows.text(row.id))),
    Effect.map((known) => new Set(known))
  )

/** So many times more these messages were delivered. */
export const raise = (
  sql: SqlClient,
  database: Pick<DatabaseService, "syntax">,
  ids: ReadonlyArray<string>,
  deliveries: number
) =>
  byKeys(
    sql,
    database,
    (among) => `UPDATE rejected_messages SET deliveries = deliveries + ? WHERE id ${among}`,
    ids.map((id) => [id]),
    { before: [deliveries], each: HEX_KEY }
  )

const COLUMNS = "id, topic, metric, bytes, size, truncated, reason, faults, first_seen, deliveries"
// What is empty can't be bound: SQLite's driver would make it NULL, which is "not kept".
const ROW = `(${COLUMNS.split(", ")
  .map((name) => (name === "bytes" ? "CASE WHEN ? THEN x'' ELSE ? END" : "?"))
  .join(", ")})`
/** Messages of one statement: each may have 64 KiB. */
const SIZES = [64, 8, 1]
/** New messages, in as few statements as there can be. */
export const insertRejected = (sql: SqlClient, database: DatabaseService, rows: ReadonlyArray<Params>) =>
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

type Db = Pick<DatabaseService, "encodeTime" | "syntax">

const NEWEST_FIRST = "ORDER BY r.first_seen DESC, r.id"
const CELLS = COLUMNS.split(", ")
  .map((name) => `r.${name}`)
  .join(", ")

/** Those behind the last message of the page before. */
const behind = (sql: SqlClient, db: Db, after: RejectedPage["after"]) => {
  const time = db.encodeTime(after?.firstSeen ?? 0)
  return after === undefined
    ? sql`1 = 1`
    : sql`r.first_seen <= ${time} AND (r.first_seen < ${time} OR r.id > ${Buffer.from(after.id, "hex")})`
}

/** Messages whose topics are looked at by one statement. */
const CANDIDATES = 1_000

const placeOf = (row: Rows.Row) => ({
  id: Rows.hex(row.id),
  topic: Rows.text(row.topic),
  firstSeen: Rows.time(row.first_seen)
})

/** Messages whose topics begin with a text, a chunk of them without their bytes. */
const candidates = (sql: SqlClient, db: Db, prefix: string, after: RejectedPage["after"]) =>
  Effect.flatMap(
    sql`SELECT r.id, r.topic, r.first_seen FROM rejected_messages r
      WHERE SUBSTR(r.topic, 1, ${[...prefix].length}) = ${prefix} AND ${behind(sql, db, after)}
      ${sql.literal(NEWEST_FIRST)} LIMIT ${String(CANDIDATES)}`,
    Rows.every(placeOf)
  )

/** Ids of the page's messages. The database tells them by the filter's prefix, and what is behind it is told here. */
const idsUnder = (sql: SqlClient, db: Db, { limit, skip = 0, ...page }: RejectedPage, topic: string) =>
  Effect.gen(function* () {
    const ids: Array<string> = []
    let after = page.after
    for (;;) {
      const chunk: ReadonlyArray<ReturnType<typeof placeOf>> = yield* candidates(
        sql,
        db,
        filterPrefix(topic),
        after
      )
      ids.push(...chunk.filter((one) => isUnder(one.topic, topic)).map(({ id }) => id))
      after = chunk.at(-1)
      if (ids.length >= skip + limit || chunk.length < CANDIDATES) return ids.slice(skip, skip + limit)
      // Others get their turn: a statement of the embedded file holds the event loop.
      yield* Effect.sleep(0)
    }
  })

const everyOne = Effect.flatMap(Rows.every(rejectedOf))

export const rejectedPage = (sql: SqlClient, db: Db, page: RejectedPage) => {
  const { after, limit, skip = 0, topic } = page
  if (topic === undefined) {
    return everyOne(sql`SELECT ${sql.literal(CELLS)} FROM rejected_messages r WHERE ${behind(sql, db, after)}
      ${sql.literal(NEWEST_FIRST)} LIMIT ${String(limit)} OFFSET ${String(skip)}`)
  }
  return Effect.flatMap(idsUnder(sql, db, page, topic), (ids) =>
    Effect.map(everyOne(named(sql, db, CELLS, ids)), (messages) => {
      const byId = new Map(messages.map((message) => [message.id, message]))
      return ids.flatMap((id) => byId.get(id) ?? [])
    })
  )
}
