/**
 * Aggregates of one length for OData. The first page of minutes takes the rows as they stand, in one statement with the
 * position that they are folded up to; other pages take what has not been folded further since, and fold the rest again
 * as of that position. Hours and days that lack something are made again on each page.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { DatabaseError } from "../../db/Failure.js"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { type Position, position } from "../../domain/Ids.js"
import { LogCorrupt } from "../../eventlog/EventLog.js"
import { type Row, valueAt } from "../../odata/Edm.js"
import { holds } from "../../odata/Evaluate.js"
import { odataError } from "../../odata/ODataError.js"
import { comparePlaces, placeOf } from "../../odata/Order.js"
import { condition } from "../../odata/Sql.js"
import { behind, orderBy } from "../../odata/SqlOrder.js"
import { eventAt } from "../cold/ColdMinutes.js"
import { mayHaveBeen } from "../minutes/MinuteCandidates.js"
import { type MinuteKey, type MinuteStoreService, minuteKey } from "../minutes/MinuteStore.js"
import { type FoldedTable, keyOf } from "./ODataFolded.js"
import type { GroupsQuery, RowSource, RowsFilter, RowsQuery } from "./ODataRows.js"
import { groupRows, usedByGroups } from "./SqlODataGroups.js"
import { asRowsError, contextOf, joinsOf, rowOf, selectedOf, selectList, usedBy } from "./SqlODataParts.js"

/** How a table is asked: aliases of what it is joined with, and when a row is final. */
interface Reading {
  readonly database: DatabaseService
  readonly table: FoldedTable
  /** An interval that ends by this time, µs, is final. */
  readonly finalBefore: number
}

const joins = ({ stored }: FoldedTable) =>
  joinsOf(stored, {
    v: "LEFT JOIN sensor_versions v ON v.sensor_id = m.sensor_id AND v.version = m.sensor_version",
    s: "LEFT JOIN sensors s ON s.id = m.sensor_id"
  })

const FOLDED = "(SELECT c.position FROM checkpoints c WHERE c.projection = 'minutes')"

/** Live rows that hold something and match; with a position, those of them that were not folded further. */
const settled = (
  sql: SqlClient,
  { lacking, live }: FoldedTable,
  asOf: Position | undefined,
  matching: ReadonlyArray<Fragment>
): Fragment =>
  sql.and([
    sql.literal(live),
    sql.literal("m.readings > 0"),
    ...(asOf === undefined ? [] : [sql`m.position <= ${asOf}`]),
    ...(lacking === null ? [] : [sql.literal(`NOT ${lacking.condition}`)]),
    ...matching
  ])

/** Rows that were folded further, and held something then, or may have. */
const unsettled = (sql: SqlClient, { live }: FoldedTable, asOf: Position): Fragment =>
  sql`${sql.literal(live)} AND m.position > ${asOf} AND ${mayHaveBeen(sql, asOf)}`

const contextFor = (sql: SqlClient, { database, finalBefore, table }: Reading) =>
  contextOf(sql, database, table.columns(sql, database, finalBefore))

const settledPage = (sql: SqlClient, reading: Reading, query: RowsQuery) => {
  const { after, asOf, filter, limit, order, skip, wanted } = query
  const { table } = reading
  const context = contextFor(sql, reading)
  const selected = selectedOf(table.set, wanted, order)
  const matching = [
    ...(filter === undefined ? [] : [condition(context, filter)]),
    ...(after === undefined ? [] : [behind(context, order, after)])
  ]
  const by = orderBy(context, order)
  const name = sql.literal(table.name)
  const page = Effect.flatMap(
    sql`SELECT ${sql.literal(FOLDED)} AS folded, m.sensor_id AS sensor, m.minute AS minute,
        ${selectList(context, selected)}
      FROM (SELECT m.sensor_id, m.minute FROM ${name} m ${joins(table)(sql, usedBy(filter, order))}
        WHERE ${settled(sql, table, asOf, matching)}
        ORDER BY ${by} LIMIT ${String(limit)} OFFSET ${String(skip)}) k
      CROSS JOIN ${name} m ${joins(table)(sql, usedBy(undefined, order, selected))}
      WHERE ${sql.literal(table.live)} AND m.sensor_id = k.sensor_id AND m.minute = k.minute ORDER BY ${by}`,
    Rows.every((row) => ({
      folded: position(Rows.integer(row.folded)),
      key: keyOf(row),
      row: rowOf(selected, row)
    }))
  )
  return Effect.map(page, (rows) => ({ folded: rows[0]?.folded, rows }))
}

/** The times that the page may hold, where it goes by time. */
const edgesOf = ({ after, order }: RowsQuery, last: Row | undefined) => {
  const [first] = order
  if (first?.path[0] !== "timestamp") return {}
  const edges = [after?.[0], last === undefined ? undefined : valueAt(last, first.path)]
  const [from, to] = first.descending ? [edges[1], edges[0]] : edges
  return {
    ...(typeof from === "number" ? { from } : {}),
    ...(typeof to === "number" ? { to } : {})
  }
}

