/**
 * The statements that write minutes, hours and days. Doubles survive to the bit: as cells they are bound natively, and
 * where rows go as JSON MySQL reads doubles from text. SQLite's JSON functions don't read every double exactly.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { ByDialect } from "../../db/Dialect.js"
import type { DatabaseService } from "../../db/Transaction.js"
import {
  type Cell,
  COLUMNS,
  INTERVAL_COLUMNS,
  type Kind,
  type MinuteTable,
  valuesOf,
  type WrittenRow
} from "./MinuteRows.js"

const MYSQL_TYPES: Record<Kind, string> = {
  integer: "BIGINT",
  double: "DOUBLE",
  time: "DATETIME(6)",
  key: "CHAR(32)",
  // Longer than any exact sum of squares.
  text: "VARCHAR(2000)",
  // Hex.
  bytes: "MEDIUMTEXT"
}
/** Rows in one JSON parameter, and its characters but for one row: far below the server's smallest packet. */
const MYSQL_ROWS_MAX = 1_000
const MYSQL_TEXT_MAX = 1_048_576
/** Of many rows whole groups are bound: a server takes cells in a fraction of the time that it reads JSON in. */
const MYSQL_GROUPS = [200] as const
/** A row with a longer sketch goes as JSON, so that no group comes near the server's smallest packet. */
const BOUND_SKETCH_MAX = 2_048

/** SQLite's statements for so many rows at once; a batch is cut into the largest that fit. */
const SQLITE_GROUPS = [50, 10, 1] as const

const statementsOf = (table: MinuteTable) => {
  const columns = table === "sensor_minutes" ? COLUMNS : [...COLUMNS, ...INTERVAL_COLUMNS]
  const names = columns.map(([name]) => name).join(", ")
  const from = columns.map(([name, kind]) =>
    kind === "key" || kind === "bytes" ? `UNHEX(j.${name})` : `j.${name}`
  )
  const taken = columns.map(
    ([name, kind], index) => `${name} ${MYSQL_TYPES[kind]} PATH '$[${index}]' ERROR ON ERROR`
  )
  const row = `(${columns.map(() => "?").join(", ")})`
  const groups = (sizes: ReadonlyArray<number>) =>
    sizes.map((size) => ({
      size,
      text: `REPLACE INTO ${table} (${names}) VALUES ${Array(size).fill(row).join(", ")}`
    }))
  const bound = columns.flatMap(([, kind], index) =>
    kind === "time" || kind === "key" || kind === "bytes" ? [{ index, kind }] : []
  )
  return {
    columns,
    /** Those whose values are bound in another form than the domain has. */
    bound,
    json: `REPLACE INTO ${table} (${names}) SELECT ${from.join(", ")}
      FROM JSON_TABLE(?, '$[*]' COLUMNS (${taken.join(", ")})) j`,
    mysql: groups(MYSQL_GROUPS),
    sqlite: groups(SQLITE_GROUPS)
  }
}
type Statements = ReturnType<typeof statementsOf>
const STATEMENTS: Readonly<Record<MinuteTable, Statements>> = {
  sensor_minutes: statementsOf("sensor_minutes"),
  sensor_hours: statementsOf("sensor_hours"),
  sensor_days: statementsOf("sensor_days")
}

/** As JSON has it. */
const asJson = (value: Cell, kind: Kind, database: DatabaseService) =>
  value instanceof Uint8Array
    ? Buffer.from(value).toString("hex")
    : typeof value !== "number"
      ? value
      : kind === "time"
        ? database.encodeTime(value)
        : kind === "double"
          ? String(value)
          : value

/** As a driver binds it. */
const asBound = (value: Cell, kind: Kind, database: DatabaseService) =>
  value === null
    ? null
    : kind === "time"
      ? database.encodeTime(Number(value))
      : kind === "key"
        ? Buffer.from(String(value), "hex")
        : value instanceof Uint8Array
          ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
          : value

interface Upsert {
  readonly sql: SqlClient
  readonly database: DatabaseService
  readonly statements: Statements
  readonly generation: number
  /** In the order of the primary key, so that two writers can't deadlock. */
  readonly rows: ReadonlyArray<WrittenRow>
}

const upsertJson = ({ database, generation, rows, sql, statements: { columns, json } }: Upsert) =>
  Effect.gen(function* () {
    let texts: Array<string> = []
    let size = 0
    for (const [at, row] of rows.entries()) {
      const values = valuesOf(generation, row)
      const text = JSON.stringify(
        columns.map(([, kind], index) => asJson(values[index] ?? null, kind, database))
      )
      texts.push(text)
      size += text.length
      if (texts.length < MYSQL_ROWS_MAX && size < MYSQL_TEXT_MAX && at < rows.length - 1) continue
      yield* sql.unsafe(json, [`[${texts.join(",")}]`])
      texts = []
      size = 0
    }
  })

/** The rows' cells, one behind another: a rebuild makes millions, and a list for each row would be half of their cost. */
const boundCells = ({ database, generation, rows, statements }: Upsert, from: number, to: number) => {
  const cells: Array<Cell> = []
  for (let at = from; at < to; at++) {
    const row = rows[at]
    if (row === undefined) break
    const first = cells.length
    for (const value of valuesOf(generation, row)) cells.push(value)
    for (const { index, kind } of statements.bound) {
      cells[first + index] = asBound(cells[first + index] ?? null, kind, database)
    }
  }
  return cells
}

/** Stores the rows that fill groups, and answers how many. */
const upsertGroups = (upsert: Upsert, groups: Statements["mysql"]) =>
  Effect.gen(function* () {
    let at = 0
    for (const { size, text } of groups) {
      for (; upsert.rows.length - at >= size; at += size) {
        yield* upsert.sql.unsafe(text, boundCells(upsert, at, at + size))
      }
    }
    return at
  })

const upsertManyMysql = (upsert: Upsert) =>
  Effect.gen(function* () {
    const isLight = ({ state }: WrittenRow) => state.sketch.length <= BOUND_SKETCH_MAX
    const light = upsert.rows.filter(isLight)
    const done = yield* upsertGroups({ ...upsert, rows: light }, upsert.statements.mysql)
    const heavy = upsert.rows.filter((row) => !isLight(row))
    yield* upsertJson({ ...upsert, rows: [...light.slice(done), ...heavy] })
  })

const upsertMany: ByDialect<(upsert: Upsert) => Effect.Effect<unknown, SqlError>> = {
  mysql: upsertManyMysql,
  sqlite: (upsert) => upsertGroups(upsert, upsert.statements.sqlite)
}
/** One statement whatever the size of a batch, where a server is asked. */
const upsertSome: typeof upsertMany = { ...upsertMany, mysql: upsertJson }

const writing =
  (by: typeof upsertMany) =>
  (
    sql: SqlClient,
    database: DatabaseService,
    generation: number,
    rows: ReadonlyArray<WrittenRow>,
    table: MinuteTable = "sensor_minutes"
  ) =>
    by[database.dialect]({
      sql,
      database,
      generation,
      statements: STATEMENTS[table],
      rows: rows.toSorted((a, b) => a.sensorId - b.sensorId || a.minute - b.minute)
    })

/** Stores rows over those that are there. */
export const upsertMinutes = writing(upsertSome)
/** The same of thousands of rows. */
export const replaceMany = writing(upsertMany)
