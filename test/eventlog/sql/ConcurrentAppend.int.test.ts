/** Several processes that append to one log at a time, on a server: the contract, and what connections that die leave. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import mysql from "mysql2/promise"
import { inject } from "vitest"
import { layer as databaseLayer } from "../../../src/db/Database.js"
import * as Rows from "../../../src/db/Rows.js"
import { Database } from "../../../src/db/Transaction.js"
import { dayStart } from "../../../src/domain/dataset/DayFile.js"
import { eventId, position, readingId, sensorId } from "../../../src/domain/Ids.js"
import { fault } from "../../../src/domain/rejected/RejectionFault.js"
import { micros } from "../../../src/domain/Time.js"
import { countColdDays } from "../../../src/eventlog/cold/ColdDays.js"
import {
  type AppendItem,
  type AppendOutcome,
  DEFAULT_LOG_LIMITS,
  EventLog,
  type EventLogService,
  type LogError
} from "../../../src/eventlog/EventLog.js"
import { placedEvent, plainEvent } from "../../../src/eventlog/sql/append/ReadingEvents.js"
import { claim, publishing, reserve } from "../../../src/eventlog/sql/append/Reservations.js"
import { moveHead } from "../../../src/eventlog/sql/LogHead.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import { insertEvents } from "../../../src/eventlog/sql/SqlStore.js"
import { hasMysql, mysqlDatabase } from "../../support/databases.js"
import { at, candidate, message, numbered, sourceOf } from "../contract/support.js"

/** A log as a process of its own has it: its own connections, and its own memory. */
const openLog = (target: Parameters<typeof databaseLayer>[0]) =>
  Effect.map(
    Layer.build(
      Layer.fresh(
        Layer.provideMerge(
          SqlEventLog.layer(DEFAULT_LOG_LIMITS, "several"),
          Layer.fresh(databaseLayer(target))
        )
      )
    ),
    (context) => ({ log: Context.get(context, EventLog), database: Context.get(context, Database) })
  )

/** Registers the sensors, so that what follows says nothing new. */
const SENSORS = 5
const first = Array.from({ length: SENSORS }, (_, n) => message(candidate(0, n, { sensor: numbered(n + 1) })))

const reading = (sensor: number, seconds: number, value = 1): AppendItem =>
  message(candidate(seconds, value, { sensor: numbered(sensor) }))

const rejected = (n: number): AppendItem => ({
  _tag: "Rejected",
  source: sourceOf(`not JSON ${n}`),
  faults: [fault("payload-not-json", null, "x")]
})

const tags = (outcomes: ReadonlyArray<AppendOutcome>) => outcomes.map(({ _tag }) => _tag)

const reservations = Effect.flatMap(Database, ({ read }) =>
  read((sql) =>
    sql`SELECT first_position FROM log_reservations WHERE first_position > 0`.pipe(
      Effect.flatMap(Rows.every((row) => Rows.integer(row.first_position)))
    )
  )
)

