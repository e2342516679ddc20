/** What is read of minutes and for them, for both dialects. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { byKeys, type Params } from "../../db/ValueLists.js"
import type { Derivation } from "../../domain/derived/Derivation.js"
import { upcast } from "../../domain/Event.js"
import { eventId, type Position, position, readingId, type SensorId, sensorId } from "../../domain/Ids.js"
import { MICROS_PER_MINUTE } from "../../domain/Time.js"
import { COLD_CELL, ofTold, toldRows } from "../../eventlog/cold/ColdTold.js"
import { NAME_AS_OF } from "../../eventlog/SensorNames.js"
import { type MinuteTable, minuteOfRow, STATE_COLUMNS } from "./MinuteRows.js"
import { type LatestReading, type MinuteKey, type StalePage, versionKey } from "./MinuteStore.js"

export const keyOf = (row: Rows.Row): MinuteKey => ({
  sensorId: sensorId(Rows.integer(row.sensor_id)),
  minute: Rows.time(row.minute)
})

/** The first and the last minute of keys, as they are bound. */
const spanOf = (keys: ReadonlyArray<Params>): Params => {
  const minutes = keys.map(([, minute]) => String(minute)).sort()
  return [minutes[0] ?? null, minutes.at(-1) ?? null]
}

/**
 * The rows of these minutes: each is looked up by the primary key. SQLite takes but the first column of a list for that: it
 * would read all minutes of a sensor, were it not told between which they are.
 */
export const rowsOf = (
  sql: SqlClient,
  database: Pick<DatabaseService, "encodeTime" | "syntax">,
  generation: number,
  keys: ReadonlyArray<MinuteKey>,
  table: MinuteTable = "sensor_minutes"
) =>
  Effect.flatMap(
    byKeys(
      sql,
      database,
      (among) => `SELECT ${STATE_COLUMNS} FROM ${table} m ${database.syntax.byKey("PRIMARY")}
        WHERE m.generation = ? AND m.minute BETWEEN ? AND ? AND (m.sensor_id, m.minute) ${among}`,
      keys.map(({ minute, sensorId }) => [sensorId, database.encodeTime(minute)]),
      { before: (group) => [generation, ...spanOf(group)] }
    ),
    Rows.every(minuteOfRow)
  )

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

/** What its statement selects. */
const TOUCHING_CELLS = 12

/** All events about readings of a minute, up to a position; of the log alone. */
export const touching = (
  sql: SqlClient,
  database: Pick<DatabaseService, "dialect" | "encodeTime">,
  key: MinuteKey,
  asOf: Position
) =>
  toldRows(
    sql,
    database,
    sql`SELECT e.position, e.event_id, e.type, e.sensor_version, e.occurred_at, e.recorded_at, e.value,
      e.lat, e.lng, e.reading_id, e.superseded_by, ${sql.literal(COLD_CELL)}
    FROM events e
    WHERE e.sensor_id = ${key.sensorId} AND e.occurred_at >= ${database.encodeTime(key.minute)}
      AND e.occurred_at < ${database.encodeTime(key.minute + MICROS_PER_MINUTE)} AND e.position <= ${asOf}
      AND e.type IN ('ReadingRecorded', 'ReadingCorrected', 'ReadingDeleted')`,
    TOUCHING_CELLS
  ).pipe(
    Effect.flatMap(
      ofTold(
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

const VERSION_COLUMNS = `v.sensor_id, v.version, v.lat, v.lng, v.unit, v.type, v.description, ${NAME_AS_OF} AS name`

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
  return byKeys(
    sql,
    database,
    (among) => `SELECT ${VERSION_COLUMNS} FROM sensor_versions v ${database.syntax.byKey("PRIMARY")}
      LEFT JOIN sensors s ON s.id = v.sensor_id WHERE (v.sensor_id, v.version) ${among}`,
    [...distinct.values()],
    { before: [asOf] }
  ).pipe(
    Effect.flatMap(Rows.every(describedOf)),
    Effect.map((rows) => new Map(rows))
  )
}

/** What is said `of` the sensors with these ids. */
const ofSensors = (
  sql: SqlClient,
  database: DatabaseService,
  ids: ReadonlyArray<SensorId>,
  of: { readonly columns: string; readonly where: string }
) =>
  byKeys(
    sql,
    database,
    (among) => `SELECT ${of.columns} FROM sensors s WHERE ${of.where} AND s.id ${among}`,
    ids.map((id) => [id])
  )

const INTERVAL = "COALESCE(s.interval_ms, s.estimated_interval_ms)"

export const intervals = (sql: SqlClient, database: DatabaseService, ids: ReadonlyArray<SensorId>) =>
  ofSensors(sql, database, ids, {
    columns: `s.id, ${INTERVAL} AS interval_ms`,
    where: `${INTERVAL} IS NOT NULL`
  }).pipe(
    Effect.flatMap(
      Rows.every((row) => [sensorId(Rows.integer(row.id)), Rows.double(row.interval_ms)] as const)
    ),
    Effect.map((rows) => new Map(rows))
  )

export const withoutInterval = (sql: SqlClient, database: DatabaseService, ids: ReadonlyArray<SensorId>) =>
  ofSensors(sql, database, ids, { columns: "s.id", where: `${INTERVAL} IS NULL` }).pipe(
    Effect.flatMap(Rows.every((row) => sensorId(Rows.integer(row.id))))
  )

export const firstTimes = (sql: SqlClient, sensor: SensorId, limit: number) =>
  sql`SELECT e.occurred_at FROM events e WHERE e.sensor_id = ${sensor} AND e.type = 'ReadingRecorded'
    ORDER BY e.position LIMIT ${String(limit)}`.pipe(
    Effect.flatMap(Rows.every((row) => Rows.time(row.occurred_at)))
  )
