/** Rows of a database that was folded before there were percentiles: read, folded further, and folded again. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { migrate } from "../../../src/db/schema/Migrate.js"
import { Database } from "../../../src/db/Transaction.js"
import { position } from "../../../src/domain/Ids.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import * as Aggregates from "../../../src/projections/minutes/Aggregates.js"
import { MinuteStore } from "../../../src/projections/minutes/MinuteStore.js"
import * as Minutes from "../../../src/projections/minutes/Minutes.js"
import * as SqlMinuteStore from "../../../src/projections/minutes/SqlMinuteStore.js"
import { describeDatabases } from "../../support/databases.js"
import { append, assertFolded, reading, readingIds } from "./minutes.support.js"

/** As the version before left it: columns there, and nothing in them. Migrations that are taken back run again. */
const asBefore = Effect.gen(function* () {
  const database = yield* Database
  yield* database.transact(
    (sql) =>
      sql`UPDATE sensor_minutes SET sketch = NULL, value_p50 = NULL, value_p95 = NULL, value_p99 = NULL`
  )
  yield* database.transact(
    (
      sql
    ) => sql`DELETE FROM schema_migrations WHERE name LIKE 'sensor_minutes_%' AND name <> 'sensor_minutes_time'
      OR name IN ('minutes_stale', 'aggregated_sensor_data_without', 'aggregated_sensor_data_percentiles')`
  )
  // Twice, as after a migration that was cut off.
  assert.include(yield* migrate(database), "minutes_stale")
  assert.deepStrictEqual(yield* migrate(database), [])
})

const percentilesInSql = Effect.flatMap(Database, (database) =>
  Effect.map(
    database.read(
      (sql) => sql<Record<string, number | null>>`SELECT p50, p95, p99 FROM aggregated_sensor_data
        ORDER BY timestamp, sensor_id`
    ),
    (rows) => rows.map(({ p50, p95, p99 }) => [p50, p95, p99])
  )
)

describeDatabases("minutes from before percentiles", (database) => {
  const services = Layer.merge(
    Minutes.layer({ batchMax: 1_000 }),
    Aggregates.layer({ allowedLateness: "10 seconds" })
  ).pipe(
    Layer.provideMerge(SqlMinuteStore.layer),
    Layer.provideMerge(SqlEventLog.layer()),
    Layer.provideMerge(database.layer),
    Layer.fresh
  )

  it.effect("are whole to who reads them, stay right as they are folded on, and are folded again", () =>
    Effect.gen(function* () {
      const minutes = yield* Minutes.Minutes
      const store = yield* MinuteStore
      const aggregates = yield* Aggregates.Aggregates
      yield* append([1, 2, 3, 61, 62, 121].flatMap((at) => [reading(1, at, at), reading(2, at, -at / 7)]))
      const folded = yield* minutes.catchUp
      const page = { interval: "1m", limit: 100, asOf: folded } as const
      const before = yield* aggregates.aggregates({}, page)
      const hours = yield* aggregates.aggregates({}, { ...page, interval: "1h" })
      const inSql = yield* percentilesInSql
      assert.deepStrictEqual(
        inSql,
        before.rows.map(({ p50, p95, p99 }) => [p50, p95, p99])
      )

      yield* asBefore
      assert.deepStrictEqual(yield* percentilesInSql, Array(6).fill([null, null, null]))
      assert.deepStrictEqual(yield* aggregates.aggregates({}, page), before)
      assert.deepStrictEqual(yield* aggregates.aggregates({}, { ...page, interval: "1h" }), hours)

      // One more reading in a stale minute, and a correction in another.
      yield* append([reading(1, 4, 40)])
      const last = (yield* readingIds).at(-2)
      if (last === undefined) return assert.fail("no reading")
      yield* (yield* EventLog).remove(last)
      yield* (yield* EventLog).record([reading(2, 122, 9)])
      yield* minutes.catchUp
      const touched = (yield* percentilesInSql).filter(([p50]) => p50 !== null)
      assert.strictEqual(touched.length, 2)
      assert.deepStrictEqual(yield* aggregates.aggregates({}, page), before)

      assert.isNotNull(yield* store.checkpoint("minutes.stale"))
      while (yield* minutes.foldStale) assert.isNotNull(yield* store.checkpoint("minutes.stale"))
      assert.isNull(yield* store.checkpoint("minutes.stale"))
      yield* assertFolded
      const now = yield* aggregates.aggregates({}, { interval: "1m", limit: 100 })
      assert.deepStrictEqual(
        yield* percentilesInSql,
        now.rows.map(({ p50, p95, p99 }) => [p50, p95, p99])
      )
      assert.deepStrictEqual(yield* aggregates.aggregates({}, page), before)
    }).pipe(Effect.provide(services))
  )

  it.effect("are walked by the page, and passed over while another process folds", () =>
    Effect.gen(function* () {
      const minutes = yield* Minutes.Minutes
      const store = yield* MinuteStore
      yield* append(Array.from({ length: 7 }, (_, n) => reading(1 + (n % 2), 60 * n, n)))
      yield* minutes.catchUp
      yield* asBefore
      const seen: Array<unknown> = []
      let after: Parameters<typeof store.stale>[1] = null
      do {
        const page: Effect.Effect.Success<ReturnType<typeof store.stale>> = yield* store.stale(1, after, 3)
        seen.push(...page.stale.map(({ minute, sensorId }) => `${sensorId}/${minute}`))
        after = page.last
      } while (after !== null)
      assert.strictEqual(new Set(seen).size, 7)
      assert.strictEqual(seen.length, 7)
      assert.isFalse(
        yield* store.commit("minutes", { generation: 1, position: position(1) }, position(1), [])
      )
      assert.isFalse(yield* minutes.foldStale)
      assert.isFalse(yield* minutes.foldStale)
      yield* assertFolded
    }).pipe(Effect.provide(services))
  )

  it.effect("are none in a database that is new", () =>
    Effect.gen(function* () {
      const store = yield* MinuteStore
      assert.isNull(yield* store.checkpoint("minutes.stale"))
      assert.isFalse(yield* (yield* Minutes.Minutes).foldStale)
    }).pipe(Effect.provide(services))
  )
})
