/** What is read of minutes and for them, for both dialects. Batches go as one JSON parameter. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import type { ByDialect } from "../../db/Dialect.js"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import type { Derivation } from "../../domain/derived/Derivation.js"
import { upcast } from "../../domain/Event.js"
import { eventId, type Position, position, readingId, type SensorId, sensorId } from "../../domain/Ids.js"
import { MICROS_PER_MINUTE } from "../../domain/Time.js"
import { NAME_AS_OF } from "../../eventlog/SensorNames.js"
import { type MinuteTable, minuteOfRow, STATE_COLUMNS } from "./MinuteRows.js"
import { type LatestReading, type MinuteKey, type StalePage, versionKey } from "./MinuteStore.js"

export const keyOf = (row: Rows.Row): MinuteKey => ({
  sensorId: sensorId(Rows.integer(row.sensor_id)),
  minute: Rows.time(row.minute)
})

// The parameters: a JSON list of keys, and the generation.
const ROWS: ByDialect<(table: MinuteTable) => string> = {
  mysql: (table) => `SELECT ${STATE_COLUMNS} FROM JSON_TABLE(?, '$[*]' COLUMNS (
      sensor_id INT PATH '$[0]', minute DATETIME(6) PATH '$[1]')) k
    STRAIGHT_JOIN ${table} m ON m.generation = ? AND m.sensor_id = k.sensor_id AND m.minute = k.minute`,
  sqlite: (table) => `SELECT ${STATE_COLUMNS} FROM json_each(?) k
    CROSS JOIN ${table} m WHERE m.generation = ? AND m.sensor_id = json_extract(k.value, '$[0]')
      AND m.minute = json_extract(k.value, '$[1]')`
}

/** The rows of these minutes: each is looked up by the primary key, in this order of joining on purpose. */
export const rowsOf = (
  sql: SqlClient,
  database: Pick<DatabaseService, "dialect" | "encodeTime">,
  generation: number,
  keys: ReadonlyArray<MinuteKey>,
  table: MinuteTable = "sensor_minutes"
) => {
  const list = JSON.stringify(keys.map((key) => [key.sensorId, database.encodeTime(key.minute)]))
  return Effect.flatMap(
    sql.unsafe<Rows.Row>(ROWS[database.dialect](table), [list, generation]),
    Rows.every(minuteOfRow)
  )
}

/** Of one sensor, as a range of the primary key. */
export const between = (
  sql: SqlClient,
  database: Pick<DatabaseService, "encodeTime">,
  generation: number,
  { minute, sensorId }: MinuteKey,
  end: number,
  limit: number
) =>
  sql`SELECT ${sql.literal(STATE_COLUMNS)} FROM sensor_minutes m
    WHERE m.generation = ${generation} AND m.sensor_id = ${sensorId}
      AND m.minute >= ${database.encodeTime(minute)} AND m.minute < ${database.encodeTime(end)}
    ORDER BY m.minute LIMIT ${String(limit)}`.pipe(Effect.flatMap(Rows.every(minuteOfRow)))

/** Rows in the order of the primary key, so that a page looks at no more than it says. */
export const stale = (
  sql: SqlClient,
  database: DatabaseService,
  generation: number,
  after: MinuteKey | null,
  limit: number
) => {
  const behind =
    after === null
      ? sql`1 = 1`
      : sql`m.sensor_id >= ${after.sensorId}
          AND (m.sensor_id > ${after.sensorId} OR m.minute > ${database.encodeTime(after.minute)})`
  return sql`SELECT m.sensor_id, m.minute, CASE WHEN m.sketch IS NULL THEN 1 ELSE 0 END AS stale
    FROM sensor_minutes m WHERE m.generation = ${generation} AND ${behind}
    ORDER BY m.sensor_id, m.minute LIMIT ${String(limit)}`.pipe(
    Effect.flatMap(Rows.every((row) => ({ ...keyOf(row), stale: Rows.flag(row.stale) }))),
    Effect.map(
      (rows): StalePage => ({
        stale: rows.filter(({ stale }) => stale),
        last: rows.length < limit ? null : (rows.at(-1) ?? null)
      })
    )
  )
}

export const touching = (
  sql: SqlClient,
  database: Pick<DatabaseService, "encodeTime">,
  key: MinuteKey,
  asOf: Position
) =>
  sql`SELECT e.position, e.event_id, e.type, e.sensor_version, e.occurred_at, e.recorded_at, e.value,
      e.lat, e.lng, e.reading_id, e.superseded_by
    FROM events e
    WHERE e.sensor_id = ${key.sensorId} AND e.occurred_at >= ${database.encodeTime(key.minute)}
      AND e.occurred_at < ${database.encodeTime(key.minute + MICROS_PER_MINUTE)} AND e.position <= ${asOf}
      AND e.type IN ('ReadingRecorded', 'ReadingCorrected', 'ReadingDeleted')`.pipe(
    Effect.flatMap(
      Rows.every((row) =>
        upcast({
          position: position(Rows.integer(row.position)),
          eventId: eventId(Rows.hex(row.event_id)),
          type: Rows.text(row.type),
          sensorId: key.sensorId,
          sensorVersion: Rows.integer(row.sensor_version),
          occurredAt: Rows.time(row.occurred_at),
          recordedAt: Rows.time(row.recorded_at),
          value: Rows.maybeDouble(row.value),
          lat: Rows.maybeDouble(row.lat),
          lng: Rows.maybeDouble(row.lng),
          readingId: row.reading_id === null ? null : readingId(Rows.integer(row.reading_id)),
          supersededBy: row.superseded_by === null ? null : position(Rows.integer(row.superseded_by)),
          payload: null
        })
      )
    )
  )

