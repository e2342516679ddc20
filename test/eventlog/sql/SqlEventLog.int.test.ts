/** The log on both databases: the contract, the same answers as in memory, two writers, and a stale head. */
import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { layer as databaseLayer } from "../../../src/db/Database.js"
import { Database } from "../../../src/db/Transaction.js"
import { position } from "../../../src/domain/Ids.js"
import { fault } from "../../../src/domain/rejected/RejectionFault.js"
import { type AppendItem, EventLog, type EventLogService } from "../../../src/eventlog/EventLog.js"
import * as MemoryEventLog from "../../../src/eventlog/memory/MemoryEventLog.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { histories, LIMITS, play } from "../contract/histories.js"
import { candidate, message, NOW_MILLIS, named, sourceOf } from "../contract/support.js"
import { eventLogContract } from "../contract.js"

const sqlLog = (database: TestDatabase, limits = LIMITS) =>
  Layer.build(Layer.provide(SqlEventLog.layer(limits), Layer.fresh(database.layer))).pipe(
    Effect.map((context) => Context.get(context, EventLog))
  )

/** All that a log can be asked for. */
const everything = (log: EventLogService) =>
  Effect.gen(function* () {
    const head = yield* log.head
    const sensors = yield* log.sensors({ limit: 100 })
    const ids = sensors.map((sensor) => sensor.id)
    return {
      head,
      events: yield* log.tail(position(0), head.position, 10_000),
      readings: yield* log.readings({}, { asOf: head.position, limit: 10_000 }),
      sensors,
      last: [...(yield* log.lastReadings(ids))],
      rejected: (yield* log.rejected({ limit: 100 })).map((message) => ({
        ...message,
        bytes: message.bytes === null ? null : [...message.bytes]
      })),
      totals: yield* log.rejectedTotals
    }
  })

describeDatabases("the event log", (database) => {
  eventLogContract(`on ${database.name}`, (limits) =>
    Layer.provide(SqlEventLog.layer(limits), Layer.fresh(database.layer))
  )

  it.scoped("answers a random history as the log in memory does", () =>
    Effect.gen(function* () {
      // A server takes some hundred ms a step of these, a file a tenth of that.
      for (const history of histories(database.name === "MySQL" ? 2 : 6, 60, 11)) {
        const inSql = yield* sqlLog(database)
        const inMemory = yield* MemoryEventLog.make(LIMITS)
        yield* TestClock.setTime(NOW_MILLIS)
        for (const [index, step] of history.entries()) {
          const expected = yield* Effect.provideService(play(step), EventLog, inMemory)
          // Only one of the two moves the clock.
          const found =
            step._tag === "Wait" ? expected : yield* Effect.provideService(play(step), EventLog, inSql)
          assert.deepStrictEqual(found, expected, `step ${index}: ${JSON.stringify(step)}`)
        }
        assert.deepStrictEqual(yield* everything(inSql), yield* everything(inMemory))
      }
    })
  )

  it.scoped("reads a rejected message of before the codes, and of a version that has more of them", () =>
    Effect.gen(function* () {
      const log = yield* EventLog
      const { transact } = yield* Database
      const kept = fault("missing", "value")
      const source = { topic: "sensors/1", bytes: Buffer.from("{}"), metric: null }
      yield* log.append([{ _tag: "Rejected", source, faults: [kept] }])
      for (const faults of [null, '[{"code":"of-tomorrow","field":null,"metric":false,"detail":[]}]']) {
        yield* transact((sql) => sql`UPDATE rejected_messages SET faults = ${faults}`)
        const [message] = yield* log.rejected({ limit: 1 })
        assert.deepInclude(message, { reason: "value is missing", faults: [kept] })
      }
    }).pipe(Effect.provide(Layer.provideMerge(SqlEventLog.layer(), Layer.fresh(database.layer))))
  )

  it.scoped("refuses a head that is behind its events", () =>
    Effect.gen(function* () {
      const target = yield* database.target
      yield* Effect.gen(function* () {
        const log = yield* EventLog
        yield* log.append([message(candidate(0, 1))])
        const { transact } = yield* Database
        yield* transact((sql) => sql`UPDATE log_head SET position = 1`)
      }).pipe(Effect.provide(Layer.provideMerge(SqlEventLog.layer(), databaseLayer(target))))
      const error = yield* Effect.flip(Effect.scoped(Layer.build(databaseLayer(target))))
      assert.include(error.message, "the log's head is at 1, behind its last event at 2")
    })
  )
})

