/** The statements that write events, one a function, and the look-up of what is there already; for both dialects. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { ByDialect } from "../../db/Dialect.js"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import {
  byKeys,
  HEX_KEY,
  insertAll,
  insertTexts,
  joined,
  literalNumber,
  type Param,
  type Params
} from "../../db/ValueLists.js"
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

/** Nothing is in those columns. */
const isPlain = (draft: Event): boolean =>
  draft.type === COMMONEST && restOf(draft).every((value) => value === null)

const ALL = "position, event_id, sensor_id, sensor_version, occurred_at, recorded_at, value, type"
/** Of a plain reading nothing else is set: its row is half as long, which both ends feel. */
const insertPlain = (lists: string) => `INSERT INTO events (${ALL}) VALUES ${lists}`
const PLAIN_ROW = `(?, ?, ?, ?, ?, ?, ?, '${COMMONEST}')`
const insertWhole = (lists: string) =>
  `INSERT INTO events (${ALL}, lat, lng, reading_id, payload, time_source, import_id) VALUES ${lists}`
const WHOLE_ROW = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

const valuesOf = (
  draft: Event,
  recorded: string,
  encodeTime: DatabaseService["encodeTime"]
): Array<Param> => [
  draft.position,
  Buffer.from(draft.eventId, "hex"),
  draft.sensorId,
  draft.sensorVersion,
  encodeTime(draft.occurredAt),
  recorded,
  draft.value
]

/** The rows of plain readings. A server's are written out at once: nearly all that is ever stored goes by here. */
const INSERT_PLAIN: ByDialect<
  (
    sql: SqlClient,
    database: DatabaseService,
    drafts: ReadonlyArray<Event>,
    recorded: string
  ) => Effect.Effect<void, SqlError>
> = {
  mysql: (sql, { encodeTime }, drafts, recorded) =>
    insertTexts(
      sql,
      insertPlain,
      joined(
        drafts.map(
          ({ eventId, occurredAt, position, sensorId, sensorVersion, value }) =>
            `(${position}, x'${eventId}', ${sensorId}, ${sensorVersion}, '${encodeTime(occurredAt)}', '${recorded}', ${literalNumber(value)}, '${COMMONEST}')`
        )
      )
    ),
  sqlite: (sql, database, drafts, recorded) =>
    insertAll(
      sql,
      database,
      insertPlain,
      PLAIN_ROW,
      drafts.map((draft) => valuesOf(draft, recorded, database.encodeTime))
    )
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
  const plain = drafts.filter(isPlain)
  const others = plain.length === drafts.length ? [] : drafts.filter((draft) => !isPlain(draft))
  const whole = others.map((draft) => [
    ...valuesOf(draft, recorded, database.encodeTime),
    draft.type,
    ...restOf(draft)
  ])
  return Effect.zipRight(
    INSERT_PLAIN[database.dialect](sql, database, plain, recorded),
    insertAll(sql, database, insertWhole, WHOLE_ROW, whole)
  )
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
