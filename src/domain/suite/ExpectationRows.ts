/** The rows that expectations are held against: columns by name, and how their cells are compared. */
import * as Either from "effect/Either"
import { formatTime, parseTime } from "../Time.js"

export type Cell = string | number | boolean | null
export type Row = Readonly<Record<string, Cell>>
export type ColumnKind = "integer" | "number" | "text" | "time" | "boolean"
export type Columns = Readonly<Record<string, ColumnKind>>

/** Of readings. `lag_ms`: from the device time to when the log took it. */
export const READING_COLUMNS: Columns = {
  id: "integer",
  sensor_id: "integer",
  timestamp: "time",
  value: "number",
  lat: "number",
  lng: "number",
  unit: "text",
  type: "text",
  description: "text",
  recorded_at: "time",
  position: "integer",
  lag_ms: "number"
}

/** Of one-minute aggregates, in the order of the answers. */
export const AGGREGATE_COLUMNS: Columns = {
  id: "integer",
  sensor_id: "integer",
  timestamp: "time",
  value: "number",
  lat: "number",
  lng: "number",
  unit: "text",
  type: "text",
  description: "text",
  interval: "text",
  count: "integer",
  sum: "number",
  min: "number",
  max: "number",
  stddev: "number",
  first: "number",
  last: "number",
  expected: "number",
  completeness: "number",
  final: "boolean",
  position: "integer",
  p50: "number",
  p95: "number",
  p99: "number"
}

/** A bound, or a member of a set, as cells of this kind are: times as our text, which sorts as they do. */
export const asCell = (kind: ColumnKind, given: unknown): Cell | undefined => {
  if (given === null) return null
  if (kind === "time" && (typeof given === "string" || typeof given === "number")) {
    const time = parseTime(given)
    return Either.isRight(time) ? formatTime(time.right) : undefined
  }
  if (typeof given === "string" || typeof given === "number" || typeof given === "boolean") return given
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
  boolean: ["BOOL", "BOOLEAN", "BOOLEANTYPE"]
}

/** Whether a column of this kind has the type that pandas, Spark or SQL call so. */
export const isOfType = (kind: ColumnKind, name: string): boolean =>
  NAMES[kind].includes(name.toUpperCase().replace(/\(.*\)$/, ""))