describe.skipIf(!hasMysql())("a log that several processes append to", () => {
  it.scopedLive("reserves positions for what says nothing new, and gives outcomes as any log does", () =>
    Effect.gen(function* () {
      const { database, log } = yield* openLog(yield* mysqlDatabase.target)
      yield* log.append(first)
      const { position: before } = yield* log.head
      const outcomes = yield* log.append([
        reading(1, 1),
        rejected(1),
        reading(1, 1),
        reading(2, 0, 1),
        rejected(1)
      ])
      assert.deepStrictEqual(outcomes, [
        { _tag: "Stored", position: position(before + 1) },
        { _tag: "Rejected", faults: [fault("payload-not-json", null, "x")] },
        { _tag: "Repeated", id: readingId(before + 1) },
        { _tag: "Repeated", id: readingId(SENSORS + 2) },
        { _tag: "Rejected", faults: [fault("payload-not-json", null, "x")] }
      ])
      assert.strictEqual((yield* log.head).position, before + 1)
      assert.deepStrictEqual(yield* log.rejectedTotals, { messages: 1, bytes: 10 })
      assert.deepStrictEqual(yield* Effect.provideService(reservations, Database, database), [])
    })
  )

  it.scopedLive("goes on behind a reservation that nobody is at, without a hole", () =>
    Effect.gen(function* () {
      const { database, log } = yield* openLog(yield* mysqlDatabase.target)
      yield* log.append(first)
      const { position: before, recordedAt } = yield* log.head
      const sensorsPosition = position(SENSORS)
      yield* database.transact((sql) => reserve(sql, database, 7, sensorsPosition, recordedAt))
      // Those behind it can't commit before it: the log is taken by one, which takes both back.
      assert.deepStrictEqual(tags(yield* log.append([reading(1, 1), reading(2, 1)])), ["Stored", "Stored"])
      const { position: head } = yield* log.head
      const events = yield* log.tail(position(0), head, 100)
      assert.deepStrictEqual(
        events.map((event) => event.position as number),
        Array.from({ length: before + 2 }, (_, n) => n + 1)
      )
      assert.deepStrictEqual(yield* Effect.provideService(reservations, Database, database), [])
    })
  )

  it.scopedLive("is corrupt where the row of its order is gone: nobody would wait for anybody", () =>
    Effect.gen(function* () {
      const { database, log } = yield* openLog(yield* mysqlDatabase.target)
      yield* database.transact((sql) => sql`DELETE FROM log_reservations`)
      const failure = yield* Effect.flip(log.append(first))
      assert.strictEqual(failure._tag, "LogCorrupt")
    })
  )

  it.scopedLive("stores nothing by a reservation that was taken back", () =>
    Effect.gen(function* () {
      const { database, log } = yield* openLog(yield* mysqlDatabase.target)
      yield* log.append(first)
      const { recordedAt } = yield* log.head
      const reservation = yield* database.transact((sql) =>
        reserve(sql, database, 2, position(SENSORS), recordedAt)
      )
      yield* log.describe([{ id: sensorId(1), said: { unit: "K" } }])
      const failure = yield* Effect.flip(database.transact((sql) => claim(sql, reservation)))
      assert.strictEqual(failure._tag, "OutOfTurn")
    })
  )

  it.scopedLive("sees at once what another process has changed of a sensor", () =>
    Effect.gen(function* () {
      const target = yield* mysqlDatabase.target
      const [one, other] = [yield* openLog(target), yield* openLog(target)]
      yield* one.log.append(first)
      yield* one.log.append([reading(1, 1)])
      yield* other.log.retire([sensorId(1)])
      const { position: before } = yield* one.log.head
      assert.deepStrictEqual(tags(yield* one.log.append([reading(1, 2)])), ["Stored"])
      const events = yield* one.log.tail(before, (yield* one.log.head).position, 10)
      assert.deepStrictEqual(
        events.map(({ type }) => type),
        ["SensorChanged", "ReadingRecorded"]
      )
      const [sensor] = yield* other.log.sensors({ limit: 1 })
      assert.strictEqual(sensor?.status, "active")
    })
  )

  it.scopedLive("takes nothing for a day that has become a cold one", () =>
    Effect.gen(function* () {
      const { database, log } = yield* openLog(yield* mysqlDatabase.target)
      yield* log.append(first)
      const day = database.encodeTime(dayStart(at(0)))
      yield* database.transact((sql) =>
        Effect.gen(function* () {
          yield* sql`INSERT INTO cold_days (day, state, lake, path, sha256, position, first_position, last_position,
              readings, dropped, marked_at)
            VALUES (${day}, 'dropped', 'file:///nowhere', 'x', 'x', 1, 1, 1, 0, 0, ${day})`
          yield* countColdDays(sql)
        })
      )
      assert.deepStrictEqual(tags(yield* log.append([reading(1, 1)])), ["Rejected"])
    })
  )

  it.scopedLive("waits for who reserved before, and commits in that order", () =>
    Effect.gen(function* () {
      const { database, log } = yield* openLog(yield* mysqlDatabase.target)
      yield* log.append(first)
      const { position: before, recordedAt } = yield* log.head
      const sensorsPosition = position(SENSORS)
      const reservation = yield* database.transact((sql) =>
        reserve(sql, database, 1, sensorsPosition, micros(recordedAt + 5_000_000))
      )
      const gate = yield* Effect.makeLatch(false)
      const claimed = yield* Effect.makeLatch(false)
      const slow = yield* Effect.fork(
        database.transact((sql) =>
          Effect.gen(function* () {
            yield* claim(sql, reservation)
            yield* claimed.open
            yield* gate.await
            const [sensor] = yield* log.sensors({ limit: 1 })
            assert.isDefined(sensor)
            const event = plainEvent(sensor, candidate(50, 5), eventId("1".padStart(32, "0")))
            yield* insertEvents(
              sql,
              database,
              [placedEvent(event, reservation.first, reservation.recordedAt)],
              reservation.recordedAt
            )
            const head = yield* publishing(sql, reservation)
            yield* moveHead(sql, database, {
              position: reservation.first,
              recordedAt: reservation.recordedAt,
              rejected: { messages: 0, bytes: head.rejectedBytes },
              sensorsPosition: head.sensorsPosition
            })
          })
        )
      )
      yield* claimed.await
      const quick = yield* Effect.fork(log.append([reading(3, 1)]))
      yield* Effect.sleep("300 millis")
      // It has inserted, and is not seen: whoever polls would miss the one before.
      assert.strictEqual((yield* log.head).position, before)
      yield* gate.open
      yield* Fiber.join(slow)
      assert.deepStrictEqual(yield* Fiber.join(quick), [{ _tag: "Stored", position: position(before + 2) }])
      const events = yield* log.tail(before, (yield* log.head).position, 10)
      assert.deepStrictEqual(
        events.map((event) => event.position as number),
        [before + 1, before + 2]
      )
      assert.isAtLeast(events[1]?.recordedAt ?? 0, events[0]?.recordedAt ?? 0)
    })
  )
})

