/** The statements that read pages of saved tables, and write their rows again: one text for both databases. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { timeCell } from "../db/Dialect.js"
import type { DatabaseService } from "../db/Transaction.js"
import { type Cells, cellsOf, type Param, paramOf } from "./RowText.js"
import type { Column, SavedTable } from "./SavedTables.js"

type Encoder = Pick<DatabaseService, "encodeTime">

const cells = (sql: SqlClient, columns: ReadonlyArray<Column>) =>
  columns.map(({ kind, name }) => (kind === "time" ? timeCell(sql, name) : name)).join(", ")

/** Behind a row in the order of the key, expanded: no range is made of a row comparison. */
const behind = (columns: ReadonlyArray<Column>, values: ReadonlyArray<Param>): [string, Array<Param>] => {
  const [first, ...rest] = columns
  const [value = null, ...others] = values
  if (first === undefined) return ["1 = 0", []]
  if (rest.length === 0) return [`${first.name} > ?`, [value]]
  const [inner, params] = behind(rest, others)
  return [
    `${first.name} >= ? AND (${first.name} > ? OR (${first.name} = ? AND ${inner}))`,
    [value, value, value, ...params]
  ]
}

/** The first rows behind `after`, in the order of the primary key; null: from the first one on. */
export const pageOf = (
  sql: SqlClient,
  database: Encoder,
  { columns, key, name }: SavedTable,
  after: Cells | null,
  limit: number
) => {
  const keys = key.flatMap((one) => columns.filter((column) => column.name === one))
  const at = keys.map((column) => paramOf(column, after?.[columns.indexOf(column)] ?? null, database))
  const [condition, params] = after === null ? ["1 = 1", []] : behind(keys, at)
  return sql
    .unsafe(
      `SELECT ${cells(sql, columns)} FROM ${name} WHERE ${condition} ORDER BY ${key.join(", ")} LIMIT ${limit}`,
      params
    )
    .values.pipe(Effect.flatMap(cellsOf(columns)))
}

/** The events with `after < position <= upTo`, in order. */
export const eventsBetween = (
  sql: SqlClient,
  columns: ReadonlyArray<Column>,
  after: number,
  upTo: number
): ReturnType<typeof pageOf> =>
  sql
    .unsafe(
      `SELECT ${cells(sql, columns)} FROM events WHERE position > ? AND position <= ? ORDER BY position`,
      [after, upTo]
    )
    .values.pipe(Effect.flatMap(cellsOf(columns)))

/** Rows of one statement: a batch is cut into the largest groups that fit, so that few texts are prepared. */
const GROUPS = [200, 20, 1] as const
/** The same of rows that hold a message each: a server bounds what it takes at once. */
const GROUPS_OF_BYTES = [1] as const

/** Inserts rows of a table; `columns` are theirs, in order. */
export const insertRows = (
  sql: SqlClient,
  database: Encoder,
  table: string,
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<Cells>
) =>
  Effect.gen(function* () {
    // What is empty can't be bound: SQLite's driver would make it NULL.
    const mark = columns.map(({ kind }) => (kind === "bytes" ? "CASE WHEN ? THEN x'' ELSE ? END" : "?"))
    const row = `(${mark.join(", ")})`
    const paramsOf = (one: Cells) =>
      columns.flatMap((column, at): Array<Param> => {
        const param = paramOf(column, one[at] ?? null, database)
        if (column.kind !== "bytes") return [param]
        return [param instanceof Uint8Array && param.length === 0 ? 1 : 0, param]
      })
    const names = columns.map(({ name }) => name).join(", ")
    let at = 0
    for (const size of columns.some(({ kind }) => kind === "bytes") ? GROUPS_OF_BYTES : GROUPS) {
      const text = `INSERT INTO ${table} (${names}) VALUES ${Array(size).fill(row).join(", ")}`
      for (; rows.length - at >= size; at += size) {
        yield* sql.unsafe(text, rows.slice(at, at + size).flatMap(paramsOf))
      }
    }
  })
