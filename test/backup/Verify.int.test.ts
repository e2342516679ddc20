/** What is damaged is found, and named: in each file of a backup, and in the rows of a database. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { SqlClient } from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { folderSink, folderSource } from "../../src/backup/BackupFolder.js"
import { digestSome, digestWhileIdle } from "../../src/backup/LogDigester.js"
import { restoreBackup } from "../../src/backup/RestoreBackup.js"
import { takeBackup } from "../../src/backup/TakeBackup.js"
import { verifyBackup } from "../../src/backup/verify/VerifyBackup.js"
import { verifyDatabase } from "../../src/backup/verify/VerifyDatabase.js"
import { openBeside } from "../../src/cli/backup/OpenBeside.js"
import type { DatabaseTarget } from "../../src/config/DatabaseTarget.js"
import { Database } from "../../src/db/Transaction.js"
import { Minutes } from "../../src/projections/minutes/Minutes.js"
import { describeDatabases, sqlite } from "../support/databases.js"
import { appendReadings, fill, services } from "./filled.js"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-verify-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const beside = <A, E>(
  target: DatabaseTarget,
  use: (database: Effect.Effect.Success<ReturnType<typeof openBeside>>) => Effect.Effect<A, E>
) => Effect.scoped(Effect.flatMap(openBeside(target), use))

const backInto = (target: DatabaseTarget, path: string) =>
  beside(target, (database) => Effect.flatMap(folderSink(path), (sink) => takeBackup(database, sink)))

const restored = (path: string) =>
  Effect.flatMap(sqlite.target, (target) =>
    Effect.provide(
      Effect.zipWith(Database, folderSource(path), restoreBackup).pipe(Effect.flatten, Effect.flip),
      services(target)
    )
  ).pipe(Effect.map(({ message }) => message))

const flip = (path: string, at: number) => {
  const bytes = readFileSync(path)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(path, bytes)
}

describe("A backup with a flipped byte", () => {
  it.live("is found, and the file is named, whichever it is; a restore ends there", () =>
    Effect.gen(function* () {
      const [target, path] = [yield* sqlite.target, yield* folder]
      yield* Effect.provide(Effect.zipRight(fill, backInto(target, path)), services(target))
      assert.deepStrictEqual((yield* verifyBackup(path)).faults, [])
      const files = readdirSync(path)
      assert.isAbove(files.length, 5)
      for (const name of files) {
        const file = join(path, name)
        const whole = readFileSync(file)
        for (const at of [0, Math.floor(whole.length / 2), whole.length - 2]) {
          flip(file, at)
          const faults = yield* verifyBackup(path).pipe(
            Effect.map((result) => result.faults),
            Effect.catchTag("BackupFault", ({ message }) => Effect.succeed([message]))
          )
          assert.strictEqual(faults.length, 1, `${name} at ${at}`)
          assert.include(faults[0], name)
          writeFileSync(file, whole)
        }
        rmSync(file)
        const missing = yield* verifyBackup(path).pipe(
          Effect.map((result) => result.faults.join()),
          Effect.catchTag("BackupFault", ({ message }) => Effect.succeed(message))
        )
        assert.include(missing, name)
        writeFileSync(file, whole)
      }
      const events = files.find((name) => name.startsWith("events-")) ?? ""
      flip(join(path, events), 40)
      assert.include(yield* restored(path), events)
    }).pipe(Effect.scoped)
  )

  it.live("leaves a database that no server takes, and no other restore", () =>
    Effect.gen(function* () {
      const [target, other, path] = [yield* sqlite.target, yield* sqlite.target, yield* folder]
      yield* Effect.provide(Effect.zipRight(fill, backInto(target, path)), services(target))
      const events = readdirSync(path).find((name) => name.startsWith("events-")) ?? ""
      flip(join(path, events), 40)
      yield* Effect.provide(
        Effect.zipWith(Database, folderSource(path), restoreBackup).pipe(Effect.flatten, Effect.flip),
        services(other)
      )
      const refusal = yield* Effect.flip(Effect.provide(Database, services(other)))
      assert.include(String(refusal), "restore --again")
    }).pipe(Effect.scoped)
  )
})

const write = (body: (sql: SqlClient) => Effect.Effect<unknown, unknown>) =>
  Effect.flatMap(Database, (database) => database.transact((sql) => Effect.orDie(body(sql))))

describeDatabases("Verify", (database) => {
  it.live(
    "digests all that there is in one go where nothing is being stored, and a block where much is",
    () =>
      Effect.gen(function* () {
        const target = yield* database.target
        yield* Effect.provide(
          Effect.gen(function* () {
            yield* appendReadings(0, 22_300)
            const db = yield* Database
            const made = db.read((sql) => sql<{ n: number }>`SELECT COUNT(*) AS n FROM log_digests`)
            const count = Effect.map(made, ([row]) => Number(row?.n))
            yield* digestWhileIdle(db, yield* Ref.make(0))
            assert.strictEqual(yield* count, 1)
            yield* digestWhileIdle(db, yield* Ref.make(22_300))
            assert.strictEqual(yield* count, 22)
          }),
          services(target)
        )
      }).pipe(Effect.scoped)
  )

  it.live("finds what was changed in a database, and names where", () =>
    Effect.gen(function* () {
      const target = yield* database.target
      const faults = beside(target, (open) => Effect.map(verifyDatabase(open), (result) => result.faults))
      const changed = (
        change: (sql: SqlClient) => Effect.Effect<unknown, unknown>,
        back: (sql: SqlClient) => Effect.Effect<unknown, unknown>,
        ...named: ReadonlyArray<string>
      ) =>
        Effect.gen(function* () {
          yield* write(change)
          const text = (yield* faults).join("\n")
          for (const one of named) assert.include(text, one)
          yield* write(back)
        })
      yield* Effect.provide(
        Effect.gen(function* () {
          yield* fill
          yield* appendReadings(5_000, 1_000)
          yield* appendReadings(6_000, 300)
          yield* Effect.flatMap(Minutes, (minutes) => minutes.catchUp)
          const made = yield* digestSome(yield* Database)
          assert.strictEqual(made, 2)
          assert.deepStrictEqual(yield* faults, [])
          // A value, where a digest vouches for it, and in the tail, where the minutes do.
          yield* changed(
            (sql) => sql`UPDATE events SET value = value + 1 WHERE position = 500`,
            (sql) => sql`UPDATE events SET value = value - 1 WHERE position = 500`,
            "positions 1 to 1000 ",
            "position 500 ",
            "is not the fold of the log"
          )
          yield* write((sql) => sql`DELETE FROM log_digests WHERE position = 1000`)
          yield* write((sql) => sql`UPDATE events SET value = value + 1 WHERE position = 2100`)
          assert.match(
            (yield* faults).join("\n"),
            /^the minute \S+ of sensor \d+ is not the fold of the log: .*value_sum/
          )
          yield* write((sql) => sql`UPDATE events SET value = value - 1 WHERE position = 2100`)
          // A time, a link, a row, an aggregate, the head.
          const [row] = yield* Effect.flatMap(Database, (db) =>
            db.read(
              (sql) =>
                sql<{ at: number }>`SELECT MIN(position) AS at FROM events WHERE reading_id IS NOT NULL`
            )
          )
          const amending = Number(row?.at)
          yield* changed(
            (sql) => sql`UPDATE events SET superseded_by = NULL WHERE superseded_by = ${amending}`,
            (sql) => sql`SELECT 1`,
            `position ${amending} supersedes no row of its reading`
          )
          yield* changed(
            (sql) => sql`UPDATE events SET superseded_by = 2000 WHERE position = 1900`,
            (sql) => sql`UPDATE events SET superseded_by = NULL WHERE position = 1900`,
            "position 1900 is superseded by 2000, which is no event of its reading"
          )
          yield* changed(
            (sql) => sql`UPDATE sensor_minutes SET value_max = value_max + 1 WHERE sensor_id = 7`,
            (sql) => sql`UPDATE sensor_minutes SET value_max = value_max - 1 WHERE sensor_id = 7`,
            "of sensor 7 is not the fold of the log: value_max"
          )
          yield* changed(
            (sql) => sql`DROP VIEW sensor_data`,
            (sql) => sql`CREATE VIEW sensor_data AS SELECT 1 AS id`,
            "sensor_data can't be read"
          )
          yield* changed(
            (sql) => sql`DELETE FROM events WHERE position = 1234`,
            (sql) => sql`SELECT 1`,
            "no event at position 1234"
          )
        }),
        services(target)
      )
    }).pipe(Effect.scoped)
  )
})
