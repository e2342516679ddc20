/**
 * Hours and days on a zone's clocks are, whenever the fold has caught up, the merges of their minutes to the bit: after
 * late, corrected and deleted data, after a rebuild, and after the zone or the process changed.
 */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Rows from "../../../src/db/Rows.js"
import { Database } from "../../../src/db/Transaction.js"
import { type ReadingId, sensorId } from "../../../src/domain/Ids.js"
import type { Interval } from "../../../src/domain/minute/Interval.js"
import { divisionEnd, divisionStart, zoneNamed } from "../../../src/domain/minute/LocalInterval.js"
import { figures, type Minute, mergeAll } from "../../../src/domain/minute/Minute.js"
import { formatTime, MICROS_PER_MINUTE } from "../../../src/domain/Time.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import { DefaultZone } from "../../../src/projections/intervals/DefaultZone.js"
import { minuteOfRow, STATE_COLUMNS } from "../../../src/projections/minutes/MinuteRows.js"
import { MinuteStore, minuteKey } from "../../../src/projections/minutes/MinuteStore.js"
import * as Minutes from "../../../src/projections/minutes/Minutes.js"
import * as SqlMinuteStore from "../../../src/projections/minutes/SqlMinuteStore.js"
import { describeDatabases } from "../../support/databases.js"
import { allEvents, append, naiveFold, reading, readingIds } from "./minutes.support.js"

const KINDS = [
  ["1h", "sensor_hours", "aggregates_1h"],
  ["1d", "sensor_days", "aggregates_1d"]
] as const satisfies ReadonlyArray<readonly [Interval, string, string]>

const rowsIn = (table: string, where: string) =>
  Effect.flatMap(Database, ({ read }) =>
    read((sql) =>
      Effect.flatMap(
        sql.unsafe<Rows.Row>(
          `SELECT ${STATE_COLUMNS}, m.* FROM ${table} m WHERE ${where} ORDER BY m.minute, m.sensor_id`
        ),
        Rows.every((row) => ({ ...minuteOfRow(row), row }))
      )
    )
  )

const LIVE_MINUTES = "m.generation = (SELECT generation FROM checkpoints WHERE projection = 'minutes')"
const LIVE_SET = "m.generation = (SELECT id FROM interval_sets WHERE state = 'live')"

/** What the zone's clocks show, by `Intl`, which shares no code with the merge. */
const localByIntl = (time: number, timeZone: string): string =>
  new Intl.DateTimeFormat("sv", { timeZone, dateStyle: "short", timeStyle: "medium" })
    .format(time / 1_000)
    .replace(" ", "T")

/** Every hour and day that is stored, emptied ones too: against its minutes, and against the log. */
const assertMerged = (zone: string) =>
  Effect.gen(function* () {
    const minutes = yield* rowsIn("sensor_minutes", LIVE_MINUTES)
    const events = yield* allEvents
    for (const [interval, table, view] of KINDS) {
      const division = { interval, zone: zoneNamed(zone) }
      const expected = new Map<string, Array<Minute>>()
      for (const { minute, sensorId: sensor, state } of minutes) {
        const key = minuteKey({ sensorId: sensor, minute: divisionStart(division, minute) })
        expected.set(key, [...(expected.get(key) ?? []), state])
      }
      const rows = yield* rowsIn(table, LIVE_SET)
      assert.deepStrictEqual(
        new Map(rows.map((row) => [minuteKey(row), row.state])),
        new Map(rows.map((row) => [minuteKey(row), mergeAll(expected.get(minuteKey(row)) ?? [])]))
      )
      assert.strictEqual(rows.length, expected.size)
      const naive = naiveFold(events, Number.MAX_SAFE_INTEGER, (time) => divisionStart(division, time))
      assert.deepStrictEqual(
        rows.map(({ minute, row, sensorId: sensor, state }) => {
          const { count, first, last, max, mean, min, p50, p95, p99, sum } = figures(state)
          const ends = divisionEnd(division, minute)
          assert.strictEqual(Rows.time(row.ends), ends)
          assert.strictEqual(row.minutes, (ends - minute) / MICROS_PER_MINUTE)
          assert.strictEqual(row.local_time, localByIntl(minute, zone))
          // What people select are the figures of the state.
          assert.deepStrictEqual(
            [row.value_sum, row.value_mean, row.value_stddev, row.value_p50, row.value_p95, row.value_p99],
            [sum, mean, figures(state).stddev, p50, p95, p99]
          )
          return { sensor, minute, count, sum, mean, min, max, first, last, percentiles: [p50, p95, p99] }
        }),
        naive.map(({ count, first, last, max, mean, min, minute, percentiles, sensor, sum }) => ({
          ...{ sensor, minute, count, sum, mean, min, max, first, last, percentiles }
        }))
      )
      const visible = yield* Effect.flatMap(Database, ({ read }) =>
        read((sql) => sql.unsafe<Rows.Row>(`SELECT * FROM ${view}`))
      )
      assert.strictEqual(visible.length, naive.filter(({ count }) => count > 0).length)
    }
  })

