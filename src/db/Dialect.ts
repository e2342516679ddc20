/** What is written differently for each kind of database: said here once, and chosen when the database is opened. */
import type { SqlClient } from "@effect/sql/SqlClient"
import { formatSqlTime, formatTime } from "../domain/Time.js"

export type Dialect = "mysql" | "sqlite"

/** One of each kind: a statement, or whoever runs it. */
export type ByDialect<A> = Readonly<Record<Dialect, A>>

export interface Syntax {
  readonly encodeTime: (time: number) => string
  /** Behind a table's name: its rows are looked for by this index. */
  readonly byIndex: (index: string) => string
  /** The same by its primary key. */
  readonly byPrimaryKey: string
  /** The same by a key that a look-up names in whole. SQLite, whose keys have no name, needs not be told. */
  readonly byKey: (index: string) => string
  /** Behind a column, or columns in brackets: it is one of these lists of values. */
  readonly among: (lists: string) => string
  /** Behind a query: its rows are locked until the transaction ends. Of SQLite the transaction alone is the lock. */
  readonly forUpdate: string
  readonly hourOf: (column: string) => string
  /** Behind an INSERT: what becomes of the row that has this key already; `given` is a column as it was to be. */
  readonly orUpdate: (key: string, set: (given: (column: string) => string) => string) => string
  /** Name, type and nullable (1 or 0) of each column of a table or view, which is the one parameter. */
  readonly columnsOf: string
  /** The last time of the minute that begins at a column. */
  readonly minuteEnd: (column: string) => string
}

export const SYNTAX: ByDialect<Syntax> = {
  mysql: {
    encodeTime: formatSqlTime,
    byIndex: (index) => `FORCE INDEX (${index})`,
    byPrimaryKey: "FORCE INDEX (PRIMARY)",
    byKey: (index) => `FORCE INDEX (${index})`,
    among: (lists) => `IN (${lists})`,
    forUpdate: "FOR UPDATE",
    hourOf: (column) => `CAST(DATE_FORMAT(${column}, '%Y-%m-%d %H:00:00') AS DATETIME(6))`,
    orUpdate: (_, set) => `ON DUPLICATE KEY UPDATE ${set((column) => `VALUES(${column})`)}`,
    columnsOf: `SELECT column_name AS name, REPLACE(column_type, ' /* mariadb-5.3 */', '') AS type,
        CASE WHEN is_nullable = 'YES' THEN 1 ELSE 0 END AS nullable
      FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position`,
    minuteEnd: (column) => `(${column} + INTERVAL 59999999 MICROSECOND)`
  },
  sqlite: {
    encodeTime: formatTime,
    byIndex: (index) => `INDEXED BY ${index}`,
    byPrimaryKey: "NOT INDEXED",
    byKey: () => "",
    among: (lists) => `IN (VALUES ${lists})`,
    forUpdate: "",
    hourOf: (column) => `(substr(${column}, 1, 13) || ':00:00.000000Z')`,
    orUpdate: (key, set) => `ON CONFLICT (${key}) DO UPDATE SET ${set((column) => `excluded.${column}`)}`,
    columnsOf: `SELECT name, type, 1 - "notnull" AS nullable FROM pragma_table_info(?) ORDER BY cid`,
    minuteEnd: (column) => `(substr(${column}, 1, 17) || '59.999999Z')`
  }
}

/**
 * A column of times as a cell that `Rows.time` reads: of MySQL as the number of microseconds since 1970, for mysql2 makes
 * the text of a DATETIME digit by digit, which takes longer than the rest of an event.
 */
export const timeCell = (sql: SqlClient, column: string): string =>
  sql.onDialectOrElse({
    mysql: () => `TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', ${column})`,
    orElse: () => column
  })
