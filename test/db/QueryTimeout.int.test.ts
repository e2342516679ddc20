/** A query that takes too long is ended by the server itself: it does not work on. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { layer } from "../../src/db/Database.js"
import { DatabaseError, tookTooLong } from "../../src/db/Failure.js"
import { Database } from "../../src/db/Transaction.js"
import { LogUnavailable } from "../../src/eventlog/EventLog.js"
import { asLogError } from "../../src/eventlog/LogFailure.js"
import { refusalOf } from "../../src/http/core/Problems.js"
import { hasMysql, mysqlDatabase } from "../support/databases.js"

describe.skipIf(!hasMysql())("a query that takes too long (mariadbd)", () => {
  it.scopedLive("fails once, and is gone from the server; a writer's transaction is not timed", () =>
    Effect.gen(function* () {
      const target = yield* mysqlDatabase.target
      yield* Effect.gen(function* () {
        const database = yield* Database
        yield* database.ready
        const failed = yield* Effect.flip(
          database.read(
            (sql) =>
              sql`SELECT COUNT(*) FROM information_schema.COLUMNS a, information_schema.COLUMNS b, information_schema.COLUMNS c`
          )
        )
        assert.instanceOf(failed, DatabaseError)
        assert.isTrue(tookTooLong(failed), failed.message)
        const left = yield* database.read(
          (sql) =>
            sql`SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE '%COLUMNS a%' AND ID <> CONNECTION_ID()`
        )
        assert.lengthOf(left, 0)
        yield* database.transact((sql) => sql`SELECT SLEEP(0.6)`)

        const told = asLogError(failed)
        assert.instanceOf(told, LogUnavailable)
        assert.strictEqual(refusalOf(told).kind, "query-too-long")
      }).pipe(Effect.provide(layer(target, { queryMillisMax: 300 })))
    })
  )
})
