/** Of several processes one migrates: a row is the lock. One that stops is done without, and changes nothing afterwards. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import { migrations } from "../../../migrations/index.js"
import { type DatabaseTarget, describeHost } from "../../../src/config/DatabaseTarget.js"
import { migrate } from "../../../src/db/schema/Migrate.js"
import { wrapDriver } from "../../../src/db/Transaction.js"
import { around } from "../../../src/sim/chaos/process/SimConnection.js"
import { hasMysql, mysqlDatabase } from "../../support/databases.js"
import { Tidemark } from "../../support/tidemark.js"
import { accessTo, opened, shapeOf, whole } from "./support.js"

/** The transaction that a process stops in: somewhere in the middle. */
const STOPS_IN = 100
const CHANGE = /^\s*(CREATE|ALTER|DROP|INSERT|DELETE)/
const names = migrations.map(({ name }) => name)

const urlOf = (target: DatabaseTarget): string =>
  target._tag === "Mysql"
    ? `mysql://${target.username}:${Redacted.value(target.password ?? Redacted.make(""))}@${target.hosts.map(describeHost).join(",")}/${target.database}`
    : `file:${target.path}`

describe.skipIf(!hasMysql())("The lock of migrations", () => {
  it.live("goes on from a process that has stopped, and lets it change nothing when it wakes up", () =>
    opened(mysqlDatabase, (target, driver) =>
      Effect.gen(function* () {
        const [stopped, woken] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        let begun = 0
        const changes: Array<string> = []
        const sleeper = yield* wrapDriver(driver, (connection) =>
          Effect.succeed(
            around(connection, (text, _, run) =>
              Effect.suspend(() => {
                if (CHANGE.test(text) && begun >= STOPS_IN) changes.push(text)
                if (text !== "START TRANSACTION" || ++begun !== STOPS_IN) return run
                const stop = Deferred.succeed(stopped, undefined)
                return stop.pipe(Effect.zipRight(Deferred.await(woken)), Effect.zipRight(run))
              })
            )
          )
        )
        const sleeping = yield* Effect.fork(migrate(accessTo(target, sleeper)))
        yield* Deferred.await(stopped)
        const done = yield* migrate(accessTo(target, driver), undefined, Duration.millis(40))
        assert.isAbove(done.length, 10)
        assert.deepStrictEqual(done, names.slice(-done.length))
        yield* Deferred.succeed(woken, undefined)
        assert.deepStrictEqual(yield* Fiber.join(sleeping), [])
        assert.deepStrictEqual(
          changes.filter((text) => !text.includes("IF NOT EXISTS schema_migrations")),
          []
        )
        assert.deepStrictEqual(yield* shapeOf(target, driver), yield* whole(mysqlDatabase))
      })
    )
  )

  it.live("is taken by each of ten programs that start at once on an empty database", () =>
    opened(mysqlDatabase, (target, driver) =>
      Effect.gen(function* () {
        const url = urlOf(target)
        const processes = Array.from({ length: 10 }, () => Tidemark.run(["migrate"], { DATABASE_URL: url }))
        for (const { ended, output } of processes) {
          const { code } = yield* Effect.promise(() => ended)
          assert.strictEqual(code, 0, output)
        }
        assert.deepStrictEqual(yield* shapeOf(target, driver), yield* whole(mysqlDatabase))
      })
    )
  )
})