describeDatabases("two writers of one event log", (database) => {
  // SQLite's file has one process and one writer; two logs over it still meet in its transactions.
  const twoLogs = Effect.gen(function* () {
    if (database.name === "SQLite") {
      const context = yield* Layer.build(Layer.fresh(database.layer))
      const log = Layer.build(Layer.fresh(SqlEventLog.layer())).pipe(Effect.provide(context))
      return [Context.get(yield* log, EventLog), Context.get(yield* log, EventLog)]
    }
    const target = yield* database.target
    const log = Layer.build(
      Layer.fresh(Layer.provide(SqlEventLog.layer(), Layer.fresh(databaseLayer(target))))
    )
    return [Context.get(yield* log, EventLog), Context.get(yield* log, EventLog)]
  })

  it.scopedLive("register named sensors once, and leave no hole that a reader could miss", () =>
    Effect.gen(function* () {
      const logs = yield* twoLogs
      const batch = (round: number) =>
        ["a", "b", "c"].map((name) => message(candidate(round, 1, { sensor: named(name) })))
      const write = (log: EventLogService) =>
        Effect.forEach(
          Array.from({ length: 20 }, (_, round) => round),
          (round) => log.append(batch(round)),
          { discard: true }
        )
      const [first] = logs
      assert.isDefined(first)
      const seen: Array<number> = []
      const follow = (log: EventLogService) =>
        Effect.gen(function* () {
          while (seen.length < 63) {
            const last = position(seen.at(-1) ?? 0)
            const { position: head } = yield* log.head
            for (const event of yield* log.tail(last, head, 5)) seen.push(event.position)
            yield* Effect.yieldNow()
          }
        })
      yield* Effect.all([...logs.map(write), follow(first)], { concurrency: "unbounded" }).pipe(
        Effect.timeout("30 seconds")
      )
      assert.deepStrictEqual(
        seen,
        Array.from({ length: 63 }, (_, index) => index + 1)
      )
      const sensors = yield* first.sensors({ limit: 10 })
      assert.deepStrictEqual(sensors.map((sensor) => sensor.name).sort(), ["a", "b", "c"])
    })
  )

  it.scopedLive(
    "store once what both are told at a time: readings that come late, and rejected messages",
    () =>
      Effect.gen(function* () {
        const logs = yield* twoLogs
        const rounds = 15
        const batch = (writer: number, round: number): ReadonlyArray<AppendItem> => [
          message(candidate(1_000 + 10 * round + writer, 1)),
          message(candidate(round, 1)),
          {
            _tag: "Rejected",
            source: sourceOf(`it's "no" JSON \\ ${round}`),
            faults: [fault("unknown", null, "it's not")]
          }
        ]
        const write = (log: EventLogService, writer: number) =>
          Effect.forEach(
            Array.from({ length: rounds }, (_, round) => round),
            (round) => log.append(batch(writer, round))
          )
        const answers = yield* Effect.all(logs.map(write), { concurrency: "unbounded" }).pipe(
          Effect.timeout("30 seconds")
        )
        const late = answers.flat().map(([, outcome]) => outcome?._tag)
        assert.strictEqual(late.filter((tag) => tag === "Stored").length, rounds)
        assert.strictEqual(late.filter((tag) => tag === "Repeated").length, rounds)
        const [first] = logs
        assert.isDefined(first)
        const { position: asOf } = yield* first.head
        assert.strictEqual(yield* first.countReadings({}, asOf), 3 * rounds)
        assert.strictEqual((yield* first.rejectedTotals).messages, rounds)
        const kept = yield* first.rejected({ limit: 100 })
        assert.deepStrictEqual(
          kept.map(({ deliveries }) => deliveries),
          Array(rounds).fill(2)
        )
        assert.include(kept[0]?.reason, "it's not")
      })
  )
})
