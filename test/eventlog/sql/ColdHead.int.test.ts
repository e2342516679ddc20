/** The log's head says whether a day is cold: what that costs where none is, and that it is known in time where one becomes so. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { layer as databaseLayer, layerFrom, sourceOf } from "../../../src/db/Database.js"
import { Database, type DatabaseService, wrapDriver } from "../../../src/db/Transaction.js"
import { dayStart } from "../../../src/domain/dataset/DayFile.js"
import { position, readingId, sensorId } from "../../../src/domain/Ids.js"
import { MICROS_PER_DAY, micros } from "../../../src/domain/Time.js"
import { countColdDays } from "../../../src/eventlog/cold/ColdDays.js"
import { EventLog, type LogError } from "../../../src/eventlog/EventLog.js"
import { lockedHead } from "../../../src/eventlog/sql/LogHead.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import * as Corrections from "../../../src/projections/minutes/Corrections.js"
import { MinuteStore } from "../../../src/projections/minutes/MinuteStore.js"
import * as SqlMinuteStore from "../../../src/projections/minutes/SqlMinuteStore.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { at, candidate, message } from "../contract/support.js"

const DAY = dayStart(at(0))
const first = Array.from({ length: 20 }, (_, n) => message(candidate(n * 60, n)))
const later = message(candidate(2 * 86_400, 1))

const logs = Layer.mergeAll(Corrections.layer, SqlMinuteStore.layer, SqlEventLog.layer())

/** All that is sent, but for what begins and ends a transaction. */
const recording = (database: TestDatabase, sent: Array<string>) =>
  Effect.gen(function* () {
    const from = sourceOf(yield* database.target)
    const noting =
      <Args extends ReadonlyArray<unknown>, A>(call: (text: string, ...args: Args) => A) =>
      (text: string, ...args: Args): A => {
        if (/^\s*(SELECT|WITH|INSERT|UPDATE|DELETE|\()/.test(text)) sent.push(text)
        return call(text, ...args)
      }
    const wrap = (connection: Connection) =>
      Effect.succeed<Connection>({
        execute: noting((...of: Parameters<Connection["execute"]>) => connection.execute(...of)),
        executeRaw: noting((...of: Parameters<Connection["executeRaw"]>) => connection.executeRaw(...of)),
        executeValues: noting((...of: Parameters<Connection["executeValues"]>) =>
          connection.executeValues(...of)
        ),
        executeUnprepared: noting((...of: Parameters<Connection["executeUnprepared"]>) =>
          connection.executeUnprepared(...of)
        ),
        executeStream: (...of) => connection.executeStream(...of)
      })
    const open = Effect.flatMap(from.open, (driver) => wrapDriver(driver, wrap))
    return yield* Layer.build(Layer.provideMerge(logs, layerFrom({ ...from, open })))
  })

/** Marks the day, as `archive drop` does; what it has leaves the log at once. */
const becomesCold = (database: DatabaseService, sql: SqlClient) =>
  Effect.gen(function* () {
    yield* sql`INSERT INTO cold_days (day, state, lake, path, sha256, position, first_position, last_position,
        readings, dropped, marked_at)
      VALUES (${database.encodeTime(DAY)}, 'dropped', '/nowhere', 'x', ${"0".repeat(64)}, 21, 2, 21, 20, 20,
        ${database.encodeTime(DAY)})`
    yield* countColdDays(sql)
    yield* sql`DELETE FROM events WHERE position BETWEEN 2 AND 21`
  })

describeDatabases("the number of cold days in the log's head", (database) => {
  it.live("costs no statement where it is 0", () =>
    Effect.gen(function* () {
      const sent: Array<string> = []
      const context = yield* recording(database, sent)
      const log = Context.get(context, EventLog)
      const counted = <A, E>(read: Effect.Effect<A, E>) =>
        Effect.suspend(() => {
          sent.length = 0
          return Effect.map(read, () => sent.length)
        })
      yield* log.append([...first, later])
      sent.length = 0
      yield* log.append([...first, message(candidate(30, 7)), message(candidate(3 * 86_400, 1))])
      assert.deepStrictEqual(
        sent.filter((text) => /\b(FROM|JOIN|INTO)\s+cold_days\b/.test(text)),
        []
      )
      const asOf = (yield* log.head).position
      const one = [sensorId(1)]
      const none = { start: at(86_400), end: at(86_401) }
      yield* log.readings({}, { asOf, limit: 5 })
      const reads = {
        page: yield* counted(log.readings({}, { asOf, limit: 5 })),
        skipped: yield* counted(log.readings({}, { asOf, limit: 5, skip: 3 })),
        empty: yield* counted(log.readings(none, { asOf, limit: 5 })),
        now: yield* counted(log.readingsNow({}, { limit: 5 })),
        nothingNow: yield* counted(log.readingsNow(none, { limit: 5 })),
        count: yield* counted(log.countReadings({}, asOf)),
        last: yield* counted(log.lastReadings(one)),
        lastOfNone: yield* counted(log.lastReadings([sensorId(9)])),
        history: yield* counted(log.history(readingId(2))),
        inForce: yield* counted(log.inForce(sensorId(1), at(0), at(600), asOf)),
        nothingInForce: yield* counted(log.inForce(sensorId(9), at(0), at(600), asOf)),
        touching: yield* counted(
          Context.get(context, MinuteStore).touching({ sensorId: sensorId(1), minute: at(60) }, asOf)
        ),
        corrections: yield* counted(
          Context.get(context, Corrections.Corrections).inWindow({
            sensorId: sensorId(1),
            start: at(0),
            end: at(3_600),
            limit: 5
          })
        )
      }
      assert.deepStrictEqual(new Set(Object.values(reads)), new Set([1]), JSON.stringify(reads))
    }).pipe(Effect.scoped)
  )

  it.live("refuses what was looked up before the day became cold, in another process too", () =>
    Effect.gen(function* () {
      const target = yield* database.target
      const context = yield* Layer.build(Layer.provideMerge(logs, databaseLayer(target)))
      const [log, db] = [Context.get(context, EventLog), Context.get(context, Database)]
      // On a server the mark is another process's; a file has one process.
      const other =
        database.name === "SQLite" ? db : Context.get(yield* Layer.build(databaseLayer(target)), Database)
      yield* log.append([...first, later])
      yield* other.transact(
        (sql) => sql`CREATE TABLE saved AS SELECT * FROM events WHERE position BETWEEN 2 AND 21`
      )
      /** Runs the change under the lock of the head, and the append beside it, which has looked up what it can by then. */
      const whileAppending = (change: (sql: SqlClient) => Effect.Effect<unknown, unknown>) =>
        Effect.gen(function* () {
          const [locked, go] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
          const changing = yield* Effect.fork(
            other.transact((sql) =>
              Effect.gen(function* () {
                yield* lockedHead(sql, other)
                yield* Deferred.succeed(locked, undefined)
                yield* Deferred.await(go)
                yield* Effect.orDie(change(sql))
              })
            )
          )
          yield* Deferred.await(locked)
          const appending = yield* Effect.fork(log.append([...first.slice(0, 3), message(candidate(30, 7))]))
          yield* Effect.sleep(150)
          yield* Deferred.succeed(go, undefined)
          yield* Fiber.join(changing)
          return yield* Fiber.join(appending)
        })
      const head = yield* log.head

      const refused = yield* whileAppending((sql) => becomesCold(other, sql))
      assert.deepStrictEqual(
        refused.map((outcome) =>
          String(outcome._tag === "Rejected" ? outcome.faults[0]?.code : outcome._tag)
        ),
        Array.from({ length: 4 }, () => "day-archived")
      )
      assert.strictEqual((yield* log.head).position, head.position)
      for (const read of [
        log.readings({}, { asOf: head.position, limit: 5 }),
        log.readingsNow({}, { limit: 5 }),
        log.countReadings({}, head.position),
        log.history(readingId(2)),
        log.inForce(sensorId(1), DAY, micros(DAY + MICROS_PER_DAY), head.position)
      ]) {
        const error: object = yield* Effect.flip<unknown, LogError, never>(read)
        assert.deepInclude(error, { _tag: "LogUnavailable", archived: true })
      }
      const [hot] = yield* log.readings({ start: at(86_400) }, { asOf: head.position, limit: 5 })
      assert.strictEqual(hot?.occurredAt, at(2 * 86_400))

      const back = yield* whileAppending((sql) =>
        Effect.gen(function* () {
          yield* sql`INSERT INTO events SELECT * FROM saved`
          yield* sql`DELETE FROM cold_days`
          yield* countColdDays(sql)
        })
      )
      assert.deepStrictEqual(
        back.map(({ _tag }) => _tag),
        ["Repeated", "Repeated", "Repeated", "Stored"]
      )
      const page = yield* log.readings({}, { asOf: position(1_000), limit: 100 })
      assert.strictEqual(page.length, first.length + 2)
      assert.isTrue(Option.isSome(yield* log.reading(readingId(2), position(1_000))))
    }).pipe(Effect.scoped)
  )
})
