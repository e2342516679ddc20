/** The rows that expectations are held against: columns by name, and how their cells are compared. */
import * as Either from "effect/Either"
import { AGGREGATES } from "../dataset/AggregatesDataset.js"
import type { Column, ColumnKind } from "../dataset/Column.js"
import { rowMaker } from "../dataset/Dataset.js"
import { CHECKED_READING_COLUMNS } from "../dataset/ReadingsDataset.js"
import { formatTime, parseTime } from "../Time.js"

export type Cell = string | number | boolean | null
export type Row = Readonly<Record<string, Cell>>
export type Columns = Readonly<Record<string, ColumnKind>>

const kindsOf = (columns: ReadonlyArray<Column<never>>): Columns =>
  Object.fromEntries(columns.map(({ kind, name }) => [name, kind]))

export const READING_COLUMNS = kindsOf(CHECKED_READING_COLUMNS)
/** Of one-minute aggregates, in the order of the answers. */
export const AGGREGATE_COLUMNS = kindsOf(AGGREGATES.columns)

/** Times as our text, which sorts as they do. */
const cellOf = (kind: ColumnKind, value: unknown): Cell => {
  if (value === null) return null
  if (kind === "time") return formatTime(Number(value))
  return typeof value === "number" || typeof value === "boolean" ? value : String(value)
}

export const readingRow = rowMaker(CHECKED_READING_COLUMNS, cellOf)
export const aggregateRow = rowMaker(AGGREGATES.columns, cellOf)

/** A bound, or a member of a set, as cells of this kind are: times as our text, which sorts as they do. */
export const asCell = (kind: ColumnKind, value: unknown): Cell | undefined => {
  if (value === null) return null
  if (kind === "time" && (typeof value === "string" || typeof value === "number")) {
    const time = parseTime(value)
    return Either.isRight(time) ? formatTime(time.right) : undefined
  }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value
  return undefined
}

/** Negative, 0 or positive; null where the two can't be compared. */
export const compare = (a: Cell, b: Cell): number | null => {
  if (typeof a === "number" && typeof b === "number") return a - b
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b)
  return null
}

const NAMES: Readonly<Record<ColumnKind, ReadonlyArray<string>>> = {
  integer: ["INT", "INTEGER", "BIGINT", "INT64", "INTEGERTYPE", "LONGTYPE", "BIGINTEGER"],
  number: ["FLOAT", "FLOAT64", "DOUBLE", "DOUBLE_PRECISION", "REAL", "DOUBLETYPE", "FLOATTYPE", "NUMERIC"],
  text: ["STR", "STRING", "TEXT", "VARCHAR", "STRINGTYPE", "OBJECT"],
  time: ["DATETIME", "TIMESTAMP", "DATETIME64", "DATETIME64[NS]", "TIMESTAMPTYPE"],
  boolean: ["BOOL", "BOOLEAN", "BOOLEANTYPE"],
  binary: ["BINARY", "BYTES", "BLOB"],
  json: ["JSON", "OBJECT"]
}

/** Whether a column of this kind has the type that pandas, Spark or SQL call so. */
export const isOfType = (kind: ColumnKind, name: string): boolean =>
  NAMES[kind].includes(name.toUpperCase().replace(/\(.*\)$/, ""))
