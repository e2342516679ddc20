/**
 * One-minute aggregates for OData. The first page takes the rows as they stand, in one statement with the position
 * that they are folded up to; later ones take what has not been folded further since, and fold the others again
 * from the log as of that position (ODataMinutes.ts).
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { AGGREGATES } from "../../domain/dataset/AggregatesDataset.js"
import { type Position, position, sensorId } from "../../domain/Ids.js"
import { MICROS_PER_DAY, MICROS_PER_MINUTE, minuteOf } from "../../domain/Time.js"
import { LogCorrupt } from "../../eventlog/EventLog.js"
import { type Row, valueAt } from "../../odata/Edm.js"
import { ENTITY_SETS } from "../../odata/EntitySets.js"
import { holds } from "../../odata/Evaluate.js"
import { odataError } from "../../odata/ODataError.js"
import { comparePlaces, placeOf } from "../../odata/Order.js"
import { condition } from "../../odata/Sql.js"
import { behind, orderBy } from "../../odata/SqlOrder.js"
import type { MinuteKey, MinuteStoreService } from "../minutes/MinuteStore.js"
import { type FoldedAgain, foldAgain } from "./ODataMinutes.js"
import type { RowSource, RowsFilter, RowsQuery } from "./ODataRows.js"
import {
  asRowsError,
  contextOf,
  joinsOf,
  rowOf,
  selectedOf,
  selectList,
  usedBy,
  viewColumns
} from "./SqlODataParts.js"

/** Minutes that one page folds again, at most; over it the walk must be begun anew. */
export const UNSETTLED_MAX = 20_000

const INTERVAL_MS = "COALESCE(s.interval_ms, s.estimated_interval_ms)"
// Doubles throughout, in the order in which the JSON's figures are computed.
const EXPECTED = `(6e7 / (${INTERVAL_MS} * 1e3))`
const SHARE = `((0e0 + m.readings) / ${EXPECTED})`

const columns = (sql: SqlClient, database: DatabaseService, finalBefore: number) => {
  const lastFinal = finalBefore - MICROS_PER_MINUTE
  return {
    ...viewColumns(sql, AGGREGATES.stored),
    interval: sql.literal("'1m'"),
    expected: sql.literal(EXPECTED),
    completeness: sql.literal(`(CASE WHEN ${SHARE} >= 1 THEN 1e0 ELSE ${SHARE} END)`),
    final: sql`(CASE WHEN m.minute <= ${database.encodeTime(lastFinal < 0 ? -2 * MICROS_PER_DAY : lastFinal)}
      THEN 1 ELSE 0 END)`
  }
}

const joins = joinsOf(AGGREGATES.stored, {
  v: "LEFT JOIN sensor_versions v ON v.sensor_id = m.sensor_id AND v.version = m.sensor_version",
  s: "LEFT JOIN sensors s ON s.id = m.sensor_id"
})

const LIVE = "m.generation = (SELECT c.generation FROM checkpoints c WHERE c.projection = 'minutes')"
const FOLDED = "(SELECT c.position FROM checkpoints c WHERE c.projection = 'minutes')"

/** Live rows that hold something and match; with a position, those of them that were not folded further. */
const settled = (sql: SqlClient, asOf: Position | undefined, matching: ReadonlyArray<Fragment>): Fragment =>
  sql.and([
    sql.literal(LIVE),
    sql.literal("m.readings > 0"),
    ...(asOf === undefined ? [] : [sql`m.position <= ${asOf}`]),
    ...matching
  ])

/** Rows that were folded further, and held something then, or may have. */
const unsettled = (sql: SqlClient, asOf: Position): Fragment =>
  sql`${sql.literal(LIVE)} AND m.position > ${asOf} AND m.id <= ${asOf}`

