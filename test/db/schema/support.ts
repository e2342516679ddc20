/** A database that tests of migrations open by themselves, and what its schema is. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { DatabaseTarget } from "../../../src/config/DatabaseTarget.js"
import { sourceOf } from "../../../src/db/Database.js"
import { SYNTAX } from "../../../src/db/Dialect.js"
import { migrate } from "../../../src/db/schema/Migrate.js"
import { type Driver, transactWith } from "../../../src/db/Transaction.js"
import type { TestDatabase } from "../../support/databases.js"

export const accessTo = (target: DatabaseTarget, driver: Driver) => {
  const dialect = target._tag === "Mysql" ? ("mysql" as const) : ("sqlite" as const)
  return {
    dialect,
    encodeTime: SYNTAX[dialect].encodeTime,
    transact: transactWith(Effect.succeed(driver))
  }
}

const SHAPE: Record<DatabaseTarget["_tag"], ReadonlyArray<string>> = {
  Sqlite: ["SELECT type, name, sql FROM sqlite_master ORDER BY type, name"],
  Mysql: [
    `SELECT table_name, column_name, ordinal_position, column_type, collation_name, is_nullable, column_comment
      FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY 1, 3`,
    `SELECT table_name, index_name, seq_in_index, column_name, non_unique
      FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY 1, 2, 3`,
    `SELECT table_name, REPLACE(view_definition, DATABASE(), '') FROM information_schema.views
      WHERE table_schema = DATABASE() ORDER BY 1`
  ]
}
// The lock says how often it was taken, which is another thing.
const CONTENTS = ["schema_migrations", "log_head", "checkpoints"]

/** The schema, and the rows that migrations make. */
export const shapeOf = (target: DatabaseTarget, { sql }: Driver) =>
  Effect.gen(function* () {
    const shape: Array<unknown> = []
    for (const text of SHAPE[target._tag]) shape.push(yield* sql.unsafe(text).values)
    for (const table of CONTENTS) {
      const rows = yield* sql.unsafe<Record<string, unknown>>(`SELECT * FROM ${table} ORDER BY 1`)
      shape.push(rows.map(({ applied_at: _, ...row }) => row))
    }
    return shape
  })

export const opened = <A>(
  database: TestDatabase,
  use: (target: DatabaseTarget, driver: Driver) => Effect.Effect<A, unknown, Scope.Scope>
) =>
  Effect.scoped(
    Effect.flatMap(database.target, (target) =>
      Effect.flatMap(sourceOf(target).open, (driver) => use(target, driver))
    )
  )

/** What a database is that one process has migrated. */
export const whole = (database: TestDatabase) =>
  opened(database, (target, driver) =>
    Effect.zipRight(migrate(accessTo(target, driver)), shapeOf(target, driver))
  )

/** How long the next process waits where the one before is known to be dead. */
export const IMPATIENCE = Duration.millis(4)
