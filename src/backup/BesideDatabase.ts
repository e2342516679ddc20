/** A database as it is read beside the server that has it: nothing of it is migrated, and nothing is written. */
import * as Effect from "effect/Effect"
import { migrations } from "../../migrations/index.js"
import { DatabaseError } from "../db/Failure.js"
import { newerMigration, recordedIn, tooNew } from "../db/schema/Foreign.js"
import type { DatabaseService } from "../db/Transaction.js"
import type { ColdLogService } from "../eventlog/cold/ColdLog.js"

export interface BesideDatabase
  extends Pick<DatabaseService, "dialect" | "address" | "read" | "syntax" | "encodeTime"> {
  /** All reads of the body show one moment, whatever is written meanwhile. It is not run again when it fails. */
  readonly snapshot: DatabaseService["read"]
  /** The files of the days that are cold. */
  readonly lake: ColdLogService
}

const otherSchema = (reason: string) => new DatabaseError({ kind: "Permanent", code: "", reason })

/** Fails where the tables are not those that this version reads. */
export const checkSchema = (database: BesideDatabase) =>
  Effect.gen(function* () {
    const recorded = yield* recordedIn({ ...database, transact: database.read })
    const newer = newerMigration(recorded)
    if (newer !== undefined) return yield* tooNew(newer)
    if (recorded === null) return yield* otherSchema(`${database.address} holds no log of Tidemark`)
    const missing = migrations.find(({ id }) => !recorded.has(id))
    if (missing === undefined) return
    return yield* otherSchema(
      `${database.address} was made by an older version, and lacks migration ${missing.id}, ${missing.name}: ` +
        "use the version that serves it, or bring it up to date by `tidemark migrate`"
    )
  })