interface Tally {
  /** What was acknowledged of each reading, by sensor and second: how often it was said to be stored. */
  readonly stored: Map<string, number>
  readonly told: Map<string, number>
}

/** Kills a connection of the processes every while, whatever it is at. */
const killing = (database: string, onKill: () => void) =>
  Effect.gen(function* () {
    const connection = yield* Effect.acquireRelease(
      Effect.promise(() => mysql.createConnection(inject("mysqlUrl"))),
      (open) => Effect.promise(() => open.end())
    )
    const ask = (text: string) =>
      Effect.promise(() =>
        connection.query<Array<mysql.RowDataPacket>>(text).then(([rows]) => rows.map((row) => Number(row.id)))
      )
    return yield* Effect.gen(function* () {
      const running = yield* ask(
        `SELECT id FROM information_schema.processlist WHERE db = '${database}' AND id <> CONNECTION_ID()`
      )
      const [victim] = yield* Random.shuffle(running)
      // It may have gone meanwhile.
      if (victim !== undefined) {
        yield* Effect.tryPromise(() => connection.query(`KILL ${victim}`)).pipe(
          Effect.tap(() => Effect.sync(onKill)),
          Effect.ignore
        )
      }
      yield* Effect.sleep("15 millis")
    }).pipe(Effect.forever)
  }).pipe(Effect.scoped)

const BATCHES = 25
const ROWS = 40