const marks = Effect.flatMap(Database, ({ read }) =>
  read((sql) =>
    Effect.flatMap(
      sql`SELECT COUNT(*) AS n FROM interval_marks`,
      Rows.only(({ n }) => Rows.integer(n))
    )
  )
)

// Around the end of summer time in Zurich, and in Lord Howe, where clocks go back by half an hour.
const ZONES = [
  ["Europe/Zurich", Date.UTC(2024, 9, 26)],
  ["Australia/Lord_Howe", Date.UTC(2024, 3, 6)],
  ["Asia/Kathmandu", Date.UTC(2024, 5, 1)],
  ["UTC", Date.UTC(2024, 5, 1)]
] as const
const START = 1_718_389_620
const DAYS = 2.5 * 86_400

const at = FastCheck.nat(DAYS)
const value = FastCheck.integer({ min: -5_000, max: 5_000 }).map((n) => n / 100)
const action = FastCheck.oneof(
  FastCheck.record({
    do: FastCheck.constant("append" as const),
    readings: FastCheck.array(FastCheck.tuple(FastCheck.integer({ min: 1, max: 3 }), at, value), {
      minLength: 1,
      maxLength: 12
    })
  }),
  FastCheck.record({
    do: FastCheck.constantFrom("correct" as const, "move" as const, "delete" as const),
    nth: FastCheck.nat(1_000),
    at,
    value
  }),
  FastCheck.record({ do: FastCheck.constant("fold" as const) })
)

/** `begin`: seconds since 1970. */
const perform = (one: Action, begin: number) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const minutes = yield* Minutes.Minutes
    const from = begin - START
    if (one.do === "append") yield* append(one.readings.map(([s, t, v]) => reading(s, from + t, v)))
    else if (one.do === "fold") yield* minutes.round
    else {
      const ids: ReadonlyArray<ReadingId> = yield* readingIds
      const id = ids[one.nth % Math.max(1, ids.length)]
      if (id === undefined) return
      if (one.do === "delete") yield* log.remove(id)
      else {
        const moved = reading(1, from + one.at, one.value)
        const there = (yield* allEvents).find(({ position: p }) => p === Number(id))
        const occurredAt = one.do === "move" ? moved.occurredAt : (there?.occurredAt ?? moved.occurredAt)
        const sensor = there?.sensorId ?? sensorId(1)
        yield* log.replace(id, { sensorId: sensor, occurredAt, value: one.value, said: {} })
      }
    }
  })
type Action = typeof action extends FastCheck.Arbitrary<infer A> ? A : never

const SCRIPTS = FastCheck.sample(FastCheck.array(action, { minLength: 10, maxLength: 25, size: "max" }), {
  numRuns: ZONES.length,
  seed: 7
})

