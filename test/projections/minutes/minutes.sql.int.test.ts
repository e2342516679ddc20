/** What only a database can get wrong: doubles, rolled back folds, and what the log says of intervals. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Database } from "../../../src/db/Transaction.js"
import { eventId, position, sensorId } from "../../../src/domain/Ids.js"
import { figures, fold, type Minute } from "../../../src/domain/minute/Minute.js"
import { ofValues } from "../../../src/domain/minute/Sketch.js"
import { medianStep } from "../../../src/domain/ReadingInterval.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import { MinuteStore } from "../../../src/projections/minutes/MinuteStore.js"
import * as Minutes from "../../../src/projections/minutes/Minutes.js"
import * as SqlMinuteStore from "../../../src/projections/minutes/SqlMinuteStore.js"
import { describeDatabases } from "../../support/databases.js"
import { append, assertFolded, minute, reading, second } from "./minutes.support.js"

/** A database whose next commit does not come: the process is gone between the fold and its checkpoint. */
const crashing = (crashes: { next: boolean }) =>
  Layer.effect(
    Database,
    Effect.map(Database, (database) => ({
      ...database,
      transact: (body, options) =>
        database.transact(
          (sql) =>
            Effect.tap(body(sql), () => {
              if (!crashes.next) return Effect.void
              crashes.next = false
              return Effect.die("gone before the commit")
            }),
          options
        )
    }))
  )

const anyDouble = FastCheck.double({ noNaN: true, noDefaultInfinity: true })
const state = (values: ReadonlyArray<number>, nth: number): Minute =>
  fold(
    values.map((value, index) => ({
      position: position(nth * 100 + index + 1),
      eventId: eventId((nth * 100 + index).toString(16).padStart(32, "f")),
      occurredAt: second(60 * nth + index / 1_000),
      value,
      sensorVersion: 3,
      lat: value % 90,
      lng: value % 180
    }))
  )