/** Rows to fold again that may stand on the page. */
const unsettledKeys = (
  sql: SqlClient,
  { database, table }: Reading,
  { from, to }: ReturnType<typeof edgesOf>,
  asOf: Position
) => {
  const conditions = [unsettled(sql, table, asOf)]
  if (from !== undefined) conditions.push(sql`m.minute >= ${database.encodeTime(from)}`)
  if (to !== undefined) conditions.push(sql`m.minute <= ${database.encodeTime(to)}`)
  return Effect.flatMap(
    sql`SELECT m.sensor_id AS sensor, m.minute AS minute FROM ${sql.literal(table.name)} m
      WHERE ${sql.and(conditions)} LIMIT ${String(table.unsettledMax + 1)}`,
    Rows.every(keyOf)
  )
}

/** Intervals that lack something now. */
const lackingKeys = ({ database, table: { lacking } }: Reading) =>
  lacking === null
    ? Effect.succeed([])
    : Effect.map(
        database.read((sql) =>
          Effect.flatMap(
            sql`SELECT k.sensor_id AS sensor, k.hour AS minute FROM ${sql.literal(lacking.marks)}`,
            Rows.every(keyOf)
          )
        ),
        lacking.holding
      )

const bounded = ({ unsettledMax }: FoldedTable, keys: Iterable<MinuteKey>) => {
  const distinct = new Map([...keys].map((key) => [minuteKey(key), key]))
  return distinct.size > unsettledMax
    ? Effect.fail(odataError("Gone", "too much has changed since the first page: begin again", "$skiptoken"))
    : Effect.succeed([...distinct.values()])
}

/** A page as of a position. Where rows lack something is asked before them too: they may be made whole meanwhile. */
const pageAsOf = (reading: Reading, query: RowsQuery, asOf: Position) =>
  Effect.gen(function* () {
    const { database, finalBefore, table } = reading
    const { after, filter, limit, order, skip } = query
    const before = yield* lackingKeys(reading)
    // Rows that are made again may stand among those that are skipped.
    const all = table.lacking === null ? query : { ...query, skip: 0, limit: skip + limit }
    const { rows } = yield* database.read((sql) => settledPage(sql, reading, { ...all, asOf }))
    const edges = edgesOf(query, rows.length < all.limit ? undefined : rows.at(-1)?.row)
    const lacking = [...before, ...(yield* lackingKeys(reading))].filter(
      ({ minute }) => minute >= (edges.from ?? minute) && minute <= (edges.to ?? minute)
    )
    const further = yield* database.read((sql) => unsettledKeys(sql, reading, edges, asOf))
    const keys = yield* bounded(table, [...lacking, ...further])
    const extra = (keys.length === 0 ? [] : yield* table.foldAgain(keys, asOf, finalBefore)).filter(
      ({ row }) =>
        holds(filter, row) && (after === undefined || comparePlaces(order, placeOf(order, row), after) > 0)
    )
    // A row that was folded further between the two statements is in both.
    const byKey = new Map([...rows, ...extra].map(({ key, row }) => [minuteKey(key), row]))
    return [...byKey.values()]
      .map((row) => ({ row, place: placeOf(order, row) }))
      .sort((a, b) => comparePlaces(order, a.place, b.place))
      .slice(table.lacking === null ? 0 : skip)
      .slice(0, limit)
      .map(({ row }) => row)
  })

/** In one statement, so that no row is both: how many stand as they were, and which must be folded again. */
const counted = (sql: SqlClient, reading: Reading, { filter }: RowsFilter, asOf: Position | undefined) => {
  const { table } = reading
  const { lacking } = table
  const matching = filter === undefined ? [] : [condition(contextFor(sql, reading), filter)]
  const max = sql.literal(`LIMIT ${table.unsettledMax + 2}`)
  const total = sql`SELECT COUNT(*) AS n, NULL AS sensor, NULL AS minute FROM ${sql.literal(table.name)} m
    ${joins(table)(sql, usedBy(filter, []))} WHERE ${settled(sql, table, asOf, matching)}`
  const marks =
    lacking === null
      ? sql``
      : sql`UNION ALL SELECT -1 AS n, k.sensor_id AS sensor, k.hour AS minute FROM ${sql.literal(lacking.marks)}`
  const rows =
    asOf === undefined
      ? sql`${total}`
      : sql`${total} ${marks} UNION ALL SELECT NULL AS n, m.sensor_id AS sensor, m.minute AS minute
          FROM ${sql.literal(table.name)} m WHERE ${unsettled(sql, table, asOf)} ${max}`
  return Effect.gen(function* () {
    const all = yield* rows
    const [total, ...rest] = all.toSorted((a, b) => Number(a.sensor !== null) - Number(b.sensor !== null))
    const keysOf = (marks: boolean) => Rows.every(keyOf)(rest.filter(({ n }) => (n !== null) === marks))
    const marked = yield* keysOf(true)
    const further = yield* keysOf(false)
    return { settled: Rows.integer(total?.n), keys: [...(lacking?.holding(marked) ?? []), ...further] }
  })
}

