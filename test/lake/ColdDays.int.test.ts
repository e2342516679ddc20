/** Days that are dropped from the log: every answer is what it was, whatever way it is asked for. */
import { createHash } from "node:crypto"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { takeBackup } from "../../src/backup/TakeBackup.js"
import { verifyDatabase } from "../../src/backup/verify/VerifyDatabase.js"
import { openBeside } from "../../src/cli/backup/OpenBeside.js"
import type { DatabaseTarget } from "../../src/config/DatabaseTarget.js"
import * as Rows from "../../src/db/Rows.js"
import { Database } from "../../src/db/Transaction.js"
import { dayStart } from "../../src/domain/dataset/DayFile.js"
import { type Position, position, readingId, sensorId } from "../../src/domain/Ids.js"
import { MICROS_PER_DAY, MICROS_PER_HOUR, micros } from "../../src/domain/Time.js"
import { EventLog, type ReadingFilter } from "../../src/eventlog/EventLog.js"
import { dropDays } from "../../src/lake/cold/DropDays.js"
import { rehydrate } from "../../src/lake/cold/Rehydrate.js"
import { folderStore } from "../../src/lake/FolderStore.js"
import { Aggregates } from "../../src/projections/minutes/Aggregates.js"
import { Minutes } from "../../src/projections/minutes/Minutes.js"
import * as Quality from "../../src/projections/quality/Quality.js"
import * as QualityHours from "../../src/projections/quality/QualityHours.js"
import { aggregatesHash, logHash, services, storedAggregates } from "../backup/filled.js"
import { at, candidate, described, message, named, numbered } from "../eventlog/contract/support.js"
import { describeDatabases, type TestDatabase } from "../support/databases.js"
import { archived, faultsOf, folder } from "./lakes.js"

/** Of a machine that does much else; alone it takes some seconds. */
const COLD_MILLIS = 300_000
const DAY = 86_400
const AT_ONCE = { concurrency: 4 }
const TERMS = { licence: "CC-BY-4.0" }
const FIRST = dayStart(at(0))
const dayAt = (n: number) => micros(FIRST + n * MICROS_PER_DAY)

/** One database for all of them. */
const onTarget =
  (target: DatabaseTarget) =>
  <A, E, R>(body: Effect.Effect<A, E, R>) =>
    body.pipe(
      Effect.provide(Layer.fresh(Layer.merge(Quality.layer, QualityHours.layer))),
      Effect.provide(services(target))
    )

/** A repeat of it comes with another time: its key is by its count alone. */
const counted = candidate(2 * DAY + 70, 3, { identity: { _tag: "Sequence", epoch: "boot", seq: 7 } })

/** Six days: late readings, corrections, deletions, a move, what has no time of its own, and a reading that is restored. */
const fillDays = Effect.gen(function* () {
  const log = yield* EventLog
  for (let day = 0; day < 6; day++) {
    const readings = Array.from({ length: 240 }, (_, n) =>
      message(
        candidate(day * DAY + n * 75, Math.sin(n + day) * 30, {
          sensor: n % 4 === 0 ? named("é roof") : numbered((n % 3) + 1),
          ...(n % 50 === 0 ? { said: { ...described, unit: day % 2 === 0 ? "C" : "F" } } : {}),
          ...(n % 60 === 1 ? { said: { lat: 1.5, lng: -2 } } : {})
        })
      )
    )
    yield* log.append(readings)
    if (day > 1) yield* log.append([message(candidate((day - 2) * DAY + 31, day, { sensor: numbered(2) }))])
  }
  yield* log.append([message(counted)])
  const { position: head } = yield* log.head
  for (const [index, reading] of (yield* log.readings({}, { asOf: head, limit: 900 })).entries()) {
    if (index % 11 !== 0) continue
    const by = {
      sensorId: reading.sensorId,
      occurredAt: reading.occurredAt,
      value: reading.value + 1,
      said: {}
    }
    if (index % 3 === 0) yield* log.remove(reading.id, { reason: "wrong", actor: "ann" })
    else yield* log.replace(reading.id, by)
    if (index % 7 === 0 && index % 3 !== 0) {
      yield* log.replace(reading.id, { ...by, occurredAt: micros(reading.occurredAt + MICROS_PER_DAY) })
    }
  }
  yield* log.record([candidate(0, 0, { sensor: named("é roof") })])
  yield* log.describe([{ id: sensorId(2), name: "cellar", intervalMs: 75_000, said: { min: -40, max: 40 } }])
})

