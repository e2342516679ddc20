/** What is read of the log. Every read of readings holds as of a position. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Statement } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { timeCell } from "../../db/Dialect.js"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { type Event, inForce } from "../../domain/Event.js"
import { type Position, position, type ReadingId, type SensorId, sensorId } from "../../domain/Ids.js"
import type { Reading } from "../../domain/Reading.js"
import type { Micros } from "../../domain/Time.js"
import { ALL_ROWS, COLD_CELL, COLD_DAYS, ofTold, type Told, toldCells } from "../cold/ColdTold.js"
import type { FirstPage, ReadingFilter, ReadingPage, ReadingsNow } from "../EventLog.js"
import { joinNames, NAME_AS_OF_JOINED } from "../SensorNames.js"
import { EVENT_CELLS, eventsOf, READING_CELLS, readingsOf } from "./EventRows.js"
import { head } from "./LogHead.js"
import type { Versions } from "./Versions.js"

/** Of the times too, as they are read best. */
const cellsOf = (sql: SqlClient, names: ReadonlyArray<string>) =>
  sql.literal(
    names.map((name) => (name.endsWith("_at") ? timeCell(sql, `e.${name}`) : `e.${name}`)).join(", ")
  )

export const eventColumns = (sql: SqlClient) => cellsOf(sql, EVENT_CELLS)

/** As of the head, as the statement that reads sees it: nothing has changed since. */
const HEAD = null
type Standing = Position | typeof HEAD

/** The cells of a reading, as `READING_CELLS` names them; their rows are joined `withNames`. */
const readingColumns = (sql: SqlClient, asOf: Standing) =>
  sql`${cellsOf(sql, READING_CELLS.slice(0, -1))}, ${sql.literal(asOf === HEAD ? "s.name" : NAME_AS_OF_JOINED)}`
const withNames = (sql: SqlClient, asOf: Standing) =>
  asOf === HEAD ? sql.literal("LEFT JOIN sensors s ON s.id = e.sensor_id") : joinNames(sql, asOf)

/** Behind a reading's cells: where the head is, which the row says that tells of cold days; and that. */
const BEHIND = `NULL AS head, ${COLD_CELL}`
const WIDTH = READING_CELLS.length + 2
const headsOf = Rows.everyOf([...READING_CELLS, "head"], (cells) =>
  position(Rows.integer(cells[READING_CELLS.length]))
)

/** The rows of readings that end with BEHIND. */
const told = (sql: SqlClient, database: DatabaseService, rows: Statement<Rows.Row>) =>
  toldCells(sql, database, rows, WIDTH, ["h.position"])

/** The rule of every read: the readings in force as of a position. */
const inForceAsOf = (sql: SqlClient, asOf: Standing) => {
  const ofReadings = sql.literal("e.type IN ('ReadingRecorded', 'ReadingCorrected')")
  return asOf === HEAD
    ? sql`${ofReadings} AND e.superseded_by IS NULL`
    : sql`${ofReadings} AND e.position <= ${asOf} AND (e.superseded_by IS NULL OR e.superseded_by > ${asOf})`
}

/**
 * Pages of all sensors, or of several, go along the index of time: by that of one sensor all of its rows would be
 * sorted for each page.
 */
const byTime = (sql: SqlClient, database: DatabaseService, filter: ReadingFilter) =>
  filter.sensorIds?.length === 1 ? sql.literal("") : sql.literal(database.syntax.byIndex("events_time"))

const matching = (sql: SqlClient, database: DatabaseService, filter: ReadingFilter, asOf: Standing) => {
  const conditions = [inForceAsOf(sql, asOf)]
  const ids = filter.sensorIds
  if (ids !== undefined) {
    const [only] = ids
    if (ids.length === 1 && only !== undefined) conditions.push(sql`e.sensor_id = ${only}`)
    else conditions.push(ids.length === 0 ? sql`1 = 0` : sql`${sql.in("e.sensor_id", ids)}`)
  }
  if (filter.start !== undefined) conditions.push(sql`e.occurred_at >= ${database.encodeTime(filter.start)}`)
  if (filter.end !== undefined) conditions.push(sql`e.occurred_at < ${database.encodeTime(filter.end)}`)
  if (filter.clockSet !== undefined)
    conditions.push(
      sql`${sql.literal(filter.clockSet ? "e.time_source IS NULL" : "e.time_source IS NOT NULL")}`
    )
  if (filter.importId !== undefined) conditions.push(sql`e.import_id = ${filter.importId}`)
  const version = sql.literal(
    "SELECT 1 FROM sensor_versions w WHERE w.sensor_id = e.sensor_id AND w.version = e.sensor_version"
  )
  if (filter.type !== undefined) conditions.push(sql`EXISTS (${version} AND w.type = ${filter.type})`)
  if (filter.unit !== undefined) conditions.push(sql`EXISTS (${version} AND w.unit = ${filter.unit})`)
  return conditions
}

