/**
 * Filters and orders in SQL give what they give in memory, on both databases; and a walk through the pages gives
 * the rows of its first page's position, each once, while others are appended, corrected, deleted and folded.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import { Database } from "../../../src/db/Transaction.js"
import { readingId, sensorId } from "../../../src/domain/Ids.js"
import { micros } from "../../../src/domain/Time.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import * as SqlCatalogueLog from "../../../src/eventlog/SqlCatalogueLog.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import { checkFilter } from "../../../src/odata/Check.js"
import { pathText, type Row, type Value } from "../../../src/odata/Edm.js"
import { ENTITY_SETS, type EntitySetName } from "../../../src/odata/EntitySets.js"
import { orderOf, placeOf } from "../../../src/odata/Order.js"
import { type Expr, print } from "../../../src/odata/syntax/Ast.js"
import { parseFilter } from "../../../src/odata/syntax/Parser.js"
import type { TypedExpression } from "../../../src/odata/Typed.js"
import * as Catalog from "../../../src/projections/catalogue/Catalogue.js"
import * as Minutes from "../../../src/projections/minutes/Minutes.js"
import * as SqlMinuteStore from "../../../src/projections/minutes/SqlMinuteStore.js"
import { ODataRows, type RowsQuery } from "../../../src/projections/odata/ODataRows.js"
import * as SqlOData from "../../../src/projections/odata/SqlOData.js"
import { filters, members } from "../../odata/arbitrary.js"
import { candidate, seed, T0 } from "../../odata/data.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"

const SETS = [
  ...(["readings", "aggregates", "aggregates_1h", "aggregates_1d", "sensors", "datasets"] as const)
] satisfies ReadonlyArray<EntitySetName>
/** So that of the minutes some are final. */
const NOW = micros(T0 + 120_000_000)
const RUNS = 250

const live = (database: TestDatabase) =>
  SqlOData.layer({ allowedLateness: "10 seconds" }).pipe(
    Layer.provide(Catalog.layer),
    Layer.provide(SqlCatalogueLog.layer),
    Layer.provideMerge(Minutes.layer()),
    Layer.provideMerge(SqlMinuteStore.layer),
    Layer.provideMerge(SqlEventLog.layer()),
    Layer.provideMerge(database.layer)
  )

const get = <A, E>(either: Either.Either<A, E>): A => Either.getOrThrowWith(either, (error) => error)
const checked = (set: EntitySetName, expr: Expr) => checkFilter(expr, ENTITY_SETS[set], NOW)
const typed = (set: EntitySetName, text: string): TypedExpression => get(checked(set, get(parseFilter(text))))

const ordered = (set: EntitySetName, text?: string) => get(orderOf(ENTITY_SETS[set], text))
const query = (set: EntitySetName, orderby?: string): RowsQuery => ({
  order: ordered(set, orderby),
  now: NOW,
  skip: 0,
  limit: 10_000
})

/** All rows of a set, in its own order. */
const everything = (set: EntitySetName) =>
  Effect.flatMap(ODataRows, (rows) => Effect.map(rows[set].page(query(set)), ({ rows: all }) => all))

const orders = (set: EntitySetName): FastCheck.Arbitrary<string> =>
  FastCheck.array(
    FastCheck.tuple(
      FastCheck.constantFrom(...members(ENTITY_SETS[set]).map(({ path }) => pathText(path))),
      FastCheck.constantFrom("", " asc", " desc")
    ).map((parts) => parts.join("")),
    { minLength: 1, maxLength: 3 }
  ).map((keys) => keys.join(","))

const setUp = Effect.gen(function* () {
  yield* seed
  yield* Effect.flatMap(Minutes.Minutes, ({ catchUp }) => catchUp)
})

/** Follows the places of a walk; `between` runs after each page. */
const walk = <R, E>(
  set: EntitySetName,
  orderby: string | undefined,
  size: number,
  filter: TypedExpression | undefined,
  between: Effect.Effect<unknown, E, R>
) =>
  Effect.gen(function* () {
    const source = (yield* ODataRows)[set]
    const first = yield* source.page({ ...query(set, orderby), limit: size, filter })
    const seen: Array<Row> = [...first.rows]
    let last = first.rows.at(-1)
    while (last !== undefined) {
      yield* between
      const after: ReadonlyArray<Value> = placeOf(ordered(set, orderby), last)
      const page = yield* source.page({
        ...query(set, orderby),
        limit: size,
        filter,
        after,
        asOf: first.asOf
      })
      assert.strictEqual(page.asOf, first.asOf)
      seen.push(...page.rows)
      last = page.rows.at(-1)
    }
    return { asOf: first.asOf, rows: seen }
  })

