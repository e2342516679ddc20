/** An embedded file that can't be opened: which, why, and what to change, in one line. */
import { chmodSync, mkdirSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { classify } from "../../src/db/Failure.js"
import { openSqlite } from "../../src/db/Sqlite.js"
import { folder } from "../support/tidemark.js"

const told = (prepare: (path: string) => string) =>
  Effect.gen(function* () {
    const own = yield* folder
    const path = prepare(own)
    const error = yield* Effect.flip(openSqlite(path))
    assert.strictEqual(error.kind, "Permanent")
    assert.include(error.message, "DATA_DIR")
    assert.notInclude(error.message, "ConnectionFailed")
    return error.message.replaceAll(own, "")
  })

describe("an embedded file that can't be opened", () => {
  it.scopedLive("is no database", () =>
    Effect.gen(function* () {
      const message = yield* told((own) => {
        writeFileSync(join(own, "tidemark.db"), "no database, but text of some length ".repeat(40))
        return join(own, "tidemark.db")
      })
      assert.include(message, "can't open /tidemark.db: it is no SQLite database; move it away")
    })
  )

  it.scopedLive("is a folder, as may be its lease", () =>
    Effect.gen(function* () {
      for (const name of ["tidemark.db", "tidemark.db.lease"]) {
        const message = yield* told((own) => {
          mkdirSync(join(own, name))
          return join(own, "tidemark.db")
        })
        assert.include(message, `can't open /${name}: it is a folder`)
      }
    })
  )

  it.scopedLive("lies where no folder can be", () =>
    Effect.gen(function* () {
      const under = (...names: ReadonlyArray<string>) =>
        told((own) => {
          writeFileSync(join(own, "file"), "")
          return join(own, ...names)
        })
      assert.include(yield* under("file", "tidemark.db"), "can't open /file: it is a file, and should be a")
      assert.include(yield* under("file", "data", "tidemark.db"), "can't open /file/data: it lies below a")
    })
  )

  it.skipIf(process.getuid?.() === 0)("may not be written (who is root may)", () =>
    Effect.gen(function* () {
      const message = yield* told((own) => {
        mkdirSync(join(own, "data"))
        chmodSync(join(own, "data"), 0o555)
        return join(own, "data", "tidemark.db")
      })
      assert.include(message, "its folder may not be read and written by this user")
    }).pipe(Effect.scoped, Effect.runPromise)
  )
})

describe("an embedded file that is moved away while it is open", () => {
  it.scopedLive("takes no transaction until it is back", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "tidemark.db")
      const { reserve } = yield* openSqlite(path)
      const write = Effect.scoped(
        Effect.flatMap(reserve, (connection) =>
          connection.executeUnprepared("CREATE TABLE IF NOT EXISTS t (x INT)", [], undefined)
        )
      )
      yield* write
      renameSync(path, `${path}.old`)
      const moved = classify(yield* Effect.flip(write))
      assert.strictEqual(moved.kind, "Transient")
      assert.include(moved.message, `${path} was moved or removed while it was open`)
      // Another file in its place is not the one that is open.
      writeFileSync(path, "")
      assert.strictEqual(classify(yield* Effect.flip(write)).code, "ESTALE")
      renameSync(`${path}.old`, path)
      yield* write
    })
  )
})
