/** The statements that write events, one a function, and the look-up of what is there already; for both dialects. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { byKeys, HEX_KEY, insertAll, type Param, type Params } from "../../db/ValueLists.js"
import type { Event } from "../../domain/Event.js"
import { type EventId, type Position, type ReadingId, readingId } from "../../domain/Ids.js"
import type { Micros } from "../../domain/Time.js"

/** The type of nearly every event: it is not sent. */
const COMMONEST: Event["type"] = "ReadingRecorded"

/** Nearly every time is the device's: that is null, so that its row is no wider. */
const storedSource = ({ timeSource }: Event): string | null => (timeSource === "device" ? null : timeSource)

/** What the columns behind those of every event get. */
const restOf = (draft: Event): Params => [
  draft.lat,
  draft.lng,
  draft.readingId,
  draft.payload === null ? null : JSON.stringify(draft.payload),
  storedSource(draft),
  draft.importId
]

interface Shape {
  readonly columns: string
  readonly row: string
}
const ALL = "position, event_id, sensor_id, sensor_version, occurred_at, recorded_at, value, type"
/** Of a plain reading nothing else is set: its row is half as long, which both ends feel. */
const PLAIN: Shape = { columns: ALL, row: `(?, ?, ?, ?, ?, ?, ?, '${COMMONEST}')` }
const WHOLE: Shape = {
  columns: `${ALL}, lat, lng, reading_id, payload, time_source, import_id`,
  row: "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
}

/**
 * Stores events, those of a kind in order of their positions, so that the table grows at its end; the lock of the log's head
 * is what keeps two writers apart. A plain INSERT: a position or a key that is taken already is an error, never a row that is silently
 * not there.
 */
export const insertEvents = (
  sql: SqlClient,
  database: DatabaseService,
  drafts: ReadonlyArray<Event>,
  recordedAt: Micros
) => {
  const recorded = database.encodeTime(recordedAt)
  const plain: Array<Params> = []
  const others: Array<Params> = []
  for (const draft of drafts) {
    const values: Array<Param> = [
      draft.position,
      Buffer.from(draft.eventId, "hex"),
      draft.sensorId,
      draft.sensorVersion,
      database.encodeTime(draft.occurredAt),
      recorded,
      draft.value
    ]
    const rest = restOf(draft)
    if (draft.type === COMMONEST && rest.every((value) => value === null)) plain.push(values)
    else others.push([...values, draft.type, ...rest])
  }
  const insert = ({ columns, row }: Shape, rows: ReadonlyArray<Params>) =>
    insertAll(sql, database, (lists) => `INSERT INTO events (${columns}) VALUES ${lists}`, row, rows)
  return Effect.zipRight(insert(PLAIN, plain), insert(WHOLE, others))
}

/** Which of these event ids the log has, each with the position of its event. */
export const existingKeys = (sql: SqlClient, database: DatabaseService, keys: ReadonlyArray<EventId>) =>
  byKeys(
    sql,
    database,
    (among) =>
      `SELECT LOWER(HEX(e.event_id)) AS hex_key, e.position
        FROM events e ${database.syntax.byKey("events_event_id")} WHERE e.event_id ${among}`,
    keys.map((key) => [key]),
    { each: HEX_KEY }
  ).pipe(
    Effect.flatMap(
      Rows.every((row) => [Rows.text(row.hex_key), readingId(Rows.integer(row.position))] as const)
    ),
    Effect.map((entries) => new Map<string, ReadingId>(entries))
  )

/** Sets the one link that is ever set on a row. */
export const supersede = (sql: SqlClient, superseded: Position, by: Position) =>
  sql`UPDATE events SET superseded_by = ${by} WHERE position = ${superseded} AND superseded_by IS NULL`
