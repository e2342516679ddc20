/** docs/read-only-user.sql makes a user that reads the public views and tables, and can do nothing else. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Connection } from "mysql2/promise"
import { parseDatabaseUrl } from "../../src/config/DatabaseTarget.js"
import { layer as databaseLayer } from "../../src/db/Database.js"
import { append, candidate, folded, realServer, T0 } from "../http/realServer.js"
import { hasMysql, mysqlDatabase } from "../support/databases.js"
import { documentedColumns } from "./columns.js"
import { readerOf, readerStatements } from "./reader.js"

const PUBLIC = [...documentedColumns().keys()]
const HIDDEN = [
  "events",
  "log_head",
  "sensor_versions",
  "sensor_minutes",
  "rejected_messages",
  "checkpoints",
  "answers",
  "schema_migrations",
  "schema_lock"
]
const FORBIDDEN = [
  ...PUBLIC.flatMap((name) => [
    `DELETE FROM ${name}`,
    `INSERT INTO ${name} (id) VALUES (1)`,
    `UPDATE ${name} SET id = id + 1`,
    `DROP TABLE ${name}`,
    `DROP VIEW ${name}`,
    `LOCK TABLES ${name} WRITE`
  ]),
  ...HIDDEN.map((name) => `SELECT * FROM ${name} LIMIT 1`),
  "CREATE TABLE mine (id INT)",
  "CREATE TEMPORARY TABLE mine (id INT)",
  "CREATE DATABASE mine",
  "CREATE VIEW mine AS SELECT * FROM sensor_data",
  "SELECT * FROM mysql.user",
  "SELECT 1 INTO OUTFILE 'tidemark-reader'",
  "GRANT SELECT ON sensor_data TO CURRENT_USER()",
  "SET GLOBAL max_connections = 1"
]

/** Refused for want of rights, and for nothing else. */
const DENIED = [
  "ER_TABLEACCESS_DENIED_ERROR",
  "ER_DBACCESS_DENIED_ERROR",
  "ER_SPECIFIC_ACCESS_DENIED_ERROR",
  "ER_ACCESS_DENIED_ERROR",
  "ER_COLUMNACCESS_DENIED_ERROR"
]

const codeOf = (connection: Connection, statement: string): Promise<string> =>
  connection.query(statement).then(
    () => "done",
    (error: { readonly code?: string }) => String(error.code)
  )

const rowsOf = async (connection: Connection, statement: string): Promise<ReadonlyArray<unknown>> => {
  const [rows] = await connection.query(statement)
  return Array.isArray(rows) ? rows : []
}

/** A database with readings and minutes in it, and its reader. */
const reading = Effect.gen(function* () {
  const url = yield* mysqlDatabase.url
  const layer = databaseLayer(Either.getOrThrowWith(parseDatabaseUrl(url), Error))
  yield* Effect.provide(
    Effect.zipRight(append([candidate(1, T0, 21.5)]), folded),
    realServer({ ...mysqlDatabase, layer })
  )
  return yield* readerOf(url)
})

describe.skipIf(!hasMysql())("docs/read-only-user.sql on MySQL", () => {
  it.scopedLive("lets the public views and tables be read, and nothing else be seen or done", () =>
    Effect.gen(function* () {
      const reader = yield* reading
      yield* Effect.promise(async () => {
        for (const name of PUBLIC) await reader.query(`SELECT * FROM ${name}`)
        assert.lengthOf(await rowsOf(reader, "SELECT * FROM sensor_data WHERE value = 21.5"), 1)
        assert.lengthOf(await rowsOf(reader, "SELECT * FROM aggregated_sensor_data"), 1)
        const seen = await rowsOf(
          reader,
          "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()"
        )
        assert.sameMembers(
          seen.map((row) => Object(row).name),
          PUBLIC
        )
        for (const statement of FORBIDDEN) assert.include(DENIED, await codeOf(reader, statement), statement)
        assert.lengthOf(await rowsOf(reader, "SELECT * FROM sensor_data"), 1)
      })
    })
  )

  it("grants SELECT, on what docs/sql.md documents", () => {
    const granted = readerStatements("db", "reader", "secret").flatMap((statement) =>
      statement.startsWith("GRANT")
        ? [/^GRANT SELECT ON `db`\.`(\w+)` TO '\w+'@'%'$/.exec(statement)?.[1]]
        : []
    )
    assert.deepStrictEqual(granted, PUBLIC)
  })
})
