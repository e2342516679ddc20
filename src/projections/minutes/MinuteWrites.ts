/** The statements that write minutes, hours and days. Doubles survive to the bit: a database gets them bound, or as text. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { DatabaseService } from "../../db/Transaction.js"
import { insertAll, type Param, placeholders } from "../../db/ValueLists.js"
import { columnsOf, type Kind, type MinuteTable, valuesOf, type WrittenRow } from "./MinuteRows.js"

/** As a driver binds it. */
const bound = (value: Param, kind: Kind | undefined, { encodeTime }: DatabaseService): Param =>
  value === null
    ? null
    : kind === "time"
      ? encodeTime(Number(value))
      : kind === "key"
        ? Buffer.from(String(value), "hex")
        : value instanceof Uint8Array
          ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
          : value

/** Rows of one statement: each may have some thousand bytes, which a packet bounds. */
const SIZES = [64, 32, 16, 8, 4, 2, 1]

/** Stores rows over those that are there, in the order of the primary key, so that two writers can't deadlock. */
export const upsertMinutes = (
  sql: SqlClient,
  database: DatabaseService,
  generation: number,
  rows: ReadonlyArray<WrittenRow>,
  table: MinuteTable = "sensor_minutes"
) => {
  const columns = columnsOf(table)
  const names = columns.map(([name]) => name).join(", ")
  const values = rows
    .toSorted((a, b) => a.sensorId - b.sensorId || a.minute - b.minute)
    .map((written) =>
      valuesOf(generation, written).map((value, at) => bound(value, columns[at]?.[1], database))
    )
  return insertAll(
    sql,
    database,
    (lists) => `REPLACE INTO ${table} (${names}) VALUES ${lists}`,
    placeholders(columns.length),
    values,
    SIZES
  )
}
