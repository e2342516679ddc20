/**
 * The checkpoints in the database. Whatever a projection stores, its checkpoint's row is locked first, and nothing is
 * stored if the checkpoint has moved meanwhile: transactions stay short, because the log is read and folded outside
 * of them.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Rows from "../db/Rows.js"
import type { DatabaseService } from "../db/Transaction.js"
import { type Position, position } from "../domain/Ids.js"
import type { LogError } from "../eventlog/EventLog.js"
import { asLogError } from "../eventlog/LogFailure.js"
import type { Checkpoint } from "./Projection.js"

/** `minutes.stale` is a mark, there while rows may have been folded by a version that kept less of a minute. */
export type CheckpointName = "minutes" | "minutes.rebuild" | "minutes.stale" | "quality" | "alerts"

const select = (sql: SqlClient, names: ReadonlyArray<CheckpointName>, lock: string) =>
  Effect.map(
    Effect.flatMap(
      sql`SELECT projection, position, generation FROM checkpoints WHERE ${sql.in("projection", names)}
        ORDER BY projection ${sql.literal(lock)}`,
      Rows.every((row) => ({
        projection: Rows.text(row.projection),
        generation: Rows.integer(row.generation),
        position: position(Rows.integer(row.position))
      }))
    ),
    (rows) =>
      (name: CheckpointName): Checkpoint | null => {
        const row = rows.find(({ projection }) => projection === name)
        return row === undefined ? null : { generation: row.generation, position: row.position }
      }
  )

/** Null: there is none of that name. */
export const read = (
  database: DatabaseService,
  name: CheckpointName
): Effect.Effect<Checkpoint | null, LogError> =>
  database
    .read((sql) => Effect.map(select(sql, [name], ""), (byName) => byName(name)))
    .pipe(Effect.mapError(asLogError))

/** Checkpoints by name, locked until the transaction ends (the transaction alone locks SQLite). */
export const locked = (
  sql: SqlClient,
  { syntax }: DatabaseService,
  ...names: ReadonlyArray<CheckpointName>
) => select(sql, names, syntax.forUpdate)

/** Stores, and moves the checkpoint, in one transaction; false, and nothing done, when it is not at `from`. */
export const moveFrom = (
  database: DatabaseService,
  name: CheckpointName,
  from: Checkpoint,
  to: Position,
  store: (sql: SqlClient) => Effect.Effect<unknown, SqlError | Rows.BadCell | LogError>
): Effect.Effect<boolean, LogError> =>
  database
    .transact((sql) =>
      Effect.gen(function* () {
        const now = (yield* locked(sql, database, name))(name)
        if (now === null || now.generation !== from.generation || now.position !== from.position) return false
        yield* store(sql)
        yield* sql`UPDATE checkpoints SET position = ${to} WHERE projection = ${name}`
        return true
      })
    )
    .pipe(Effect.mapError(asLogError))

/** A new generation at the beginning, in place of the one that is there. */
export const restart = (
  database: DatabaseService,
  name: CheckpointName
): Effect.Effect<Checkpoint, LogError> =>
  database
    .transact((sql) =>
      Effect.gen(function* () {
        const generation = ((yield* locked(sql, database, name))(name)?.generation ?? 0) + 1
        yield* sql`UPDATE checkpoints SET position = 0, generation = ${generation} WHERE projection = ${name}`
        return { generation, position: position(0) }
      })
    )
    .pipe(Effect.mapError(asLogError))