const foldAll = Effect.gen(function* () {
  yield* (yield* Minutes).catchUp
  const hours = yield* QualityHours.QualityHours
  yield* hours.catchUp
  const database = yield* Database
  const dirty = database.read((sql) => sql`SELECT 1 FROM quality_hours WHERE dirty = 1 LIMIT 1`)
  while ((yield* dirty).length > 0) yield* hours.round
})

const sha = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16)

const filters: Readonly<Record<string, ReadingFilter>> = {
  all: {},
  one: { sensorIds: [sensorId(2)] },
  several: { sensorIds: [sensorId(1), sensorId(3)] },
  unit: { unit: "F" },
  border: { start: at(2 * DAY + 3_600), end: at(3 * DAY + 7_200) },
  clockless: { clockSet: false }
}

/** All pages of a question, each answer in it. */
const pages = (filter: ReadingFilter, asOf: Position, order: "asc" | "desc") =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const all = []
    for (let after: { occurredAt: typeof FIRST; position: Position } | undefined; ; ) {
      const page = yield* log.readings(filter, { asOf, order, after, limit: 397 })
      all.push(...page)
      const last = page.at(-1)
      if (page.length < 397 || last === undefined) return all
      after = last
    }
  })

/** Everything that is answered as of a position. */
const answers = (asOf: Position) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const found: Record<string, string> = {}
    for (const [name, filter] of Object.entries(filters)) {
      const up = yield* pages(filter, asOf, "asc")
      found[name] = `${up.length} ${sha(up)}`
      assert.deepStrictEqual((yield* pages(filter, asOf, "desc")).toReversed(), up)
      assert.strictEqual(yield* log.countReadings(filter, asOf), up.length)
      const skip = Math.floor(up.length / 2)
      assert.deepStrictEqual(
        yield* log.readings(filter, { asOf, limit: 20, skip }),
        up.slice(skip, skip + 20),
        `${name} behind ${skip}`
      )
    }
    const some = yield* log.readings({}, { asOf, limit: 20, skip: 100 })
    found.history = sha(yield* Effect.forEach(some, ({ id }) => log.history(id), AT_ONCE))
    found.reading = sha(yield* Effect.forEach(some, ({ id }) => log.reading(id, asOf), AT_ONCE))
    found.tail = sha(yield* log.tail(position(0), asOf, 100_000))
    found.pieces = sha(yield* log.tail(position(150), asOf, 333))
    found.sensors = sha(yield* log.sensorsAsOf(asOf))
    const ids = [sensorId(1), sensorId(2), sensorId(3), sensorId(1_000_000_000)]
    found.last = sha([...(yield* log.lastReadings(ids, asOf))])
    found.inForce = sha(yield* log.inForce(sensorId(2), dayAt(1), dayAt(4), asOf))
    found.minutes = sha(yield* aggregatesHash(asOf))
    const quality = yield* Quality.Quality
    const { results, details } = yield* quality.report({
      start: dayAt(1),
      end: micros(dayAt(4) + MICROS_PER_HOUR / 2),
      fresh: true
    } as never)
    found.quality = sha([results, details])
    return found
  })

