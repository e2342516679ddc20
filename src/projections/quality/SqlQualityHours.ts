/** How counted hours and their marks are written; each inside a transaction that holds the checkpoint's row. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { HourKey } from "./QualityCells.js"
import type { Db } from "./SqlQuality.js"

/** Rows that one statement writes. */
const CHUNK = 500

const chunks = <A>(rows: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(rows.length / CHUNK) }, (_, i) => rows.slice(i * CHUNK, (i + 1) * CHUNK))

// One text for any number of rows: they are one parameter.
const markChunk = (db: Db, sql: SqlClient, keys: ReadonlyArray<HourKey>) => {
  const json = JSON.stringify(keys.map(({ hour, sensorId }) => [db.encodeTime(hour), sensorId]))
  return db.dialect === "mysql"
    ? sql`INSERT INTO quality_hours (hour, sensor_id, dirty, position, counts)
        SELECT j.hour, j.sensor_id, 1, 0, ''
        FROM JSON_TABLE(${json}, '$[*]' COLUMNS (hour DATETIME(6) PATH '$[0]', sensor_id INT PATH '$[1]')) j
        ON DUPLICATE KEY UPDATE dirty = 1`
    : sql`INSERT INTO quality_hours (hour, sensor_id, dirty, position, counts)
        SELECT json_extract(j.value, '$[0]'), json_extract(j.value, '$[1]'), 1, 0, ''
        FROM json_each(${json}) j WHERE 1
        ON CONFLICT (hour, sensor_id) DO UPDATE SET dirty = 1`
}

export const markHours = (db: Db, sql: SqlClient, keys: ReadonlyArray<HourKey>) =>
  Effect.forEach(chunks(keys), (chunk) => markChunk(db, sql, chunk), { discard: true })

/** All hours of a sensor are to be counted again. */
export const markSensor = (sql: SqlClient, sensor: number) =>
  sql`UPDATE quality_hours SET dirty = 1 WHERE sensor_id = ${sensor}`

export interface CountedHour {
  readonly sensorId: number
  readonly hour: number
  /** JSON; "" where there is nothing. */
  readonly counts: string
  /** JSON of the same by parts of the hour; null: not counted by them. */
  readonly parts: string | null
}

export const storeHours = (db: Db, sql: SqlClient, at: number, rows: ReadonlyArray<CountedHour>) =>
  Effect.forEach(
    rows,
    ({ counts, hour, parts, sensorId }) =>
      sql`UPDATE quality_hours SET dirty = 0, position = ${at}, counts = ${counts}, parts = ${parts}
        WHERE hour = ${db.encodeTime(hour)} AND sensor_id = ${sensorId}`,
    { discard: true }
  )
