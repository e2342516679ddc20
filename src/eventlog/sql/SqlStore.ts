/**
 * The statements that write, one a function, for both dialects. Each has one prepared text whatever the size of
 * its batch: MySQL takes a batch as one JSON parameter through JSON_TABLE; SQLite takes it bound natively, in
 * groups of fixed sizes, because its JSON functions don't read every double to the bit.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { ByDialect } from "../../db/Dialect.js"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import type { Event } from "../../domain/Event.js"
import { type EventId, type Position, type ReadingId, readingId } from "../../domain/Ids.js"
import type { Micros } from "../../domain/Time.js"

type Param = string | number | Uint8Array | null

/** The type of nearly every event: it is not sent. */
const COMMONEST: Event["type"] = "ReadingRecorded"

// JSON holds -0 and every finite double to the bit, as the shortest text that reads back as itself.
const INSERT_MYSQL = `INSERT INTO events (position, event_id, type, sensor_id, sensor_version, occurred_at,
    recorded_at, value, lat, lng, reading_id, payload, time_source, import_id)
  SELECT j.position, UNHEX(j.event_id), COALESCE(j.type, '${COMMONEST}'), j.sensor_id, j.sensor_version,
    j.occurred_at, ?, j.value, j.lat, j.lng, j.reading_id, j.payload, j.time_source, j.import_id
  FROM JSON_TABLE(?, '$[*]' COLUMNS (
    position BIGINT PATH '$[0]' ERROR ON ERROR,
    event_id CHAR(32) PATH '$[1]' ERROR ON ERROR,
    sensor_id INT PATH '$[2]' ERROR ON ERROR,
    sensor_version INT PATH '$[3]' ERROR ON ERROR,
    occurred_at DATETIME(6) PATH '$[4]' ERROR ON ERROR,
    value DOUBLE PATH '$[5]' ERROR ON ERROR,
    type VARCHAR(32) PATH '$[6]' ERROR ON ERROR,
    lat DOUBLE PATH '$[7]' ERROR ON ERROR,
    lng DOUBLE PATH '$[8]' ERROR ON ERROR,
    reading_id BIGINT PATH '$[9]' ERROR ON ERROR,
    payload JSON PATH '$[10]',
    time_source VARCHAR(8) PATH '$[11]' ERROR ON ERROR,
    import_id INT PATH '$[12]' ERROR ON ERROR)) j`

const COLUMNS = 14
/** SQLite's statements for so many rows at once; a batch is cut into the largest that fit. */
const GROUPS = [500, 100, 10, 1] as const
const INSERT_SQLITE = GROUPS.map(
  (rows) =>
    `INSERT INTO events (position, event_id, type, sensor_id, sensor_version, occurred_at, recorded_at, value,
      lat, lng, reading_id, payload, time_source, import_id) VALUES ${Array(rows)
        .fill(`(${Array(COLUMNS).fill("?").join(", ")})`)
        .join(", ")}`
)

const text = (double: number | null): string | null => (double === null ? null : String(double))

/** Nearly every time is the device's: that is null, so that its row is no wider. */
const storedSource = ({ timeSource }: Event): string | null => (timeSource === "device" ? null : timeSource)

/**
 * Doubles go as text: MySQL reads text to the bit, whatever its JSON reader does with numbers. What is null at the end is
 * left out, and read as null: the row of a plain reading is half as long, which both ends feel.
 */
const mysqlRow = (draft: Event, database: DatabaseService) => {
  const row = [
    draft.position,
    draft.eventId,
    draft.sensorId,
    draft.sensorVersion,
    database.encodeTime(draft.occurredAt),
    text(draft.value),
    draft.type === COMMONEST ? null : draft.type,
    text(draft.lat),
    text(draft.lng),
    draft.readingId,
    draft.payload,
    storedSource(draft),
    draft.importId
  ]
  while (row.at(-1) === null) row.pop()
  return row
}

/** Puts the row's values behind the others of its statement. */
const pushSqliteRow = (
  params: Array<Param>,
  draft: Event,
  recordedAt: string,
  database: DatabaseService
): void => {
  params.push(
    draft.position,
    Buffer.from(draft.eventId, "hex"),
    draft.type,
    draft.sensorId,
    draft.sensorVersion,
    database.encodeTime(draft.occurredAt),
    recordedAt,
    draft.value,
    draft.lat,
    draft.lng,
    draft.readingId,
    draft.payload === null ? null : JSON.stringify(draft.payload),
    storedSource(draft),
    draft.importId
  )
}

type Insert = (
  sql: SqlClient,
  drafts: ReadonlyArray<Event>,
  recordedAt: string,
  database: DatabaseService
) => Effect.Effect<unknown, SqlError>

const insertMysql: Insert = (sql, drafts, recordedAt, database) =>
  sql.unsafe(INSERT_MYSQL, [recordedAt, JSON.stringify(drafts.map((draft) => mysqlRow(draft, database)))])

const insertSqlite: Insert = (sql, drafts, recordedAt, database) =>
  Effect.gen(function* () {
    let at = 0
    for (const [index, size] of GROUPS.entries()) {
      const statement = INSERT_SQLITE[index] ?? ""
      for (; drafts.length - at >= size; at += size) {
        const params: Array<Param> = []
        for (const draft of drafts.slice(at, at + size)) pushSqliteRow(params, draft, recordedAt, database)
        yield* sql.unsafe(statement, params)
      }
    }
  })

const INSERT: ByDialect<Insert> = { mysql: insertMysql, sqlite: insertSqlite }

/**
 * Stores events, in order of their positions, so that the table grows at its end; the lock of the log's head is what keeps
 * two writers apart. A plain INSERT: a position or a key that is taken already is an error, never a row that is silently
 * not there.
 */
export const insertEvents = (
  sql: SqlClient,
  database: DatabaseService,
  drafts: ReadonlyArray<Event>,
  recordedAt: Micros
) => {
  if (drafts.length === 0) return Effect.void
  return INSERT[database.dialect](sql, drafts, database.encodeTime(recordedAt), database)
}

const EXISTING: ByDialect<string> = {
  mysql: `SELECT LOWER(HEX(e.event_id)) AS \`key\`, e.position
    FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) j
    STRAIGHT_JOIN events e ON e.event_id = UNHEX(j.id)`,
  sqlite: `SELECT lower(hex(e.event_id)) AS "key", e.position FROM json_each(?) j
    CROSS JOIN events e WHERE e.event_id = unhex(j.value)`
}

/** Which of these event ids the log has, each with the position of its event. */
export const existingKeys = (sql: SqlClient, database: DatabaseService, keys: ReadonlyArray<EventId>) =>
  keys.length === 0
    ? Effect.succeed(new Map<string, ReadingId>())
    : sql.unsafe<Rows.Row>(EXISTING[database.dialect], [JSON.stringify(keys)]).pipe(
        Effect.flatMap(
          Rows.every((row) => [Rows.text(row.key), readingId(Rows.integer(row.position))] as const)
        ),
        Effect.map((entries) => new Map<string, ReadingId>(entries))
      )

/** Sets the one link that is ever set on a row. */
export const supersede = (sql: SqlClient, superseded: Position, by: Position) =>
  sql`UPDATE events SET superseded_by = ${by} WHERE position = ${superseded} AND superseded_by IS NULL`
