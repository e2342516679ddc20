/** The statements that write minutes, hours and days. Doubles survive to the bit: a database gets them bound, or as text. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { ByDialect } from "../../db/Dialect.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { insertAll, type Param } from "../../db/ValueLists.js"
import { columnsOf, type Kind, type MinuteTable, valuesOf, type WrittenRow } from "./MinuteRows.js"

/** A key goes to a server as its digits: they are text of ours sooner than bytes. */
const KEY: ByDialect<{ readonly place: string; readonly bound: (hex: string) => Param }> = {
  mysql: { place: "UNHEX(?)", bound: (hex) => hex },
  sqlite: { place: "?", bound: (hex) => Buffer.from(hex, "hex") }
}

/** As a driver binds it. */
const bound = (value: Param, kind: Kind | undefined, { dialect, encodeTime }: DatabaseService): Param =>
  value === null
    ? null
    : kind === "time"
      ? encodeTime(Number(value))
      : kind === "key"
        ? KEY[dialect].bound(String(value))
        : value instanceof Uint8Array
          ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
          : value

/** Rows of one statement: each may have some thousand bytes, which a packet bounds. */
const SIZES = [64, 32, 16, 8, 4, 2, 1]

const KEY_COLUMNS = ["generation", "sensor_id", "minute"]

/**
 * A row that is there is changed where it stands: in its index nothing changes. To put another in its place, as REPLACE
 * does, would write that again too.
 */
const statementOf = (table: MinuteTable, { syntax }: DatabaseService) => {
  const names = columnsOf(table).map(([name]) => name)
  const changed = names.filter((name) => !KEY_COLUMNS.includes(name))
  const orUpdate = syntax.orUpdate(KEY_COLUMNS.join(", "), (given) =>
    changed.map((name) => `${name} = ${given(name)}`).join(", ")
  )
  return (lists: string) => `INSERT INTO ${table} (${names.join(", ")}) VALUES ${lists} ${orUpdate}`
}

/** Stores rows over those that are there, in the order of the primary key, so that two writers can't deadlock. */
export const upsertMinutes = (
  sql: SqlClient,
  database: DatabaseService,
  generation: number,
  rows: ReadonlyArray<WrittenRow>,
  table: MinuteTable = "sensor_minutes"
) => {
  const columns = columnsOf(table)
  const values = rows
    .toSorted((a, b) => a.sensorId - b.sensorId || a.minute - b.minute)
    .map((written) =>
      valuesOf(generation, written).map((value, at) => bound(value, columns[at]?.[1], database))
    )
  return insertAll(
    sql,
    database,
    statementOf(table, database),
    `(${columns.map(([, kind]) => (kind === "key" ? KEY[database.dialect].place : "?")).join(", ")})`,
    values,
    SIZES
  )
}