/** More sensors than these are not named one by one in a statement. */
const SENSORS_NAMED_MAX = 100

/** The same filter by the sensors that ever had such metadata: without it, what is rare is looked for in every row. */
const narrowed = (sql: SqlClient, filter: ReadingFilter) => {
  const { sensorIds, type, unit } = filter
  if (type === undefined && unit === undefined) return Effect.succeed(filter)
  const conditions = [
    ...(type === undefined ? [] : [sql`v.type = ${type}`]),
    ...(unit === undefined ? [] : [sql`v.unit = ${unit}`])
  ]
  return sql`SELECT DISTINCT v.sensor_id FROM sensor_versions v WHERE ${sql.and(conditions)}
    LIMIT ${String(SENSORS_NAMED_MAX + 1)}`.pipe(
    Effect.flatMap(Rows.every((row) => sensorId(Rows.integer(row.sensor_id)))),
    Effect.map((having): ReadingFilter => {
      if (having.length > SENSORS_NAMED_MAX) return filter
      return { ...filter, sensorIds: having.filter((id) => sensorIds?.includes(id) ?? true) }
    })
  )
}

interface RowPage extends Omit<ReadingPage, "asOf"> {
  readonly asOf: Standing
}

/** The rows of a page. */
const pageRows = (sql: SqlClient, database: DatabaseService, filter: ReadingFilter, page: RowPage) => {
  const conditions = matching(sql, database, filter, page.asOf)
  const down = page.order === "desc"
  const order = sql.literal(down ? "e.occurred_at DESC, e.position DESC" : "e.occurred_at, e.position")
  if (page.after !== undefined) {
    const time = database.encodeTime(page.after.occurredAt)
    // Expanded: no range is made of a row comparison.
    conditions.push(
      down
        ? sql`e.occurred_at <= ${time} AND (e.occurred_at < ${time} OR e.position < ${page.after.position})`
        : sql`e.occurred_at >= ${time} AND (e.occurred_at > ${time} OR e.position > ${page.after.position})`
    )
  }
  const columns = sql`${readingColumns(sql, page.asOf)}, ${sql.literal(BEHIND)}`
  const names = withNames(sql, page.asOf)
  const source = sql`events e ${byTime(sql, database, filter)}`
  const ordered = sql`WHERE ${sql.and(conditions)} ORDER BY ${order} LIMIT ${String(page.limit)}`
  if ((page.skip ?? 0) === 0) return sql<Rows.Row>`SELECT ${columns} FROM ${source} ${names} ${ordered}`
  // What is passed over is read by its keys alone. CROSS JOIN: SQLite, which can't know that the page is small, would
  // else go through all events beside it.
  return sql<Rows.Row>`SELECT ${columns} FROM (SELECT e.position FROM ${source} ${ordered} OFFSET ${String(page.skip)}) k
    CROSS JOIN events e ${names} WHERE e.position = k.position ORDER BY ${order} LIMIT ${String(page.limit)}`
}

/** A page as of a position, of the log alone. */
export const readings = (
  sql: SqlClient,
  database: DatabaseService,
  versions: Versions,
  filter: ReadingFilter,
  page: ReadingPage
): Effect.Effect<Told<ReadonlyArray<Reading>>, SqlError | Rows.BadCell> =>
  Effect.flatMap(narrowed(sql, filter), (narrow) =>
    // Nothing can be there: every row would be looked at to see it.
    narrow.sensorIds?.length === 0 || page.asOf === 0
      ? Effect.succeed({ answer: [], cold: 0 })
      : Effect.flatMap(
          told(sql, database, pageRows(sql, database, narrow, page)),
          ofTold(readingsOf(sql, versions))
        )
  )

/** The first page as of the head, and the head, by one statement where that can tell both; of the log alone. */
export const readingsNow = (
  sql: SqlClient,
  database: DatabaseService,
  versions: Versions,
  filter: ReadingFilter,
  page: FirstPage
): Effect.Effect<Told<ReadingsNow>, SqlError | Rows.BadCell> => {
  // Sensors that are looked for by their type would be those of before the head.
  if (filter.type !== undefined || filter.unit !== undefined || filter.sensorIds?.length === 0)
    return Effect.flatMap(head(sql), ({ position: asOf }) =>
      Effect.map(readings(sql, database, versions, filter, { ...page, asOf }), ({ answer, cold }) => ({
        answer: { position: asOf, readings: answer },
        cold
      }))
    )
  const rows = pageRows(sql, database, filter, { ...page, asOf: HEAD })
  return Effect.flatMap(told(sql, database, rows), ({ answer, cold, marker }) =>
    Effect.zipWith(headsOf([marker]), readingsOf(sql, versions)(answer), ([asOf = position(0)], found) => ({
      answer: { position: asOf, readings: found },
      cold
    }))
  )
}

