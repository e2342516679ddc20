/** How counted hours and their marks are written; each inside a transaction that holds the checkpoint's row. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { insertAll } from "../../db/ValueLists.js"
import type { HourKey } from "./QualityCells.js"
import type { Db } from "./SqlQuality.js"

export const markHours = (db: Db, sql: SqlClient, keys: ReadonlyArray<HourKey>) =>
  insertAll(
    sql,
    db,
    (lists) => `INSERT INTO quality_hours (hour, sensor_id, dirty, position, counts) VALUES ${lists}
      ${db.syntax.orUpdate("hour, sensor_id", () => "dirty = 1")}`,
    "(?, ?, 1, 0, '')",
    keys.map(({ hour, sensorId }) => [db.encodeTime(hour), sensorId])
  )

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