describeDatabases("hours and days", (database) => {
  const inZone = (zone: string, batchMax = 5) =>
    Minutes.layer({ batchMax }).pipe(
      Layer.provideMerge(SqlMinuteStore.layer),
      Layer.provideMerge(Layer.succeed(DefaultZone, { name: zone })),
      Layer.fresh
    )
  const storage = SqlEventLog.layer().pipe(Layer.provideMerge(database.layer), Layer.fresh)
  const caughtUp = Effect.flatMap(Minutes.Minutes, ({ catchUp }) => catchUp)

  it.effect("equal merges of minutes to the bit after late, corrected, deleted data and a rebuild", () =>
    Effect.forEach(ZONES, ([zone, begin], index) =>
      Effect.gen(function* () {
        const minutes = yield* Minutes.Minutes
        for (const one of SCRIPTS[index] ?? []) yield* perform(one, begin / 1_000)
        yield* minutes.catchUp
        assert.strictEqual(yield* marks, 0)
        yield* assertMerged(zone)
        yield* minutes.rebuild()
        yield* assertMerged(zone)
        // And what comes after it.
        yield* append([1, 2, 3].map((n) => reading(n, begin / 1_000 - START + n * 3_000, n)))
        yield* minutes.catchUp
        yield* assertMerged(zone)
      }).pipe(Effect.provide(inZone(zone)), Effect.provide(storage))
    )
  )

  it.effect("are made again on another zone's clocks, while those of the one before are read", () =>
    Effect.gen(function* () {
      const [, begin] = ZONES[0]
      const from = begin / 1_000 - START
      yield* append(Array.from({ length: 120 }, (_, n) => reading(1 + (n % 3), from + n * 2_000, n)))
      yield* Effect.provide(Effect.zipRight(caughtUp, assertMerged("UTC")), inZone("UTC"))
      yield* Effect.gen(function* () {
        const store = yield* MinuteStore
        // Some of the new set is merged, and more comes.
        for (let page = 0; page < 4; page++) assert.isTrue(yield* store.finishIntervals)
        yield* append([reading(1, from + 5, 77), reading(2, from + 90_000, 78)])
        yield* (yield* Minutes.Minutes).round
        yield* caughtUp
        yield* assertMerged("Europe/Zurich")
      }).pipe(Effect.provide(inZone("Europe/Zurich")))
      // Nothing is left of the set before, and nothing to do.
      const sets = yield* Effect.flatMap(Database, ({ read }) =>
        read((sql) => sql<Rows.Row>`SELECT zone, state FROM interval_sets`)
      )
      assert.deepStrictEqual(
        sets.map((row) => ({ ...row })),
        [{ zone: "Europe/Zurich", state: "live" }]
      )
      for (const [, table] of KINDS) {
        assert.deepStrictEqual(yield* rowsIn(table, `NOT (${LIVE_SET})`), [])
      }
    }).pipe(Effect.provide(storage))
  )

  it.effect("say what the clocks show at their start, in autumn an hour twice", () =>
    Effect.gen(function* () {
      // From noon to noon in Zurich, across the night in which clocks go back.
      const from = Date.UTC(2026, 9, 24, 10) / 1_000 - START
      yield* append(Array.from({ length: 25 }, (_, n) => reading(1, from + n * 3_600, n)))
      yield* Effect.provide(caughtUp, inZone("Europe/Zurich"))
      const shown = (view: string) =>
        Effect.flatMap(Database, ({ read }) =>
          read((sql) =>
            Effect.flatMap(
              sql.unsafe<Rows.Row>(
                `SELECT m.timestamp AS start, m.local_time AS local FROM ${view} m ORDER BY m.timestamp`
              ),
              Rows.every(({ local, start }) => [formatTime(Rows.time(start)).slice(5, 16), Rows.text(local)])
            )
          )
        )
      assert.deepStrictEqual((yield* shown("aggregates_1h")).slice(12, 18), [
        ["10-24T22:00", "2026-10-25T00:00:00"],
        ["10-24T23:00", "2026-10-25T01:00:00"],
        ["10-25T00:00", "2026-10-25T02:00:00"],
        ["10-25T01:00", "2026-10-25T02:00:00"],
        ["10-25T02:00", "2026-10-25T03:00:00"],
        ["10-25T03:00", "2026-10-25T04:00:00"]
      ])
      assert.deepStrictEqual(yield* shown("aggregates_1d"), [
        ["10-23T22:00", "2026-10-24T00:00:00"],
        ["10-24T22:00", "2026-10-25T00:00:00"]
      ])
    }).pipe(Effect.provide(storage))
  )

  it.effect("are marked by the fold of a process that ended before it merged them", () =>
    Effect.gen(function* () {
      yield* append([reading(1, 5, 20), reading(1, 65, 21), reading(2, 7, 9)])
      yield* Effect.provide(caughtUp, inZone("UTC"))
      yield* append([reading(1, 6, 30), reading(3, 9, 1)])
      const step = Effect.flatMap(Minutes.Minutes, (minutes) => minutes.step)
      yield* Effect.provide(step, inZone("UTC", 100))
      assert.strictEqual(yield* marks, 2)
      yield* Effect.provide(Effect.zipRight(caughtUp, assertMerged("UTC")), inZone("UTC"))
    }).pipe(Effect.provide(storage))
  )
})
