/**
 * A row as a line of text: a JSON array of its cells in the order of its columns, the same of both databases, so that
 * equal rows have equal digests. What is null at the end is left out: a column that is added later changes no line.
 */
import * as Rows from "../db/Rows.js"
import type { DatabaseService } from "../db/Transaction.js"
import { normalValue } from "../domain/Reading.js"
import type { CellKind, Column } from "./SavedTables.js"

/** What JSON holds of a cell. */
export type Cell = string | number | null | Readonly<Record<string, unknown>>
export type Cells = ReadonlyArray<Cell>

/** Sorted by key: a server may keep the keys of an object in an order of its own. */
export const sortedKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sortedKeys)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortedKeys(inner)])
  )
}

const base64 = (cell: unknown): string => Buffer.from(Rows.bytes(cell)).toString("base64")

const READERS: Readonly<Record<CellKind, (cell: unknown) => Cell>> = {
  integer: Rows.integer,
  // A negative zero is written as 0 by JSON, and stored as 0 by SQLite.
  double: (cell) => normalValue(Rows.double(cell)),
  time: Rows.time,
  key: Rows.hex,
  bytes: base64,
  text: Rows.text,
  json: (cell) => sortedKeys(Rows.object(cell)) as Cell
}

/** Reads rows of these columns; fails where a cell is not what we stored. */
export const cellsOf = (columns: ReadonlyArray<Column>) => {
  const readers = columns.map(({ kind }) => READERS[kind])
  return Rows.everyOf(
    columns.map(({ name }) => name),
    (cells): Cells => readers.map((read, at) => (cells[at] == null ? null : read(cells[at])))
  )
}

/** A line a row, each with its end. */
export const linesOf = (rows: ReadonlyArray<Cells>): string => {
  let text = ""
  for (const row of rows) {
    let end = row.length
    while (end > 0 && row[end - 1] === null) end--
    text += `${JSON.stringify(row.slice(0, end))}\n`
  }
  return text
}

export type Param = string | number | Uint8Array | null

const textOf = (cell: Cell): string => (typeof cell === "string" ? cell : JSON.stringify(cell))

/** A cell as a parameter of a statement. */
export const paramOf = (
  { kind }: Column,
  cell: Cell,
  { encodeTime }: Pick<DatabaseService, "encodeTime">
): Param => {
  if (cell === null) return null
  if (kind === "time") return encodeTime(Rows.integer(cell))
  if (kind === "key") return Buffer.from(textOf(cell), "hex")
  if (kind === "bytes") return Buffer.from(textOf(cell), "base64")
  return typeof cell === "number" ? cell : textOf(cell)
}
