/**
 * A log as each version stored it, and the aggregates that it gave: every later version restores it and folds the same.
 * `test/golden` has a folder a version, made by that version from made-up readings (`TIDEMARK_GOLDEN=write` makes the one of
 * this version, where it is not there). None is ever changed.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { folderSink, folderSource } from "../src/backup/BackupFolder.js"
import { restoreBackup } from "../src/backup/RestoreBackup.js"
import { takeBackup } from "../src/backup/TakeBackup.js"
import { verifyDatabase } from "../src/backup/verify/VerifyDatabase.js"
import { openBeside } from "../src/cli/backup/OpenBeside.js"
import { Database } from "../src/db/Transaction.js"
import { EventType } from "../src/domain/Event.js"
import { Minutes } from "../src/projections/minutes/Minutes.js"
import { version } from "../src/telemetry/Version.js"
import { fill, minuteLines, services } from "./backup/filled.js"
import { describeDatabases, sqlite } from "./support/databases.js"

const GOLDEN = join(import.meta.dirname, "golden")
const AGGREGATES = "aggregates.ndjson"

const folded = Effect.zipRight(
  Effect.flatMap(Minutes, (minutes) => minutes.catchUp),
  minuteLines
)

describe.runIf(process.env.TIDEMARK_GOLDEN === "write")("The golden log of this version", () => {
  it.live("is written where it is not there", () =>
    Effect.gen(function* () {
      const folder = join(GOLDEN, version)
      assert.isFalse(existsSync(folder), `${folder} is there, and is never changed`)
      mkdirSync(folder, { recursive: true })
      const target = yield* sqlite.target
      const aggregates = yield* Effect.provide(Effect.zipRight(fill, folded), services(target))
      const sink = yield* folderSink(join(folder, "log"))
      yield* Effect.flatMap(openBeside(target), (database) => takeBackup(database, sink))
      writeFileSync(join(folder, AGGREGATES), aggregates)
    }).pipe(Effect.scoped)
  )
})

describeDatabases("The log of an earlier version", (database) => {
  for (const release of readdirSync(GOLDEN)) {
    it.live(`${release} gives the aggregates that it gave then`, () =>
      Effect.gen(function* () {
        const folder = join(GOLDEN, release)
        const target = yield* database.target
        const lines = yield* Effect.provide(
          Effect.gen(function* () {
            const db = yield* Database
            yield* restoreBackup(db, yield* folderSource(join(folder, "log")))
            const types = yield* db.read(
              (sql) => sql<{ type: string }>`SELECT DISTINCT type FROM events ORDER BY type`
            )
            if (release === version) {
              assert.deepStrictEqual(
                types.map(({ type }) => type),
                [...EventType.literals].sort()
              )
            }
            return yield* folded
          }),
          services(target)
        )
        assert.strictEqual(lines, readFileSync(join(folder, AGGREGATES), "utf8"))
        const { faults } = yield* Effect.flatMap(openBeside(target), verifyDatabase)
        assert.deepStrictEqual(faults, [])
      }).pipe(Effect.scoped)
    )
  }
})