/** The minutes, hours and days that are read. */
const folded = Effect.gen(function* () {
  const { aggregates } = yield* Aggregates
  const asOf = (yield* (yield* EventLog).head).position
  const rows = yield* Effect.forEach(["1m", "1h", "1d"] as const, (interval) =>
    Effect.map(aggregates({}, { interval, limit: 100_000, asOf }), (page) => sha(page.rows))
  )
  return [...rows, (yield* storedAggregates).sensor_minutes]
})

const all = (positions: ReadonlyArray<Position>) => Effect.forEach(positions, answers)

const eventsInLog = Effect.flatMap(Database, (database) =>
  database.read((sql) =>
    sql`SELECT COUNT(*) AS n FROM events`.pipe(Effect.flatMap(Rows.only(({ n }) => Rows.integer(n))))
  )
)

const dropping = (lake: string, more: { readonly dryRun?: boolean; readonly onProgress?: () => void } = {}) =>
  dropDays(folderStore(lake), {
    ...TERMS,
    dryRun: false,
    pieceRows: 40,
    // The first four days.
    keep: Date.now() * 1_000 - dayAt(4) - MICROS_PER_HOUR,
    ...more
  })

/** What is added to a cold day, or changed of it, is refused: nothing is stored twice. */
const isClosed = Effect.gen(function* () {
  const log = yield* EventLog
  const before = (yield* log.head).position
  const [again] = yield* log.append([message(candidate(75, Math.sin(1) * 30, { sensor: numbered(2) }))])
  assert.strictEqual(again?._tag, "Rejected")
  assert.deepInclude(again?._tag === "Rejected" ? again.faults[0] : {}, { code: "day-archived" })
  const [repeat] = yield* log.append([message({ ...counted, occurredAt: at(20 * DAY) })])
  assert.strictEqual(repeat?._tag, "Repeated")
  const tag = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.map(Effect.flip(effect), (error) => ({ ...error }))
  const [reading] = yield* log.readings({}, { asOf: before, limit: 1, skip: 150 })
  assert(reading !== undefined)
  const by = { sensorId: reading.sensorId, occurredAt: reading.occurredAt, value: 9, said: {} }
  const refusals = [
    yield* tag(log.record([candidate(76, 1)])),
    yield* tag(log.replace(reading.id, by)),
    yield* tag(log.remove(reading.id)),
    yield* tag(log.removeAll([reading]))
  ]
  for (const refusal of refusals) assert.deepInclude(refusal, { _tag: "LogUnavailable", archived: true })
  const [hot] = yield* log.readings({ start: dayAt(5) }, { asOf: before, limit: 1 })
  assert(hot !== undefined)
  const moved = { ...by, sensorId: hot.sensorId, occurredAt: reading.occurredAt }
  assert.deepInclude(yield* tag(log.replace(hot.id, moved)), { archived: true })
  assert.deepInclude(yield* tag(log.remove(readingId(9_999_999))), { _tag: "ReadingNotFound" })
  assert.strictEqual((yield* log.head).position, before)
})

const isVerified = (target: DatabaseTarget) =>
  Effect.gen(function* () {
    const beside = yield* openBeside(target)
    const { faults, head } = yield* verifyDatabase(beside)
    assert.deepStrictEqual(faults, [])
    let rows = 0
    const sink = {
      before: null,
      start: () => Effect.void,
      part: (part: { readonly table: string; readonly rows: number }) =>
        Effect.sync(() => {
          if (part.table === "events") rows += part.rows
        }),
      end: () => Effect.void
    }
    const { damaged } = yield* takeBackup(beside, sink)
    assert.deepStrictEqual([rows, damaged], [head, []])
  }).pipe(Effect.scoped)

/** The body on a fresh database, with the folder of a lake beside it. */
const besideLake = <A, E, R>(
  database: TestDatabase,
  body: (target: DatabaseTarget, lake: string) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    const target = yield* database.target
    const lake = join(yield* folder, "lake")
    return yield* body(target, lake).pipe(onTarget(target))
  }).pipe(Effect.scoped)

