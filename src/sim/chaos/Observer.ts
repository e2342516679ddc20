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