export const walkedTo = (sql: SqlClient, generation: number, { position, sensor }: Derivation) =>
  sql`SELECT MAX(m.minute) AS minute FROM sensor_minutes m
    WHERE m.generation = ${generation} AND m.sensor_id = ${sensor} AND m.position = ${position}`.pipe(
    Effect.flatMap(Rows.only(({ minute }) => Rows.maybeTime(minute)))
  )

const describedOf = (row: Rows.Row) => {
  const described = {
    lat: Rows.maybeDouble(row.lat),
    lng: Rows.maybeDouble(row.lng),
    unit: Rows.maybeText(row.unit),
    type: Rows.maybeText(row.type),
    description: Rows.maybeText(row.description),
    name: Rows.maybeText(row.name)
  }
  return [versionKey(sensorId(Rows.integer(row.sensor_id)), Rows.integer(row.version)), described] as const
}

// The parameters: the position that names are as of, and a JSON list of versions.
const VERSION_COLUMNS = `v.sensor_id, v.version, v.lat, v.lng, v.unit, v.type, v.description, ${NAME_AS_OF} AS name`
const NAMED = "LEFT JOIN sensors s ON s.id = v.sensor_id"
const VERSIONS: ByDialect<string> = {
  mysql: `SELECT ${VERSION_COLUMNS}
    FROM JSON_TABLE(?, '$[*]' COLUMNS (sensor_id INT PATH '$[0]', version INT PATH '$[1]')) k
    STRAIGHT_JOIN sensor_versions v ON v.sensor_id = k.sensor_id AND v.version = k.version ${NAMED}`,
  sqlite: `SELECT ${VERSION_COLUMNS} FROM json_each(?) k CROSS JOIN sensor_versions v ${NAMED}
    WHERE v.sensor_id = json_extract(k.value, '$[0]') AND v.version = json_extract(k.value, '$[1]')`
}

export const metadata = (
  sql: SqlClient,
  database: DatabaseService,
  latest: ReadonlyArray<LatestReading>,
  asOf: Position
) => {
  const distinct = new Map(
    latest.map(({ last, sensorId }) => [
      versionKey(sensorId, last.sensorVersion),
      [sensorId, last.sensorVersion] as const
    ])
  )
  const list = JSON.stringify([...distinct.values()])
  return sql.unsafe<Rows.Row>(VERSIONS[database.dialect], [asOf, list]).pipe(
    Effect.flatMap(Rows.every(describedOf)),
    Effect.map((rows) => new Map(rows))
  )
}

const IDS: ByDialect<(sql: SqlClient, list: string) => Fragment> = {
  mysql: (sql, list) => sql`(SELECT i.id FROM JSON_TABLE(${list}, '$[*]' COLUMNS (id INT PATH '$')) i)`,
  sqlite: (sql, list) => sql`(SELECT value FROM json_each(${list}))`
}

/** These ids, as a table's column of the same type. */
const idsIn = (sql: SqlClient, database: DatabaseService, ids: ReadonlyArray<SensorId>) =>
  IDS[database.dialect](sql, JSON.stringify(ids))

export const intervals = (sql: SqlClient, database: DatabaseService, ids: ReadonlyArray<SensorId>) =>
  sql`SELECT s.id, COALESCE(s.interval_ms, s.estimated_interval_ms) AS interval_ms
    FROM sensors s WHERE s.id IN ${idsIn(sql, database, ids)}
      AND COALESCE(s.interval_ms, s.estimated_interval_ms) IS NOT NULL`.pipe(
    Effect.flatMap(
      Rows.every((row) => [sensorId(Rows.integer(row.id)), Rows.double(row.interval_ms)] as const)
    ),
    Effect.map((rows) => new Map(rows))
  )

export const withoutInterval = (sql: SqlClient, database: DatabaseService, ids: ReadonlyArray<SensorId>) =>
  sql`SELECT s.id FROM sensors s WHERE s.interval_ms IS NULL AND s.estimated_interval_ms IS NULL
    AND s.id IN ${idsIn(sql, database, ids)}`.pipe(
    Effect.flatMap(Rows.every((row) => sensorId(Rows.integer(row.id))))
  )

export const firstTimes = (sql: SqlClient, sensor: SensorId, limit: number) =>
  sql`SELECT e.occurred_at FROM events e WHERE e.sensor_id = ${sensor} AND e.type = 'ReadingRecorded'
    ORDER BY e.position LIMIT ${String(limit)}`.pipe(
    Effect.flatMap(Rows.every((row) => Rows.time(row.occurred_at)))
  )