describeDatabases("Cold days", (database) => {
  it.live(
    "are answered from the lake as before, take nothing, and come back equal",
    () =>
      besideLake(database, (target, lake) =>
        Effect.gen(function* () {
          yield* fillDays
          yield* foldAll
          yield* archived(folderStore(lake))
          const log = yield* EventLog
          const head = (yield* log.head).position
          const positions = [position(1_100), head]
          const [early, late] = [[position(1_100)], [head]]
          const before = yield* all(positions)
          const whole = yield* logHash(head)
          const stored = yield* folded
          const events = yield* eventsInLog

          const planned = yield* dropping(lake, { dryRun: true })
          assert.deepStrictEqual(
            planned.map(({ date, stays }) => [date, stays]),
            ["2024-06-14", "2024-06-15", "2024-06-16", "2024-06-17"].map((date) => [date, null])
          )
          assert.strictEqual(yield* eventsInLog, events)

          // Killed in the middle of the second day.
          let pieces = 0
          const killed = yield* Effect.exit(
            dropping(lake, {
              onProgress: () => {
                pieces += 1
                if (pieces === 5) throw new Error("killed")
              }
            })
          )
          assert.isTrue(Exit.isFailure(killed))
          assert.deepStrictEqual(yield* all(late), before.slice(1))
          const finished = yield* dropping(lake)
          assert.deepStrictEqual(
            finished.filter(({ stays }) => stays !== null),
            []
          )
          const left = yield* eventsInLog
          assert.isBelow(left, events - 4 * 100)
          assert.deepStrictEqual(yield* all(positions), before)
          yield* isClosed
          assert.deepStrictEqual(yield* faultsOf(folderStore(lake)), [])
          assert.deepStrictEqual((yield* archived(folderStore(lake))).written, [])
          yield* isVerified(target)

          yield* (yield* Minutes).rebuild(() => Effect.void)
          assert.deepStrictEqual(yield* folded, stored)
          assert.deepStrictEqual(yield* all(late), before.slice(1))

          const back = yield* rehydrate(folderStore(lake), { ...TERMS, from: dayAt(1), until: dayAt(2) })
          assert.deepStrictEqual(back.days, ["2024-06-15", "2024-06-16"])
          assert.deepStrictEqual(yield* all(early), before.slice(0, 1))
          yield* rehydrate(folderStore(lake), { ...TERMS, from: dayAt(0), until: dayAt(5) })
          assert.strictEqual(yield* eventsInLog, events)
          assert.deepStrictEqual(yield* logHash(head), whole)
          assert.deepStrictEqual(yield* all(late), before.slice(1))
          yield* isVerified(target)
        })
      ),
    COLD_MILLIS
  )

  it.live(
    "stay in the log where their file is not what was archived, or has changed since",
    () =>
      besideLake(database, (_, lake) =>
        Effect.gen(function* () {
          yield* fillDays
          yield* (yield* Minutes).catchUp
          yield* archived(folderStore(lake))
          const uncounted = yield* dropping(lake)
          assert.deepStrictEqual(
            [...new Set(uncounted.map(({ stays }) => stays))],
            ["the quality of its hours is not counted"]
          )
          yield* foldAll
          const log = yield* EventLog
          yield* log.append([message(candidate(DAY + 5, 1))])
          yield* foldAll
          const path = join(lake, "events/date=2024-06-16")
          const [name = ""] = readdirSync(path)
          const bytes = readFileSync(join(path, name))
          bytes[200] = (bytes[200] ?? 0) ^ 1
          writeFileSync(join(path, name), bytes)
          const days = new Map((yield* dropping(lake)).map(({ date, stays }) => [date, stays]))
          assert.strictEqual(days.get("2024-06-14"), null)
          assert.strictEqual(days.get("2024-06-15"), "it has changed since it was archived")
          assert.include(days.get("2024-06-16") ?? "", "SHA-256")
        })
      ),
    COLD_MILLIS
  )
})