describeDatabases("minutes as rows", (database) => {
  const services = Minutes.layer({ batchMax: 1_000 }).pipe(
    Layer.provideMerge(SqlMinuteStore.layer),
    Layer.provideMerge(SqlEventLog.layer()),
    Layer.provideMerge(database.layer),
    Layer.fresh
  )

  it.effect("survive to the bit, exact sums and extremes included", () =>
    Effect.gen(function* () {
      const store = yield* MinuteStore
      const lists = [
        [Number.MAX_VALUE, Number.MAX_VALUE],
        [Number.MIN_VALUE, -Number.MAX_VALUE, 2.2250738585072014e-308, 0.1],
        ...FastCheck.sample(FastCheck.array(anyDouble, { minLength: 1, maxLength: 4 }), {
          numRuns: 1_200,
          seed: 11
        })
      ]
      const rows = lists.map((values, nth) => ({
        sensorId: sensorId(9),
        minute: minute(nth),
        state: state(values, nth)
      }))
      const from = { generation: 1, position: position(0) }
      assert.isTrue(yield* store.commit("minutes", from, position(1), rows))
      const read = yield* store.rows(1, rows)
      const sorted = read.toSorted((a, b) => a.minute - b.minute)
      assert.deepStrictEqual(sorted, rows)
      // A rebuild stores so many by other statements.
      const begun = yield* store.begin
      const rebuilt = { minutes: rows, derived: [], hours: [], days: [] }
      assert.isTrue(yield* store.rebuild.store(begun, begun.position, rebuilt))
      const again = yield* store.rows(begun.generation, rows)
      assert.deepStrictEqual(
        again.toSorted((a, b) => a.minute - b.minute),
        rows
      )
      // And the finished figures are those that people select.
      const { read: query } = yield* Database
      const columns = yield* query(
        (sql) => sql<
          Record<string, number | null>
        >`SELECT value_sum, value_mean, value_stddev, value_min, value_max,
            value_p50, value_p95, value_p99
          FROM sensor_minutes WHERE generation = 1 ORDER BY minute`
      )
      assert.deepStrictEqual(
        columns.map((row) => ({ ...row })),
        rows.map((row) => {
          const { max, mean, min, p50, p95, p99, stddev, sum } = figures(row.state)
          return {
            ...{ value_sum: sum, value_mean: mean, value_stddev: stddev, value_min: min, value_max: max },
            ...{ value_p50: p50, value_p95: p95, value_p99: p99 }
          }
        })
      )
    }).pipe(Effect.provide(services))
  )

  it.effect("keep sketches of any size, though a statement would be too long with all of them", () =>
    Effect.gen(function* () {
      const store = yield* MinuteStore
      // As many buckets as values, over all sizes of a double: far more than a minute has.
      const rows = Array.from({ length: 20 }, (_, nth) => {
        const sketch = ofValues(Array.from({ length: 30_000 }, (_, n) => (nth + 1) * 1.02 ** (n - 15_000)))
        return { sensorId: sensorId(9), minute: minute(nth), state: { ...state([nth], nth), sketch } }
      })
      const size = rows.reduce((sum, row) => sum + row.state.sketch.length, 0)
      assert.isAbove(2 * size, 1_048_576)
      assert.isTrue(
        yield* store.commit("minutes", { generation: 1, position: position(0) }, position(1), rows)
      )
      assert.deepStrictEqual(yield* store.rows(1, rows), rows)
    }).pipe(Effect.provide(services))
  )

  it.effect("are as they were when the process ends between the fold and its checkpoint", () => {
    const crashes = { next: false }
    const fragile = Minutes.layer({ batchMax: 4 }).pipe(
      Layer.provideMerge(SqlMinuteStore.layer.pipe(Layer.provide(crashing(crashes)))),
      Layer.provideMerge(SqlEventLog.layer()),
      Layer.provideMerge(database.layer),
      Layer.fresh
    )
    return Effect.gen(function* () {
      const minutes = yield* Minutes.Minutes
      yield* append([1, 2, 3, 4, 5, 6].map((n) => reading(1, n, n)))
      yield* minutes.step
      crashes.next = true
      const exit = yield* Effect.exit(minutes.step)
      assert.strictEqual(exit._tag, "Failure")
      assert.strictEqual((yield* minutes.status).lastError, "gone before the commit")
      assert.strictEqual((yield* (yield* MinuteStore).checkpoint("minutes"))?.position, 4)
      yield* assertFolded
      yield* minutes.catchUp
      assert.isNull((yield* minutes.status).lastError)
      yield* assertFolded
    }).pipe(Effect.provide(fragile))
  })

  it.effect("give a sensor without an interval the median of its first 100 steps, once", () =>
    Effect.gen(function* () {
      const minutes = yield* Minutes.Minutes
      const log = yield* EventLog
      const estimate = (id: number) =>
        Effect.map(log.sensor(sensorId(id)), (sensor) => Option.getOrThrow(sensor).estimatedIntervalMs)
      yield* log.describe([{ id: sensorId(2), intervalMs: 5_000, said: {} }])
      // Every 10 s with a gap, in a mixed order; one reading short of enough.
      const times = Array.from({ length: 101 }, (_, n) => (n < 50 ? n * 10 : n * 10 + 600))
      const mixed = [...times.filter((_, n) => n % 2 === 1), ...times.filter((_, n) => n % 2 === 0)]
      yield* append(mixed.slice(0, 60).map((at) => reading(1, at, 1)))
      yield* minutes.catchUp
      yield* append(mixed.slice(60, 100).flatMap((at) => [reading(1, at, 1), reading(2, at, 1)]))
      yield* minutes.catchUp
      assert.isNull(yield* estimate(1))
      yield* append(mixed.slice(100).map((at) => reading(1, at, 1)))
      yield* minutes.catchUp
      assert.strictEqual(yield* estimate(1), 10_000)
      yield* append(Array.from({ length: 300 }, (_, n) => reading(1, 5_000 + n, 2)))
      yield* minutes.catchUp
      assert.strictEqual(yield* estimate(1), 10_000)
      assert.isNull(yield* estimate(2))
      yield* assertFolded
    }).pipe(Effect.provide(services))
  )
})

it("the median step is of the positive steps, in ms", () => {
  assert.isNull(medianStep([]))
  assert.isNull(medianStep([second(1), second(1)]))
  assert.strictEqual(medianStep([second(3), second(1), second(2), second(2)]), 1_000)
  assert.strictEqual(medianStep([second(0), second(1), second(4)]), 2_000)
})
