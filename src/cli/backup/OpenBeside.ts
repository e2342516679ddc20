/** Opens a database to be read beside its server: of a file no lease is taken, and one that is not there is not made. */
import * as Effect from "effect/Effect"
import { type BesideDatabase, checkSchema } from "../../backup/BesideDatabase.js"
import { type DatabaseTarget, describeTarget } from "../../config/DatabaseTarget.js"
import { advised } from "../../db/Advice.js"
import { sourceOf } from "../../db/Database.js"
import { SYNTAX } from "../../db/Dialect.js"
import { openSqliteBeside } from "../../db/Sqlite.js"
import { readWith, snapshotWith } from "../../db/Transaction.js"
import { coldLake } from "../../lake/cold/ColdLake.js"

export const openBeside = (target: DatabaseTarget, tlsCa?: string) =>
  Effect.gen(function* () {
    const sql =
      target._tag === "Sqlite"
        ? yield* openSqliteBeside(target.path)
        : (yield* sourceOf(target, { tlsCa }).open).sql
    const dialect = target._tag === "Sqlite" ? "sqlite" : "mysql"
    const database: BesideDatabase = {
      dialect,
      address: describeTarget(target),
      syntax: SYNTAX[dialect],
      encodeTime: SYNTAX[dialect].encodeTime,
      read: readWith(Effect.succeed({ sql })),
      snapshot: snapshotWith(sql, dialect),
      lake: yield* coldLake
    }
    yield* checkSchema(database)
    return database
  }).pipe(Effect.mapError(advised))
