/** The contract of the log, and the answers of the log in memory, where every batch reserves its positions. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { position } from "../../../src/domain/Ids.js"
import { EventLog, type EventLogService } from "../../../src/eventlog/EventLog.js"
import * as MemoryEventLog from "../../../src/eventlog/memory/MemoryEventLog.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import { hasMysql, mysqlDatabase } from "../../support/databases.js"
import { histories, LIMITS, play } from "../contract/histories.js"
import { NOW_MILLIS } from "../contract/support.js"
import { eventLogContract } from "../contract.js"

const events = (log: EventLogService) =>
  Effect.flatMap(log.head, ({ position: head }) => log.tail(position(0), head, 10_000))

describe.skipIf(!hasMysql())("a log whose batches reserve their positions", () => {
  eventLogContract("side by side", (limits) =>
    Layer.provide(SqlEventLog.layer(limits, "several"), Layer.fresh(mysqlDatabase.layer))
  )

  it.scoped("answers a random history as the log in memory does", () =>
    Effect.gen(function* () {
      for (const history of histories(2, 40, 23)) {
        const inSql = yield* Effect.map(
          Layer.build(Layer.provide(SqlEventLog.layer(LIMITS, "several"), Layer.fresh(mysqlDatabase.layer))),
          (context) => Context.get(context, EventLog)
        )
        const inMemory = yield* MemoryEventLog.make(LIMITS)
        yield* TestClock.setTime(NOW_MILLIS)
        for (const [index, step] of history.entries()) {
          const expected = yield* Effect.provideService(play(step), EventLog, inMemory)
          const answer =
            step._tag === "Wait" ? expected : yield* Effect.provideService(play(step), EventLog, inSql)
          assert.deepStrictEqual(answer, expected, `step ${index}: ${JSON.stringify(step)}`)
        }
        assert.deepStrictEqual(yield* events(inSql), yield* events(inMemory))
      }
    })
  )
})
