/** A backup of a database that is written to, restored into either kind: the log and all that follows from it are equal. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { folderSink, folderSource } from "../../src/backup/BackupFolder.js"
import { streamSink, streamSource } from "../../src/backup/BackupStream.js"
import { type RestoreSource, restoreBackup } from "../../src/backup/RestoreBackup.js"
import { type BackupSink, takeBackup } from "../../src/backup/TakeBackup.js"
import { openBeside } from "../../src/cli/backup/OpenBeside.js"
import type { DatabaseTarget } from "../../src/config/DatabaseTarget.js"
import { Database } from "../../src/db/Transaction.js"
import { position } from "../../src/domain/Ids.js"
import { Minutes } from "../../src/projections/minutes/Minutes.js"
import { hasMysql, mysqlDatabase, sqlite, type TestDatabase } from "../support/databases.js"
import {
  aggregatesHash,
  appendReadings,
  fill,
  logHash,
  services,
  storedAggregates,
  tableHashes
} from "./filled.js"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-backup-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const back = <E>(target: DatabaseTarget, sink: BackupSink<E>) =>
  Effect.scoped(Effect.flatMap(openBeside(target), (database) => takeBackup(database, sink)))

const backInto = (target: DatabaseTarget, path: string) =>
  Effect.flatMap(folderSink(path), (sink) => back(target, sink))

const restoreInto = <E>(source: RestoreSource<E>) =>
  Effect.gen(function* () {
    yield* restoreBackup(yield* Database, source)
    const minutes = yield* Minutes
    yield* minutes.catchUp
  })

const everything = Effect.gen(function* () {
  yield* Effect.flatMap(Minutes, (minutes) => minutes.catchUp)
  return {
    log: yield* logHash(Number.MAX_SAFE_INTEGER),
    tables: yield* tableHashes,
    aggregates: yield* storedAggregates
  }
})

const ways: ReadonlyArray<readonly [from: TestDatabase, to: TestDatabase]> = [
  [sqlite, sqlite],
  [sqlite, mysqlDatabase],
  [mysqlDatabase, sqlite]
]

describe("A backup", () => {
  for (const [from, to] of ways) {
    describe.skipIf(!hasMysql() && from.name + to.name !== "SQLiteSQLite")(
      `${from.name} to ${to.name}`,
      () => {
        it.live("is everything that can't be made again, to the bit", () =>
          Effect.gen(function* () {
            const [source, path] = [yield* from.target, yield* folder]
            const before = yield* Effect.provide(
              Effect.gen(function* () {
                yield* fill
                yield* backInto(source, path)
                return yield* everything
              }),
              services(source)
            )
            assert.isAbove(before.log.events, 950)
            const after = yield* Effect.provide(
              Effect.zipRight(Effect.flatMap(folderSource(path), restoreInto), everything),
              services(yield* to.target)
            )
            assert.deepStrictEqual(after, before)
          }).pipe(Effect.scoped)
        )

        it.live("is as of one position while more is stored, and grows by what is new", () =>
          Effect.gen(function* () {
            const [source, path] = [yield* from.target, yield* folder]
            yield* Effect.provide(
              Effect.gen(function* () {
                yield* fill
                let n = 0
                const load = yield* Effect.fork(
                  Effect.forever(
                    Effect.zipRight(
                      Effect.suspend(() => appendReadings(2_000 + 100 * n++, 100)),
                      Effect.sleep(0)
                    )
                  )
                )
                const first = (yield* backInto(source, path)).manifest
                while ((yield* logHash(Number.MAX_SAFE_INTEGER)).events < first.position + 1_500)
                  yield* Effect.sleep(0)
                const second = (yield* backInto(source, path)).manifest
                yield* Fiber.interrupt(load)
                assert.isAbove(second.position, first.position)
                assert.strictEqual(second.run, 2)
                const { position: end } = second
                const restored = yield* Effect.provide(
                  Effect.gen(function* () {
                    yield* Effect.flatMap(folderSource(path), restoreInto)
                    return [yield* logHash(end), yield* aggregatesHash(position(end))]
                  }),
                  services(yield* to.target)
                )
                yield* Effect.flatMap(Minutes, (minutes) => minutes.catchUp)
                assert.deepStrictEqual(restored, [yield* logHash(end), yield* aggregatesHash(position(end))])
              }),
              services(source)
            )
          }).pipe(Effect.scoped)
        )

        it.live("is the same as one stream", () =>
          Effect.gen(function* () {
            const source = yield* from.target
            const pipe = new PassThrough()
            yield* Effect.provide(
              Effect.gen(function* () {
                yield* fill
                const restoring = yield* Effect.fork(
                  Effect.provide(
                    Effect.zipRight(Effect.flatMap(streamSource(pipe), restoreInto), everything),
                    services(yield* to.target)
                  )
                )
                yield* back(source, streamSink(pipe))
                assert.deepStrictEqual(yield* Fiber.join(restoring), yield* everything)
              }),
              services(source)
            )
          }).pipe(Effect.scoped)
        )
      }
    )
  }
})
