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
  /** Behind a query: its rows are locked until the transaction ends. Of SQLite the transaction alone is the lock. */
  readonly forUpdate: string
  readonly hourOf: (column: string) => string
  /** The last time of the minute that begins at a column. */
  readonly minuteEnd: (column: string) => string
}

export const SYNTAX: ByDialect<Syntax> = {
  mysql: {
    encodeTime: formatSqlTime,
    byIndex: (index) => `FORCE INDEX (${index})`,
    byPrimaryKey: "FORCE INDEX (PRIMARY)",
    forUpdate: "FOR UPDATE",
    hourOf: (column) => `CAST(DATE_FORMAT(${column}, '%Y-%m-%d %H:00:00') AS DATETIME(6))`,
    minuteEnd: (column) => `(${column} + INTERVAL 59999999 MICROSECOND)`
  },
  sqlite: {
    encodeTime: formatTime,
    byIndex: (index) => `INDEXED BY ${index}`,
    byPrimaryKey: "NOT INDEXED",
    forUpdate: "",
    hourOf: (column) => `(substr(${column}, 1, 13) || ':00:00.000000Z')`,
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
