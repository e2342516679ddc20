/**
 * Eyes of its own on the database: plain SQL on a connection that sees what is committed and nothing else. The
 * checkers use it and none of the product's queries.
 */
import type { Connection } from "@effect/sql/SqlConnection"
import * as Effect from "effect/Effect"
import { openSqlite } from "../../db/Sqlite.js"

export type Row = Readonly<Record<string, unknown>>

export interface Observer {
  /** The rows of a statement, at once: the file is read synchronously. */
  readonly rows: (text: string, ...params: ReadonlyArray<unknown>) => ReadonlyArray<Row>
}

export const observe = (path: string) =>
  Effect.gen(function* () {
    const { sql } = yield* openSqlite(path, { lease: false, synchronous: "OFF", busyMillis: 0 })
    const connection: Connection = yield* sql.reserve
    const observer: Observer = {
      rows: (text, ...params) =>
        Effect.runSync(connection.executeUnprepared(text, params, undefined)) as ReadonlyArray<Row>
    }
    return observer
  })

/** SQL that gives a time of the database as µs since the epoch, and a parameter of µs as the database writes it. */
export const microsOf = (column: string): string =>
  `(CAST(strftime('%s', substr(${column}, 1, 19)) AS INTEGER) * 1000000 + CAST(substr(${column}, 21, 6) AS INTEGER))`
export const timeOf = (parameter: string): string =>
  `(strftime('%Y-%m-%dT%H:%M:%S', ${parameter} / 1000000, 'unixepoch') || printf('.%06dZ', ${parameter} % 1000000))`
