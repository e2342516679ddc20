/** A restore that is cut off: what it says, what nobody takes then, and how it is begun again. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { folderSink, folderSource } from "../../src/backup/BackupFolder.js"
import { type RestoreOptions, type RestoreSource, restoreBackup } from "../../src/backup/RestoreBackup.js"
import { takeBackup } from "../../src/backup/TakeBackup.js"
import { openBeside } from "../../src/cli/backup/OpenBeside.js"
import { Database } from "../../src/db/Transaction.js"
import { describeDatabases, sqlite } from "../support/databases.js"
import { appendReadings, fill, logHash, services, tableHashes } from "./filled.js"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-restore-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const all = Effect.all([logHash(Number.MAX_SAFE_INTEGER), tableHashes])

/** The backup of a filled log, and what is in that. */
const saved = Effect.gen(function* () {
  const [target, path] = [yield* sqlite.target, yield* folder]
  const before = yield* Effect.provide(
    Effect.gen(function* () {
      yield* fill
      yield* appendReadings(5_000, 3_000)
      const sink = yield* folderSink(path)
      yield* Effect.scoped(Effect.flatMap(openBeside(target), (database) => takeBackup(database, sink)))
      return yield* all
    }),
    services(target)
  )
  return { before, source: yield* folderSource(path) }
})

const restoring = <E>(source: RestoreSource<E>, options: RestoreOptions = {}) =>
  Effect.flatMap(Database, (database) => restoreBackup(database, source, options))

/** Goes on to the rows behind so many, and then waits for ever. */
const halfWay = <E>(source: RestoreSource<E>, rows: number, options: RestoreOptions = {}) =>
  Effect.gen(function* () {
    const there = yield* Effect.makeLatch()
    const fiber = yield* Effect.fork(
      restoring(source, {
        ...options,
        onProgress: ({ done }) => {
          if (done >= rows) there.unsafeOpen()
        }
      })
    )
    yield* there.await
    return fiber
  })

describeDatabases("A restore that is cut off", (database) => {
  it.live("says so, is taken by nobody, and is begun again where that is meant", () =>
    Effect.gen(function* () {
      const { before, source } = yield* saved
      const target = yield* database.target
      const told: Array<number> = []
      const onCutOff = (rows: number) => Effect.sync(() => void told.push(rows))
      yield* Effect.provide(
        Effect.flatMap(halfWay(source, 2_000, { onCutOff }), Fiber.interrupt),
        services(target)
      )
      assert.strictEqual(told.length, 1)
      assert.isAtLeast(told[0] ?? 0, 2_000)
      const refusal = yield* Effect.flip(Effect.provide(Database, services(target)))
      assert.include(String(refusal), "`tidemark restore --again` clears it")
      const other = yield* Effect.flip(
        Effect.provide(restoring(source), services(target, { unfinished: true }))
      )
      assert.include(other.message, "another restore into it is under way, or was cut off")
      const after = yield* Effect.provide(
        Effect.zipRight(restoring(source, { again: true }), all),
        services(target, { unfinished: true })
      )
      assert.deepStrictEqual(after, before)
      // Of what is whole nothing is deleted.
      const whole = yield* Effect.provide(
        Effect.zip(Effect.flip(restoring(source, { again: true })), all),
        services(target)
      )
      assert.include(whole[0].message, "is not empty: its log ends at position")
      assert.deepStrictEqual(whole[1], before)
    }).pipe(Effect.scoped)
  )

  it.live("ends by itself where another one is begun over it", () =>
    Effect.gen(function* () {
      const { before, source } = yield* saved
      const target = yield* database.target
      const [first, after] = yield* Effect.provide(
        Effect.gen(function* () {
          const gate = yield* Effect.makeLatch()
          const slow: typeof source = {
            ...source,
            each: (take) =>
              source.each((part, bytes) =>
                part.table === "events" ? Effect.zipRight(gate.await, take(part, bytes)) : take(part, bytes)
              )
          }
          const fiber = yield* halfWay(slow, 1)
          yield* restoring(source, { again: true })
          yield* gate.open
          return [yield* Effect.flip(Fiber.join(fiber)), yield* all] as const
        }),
        services(target)
      )
      assert.include(first.message, "another process has written into")
      assert.deepStrictEqual(after, before)
    }).pipe(Effect.scoped)
  )
})
