/** Whoever reads by position reads the files of those days alone that have events there, though a correction came to each later. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Database, type DatabaseService } from "../../../src/db/Transaction.js"
import { dayStart } from "../../../src/domain/dataset/DayFile.js"
import { MICROS_PER_DAY, micros } from "../../../src/domain/Time.js"
import { coldDays, coldDaysWithin, keepRuns, takeMarkOff } from "../../../src/eventlog/cold/ColdDays.js"
import type { PositionRun } from "../../../src/eventlog/cold/ColdRows.js"
import { describeDatabases } from "../../support/databases.js"
import { at } from "../contract/support.js"

const FIRST = dayStart(at(0))
const dayAt = (n: number) => micros(FIRST + n * MICROS_PER_DAY)

/** Marks a day with its runs; null: as a version without runs did. */
const marked = (database: DatabaseService, n: number, runs: ReadonlyArray<PositionRun>, hasRuns = true) =>
  database.transact((sql) =>
    Effect.gen(function* () {
      yield* sql`INSERT INTO cold_days (day, state, lake, path, sha256, position, first_position, last_position,
          readings, dropped, marked_at)
        VALUES (${database.encodeTime(dayAt(n))}, 'dropped', '/nowhere', 'x', ${"0".repeat(64)}, 9, ${runs[0]?.first ?? 0},
          ${runs.at(-1)?.last ?? 0}, 20, 20, ${database.encodeTime(dayAt(9))})`
      if (hasRuns) yield* keepRuns(sql, database, dayAt(n), runs)
    })
  )

describeDatabases("Cold days by position", (database) => {
  it.live("are those that have a run there", () =>
    Effect.gen(function* () {
      const db = yield* Database
      const late = 1_000_000
      for (let n = 0; n < 3; n++) {
        yield* marked(db, n, [
          { first: n * 10_000 + 1, last: (n + 1) * 10_000 },
          { first: late + n * 10, last: late + n * 10 + 5 }
        ])
      }
      const within = (after: number, upTo: number) =>
        Effect.map(
          db.read((sql) => coldDaysWithin(sql, after, upTo)),
          (days) => days.map(({ day }) => (day - FIRST) / MICROS_PER_DAY)
        )
      assert.deepStrictEqual(yield* within(0, 5_000), [0])
      assert.deepStrictEqual(yield* within(9_999, 10_001), [0, 1])
      assert.deepStrictEqual(yield* within(10_000, 10_001), [1])
      assert.deepStrictEqual(yield* within(25_000, 30_000), [2])
      assert.deepStrictEqual(yield* within(40_000, 900_000), [])
      assert.deepStrictEqual(yield* within(late + 5, late + 15), [1])
      assert.deepStrictEqual(yield* within(0, 2 * late), [0, 1, 2])
      yield* marked(db, 3, [{ first: 30_001, last: 2 * late }], false)
      assert.deepStrictEqual(yield* within(40_000, 900_000), [3])
      yield* db.transact((sql) => takeMarkOff(sql, db, dayAt(1)))
      assert.deepStrictEqual(yield* within(10_000, 20_000), [])
      assert.lengthOf(yield* db.read((sql) => coldDays(sql, db)), 3)
      yield* marked(db, 1, [{ first: 10_001, last: 20_000 }])
      assert.deepStrictEqual(yield* within(10_000, 20_000), [1])
    }).pipe(Effect.provide(database.layer))
  )
})
