/** The events of a day, of all kinds, by sensor and device time. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { sortedKeys } from "../backup/RowText.js"
import * as Rows from "../db/Rows.js"
import type { DatabaseService } from "../db/Transaction.js"
import { EVENTS } from "../domain/dataset/EventsDataset.js"
import type { Event } from "../domain/Event.js"
import { type Position, position, type SensorId, sensorId } from "../domain/Ids.js"
import { MICROS_PER_DAY, type Micros } from "../domain/Time.js"
import { eventsOf } from "../eventlog/sql/EventRows.js"
import { eventColumns } from "../eventlog/sql/SqlReads.js"
import type { Table } from "../formats/Table.js"

/** Keys of a payload are sorted: each database keeps them in an order of its own, and equal rows have equal digests. */
export const LAKE_EVENTS: Table<Event> = {
  name: EVENTS.name,
  columns: EVENTS.columns.map((column) =>
    column.kind === "json" ? { ...column, get: (row: Event) => sortedKeys(column.get(row)) } : column
  )
}

type Times = Pick<DatabaseService, "encodeTime">
type Syntax = Pick<DatabaseService, "encodeTime" | "syntax">

/** The events, looked for by their time: what is counted of a day stands in that index alone. */
const byTime = (sql: SqlClient, { syntax }: Syntax) =>
  sql.literal(`events e ${syntax.byIndex("events_time")}`)

const within = (sql: SqlClient, { encodeTime }: Times, from: number, to: number) =>
  sql`e.occurred_at >= ${encodeTime(from)} AND e.occurred_at < ${encodeTime(to)}`

const ofDay = (sql: SqlClient, database: Times, day: Micros) =>
  within(sql, database, day, day + MICROS_PER_DAY)

/** The time of the first event in a span; undefined: there is none. */
export const firstTime = (sql: SqlClient, database: Syntax, from: number, to: number) =>
  sql`SELECT e.occurred_at FROM ${byTime(sql, database)}
    WHERE ${within(sql, database, from, to)} ORDER BY e.occurred_at LIMIT 1`.pipe(
    Effect.flatMap(Rows.first(({ occurred_at }) => Rows.time(occurred_at)))
  )

/** How many events a day has up to a position, and the last of them; null: none. */
export const dayStanding = (sql: SqlClient, database: Syntax, day: Micros, upTo: Position) =>
  sql`SELECT COUNT(*) AS n, MAX(e.position) AS last FROM ${byTime(sql, database)}
    WHERE ${ofDay(sql, database, day)} AND e.position <= ${upTo}`.pipe(
    Effect.flatMap(
      Rows.only(({ last, n }) => {
        const at = Rows.maybeInteger(last)
        return at === null ? null : { events: Rows.integer(n), last: position(at) }
      })
    )
  )

/** The sensors that have an event on the day, in order: each is looked for by its own index. */
export const daySensors = (sql: SqlClient, database: Times, day: Micros) =>
  sql`SELECT s.id FROM sensors s
    WHERE EXISTS (SELECT 1 FROM events e WHERE e.sensor_id = s.id AND ${ofDay(sql, database, day)})
    ORDER BY s.id`.pipe(Effect.flatMap(Rows.every(({ id }) => sensorId(Rows.integer(id)))))

export interface EventPage {
  readonly sensor: SensorId
  readonly day: Micros
  readonly upTo: Position
  /** The last one of the page before. */
  readonly after: Pick<Event, "occurredAt" | "position"> | null
  readonly limit: number
}

/** The events of one sensor as they stood at a position, in the order (time, position). */
export const eventPage = (
  sql: SqlClient,
  database: Times,
  { after, day, limit, sensor, upTo }: EventPage
) => {
  const conditions = [sql`e.sensor_id = ${sensor}`, ofDay(sql, database, day), sql`e.position <= ${upTo}`]
  if (after !== null) {
    const time = database.encodeTime(after.occurredAt)
    conditions.push(
      sql`e.occurred_at >= ${time} AND (e.occurred_at > ${time} OR e.position > ${after.position})`
    )
  }
  return sql`SELECT ${eventColumns(sql)} FROM events e WHERE ${sql.and(conditions)}
    ORDER BY e.occurred_at, e.position LIMIT ${String(limit)}`.values.pipe(
    Effect.flatMap(eventsOf),
    Effect.map((events) =>
      events.map(
        (event): Event =>
          event.supersededBy !== null && event.supersededBy > upTo ? { ...event, supersededBy: null } : event
      )
    )
  )
}