describe.skipIf(!hasMysql())("several processes whose connections are killed at random", () => {
  it.scopedLive(
    "lose nothing, store nothing twice, and leave no hole that a reader could miss",
    () =>
      Effect.gen(function* () {
        const one = yield* mysqlDatabase.target
        if (one._tag !== "Mysql") return assert.fail("a server is needed")
        const logs = yield* Effect.forEach([1, 2, 3, 4], () => openLog(one))
        const [observer] = logs
        assert.isDefined(observer)
        yield* observer.log.append(first)
        const tally: Tally = { stored: new Map(), told: new Map() }
        // A killed connection is no answer; that the log is corrupt would be one.
        const retried = <A>(effect: Effect.Effect<A, LogError>) =>
          Effect.retry(effect, {
            schedule: Schedule.spaced("20 millis"),
            times: 500,
            while: ({ _tag }) => _tag === "LogUnavailable"
          })
        // Batches of two processes share a tenth of their readings, as a broker delivers some twice.
        const batch = (writer: number, round: number) =>
          Array.from({ length: ROWS }, (_, n): AppendItem => {
            const shared = n % 10 === 0
            const second = 100 + round * 1_000 + n + (shared ? 0 : writer * 100_000)
            return n % 13 === 7
              ? rejected(round * 100 + n + (shared ? 0 : writer * 10_000))
              : reading(1 + (n % SENSORS), second)
          })
        const note = (items: ReadonlyArray<AppendItem>, outcomes: ReadonlyArray<AppendOutcome>) => {
          for (const [n, item] of items.entries()) {
            if (item._tag === "Rejected") continue
            const key = `${JSON.stringify(item.reading.sensor)} ${item.reading.occurredAt}`
            tally.told.set(key, (tally.told.get(key) ?? 0) + 1)
            if (outcomes[n]?._tag === "Stored") tally.stored.set(key, (tally.stored.get(key) ?? 0) + 1)
          }
        }
        const write = (log: EventLogService, writer: number) =>
          Effect.forEach(
            Array.from({ length: BATCHES }, (_, round) => round),
            (round) => {
              const items = batch(writer, round)
              return Effect.map(retried(log.append(items)), (outcomes) => note(items, outcomes))
            },
            { discard: true }
          )
        // People, who need the log alone.
        const person = (log: EventLogService, sensor: number) =>
          Effect.forEach(
            Array.from({ length: 20 }, (_, n) => n),
            (n) =>
              Effect.zipRight(
                retried(log.describe([{ id: sensorId(sensor), said: { description: `place ${n}` } }])),
                Effect.sleep("50 millis")
              ),
            { discard: true }
          )
        let kills = 0
        const seen: Array<number> = []
        const recorded: Array<number> = []
        const look = Effect.gen(function* () {
          const { position: head } = yield* observer.log.head
          for (const event of yield* observer.log.tail(position(seen.at(-1) ?? 0), head, 500)) {
            seen.push(event.position)
            recorded.push(event.recordedAt)
          }
        })
        const follower = yield* Effect.fork(
          Effect.forever(Effect.zipRight(Effect.ignore(look), Effect.sleep("2 millis")))
        )
        const killer = yield* Effect.fork(
          killing(one.database, () => {
            kills += 1
          })
        )
        yield* Effect.all(
          [...logs.map(({ log }, n) => write(log, n)), ...logs.map(({ log }, n) => person(log, n + 1))],
          {
            concurrency: "unbounded"
          }
        ).pipe(Effect.timeout("60 seconds"))
        yield* look
        yield* Fiber.interrupt(killer)
        yield* Fiber.interrupt(follower)
        const { position: head } = yield* observer.log.head
        assert.deepStrictEqual(
          seen,
          Array.from({ length: head }, (_, n) => n + 1)
        )
        assert.deepStrictEqual(
          recorded,
          recorded.toSorted((a, b) => a - b)
        )
        assert.isAbove(kills, 10)
        assert.isAtMost(Math.max(...tally.stored.values()), 1)
        const stored = yield* observer.log.countReadings({}, head)
        assert.strictEqual(stored, tally.told.size + first.length)
      }),
    60_000
  )
})
