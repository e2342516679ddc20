import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { layer } from "../../src/db/Database.js"
import { DatabaseError } from "../../src/db/Failure.js"
import { Database } from "../../src/db/Transaction.js"
import { describeDatabases, sqlite } from "../support/databases.js"

const headPosition = Effect.flatMap(Database, (db) =>
  db.read((sql) => sql<{ position: number }>`SELECT position FROM log_head`)
).pipe(Effect.map(([row]) => row?.position))

describeDatabases("Transaction", (database) => {
  it.live("commits a body that succeeds, rolls back one that fails, and serves on", () =>
    Effect.gen(function* () {
      const db = yield* Database
      yield* db.transact((sql) => sql`UPDATE log_head SET position = 7`)
      assert.strictEqual(yield* headPosition, 7)
      const failed = yield* Effect.either(
        db.transact((sql) =>
          Effect.zipRight(sql`UPDATE log_head SET position = 8`, Effect.fail("no" as const))
        )
      )
      assert.deepStrictEqual(failed, Either.left("no"))
      const died = yield* Effect.exit(
        db.transact((sql) => Effect.zipRight(sql`UPDATE log_head SET position = 9`, Effect.die("bug")))
      )
      assert.strictEqual(died._tag, "Failure")
      assert.strictEqual(yield* headPosition, 7)
    }).pipe(Effect.provide(database.layer))
  )

  it.live("reports what can't be mended as permanent, with the driver's code", () =>
    Effect.gen(function* () {
      const db = yield* Database
      const failed = yield* Effect.flip(db.transact((sql) => sql`INSERT INTO nowhere (a) VALUES (1)`))
      assert.strictEqual(failed._tag, "DatabaseError")
      assert.strictEqual(failed.kind, "Permanent")
    }).pipe(Effect.provide(database.layer))
  )

  it.live("migrates once, and again without harm", () =>
    Effect.gen(function* () {
      const target = yield* database.target
      for (let start = 0; start < 2; start++) {
        yield* headPosition.pipe(Effect.provide(layer(target)))
      }
    }).pipe(Effect.scoped)
  )

  it.live("refuses to start on a log whose head is behind its events", () =>
    Effect.gen(function* () {
      const target = yield* database.target
      const time = database.name === "SQLite" ? "2024-01-01T00:00:00.000000Z" : "2024-01-01 00:00:00.000000"
      yield* Effect.flatMap(Database, (db) =>
        db.transact(
          (sql) => sql`INSERT INTO events
            (position, event_id, type, sensor_id, sensor_version, occurred_at, recorded_at, value)
            VALUES (5, ${Buffer.alloc(16)}, 'ReadingRecorded', 1, 1, ${time}, ${time}, 1)`
        )
      ).pipe(Effect.provide(layer(target)))
      const refused = yield* Effect.flip(headPosition.pipe(Effect.provide(layer(target))))
      assert.strictEqual(refused.code, "LOG_HEAD_BEHIND")
    }).pipe(Effect.scoped)
  )
})

describe("SQLite's lease", () => {
  it.live("refuses a second process in one line, and is free after the first has ended", () =>
    Effect.gen(function* () {
      const target = yield* sqlite.target
      yield* Effect.gen(function* () {
        const second = yield* Effect.flip(headPosition.pipe(Effect.provide(layer(target))))
        assert.strictEqual(second.code, "IN_USE")
        assert.notInclude(second.message, "\n")
      }).pipe(Effect.provide(layer(target)))
      yield* headPosition.pipe(Effect.provide(layer(target)))
    }).pipe(Effect.scoped)
  )

  it.live("a transaction that outlives its file fails; the process goes on", () =>
    Effect.gen(function* () {
      const target = yield* sqlite.target
      const scope = yield* Scope.make()
      const db = Context.get(yield* Layer.buildWithScope(layer(target), scope), Database)
      const begun = yield* Deferred.make<void>()
      const closed = yield* Deferred.make<void>()
      const outliving = yield* Effect.fork(
        db.transact((sql) =>
          sql`UPDATE log_head SET position = 1`.pipe(
            Effect.zipRight(Deferred.succeed(begun, undefined)),
            Effect.zipRight(Deferred.await(closed)),
            Effect.zipRight(sql`UPDATE log_head SET position = 1`)
          )
        )
      )
      yield* Deferred.await(begun)
      yield* Scope.close(scope, Exit.void)
      yield* Deferred.succeed(closed, undefined)
      assert.instanceOf(yield* Effect.flip(Fiber.join(outliving)), DatabaseError)
      assert.strictEqual(yield* Effect.provide(headPosition, layer(target)), 0)
    }).pipe(Effect.scoped)
  )

  it.live("a failed BEGIN leaks nothing: the next transaction goes on", () =>
    Effect.gen(function* () {
      const db = yield* Database
      const outcomes = yield* Effect.forEach(
        Array.from({ length: 20 }, (_, n) => n),
        (n) => db.transact((sql) => sql`UPDATE log_head SET position = position + ${n}`),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(outcomes.length, 20)
      assert.strictEqual(yield* headPosition, 190)
    }).pipe(Effect.provide(sqlite.layer))
  )
})
