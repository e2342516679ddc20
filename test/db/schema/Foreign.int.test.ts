/** A database that holds somebody else's tables is refused before anything is made in it; one of ours never is. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { migrations } from "../../../migrations/index.js"
import type { DatabaseTarget } from "../../../src/config/DatabaseTarget.js"
import { layer, sourceOf } from "../../../src/db/Database.js"
import { Database, type Driver } from "../../../src/db/Transaction.js"
import { describeDatabases } from "../../support/databases.js"

const ledger = `CREATE TABLE schema_migrations (
  id INT NOT NULL PRIMARY KEY, name VARCHAR(64) NOT NULL, applied_at VARCHAR(32) NOT NULL)`

/** Runs with the bare driver, beside all migrations. */
const bare = <A>(target: DatabaseTarget, use: (driver: Driver) => Effect.Effect<A, unknown, Scope.Scope>) =>
  Effect.scoped(Effect.flatMap(sourceOf(target).open, use))

const statements = (target: DatabaseTarget, texts: ReadonlyArray<string>) =>
  bare(target, ({ reserve }) =>
    Effect.flatMap(reserve, (connection) =>
      Effect.forEach(texts, (text) => connection.executeUnprepared(text, [], undefined))
    )
  )

const tables = (target: DatabaseTarget) =>
  bare(target, ({ sql }) =>
    target._tag === "Mysql"
      ? sql<{ name: string }>`SELECT table_name AS name FROM information_schema.tables
          WHERE table_schema = DATABASE() ORDER BY 1`
      : sql<{ name: string }>`SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY 1`
  ).pipe(Effect.map((rows) => rows.map(({ name }) => name)))

/** Opens it; answers why it was refused, or "ours". */
const opened = (target: DatabaseTarget) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const exit = yield* Effect.exit(
      Effect.provide(
        Effect.flatMap(Database, (db) => db.read((sql) => sql`SELECT position FROM sensor_data`)),
        layer(target)
      ).pipe(Effect.catchAll((error) => Effect.succeed(error.message)))
    )
    yield* Scope.close(scope, Exit.void)
    const answer = yield* exit
    return typeof answer === "string" ? answer : "ours"
  })

describeDatabases("A database that is not empty", (database) => {
  const refused = (texts: ReadonlyArray<string>, named: string) =>
    Effect.gen(function* () {
      const target = yield* database.target
      yield* statements(target, texts)
      const before = yield* tables(target)
      const answer = yield* opened(target)
      assert.include(answer, `holds tables that Tidemark did not make: ${named};`)
      assert.include(answer, "DATABASE_URL")
      assert.deepStrictEqual(yield* tables(target), before)
    }).pipe(Effect.scoped)

  const taken = (texts: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const target = yield* database.target
      yield* statements(target, texts)
      assert.strictEqual(yield* opened(target), "ours")
      assert.strictEqual(yield* opened(target), "ours")
    }).pipe(Effect.scoped)

  it.live("is refused where a newer program has changed it", () =>
    Effect.gen(function* () {
      const target = yield* database.target
      assert.strictEqual(yield* opened(target), "ours")
      yield* statements(target, [
        "INSERT INTO schema_migrations (id, name, applied_at) VALUES (998, 'sooner', ''), (999, 'later', '')"
      ])
      const answer = yield* opened(target)
      assert.include(answer, "a newer Tidemark has changed this database (migration 999, later)")
      yield* statements(target, ["DELETE FROM schema_migrations WHERE id > 900"])
      assert.strictEqual(yield* opened(target), "ours")
    }).pipe(Effect.scoped)
  )

  it.live("is refused where its tables have our names", () =>
    refused(["CREATE TABLE events (id INT)"], "events")
  )

  it.live("is refused for a view, and all are named", () =>
    refused(
      ["CREATE TABLE sensors (id INT)", "CREATE VIEW sensor_data AS SELECT id FROM sensors"],
      "sensor_data, sensors"
    )
  )

  it.live("is refused where somebody else's migrations are recorded", () =>
    Effect.zipRight(
      refused(["CREATE TABLE schema_migrations (version VARCHAR(20))"], "schema_migrations"),
      refused([ledger, "INSERT INTO schema_migrations VALUES (1, 'add_users', 'x')"], "schema_migrations")
    )
  )

  it.live("is refused where a first start was cut off beside somebody else's table", () =>
    refused([ledger, "CREATE TABLE metadata (id INT)"], "metadata")
  )

  it.live("is taken where other names than ours are in it", () => taken(["CREATE TABLE customers (id INT)"]))

  it.live("is taken wherever a first start was cut off, before or after its migration was recorded", () =>
    Effect.gen(function* () {
      const own = migrations.map((one) => (database.name === "MySQL" ? one.mysql : one.sqlite))
      const record = migrations.map(
        ({ id, name }) => `INSERT INTO schema_migrations VALUES (${id}, '${name}', 'x')`
      )
      for (const done of [0, 1, 2, 9]) {
        const made = [...Array(done).keys()].flatMap((at) => [own[at] ?? "", record[at] ?? ""])
        yield* taken([ledger, ...made])
        yield* taken([ledger, ...made, own[done] ?? ""])
      }
    })
  )

  it.live("is refused where an update would take somebody else's table", () =>
    Effect.gen(function* () {
      const target = yield* database.target
      assert.strictEqual(yield* opened(target), "ours")
      const from = migrations.find(({ name }) => name === "interval_sets")?.id ?? 0
      yield* statements(target, [
        `DELETE FROM schema_migrations WHERE id BETWEEN ${from - 1} AND ${from + 1}`
      ])
      assert.include(yield* opened(target), "interval_sets")
    }).pipe(Effect.scoped)
  )
})
