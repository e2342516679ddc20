/**
 * The real databases that integration tests run on: an SQLite file in a folder of its own, and a database of its
 * own on the MySQL server of this run (test/support/mysql.global.ts).
 */
import { randomBytes } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import mysql from "mysql2/promise"
import { describe, inject } from "vitest"
import { type DatabaseTarget, parseDatabaseUrl } from "../../src/config/DatabaseTarget.js"
import { layer as databaseLayer } from "../../src/db/Database.js"
import type { DatabaseError } from "../../src/db/Failure.js"
import type { Database } from "../../src/db/Transaction.js"
import { copyTemplate } from "./mysqlTemplate.js"

export interface TestDatabase {
  readonly name: "SQLite" | "MySQL"
  /** A fresh, empty database: gone when the scope closes. */
  readonly target: Effect.Effect<DatabaseTarget, never, import("effect/Scope").Scope>
  /** The address as DATABASE_URL takes it. */
  readonly url: Effect.Effect<string, never, import("effect/Scope").Scope>
  /** A fresh, migrated database as a layer. */
  readonly layer: Layer.Layer<Database, DatabaseError>
}

const parsed = (url: string): DatabaseTarget => Either.getOrThrowWith(parseDatabaseUrl(url), Error)

/**
 * The database by the clock of the machine, also where a test has a clock of its own: a server is asked every two seconds
 * whether it is there, which for a clock that is put forward by a day would be 43,200 times.
 */
const byRealClock = (target: DatabaseTarget): Layer.Layer<Database, DatabaseError> =>
  Layer.scopedContext(Effect.withClock(Layer.build(databaseLayer(target)), Clock.make()))

const sqliteUrl = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-sqlite-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
).pipe(Effect.map((folder) => `file:${join(folder, "tidemark.db")}`))

const makeMysql = (fill: (connection: mysql.Connection, name: string) => Promise<void>) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const server = inject("mysqlUrl")
      const name = `tm_${randomBytes(6).toString("hex")}`
      const connection = await mysql.createConnection({ uri: server, multipleStatements: true })
      await connection.query(`CREATE DATABASE ${name}`)
      await fill(connection, name)
      return { connection, name, url: `${server}/${name}` }
    }),
    ({ connection, name }) =>
      Effect.promise(async () => {
        await connection.query(`DROP DATABASE ${name}`)
        await connection.end()
      })
  ).pipe(Effect.map(({ url }) => url))

const testDatabase = (
  name: TestDatabase["name"],
  url: TestDatabase["url"],
  migrated: TestDatabase["url"]
): TestDatabase => ({
  name,
  url,
  target: Effect.map(url, parsed),
  layer: Layer.unwrapScoped(Effect.map(migrated, (text) => byRealClock(parsed(text))))
})

export const sqlite = testDatabase("SQLite", sqliteUrl, sqliteUrl)
export const mysqlDatabase = testDatabase(
  "MySQL",
  makeMysql(async () => undefined),
  makeMysql(copyTemplate)
)

/** Is there a MySQL server for this run? */
export const hasMysql = (): boolean => inject("mysqlUrl") !== ""

/** The suite once a database; MySQL is skipped by name where there is no server. */
export const describeDatabases = (suite: string, body: (database: TestDatabase) => void): void => {
  describe(`${suite} on SQLite`, () => body(sqlite))
  describe.skipIf(!hasMysql())(`${suite} on MySQL`, () => body(mysqlDatabase))
}
