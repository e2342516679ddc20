/**
 * The process dies at each statement of each migration, before it and after it, and is started again: the schema comes out
 * as if nothing had happened. Several that start at once make it together.
 */
import type { Connection } from "@effect/sql/SqlConnection"
import { SqlError } from "@effect/sql/SqlError"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { migrations } from "../../../migrations/index.js"
import { migrate } from "../../../src/db/schema/Migrate.js"
import { wrapDriver } from "../../../src/db/Transaction.js"
import { describeDatabases } from "../../support/databases.js"
import { accessTo, IMPATIENCE, opened, shapeOf, whole } from "./support.js"

/** What changes something: the migration itself, its record, and the end of their transactions. */
const CHANGES = /^\s*(CREATE|ALTER|DROP|INSERT|UPDATE|DELETE|COMMIT)/

/** Permanent, so that nobody tries again: the process is dead. */
const dead = new SqlError({
  cause: Object.assign(new Error("the process was killed"), { code: "ER_PARSE_ERROR", errno: 1064 }),
  message: "killed"
})

/** Kills each run at a change that none was killed at yet, in this way; the runs together pass them all. */
class Killer {
  kills = 0
  private readonly done = new Set<string>()
  private isDead = false
  /** Migrations that are recorded, for good. */
  private recorded = 0
  /** Changes of the open transaction. */
  private changes: Array<string> = []

  constructor(private readonly way: "before" | "after") {}

  restart(): void {
    this.isDead = false
    this.changes = []
  }

  private ran(text: string): void {
    if (text !== "COMMIT") this.changes.push(text)
    else {
      if (this.changes.some((change) => change.includes("INTO schema_migrations"))) this.recorded += 1
      this.changes = []
    }
  }

  readonly wrap = (connection: Connection): Effect.Effect<Connection> => {
    const guard = <A>(text: string, call: Effect.Effect<A, SqlError>): Effect.Effect<A, SqlError> =>
      Effect.suspend(() => {
        if (this.isDead) return Effect.fail(dead)
        if (!CHANGES.test(text) || (text === "COMMIT" && this.changes.length === 0)) return call
        const running = Effect.tap(call, () => Effect.sync(() => this.ran(text)))
        const key = [this.recorded, ...this.changes, text].join()
        if (this.done.has(key)) return running
        this.done.add(key)
        this.kills += 1
        const deed = this.way === "before" ? Effect.void : Effect.ignore(running)
        return Effect.zipRight(
          deed,
          Effect.suspend(() => {
            this.isDead = true
            return Effect.fail(dead)
          })
        )
      })
    return Effect.succeed({
      execute: (text, params, transform) => guard(text, connection.execute(text, params, transform)),
      executeRaw: (text, params) => guard(text, connection.executeRaw(text, params)),
      executeValues: (text, params) => guard(text, connection.executeValues(text, params)),
      executeUnprepared: (text, params, transform) =>
        guard(text, connection.executeUnprepared(text, params, transform)),
      executeStream: (text, params, transform) =>
        Stream.unwrap(guard(text, Effect.succeed(connection.executeStream(text, params, transform))))
    })
  }
}

describeDatabases("Migrations", (database) => {
  const expected = whole(database)

  for (const way of ["before", "after"] as const) {
    it.live(`survive a kill ${way} each statement`, () =>
      opened(database, (target, driver) =>
        Effect.gen(function* () {
          const killer = new Killer(way)
          const wrapped = yield* wrapDriver(driver, killer.wrap)
          let isMigrated = false
          while (!isMigrated) {
            killer.restart()
            isMigrated = Exit.isSuccess(
              yield* Effect.exit(migrate(accessTo(target, wrapped), undefined, IMPATIENCE))
            )
          }
          // The record of each, its commit, and of those that change something their statement and its commit.
          assert.isAtLeast(killer.kills, 3 * migrations.length)
          assert.deepStrictEqual(yield* shapeOf(target, driver), yield* expected)
        })
      )
    )
  }

  it.live("are made once by several processes that start at once", () =>
    opened(database, (target, driver) =>
      Effect.gen(function* () {
        const process = migrate(accessTo(target, driver))
        yield* Effect.all(
          Array.from({ length: 10 }, () => process),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(yield* shapeOf(target, driver), yield* expected)
      })
    )
  )
})