const settledPage = (sql: SqlClient, database: DatabaseService, query: RowsQuery, finalBefore: number) => {
  const { after, asOf, filter, limit, order, skip, wanted } = query
  const context = contextOf(sql, database, columns(sql, database, finalBefore))
  const selected = selectedOf(ENTITY_SETS.aggregates, wanted, order)
  const matching = [
    ...(filter === undefined ? [] : [condition(context, filter)]),
    ...(after === undefined ? [] : [behind(context, order, after)])
  ]
  const by = orderBy(context, order)
  const live = sql.literal(LIVE)
  const page = Effect.flatMap(
    sql`SELECT ${sql.literal(FOLDED)} AS folded, m.sensor_id AS sensor, m.minute AS minute,
        ${selectList(context, selected)}
      FROM (SELECT m.sensor_id, m.minute FROM sensor_minutes m ${joins(sql, usedBy(filter, order))}
        WHERE ${settled(sql, asOf, matching)}
        ORDER BY ${by} LIMIT ${String(limit)} OFFSET ${String(skip)}) k
      CROSS JOIN sensor_minutes m ${joins(sql, usedBy(undefined, order, selected))}
      WHERE ${live} AND m.sensor_id = k.sensor_id AND m.minute = k.minute ORDER BY ${by}`,
    Rows.every((row) => ({
      folded: position(Rows.integer(row.folded)),
      key: keyOf(row),
      row: rowOf(selected, row)
    }))
  )
  return Effect.map(page, (rows) => ({ folded: rows[0]?.folded, rows }))
}

const keyOf = (row: Rows.Row): MinuteKey => ({
  sensorId: sensorId(Rows.integer(row.sensor)),
  minute: Rows.time(row.minute)
})

/** Minutes to fold again that may stand on the page: within its times, where it goes by time. */
const unsettledKeys = (
  sql: SqlClient,
  database: DatabaseService,
  query: RowsQuery,
  asOf: Position,
  last: Row | undefined
) => {
  const { after, order } = query
  const [first] = order
  const conditions = [unsettled(sql, asOf)]
  if (first?.path[0] === "timestamp") {
    const edges = [after?.[0], last === undefined ? undefined : valueAt(last, first.path)]
    const [from, to] = first.descending ? [edges[1], edges[0]] : edges
    if (typeof from === "number") conditions.push(sql`m.minute >= ${database.encodeTime(from)}`)
    if (typeof to === "number") conditions.push(sql`m.minute <= ${database.encodeTime(to)}`)
  }
  return Effect.flatMap(
    sql`SELECT m.sensor_id AS sensor, m.minute AS minute FROM sensor_minutes m
      WHERE ${sql.and(conditions)} LIMIT ${String(UNSETTLED_MAX + 1)}`,
    Rows.every(keyOf)
  )
}

const bounded = (keys: ReadonlyArray<MinuteKey>) =>
  keys.length > UNSETTLED_MAX
    ? Effect.fail(odataError("Gone", "too much has changed since the first page: begin again", "$skiptoken"))
    : Effect.succeed(keys)

const laterPage = (database: DatabaseService, again: FoldedAgain, query: RowsQuery, asOf: Position) =>
  Effect.gen(function* () {
    const { after, filter, limit, order } = query
    const { rows } = yield* database.read((sql) =>
      settledPage(sql, database, { ...query, asOf }, again.finalBefore)
    )
    const last = rows.length < limit ? undefined : rows.at(-1)?.row
    const keys = yield* Effect.flatMap(
      database.read((sql) => unsettledKeys(sql, database, query, asOf, last)),
      bounded
    )
    if (keys.length === 0) return rows.map(({ row }) => row)
    const extra = (yield* foldAgain(again, keys, asOf)).filter(
      ({ row }) =>
        holds(filter, row) && (after === undefined || comparePlaces(order, placeOf(order, row), after) > 0)
    )
    // A row that was folded further between the two statements is in both.
    const all = new Map([...rows, ...extra].map(({ key, row }) => [`${key.sensorId}/${key.minute}`, row]))
    return [...all.values()]
      .map((row) => ({ row, place: placeOf(order, row) }))
      .sort((a, b) => comparePlaces(order, a.place, b.place))
      .slice(0, limit)
      .map(({ row }) => row)
  })

