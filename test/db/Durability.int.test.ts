/** Real databases that are set so that a commit may be lost say so; those of the tests do not. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import mysql from "mysql2/promise"
import { inject } from "vitest"
import { parseDatabaseUrl } from "../../src/config/DatabaseTarget.js"
import { layer, layerFrom, sourceOf } from "../../src/db/Database.js"
import { Database } from "../../src/db/Transaction.js"
import { hasMysql, sqlite } from "../support/databases.js"
import { startMariaDb } from "../support/mysql.global.js"

const durability = Effect.flatMap(Database, (database) => database.durability)

describe("durability on SQLite", () => {
  it.scopedLive("has nothing to warn of as it is opened", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* durability.pipe(Effect.provide(sqlite.layer)), [])
    })
  )

  it.scopedLive("warns of a writer that does not sync its commits", () =>
    Effect.gen(function* () {
      const source = sourceOf(yield* sqlite.target)
      const relaxed = Effect.tap(source.open, (driver) =>
        driver.reserve.pipe(
          Effect.flatMap((writer) => writer.executeRaw("PRAGMA synchronous = NORMAL", [])),
          Effect.scoped,
          Effect.orDie
        )
      )
      const warnings = yield* durability.pipe(Effect.provide(layerFrom({ ...source, open: relaxed })))
      assert.lengthOf(warnings, 1)
      assert.match(warnings[0] ?? "", /may be lost .* synchronous is NORMAL, not FULL$/)
    })
  )
})

/** A server of the test's own: what is set is set for all its users. */
const ownServer = Effect.acquireRelease(
  Effect.promise(() => startMariaDb(["--log-bin", "--sync-binlog=1"])),
  (server) => Effect.promise(async () => server?.stop())
)

// Whoever names a server for the tests need not have one to start.
describe.skipIf(!hasMysql() || (process.env.TEST_MYSQL_URL ?? "") !== "")("durability on MySQL", () => {
  it.scopedLive("warns of what the server is set to, and of nothing else", () =>
    Effect.gen(function* () {
      assert.notStrictEqual(inject("mysqlUrl"), "")
      const server = yield* ownServer
      if (server === undefined) return assert.fail("mariadbd is not there")
      const root = yield* Effect.acquireRelease(
        Effect.promise(() => mysql.createConnection(server.url)),
        (connection) => Effect.promise(() => connection.end())
      )
      const run = (statement: string) => Effect.promise(() => root.query(statement))
      yield* run("CREATE DATABASE durable")
      const target = Either.getOrThrowWith(parseDatabaseUrl(`${server.url}/durable`), Error)
      const asked = Effect.provide(durability, layer(target))
      assert.deepStrictEqual(yield* asked, [])

      yield* run("SET GLOBAL innodb_flush_log_at_trx_commit = 2, GLOBAL sync_binlog = 0")
      const warnings = yield* asked
      assert.lengthOf(warnings, 2)
      assert.match(warnings[0] ?? "", /innodb_flush_log_at_trx_commit is 2, not 1$/)
      assert.match(warnings[1] ?? "", /sync_binlog is 0, not 1/)
    })
  )
})