/** Of the log alone. */
export const countReadings = (
  sql: SqlClient,
  database: DatabaseService,
  filter: ReadingFilter,
  asOf: Position
) =>
  sql`SELECT COUNT(*) AS n, ${sql.literal(COLD_DAYS)} AS cold FROM events e
    WHERE ${sql.and(matching(sql, database, filter, asOf))}`.pipe(
    Effect.flatMap(Rows.only(({ cold, n }) => ({ answer: Rows.integer(n), cold: Rows.integer(cold) })))
  )

const events = <E, R>(rows: {
  readonly values: Effect.Effect<ReadonlyArray<ReadonlyArray<unknown>>, E, R>
}) => Effect.flatMap(rows.values, eventsOf)

export const tail = (sql: SqlClient, after: Position, upTo: Position, limit: number) =>
  events(
    sql`SELECT ${eventColumns(sql)} FROM events e WHERE e.position > ${after} AND e.position <= ${upTo}
      ORDER BY e.position LIMIT ${String(limit)}`
  )

/** Of the log alone. */
export const inForceOf = (
  sql: SqlClient,
  database: DatabaseService,
  sensor: SensorId,
  start: Micros,
  end: Micros,
  asOf: Position
) =>
  Effect.flatMap(
    toldCells(
      sql,
      database,
      sql`SELECT ${eventColumns(sql)}, ${sql.literal(COLD_CELL)} FROM events e
        WHERE ${sql.and(matching(sql, database, { sensorIds: [sensor], start, end }, asOf))}
        ORDER BY e.occurred_at, e.event_id LIMIT ${sql.literal(ALL_ROWS)}`,
      EVENT_CELLS.length + 1
    ),
    ofTold(eventsOf)
  )

/** Rows of a chain that are read at a time: a recursion ends at 1,000 by itself, on MariaDB without a word. */
const CHAIN_ROWS = 500

const chainFrom = (sql: SqlClient, start: Position | ReadingId) =>
  events(
    sql`WITH RECURSIVE chain AS (
        SELECT r.*, 1 AS depth FROM events r WHERE r.position = ${start}
        UNION ALL SELECT n.*, c.depth + 1 FROM chain c JOIN events n ON n.position = c.superseded_by
          WHERE c.depth < ${sql.literal(String(CHAIN_ROWS))})
      SELECT ${eventColumns(sql)} FROM chain e ORDER BY e.position`
  )

/** The events of one reading: its row, and each one that superseded the one before. */
export const history = (sql: SqlClient, id: ReadingId) =>
  Effect.gen(function* () {
    const chain = [...(yield* chainFrom(sql, id))]
    if (chain[0]?.type !== "ReadingRecorded") return []
    for (let next = chain.at(-1)?.supersededBy; next != null; next = chain.at(-1)?.supersededBy) {
      const more = yield* chainFrom(sql, next)
      // Of a cold day that comes back, the rest is not there yet.
      if (more.length === 0) break
      chain.push(...more)
    }
    return chain as ReadonlyArray<Event>
  })

/** The row of a chain that is in force as of a position. */
export const currentOf = (chain: ReadonlyArray<Event>, asOf: Position): Event | undefined =>
  chain.find((event) => inForce(event, asOf))

export const readingAt = (sql: SqlClient, versions: Versions, at: Position, asOf: Standing = HEAD) =>
  sql`SELECT ${readingColumns(sql, asOf)} FROM events e ${withNames(sql, asOf)} WHERE e.position = ${at}`.values.pipe(
    Effect.flatMap(readingsOf(sql, versions)),
    Effect.map(([reading]) => Option.fromNullable(reading))
  )

/** Of the log alone. */
export const lastReading = (
  sql: SqlClient,
  database: DatabaseService,
  versions: Versions,
  sensor: SensorId,
  asOf: Standing = HEAD
) =>
  Effect.flatMap(
    told(
      sql,
      database,
      sql`SELECT ${readingColumns(sql, asOf)}, ${sql.literal(BEHIND)} FROM events e ${withNames(sql, asOf)}
        WHERE e.sensor_id = ${sensor} AND ${inForceAsOf(sql, asOf)}
        ORDER BY e.occurred_at DESC, e.position DESC LIMIT 1`
    ),
    ofTold((rows) => Effect.map(readingsOf(sql, versions)(rows), ([one]) => Option.fromNullable(one)))
  )