describeDatabases("OData's rows", (database) => {
  describe("in SQL and in memory", () => {
    it.scopedLive(
      "are the same for any filter and order",
      () =>
        Effect.gen(function* () {
          yield* setUp
          const sources = yield* ODataRows
          for (const set of SETS) {
            const all = yield* everything(set)
            assert.isAbove(all.length, 3)
            let some = 0
            const cases = FastCheck.sample(
              FastCheck.tuple(filters(ENTITY_SETS[set], 2), orders(set), FastCheck.nat(3), FastCheck.nat(40)),
              { numRuns: RUNS, seed: 20_241_124 }
            )
            for (const [expr, orderby, skip, limit] of cases) {
              const filter = checked(set, expr)
              if (Either.isLeft(filter)) continue
              const asked = { ...query(set, orderby), filter: filter.right, skip, limit }
              const where = `${set}: ${print(expr)} by ${orderby}`
              const wanted = SqlOData.pageOf(all, asked)
              const { rows } = yield* Effect.orDieWith(
                sources[set].page(asked),
                (error) => new Error(`${where}: ${JSON.stringify(error)}`)
              )
              assert.deepStrictEqual(rows, wanted, where)
              const count = yield* sources[set].count({ filter: filter.right, now: NOW })
              const total = SqlOData.pageOf(all, { ...asked, skip: 0, limit: 10_000 }).length
              assert.strictEqual(count, total, where)
              if (total > 0 && total < all.length) some += 1
            }
            // The filters tell rows apart, or the comparison would say nothing.
            assert.isAbove(some, RUNS / 20, set)
          }
        }).pipe(Effect.provide(live(database))),
      120_000
    )
  })

  it.scopedLive("have the figures of the log", () =>
    Effect.gen(function* () {
      yield* setUp
      const log = yield* EventLog
      const { position } = yield* log.head
      const readings = yield* log.readings({}, { asOf: position, limit: 1_000 })
      const rows = yield* everything("readings")
      assert.deepStrictEqual(
        rows.map(({ id, value }) => [id, value]),
        readings.map(({ id, value }) => [id, value])
      )
      const sources = yield* ODataRows
      for (const row of rows.slice(0, 20)) {
        const found = yield* sources.readings.one(Number(row.id), NOW)
        assert.deepStrictEqual(found._tag === "Some" ? found.value : null, row)
      }
      for (const set of SETS.filter((name) => name !== "readings")) {
        for (const row of yield* everything(set)) {
          const found = yield* sources[set].one(Number(row.id), NOW)
          assert.deepStrictEqual(found._tag === "Some" ? found.value : null, row)
        }
        assert.strictEqual((yield* sources[set].one(987_654, NOW))._tag, "None")
      }
    }).pipe(Effect.provide(live(database)))
  )

  it.scopedLive("have the range of a minute as SQL has it, however wide", () =>
    Effect.gen(function* () {
      const log = yield* EventLog
      const WIDE = [Number.MAX_VALUE / 2, Number.MAX_VALUE * (1 - Number.EPSILON), Number.MAX_VALUE]
      yield* log.record(
        WIDE.flatMap((high, sensor) =>
          [-Number.MAX_VALUE / 2, 0.1, high].map((value, i) => candidate(sensor + 1, T0 + i, value, {}))
        )
      )
      yield* log.record([0.1, 0.7].map((value, i) => candidate(4, T0 + i, value, {})))
      yield* Effect.flatMap(Minutes.Minutes, ({ catchUp }) => catchUp)
      const wanted = [Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE, 0.7 - 0.1]
      const rows = yield* everything("aggregates")
      assert.deepStrictEqual(
        rows.map(({ range }) => range),
        wanted
      )
      const view = yield* Effect.flatMap(Database, ({ read }) =>
        read((sql) => sql`SELECT ${sql("range")} AS told FROM aggregated_sensor_data ORDER BY sensor_id`)
      )
      assert.deepStrictEqual(
        view.map(({ told }) => told),
        wanted
      )
      const filter = typed("aggregates", "range lt 1")
      const { count } = (yield* ODataRows).aggregates
      assert.strictEqual(yield* count({ filter, now: NOW }), 1)
    }).pipe(Effect.provide(live(database)))
  )

  const holdStill = (
    walks: ReadonlyArray<readonly [set: EntitySetName, orderby: string | undefined, filter: string]>,
    rowsMin: number
  ) =>
    Effect.gen(function* () {
      yield* setUp
      const log = yield* EventLog
      const minutes = yield* Minutes.Minutes
      let step = 0
      // Into the same minutes and times, so that what is folded further stands all over the walk.
      const meddle = Effect.gen(function* () {
        step += 1
        const { position } = yield* log.head
        const [first, second] = yield* log.readings({}, { asOf: position, limit: 2, skip: (step * 7) % 60 })
        if (first !== undefined) yield* log.remove(first.id)
        if (second !== undefined) {
          const { id, occurredAt, sensorId } = second
          yield* log.replace(id, {
            sensorId,
            occurredAt,
            value: 1_000 + step,
            said: { unit: `new ${step}` }
          })
        }
        yield* log.record([candidate(1 + (step % 6), T0 + step * 1_500_000, step, { unit: "K" })])
        // Each other time hours and days are left behind.
        yield* step % 2 === 0 ? minutes.catchUp : minutes.step
      })
      for (const [set, orderby, text] of walks) {
        const filter = typed(set, text)
        const before = SqlOData.pageOf(yield* everything(set), { ...query(set, orderby), filter })
        const { asOf, rows } = yield* walk(set, orderby, 3, filter, meddle)
        assert.isAbove(rows.length, rowsMin)
        assert.deepStrictEqual(rows, before, `${set} by ${orderby}`)
        const sources = yield* ODataRows
        assert.strictEqual(yield* sources[set].count({ filter, now: NOW, asOf }), before.length)
      }
    }).pipe(Effect.provide(live(database)))

  it.scopedLive(
    "hold still while a walk goes on",
    () =>
      holdStill(
        [
          ["readings", undefined, "value gt -100"],
          ["readings", "value desc,unit", "unit ne 'K'"],
          ["readings", "unit,timestamp desc", "true"],
          ["aggregates", undefined, "true"],
          ["aggregates", "timestamp desc", "count gt 1"],
          ["aggregates", "value", "unit ne 'K'"],
          ["aggregates", "sensor_id desc,timestamp", "min lt 900"]
        ],
        8
      ),
    120_000
  )

  it.scopedLive(
    "hold still while a walk through hours and days goes on, those behind their minutes too",
    () =>
      holdStill(
        [
          ["aggregates_1h", undefined, "true"],
          ["aggregates_1h", "timestamp desc", "count gt 1"],
          ["aggregates_1h", "p95", "unit ne 'K'"],
          ["aggregates_1h", "local_time desc", "substring(local_time,11,2) ne '11'"],
          ["aggregates_1d", undefined, "true"],
          ["aggregates_1d", "value desc", "completeness lt 1 or completeness eq null"]
        ],
        3
      ),
    120_000
  )

  it.scopedLive("refuses arithmetic beyond doubles, and nothing else comes of it", () =>
    Effect.gen(function* () {
      yield* setUp
      const sources = yield* ODataRows
      const filter = typed("readings", "value mul 1e308 mul 1e308 gt 1")
      const result = yield* Effect.either(sources.readings.count({ filter, now: NOW }))
      if (Either.isLeft(result)) assert.strictEqual(result.left._tag, "ODataError")
      assert.strictEqual(
        (yield* sources.readings.one(readingId(1), NOW))._tag === "Some",
        (yield* (yield* EventLog).reading(readingId(1), (yield* (yield* EventLog).head).position))._tag ===
          "Some"
      )
      assert.isAbove(
        yield* sources.sensors.count({ now: NOW, filter: typed("sensors", `id eq ${sensorId(1)}`) }),
        0
      )
    }).pipe(Effect.provide(live(database)))
  )
})
