/**
 * What the quality statements share: the dialects' words, and the conditions of a part of the window.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import type { DatabaseService } from "../db/Transaction.js"
import type { Position, SensorId } from "../domain/Ids.js"
import { MICROS_PER_MILLI, type Micros } from "../domain/Time.js"

/** A part of the window; both ends are times of the device, `end` exclusive. */
export interface Part {
  readonly start: Micros
  readonly end: Micros
}

/** What every statement of one report shares. */
export interface Scope {
  readonly asOf: Position
  readonly sensorId: SensorId | undefined
}

export type Db = Pick<DatabaseService, "dialect" | "encodeTime">

/** The words in which the dialects differ. An `instant` is what `between` takes: µs, or a DATETIME. */
const dialectOf = (db: Db) =>
  db.dialect === "mysql"
    ? {
        instant: (column: string) => column,
        between: (from: string, to: string) => `TIMESTAMPDIFF(MICROSECOND, ${from}, ${to})`,
        floor: (x: string) => `FLOOR(${x})`,
        minuteOf: (column: string) => `CAST(DATE_FORMAT(${column}, '%Y-%m-%d %H:%i:00') AS DATETIME(6))`,
        // Without it a planner without statistics reads every minute of a sensor, or all of a small table.
        by: (index: string) => `FORCE INDEX (${index})`
      }
    : {
        instant: (column: string) =>
          `(unixepoch(${column}) * 1000000 + CAST(substr(${column}, 21, 6) AS INTEGER))`,
        between: (from: string, to: string) => `(${to} - ${from})`,
        floor: (x: string) => `CAST(${x} AS INTEGER)`,
        minuteOf: (column: string) => `(substr(${column}, 1, 16) || ':00.000000Z')`,
        by: (index: string) => `INDEXED BY ${index}`
      }

export const READING_TYPES = "('ReadingRecorded', 'ReadingCorrected')"
const LIVE_MINUTES = "m.generation = (SELECT c.generation FROM checkpoints c WHERE c.projection = 'minutes')"

/** A sensor's interval in µs, declared or estimated, of the row `s` of sensors; null when it is not known. */
export const INTERVAL_MICROS = `(COALESCE(s.interval_ms, s.estimated_interval_ms) * ${MICROS_PER_MILLI})`

/** Is there a declared range on the row `v` of sensor_versions, and are these two columns inside it? */
export const RANGED = "(v.range_min IS NOT NULL OR v.range_max IS NOT NULL)"
export const inside = (low: string, high: string) =>
  `(v.range_min IS NULL OR ${low} >= v.range_min) AND (v.range_max IS NULL OR ${high} <= v.range_max)`

/** The pieces of one report's statements: `e` is an event, `m` a stored minute. */
export const qualitySql = (db: Db, sql: SqlClient, { asOf, sensorId }: Scope) => {
  const dialect = dialectOf(db)
  const text = sql.literal
  const time = db.encodeTime
  const ofSensor = (column: string): Fragment =>
    sensorId === undefined ? text("") : sql` AND ${text(column)} = ${sensorId}`
  const byTime = sensorId === undefined
  return {
    ...dialect,
    sql,
    text,
    time,
    asOf,
    ofSensor,
    inForce: sql`e.type IN ${text(READING_TYPES)} AND e.position <= ${asOf}
      AND (e.superseded_by IS NULL OR e.superseded_by > ${asOf})`,
    events: (part: Part) =>
      sql`e.occurred_at >= ${time(part.start)} AND e.occurred_at < ${time(part.end)}${ofSensor("e.sensor_id")}`,
    minutes: (part: Part) =>
      sql`${text(LIVE_MINUTES)} AND m.minute >= ${time(part.start)} AND m.minute < ${time(part.end)}
        AND m.readings > 0${ofSensor("m.sensor_id")}`,
    eventsTable: text(`events e ${dialect.by(byTime ? "events_time" : "events_sensor_time")}`),
    minutesTable: text(
      `sensor_minutes m ${byTime ? dialect.by("sensor_minutes_time") : db.dialect === "mysql" ? dialect.by("PRIMARY") : ""}`
    )
  }
}
export type QualitySql = ReturnType<typeof qualitySql>
