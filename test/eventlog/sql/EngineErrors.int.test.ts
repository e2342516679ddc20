/**
 * The errors by which MySQL, Galera, TiDB and Vitess have a transaction run again, each told once of an append: by the lock
 * of the head, by the insert, and by the commit. The batch is stored, once.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { layerFrom, sourceOf } from "../../../src/db/Database.js"
import { wrapDriver } from "../../../src/db/Transaction.js"
import { position } from "../../../src/domain/Ids.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import { around } from "../../../src/sim/chaos/process/SimConnection.js"
import { ENGINE_ERRORS, type EngineError, engineError } from "../../db/engineErrors.js"
import { hasMysql, mysqlDatabase } from "../../support/databases.js"
import { candidate, message } from "../contract/support.js"

const OCCASIONS: ReadonlyArray<readonly [name: string, statement: RegExp]> = [
  ["the lock of the head", /FROM log_head/],
  ["the insert", /^INSERT INTO events/],
  ["the commit", /^COMMIT$/]
]

/** A log whose database fails once, as armed: the transaction is undone, as each of these engines does it. */
const failingLog = Effect.gen(function* () {
  const from = sourceOf(yield* mysqlDatabase.target)
  let armed: { readonly at: RegExp; readonly error: EngineError } | null = null
  const open = Effect.flatMap(from.open, (driver) =>
    wrapDriver(driver, (connection) =>
      Effect.succeed(
        around(connection, (text, _, run) =>
          Effect.suspend(() => {
            if (armed === null || !armed.at.test(text)) return run
            const failure = engineError(armed.error)
            armed = null
            const undo = Effect.ignore(connection.executeUnprepared("ROLLBACK", [], undefined))
            return Effect.zipRight(undo, Effect.fail(failure))
          })
        )
      )
    )
  )
  const context = yield* Layer.build(Layer.provide(SqlEventLog.layer(), layerFrom({ ...from, open })))
  return {
    log: Context.get(context, EventLog),
    arm: (at: RegExp, error: EngineError) => {
      armed = { at, error }
    },
    isArmed: () => armed !== null
  }
})

describe.skipIf(!hasMysql())("An append that an engine refuses once", () => {
  it.scopedLive("is stored, once, whichever it is and whenever", () =>
    Effect.gen(function* () {
      const { arm, isArmed, log } = yield* failingLog
      yield* log.append([message(candidate(0, 1))])
      let second = 0
      for (const error of ENGINE_ERRORS) {
        for (const [occasion, statement] of OCCASIONS) {
          const what = `${error.name}, at ${occasion}`
          const { position: before } = yield* log.head
          const batch = [1, 2, 3].map((value) => message(candidate(++second, value)))
          arm(statement, error)
          const outcomes = yield* log.append(batch)
          assert.isFalse(isArmed(), what)
          const { position: after } = yield* log.head
          const stored = yield* log.tail(position(before), after, 10)
          assert.deepStrictEqual(
            outcomes.map((outcome) => outcome._tag),
            ["Stored", "Stored", "Stored"],
            what
          )
          assert.deepStrictEqual(
            stored.map((event) => [event.position, event.value]),
            [1, 2, 3].map((value) => [before + value, value]),
            what
          )
        }
      }
    })
  )
})
