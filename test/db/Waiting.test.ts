/** A server that is away at the start: tried all the time, said at once, then ever more rarely. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/TestClock"
import { advised } from "../../src/db/Advice.js"
import { layerFrom } from "../../src/db/Database.js"
import { DatabaseError } from "../../src/db/Failure.js"
import { Database } from "../../src/db/Transaction.js"

const denied = new DatabaseError({
  kind: "Transient",
  code: "1045 ER_ACCESS_DENIED_ERROR",
  reason: "Access denied for user 'tm'"
})
const missing = new DatabaseError({
  kind: "Transient",
  code: "1049 ER_BAD_DB_ERROR",
  reason: "Unknown database 'tm'"
})

describe("a server that can't be used", () => {
  it.effect("is tried every 2 s, and said ever more rarely until the reason changes", () => {
    const said: Array<string> = []
    let tries = 0
    let error = denied
    const source = {
      dialect: "mysql" as const,
      address: "MySQL tm@h:1/tm",
      waits: true,
      open: Effect.suspend(() => {
        tries += 1
        return Effect.fail(error)
      })
    }
    const logger = Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ message }) => void said.push(String(message)))
    )
    return Effect.gen(function* () {
      const database = yield* Database
      assert.strictEqual(said.length, 1)
      assert.include(said[0], "set the right user and password in DATABASE_URL (1045")
      assert.include((yield* database.status).reason ?? "", "DATABASE_URL")
      yield* TestClock.adjust("1 minute")
      const early = said.length
      assert.isAtMost(early, 6)
      yield* TestClock.adjust("9 minutes")
      assert.isAtLeast(tries, 300)
      assert.isAtLeast(said.length - early, 540 / 32 - 1)
      assert.isAtMost(said.length - early, 540 / 30)
      const before = said.length
      error = missing
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(said.length, before + 1)
      assert.include(said.at(-1), "create it (CREATE DATABASE)")
    }).pipe(Effect.provide(layerFrom(source).pipe(Layer.provideMerge(logger))))
  })

  it("is said what to do about, once", () => {
    assert.strictEqual(advised(advised(denied)).message, advised(denied).message)
    const unknown = new DatabaseError({ kind: "Transient", code: "9999 X", reason: "x" })
    assert.strictEqual(advised(unknown), unknown)
  })
})