/** In one statement, so that no row is both: how many stand as they were, and which must be folded again. */
const counted = (
  sql: SqlClient,
  database: DatabaseService,
  { filter }: RowsFilter,
  asOf: Position | undefined,
  finalBefore: number
) => {
  const context = contextOf(sql, database, columns(sql, database, finalBefore))
  const matching = filter === undefined ? [] : [condition(context, filter)]
  const total = sql`SELECT COUNT(*) AS n, NULL AS sensor, NULL AS minute FROM sensor_minutes m
    ${joins(sql, usedBy(filter, []))} WHERE ${settled(sql, asOf, matching)}`
  const rows =
    asOf === undefined
      ? sql`${total}`
      : sql`${total} UNION ALL SELECT NULL AS n, m.sensor_id AS sensor, m.minute AS minute
          FROM sensor_minutes m WHERE ${unsettled(sql, asOf)} LIMIT ${String(UNSETTLED_MAX + 2)}`
  return Effect.map(
    Effect.flatMap(
      rows,
      Rows.every((row) => (row.n === null ? keyOf(row) : Rows.integer(row.n)))
    ),
    (all) => ({
      settled: all.find((one) => typeof one === "number") ?? 0,
      keys: all.filter((one) => typeof one !== "number")
    })
  )
}

/** The minute of the event at this position: its row is found by its key then, where no index is on `id`. */
const minuteAt = (sql: SqlClient, id: number) =>
  Effect.flatMap(
    sql`SELECT e.sensor_id AS sensor, e.occurred_at AS minute FROM events e WHERE e.position = ${id}`,
    Rows.first((row) => ({ ...keyOf(row), minute: minuteOf(Rows.time(row.minute)) }))
  )

const oneMinute = (
  sql: SqlClient,
  database: DatabaseService,
  id: number,
  key: MinuteKey,
  finalBefore: number
) => {
  const context = contextOf(sql, database, columns(sql, database, finalBefore))
  const selected = selectedOf(ENTITY_SETS.aggregates, undefined, [])
  const matching = [
    sql`m.sensor_id = ${key.sensorId} AND m.minute = ${database.encodeTime(key.minute)} AND m.id = ${id}`
  ]
  return sql`SELECT ${selectList(context, selected)} FROM sensor_minutes m
    ${joins(sql, usedBy(undefined, [], selected))} WHERE ${settled(sql, undefined, matching)}`.pipe(
    Effect.flatMap(Rows.first((row) => rowOf(selected, row))),
    Effect.map(Option.fromNullable)
  )
}

export const aggregatesSource = (
  database: DatabaseService,
  store: MinuteStoreService,
  latenessMicros: number
): RowSource => {
  const againAt = (now: number): FoldedAgain => ({ store, finalBefore: now - latenessMicros })
  const folded = Effect.flatMap(store.checkpoint("minutes"), (checkpoint) =>
    checkpoint === null
      ? Effect.fail(new LogCorrupt({ reason: "the checkpoint of minutes is gone" }))
      : Effect.succeed(checkpoint.position)
  )
  const firstPage = (query: RowsQuery) =>
    Effect.gen(function* () {
      // Read before: an empty page is not older than this.
      const before = yield* folded
      const page = yield* database.read((sql) =>
        settledPage(sql, database, query, query.now - latenessMicros)
      )
      return { asOf: page.folded ?? before, rows: page.rows.map(({ row }) => row) }
    })
  return {
    page: (query) =>
      asRowsError(
        query.asOf === undefined
          ? firstPage(query)
          : Effect.gen(function* () {
              const asOf = position(Math.min(query.asOf ?? 0, yield* folded))
              return { asOf, rows: yield* laterPage(database, againAt(query.now), query, asOf) }
            })
      ),
    count: (query) =>
      asRowsError(
        Effect.gen(function* () {
          const { asOf, filter, now } = query
          const count = yield* database.read((sql) =>
            counted(sql, database, query, asOf, now - latenessMicros)
          )
          if (asOf === undefined || count.keys.length === 0) return count.settled
          const rows = yield* foldAgain(againAt(now), yield* bounded(count.keys), asOf)
          return count.settled + rows.filter(({ row }) => holds(filter, row)).length
        })
      ),
    one: (id, now) =>
      asRowsError(
        database.read((sql) =>
          Effect.flatMap(minuteAt(sql, id), (key) =>
            key === undefined ? Effect.succeedNone : oneMinute(sql, database, id, key, now - latenessMicros)
          )
        )
      )
  }
}