/** As they stand: those that lack something too. */
const groupsOf = (sql: SqlClient, reading: Reading, query: GroupsQuery) => {
  const context = contextFor(sql, reading)
  const table = { ...reading.table, lacking: null }
  const matching = query.filter === undefined ? [] : [condition(context, query.filter)]
  const from = sql`${sql.literal(table.name)} m ${joins(table)(sql, usedByGroups(query))}
    WHERE ${settled(sql, table, undefined, matching)}`
  return groupRows(context, query, from)
}

const storedRow = (sql: SqlClient, reading: Reading, id: number, key: MinuteKey) => {
  const { database, table } = reading
  const selected = selectedOf(table.set, undefined, [])
  const matching = [
    sql`m.sensor_id = ${key.sensorId} AND m.minute = ${database.encodeTime(key.minute)} AND m.id = ${id}`
  ]
  return sql`SELECT ${selectList(contextFor(sql, reading), selected)} FROM ${sql.literal(table.name)} m
    ${joins(table)(sql, usedBy(undefined, [], selected))} WHERE ${settled(sql, table, undefined, matching)}`.pipe(
    Effect.flatMap(Rows.first((row) => rowOf(selected, row))),
    Effect.map(Option.fromNullable)
  )
}

/** `find`: the table, as it is read now; none: there are no rows yet. */
export const aggregatesSource = (
  database: DatabaseService,
  store: MinuteStoreService,
  latenessMicros: number,
  find: Effect.Effect<FoldedTable | undefined, DatabaseError | Rows.BadCell>
): RowSource => {
  const folded = Effect.flatMap(store.checkpoint("minutes"), (checkpoint) =>
    checkpoint === null
      ? Effect.fail(new LogCorrupt({ reason: "the checkpoint of minutes is gone" }))
      : Effect.succeed(checkpoint.position)
  )
  const readingAt = (now: number) =>
    Effect.map(find, (table) => table && { database, table, finalBefore: now - latenessMicros })
  const firstPage = (reading: Reading, query: RowsQuery, before: Position) =>
    Effect.map(
      database.read((sql) => settledPage(sql, reading, query)),
      (page) => ({ asOf: page.folded ?? before, rows: page.rows.map(({ row }) => row) })
    )
  return {
    page: (query) =>
      asRowsError(
        Effect.gen(function* () {
          const reading = yield* readingAt(query.now)
          // Read before: an empty page is not older than this.
          const before = yield* folded
          if (reading === undefined) return { asOf: query.asOf ?? before, rows: [] }
          if (query.asOf === undefined && reading.table.lacking === null) {
            return yield* firstPage(reading, query, before)
          }
          const asOf = position(Math.min(query.asOf ?? before, before))
          return { asOf, rows: yield* pageAsOf(reading, query, asOf) }
        })
      ),
    count: (query) =>
      asRowsError(
        Effect.gen(function* () {
          const reading = yield* readingAt(query.now)
          if (reading === undefined) return 0
          const { finalBefore, table } = reading
          const asOf = query.asOf ?? (table.lacking === null ? undefined : yield* folded)
          const count = yield* database.read((sql) => counted(sql, reading, query, asOf))
          if (asOf === undefined || count.keys.length === 0) return count.settled
          const rows = yield* table.foldAgain(yield* bounded(table, count.keys), asOf, finalBefore)
          return count.settled + rows.filter(({ row }) => holds(query.filter, row)).length
        })
      ),
    groups: (query) =>
      asRowsError(
        Effect.gen(function* () {
          const reading = yield* readingAt(query.now)
          const asOf = yield* folded
          if (reading === undefined) return { asOf, rows: [] }
          return { asOf, rows: yield* database.read((sql) => groupsOf(sql, reading, query)) }
        })
      ),
    one: (id, now) =>
      asRowsError(
        Effect.gen(function* () {
          const reading = yield* readingAt(now)
          if (reading === undefined) return Option.none()
          const { finalBefore, table } = reading
          // By the interval of its first event: its row is found by its key then, where no index is on `id`.
          const first = yield* database.read((sql) => eventAt(sql, database, id))
          if (first === undefined) return Option.none()
          const key = { ...first, minute: table.startOf(first.minute) }
          if (table.lacking === null) return yield* database.read((sql) => storedRow(sql, reading, id, key))
          const rows = yield* table.foldAgain([key], yield* folded, finalBefore)
          return Option.fromNullable(rows.find(({ row }) => row.id === id)?.row)
        })
      )
  }
}
