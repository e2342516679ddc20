/**
 * The statements of the quality engine. Each reads an indexed range: of one sensor and a spell of device time, of
 * the log's tail, or of the hours that are counted already. Parameters alone carry what was asked for.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import { timeCell } from "../../db/Dialect.js"
import type { Row } from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { MICROS_PER_DAY, MICROS_PER_HOUR, type Micros, micros } from "../../domain/Time.js"
import type { ColdLogService } from "../../eventlog/cold/ColdLog.js"
import { COLD_CELL, toldCells } from "../../eventlog/cold/ColdTold.js"

export type Db = Pick<DatabaseService, "dialect" | "encodeTime" | "syntax">
/** The database, and the files of the days that are cold. */
export interface QualityDb extends DatabaseService {
  readonly lake: ColdLogService
}

/** Both ends are times of the device, `end` exclusive. */
export interface Spell {
  readonly start: number
  readonly end: number
}

/** The last row before these, in the order (occurredAt, position). */
export interface EventPlace {
  readonly occurredAt: Micros
  readonly position: number
}

const READING_EVENTS = "('ReadingRecorded', 'ReadingCorrected', 'ReadingDeleted')"
/** What the statement of events selects. */
const EVENT_CELLS = 13
const LIVE = "(SELECT c.generation FROM checkpoints c WHERE c.projection = 'minutes')"
/** How long before its window a constant sensor is looked at, to know whether it ever changes. */
const BEFORE = 7 * MICROS_PER_DAY
/** How long before the end of its window a sensor is looked at, to know whether it rests at 0. */
const HABIT = 14 * MICROS_PER_DAY

/** How many sensors a statement names: in few sizes, so that few texts are prepared. */
const NAMED = [1, 8, 64] as const
export const NAMED_MAX = 64

/** One of at most NAMED_MAX sensors; the last one is named again where the size asks for more. */
const named = (sql: SqlClient, column: string, sensors: ReadonlyArray<number>) => {
  const size = NAMED.find((most) => most >= sensors.length) ?? sensors.length
  return sql.in(
    column,
    Array.from({ length: size }, (_, i) => sensors[Math.min(i, sensors.length - 1)] ?? 0)
  )
}

const log = (db: Db, sql: SqlClient) => {
  const text = sql.literal
  const inForce = (asOf: number) => sql`e.type IN ('ReadingRecorded', 'ReadingCorrected')
    AND e.position <= ${asOf} AND (e.superseded_by IS NULL OR e.superseded_by > ${asOf})`
  const zero = text("(m.low = 0 AND m.high = 0)")
  /** The minutes of a sensor, each with its extremes; as of a position: what was folded further is read from the log. */
  const minutes = (sensor: number, from: Micros, to: Micros, asOf: number | null) => {
    const spell = sql`s.generation = ${text(LIVE)} AND s.sensor_id = ${sensor}
      AND s.minute >= ${db.encodeTime(Math.max(0, from))} AND s.minute < ${db.encodeTime(to)}`
    const folded = sql`SELECT s.minute AS minute, s.value_min AS low, s.value_max AS high
      FROM sensor_minutes s WHERE ${spell} AND s.readings > 0`
    if (asOf === null) return sql`(${folded})`
    const extreme = (name: string) => sql`(SELECT ${text(name)}(e.value) FROM events e
      WHERE e.sensor_id = s.sensor_id AND e.occurred_at >= s.minute
        AND e.occurred_at <= ${text(db.syntax.minuteEnd("s.minute"))} AND ${inForce(asOf)})`
    return sql`(${folded} AND s.position <= ${asOf} UNION ALL
      SELECT s.minute AS minute, ${extreme("MIN")} AS low, ${extreme("MAX")} AS high
      FROM sensor_minutes s WHERE ${spell} AND s.position > ${asOf})`
  }
  return {
    /** The log's head, how far the minutes are folded, and how far the hours are marked. */
    heads: () => sql`SELECT h.position AS head, m.position AS folded, q.position AS marked
      FROM log_head h JOIN checkpoints m ON m.projection = 'minutes' JOIN checkpoints q ON q.projection = 'quality'`,

    /** Sensors after `after` in the order of id, at most NAMED_MAX of them by name, each with its first and last reading in force. */
    sensors: (asOf: number, after: number, limit: number, only?: ReadonlyArray<number>) => {
      const edge = (order: string) => sql`(SELECT e.occurred_at FROM events e
        WHERE e.sensor_id = s.id AND ${inForce(asOf)} ORDER BY e.occurred_at ${text(order)} LIMIT 1)`
      const those: Fragment = only === undefined ? text("") : sql` AND ${named(sql, "s.id", only)}`
      return sql`SELECT s.id AS sensor_id, s.status AS status,
        COALESCE(s.interval_ms, s.estimated_interval_ms) AS interval_ms,
        ${edge("ASC")} AS first_ever, ${edge("DESC")} AS last_ever, v.type AS type, v.unit AS unit
      FROM sensors s LEFT JOIN sensor_versions v ON v.sensor_id = s.id AND v.version = s.version
      WHERE s.id > ${after}${those} AND s.status <> 'derived' ORDER BY s.id LIMIT ${text(String(limit))}`
    },

    versions: (sensors: ReadonlyArray<number>) => sql`SELECT v.sensor_id AS sensor_id, v.version AS version,
      v.range_min AS range_min, v.range_max AS range_max,
      v.unit AS unit, v.type AS type
      FROM sensor_versions v JOIN sensors s ON s.id = v.sensor_id WHERE ${named(sql, "v.sensor_id", sensors)}`,

    /**
     * The events about readings in a spell, in the order (sensor, occurred_at, position); of one sensor alone also
     * those behind `after`. Of the log alone.
     */
    events: (
      sensors: ReadonlyArray<number>,
      { end, start }: Spell,
      asOf: number,
      after: EventPlace | null,
      limit: number
    ) => {
      const from = after === null ? start : Math.max(start, after.occurredAt)
      const behind: Fragment =
        after === null
          ? text("")
          : sql` AND (e.occurred_at > ${db.encodeTime(after.occurredAt)} OR e.position > ${after.position})`
      // Without the index's name a planner without statistics reads every row of a sensor.
      const rows = sql<Row>`SELECT e.sensor_id, e.position, e.type, ${text(timeCell(sql, "e.occurred_at"))},
        ${text(timeCell(sql, "e.recorded_at"))}, e.value, e.sensor_version,
        e.reading_id, e.time_source, e.superseded_by, o.position AS attached, e.payload, ${text(COLD_CELL)}
      FROM events e ${text(db.syntax.byIndex("events_sensor_time"))}
      LEFT JOIN events o ON o.position = e.reading_id AND o.type = 'ReadingRecorded'
      WHERE ${named(sql, "e.sensor_id", sensors)} AND e.occurred_at >= ${db.encodeTime(from)}
        AND e.occurred_at < ${db.encodeTime(end)} AND e.position <= ${asOf}
        AND e.type IN ${text(READING_EVENTS)}${behind}
      ORDER BY e.sensor_id, e.occurred_at, e.position LIMIT ${text(String(limit))}`
      return toldCells(sql, db, rows, EVENT_CELLS)
    },

    /** Stored minutes in a spell, in the order (sensor, minute). */
    minutes: (sensors: ReadonlyArray<number>, { end, start }: Spell) =>
      sql`SELECT m.sensor_id, ${text(timeCell(sql, "m.minute"))}, m.id, m.readings, m.value_min, m.value_max, m.value_mean,
        m.value_stddev, m.value_first, m.value_last, m.sensor_version
      FROM sensor_minutes m WHERE m.generation = ${text(LIVE)} AND ${named(sql, "m.sensor_id", sensors)}
        AND m.minute >= ${db.encodeTime(start)} AND m.minute < ${db.encodeTime(end)} AND m.readings > 0
      ORDER BY m.sensor_id, m.minute`.values,

    /** A stored minute of the days before a time in which the sensor showed another value than this one. */
    variedBefore: (sensor: number, time: Micros, value: number, asOf: number | null) =>
      sql`SELECT m.minute AS minute FROM ${minutes(sensor, micros(time - BEFORE), time, asOf)} m
      WHERE m.low <> ${value} OR m.high <> ${value} LIMIT 1`,

    /** How many minutes of the days before a time hold 0 alone. */
    zeros: (sensor: number, end: Micros, asOf: number | null) => sql`SELECT COUNT(*) AS minutes,
      COALESCE(SUM(CASE WHEN ${zero} THEN 1 ELSE 0 END), 0) AS zeros, MIN(m.low) AS lowest,
      MIN(CASE WHEN ${zero} THEN m.minute END) AS first_zero,
      MAX(CASE WHEN ${zero} THEN m.minute END) AS last_zero
      FROM ${minutes(sensor, micros(end - HABIT), end, asOf)} m WHERE m.low IS NOT NULL`,

    /** A minute between two times that holds another value than 0. */
    zeroLeft: (sensor: number, from: Micros, to: Micros, asOf: number | null) =>
      sql`SELECT m.minute AS minute FROM ${minutes(sensor, from, to, asOf)} m
      WHERE m.low IS NOT NULL AND NOT ${zero} LIMIT 1`,

    /** The same of each hour that has any. */
    rejectedHours: ({ end, start }: Spell) => {
      const hour = text(db.syntax.hourOf("first_seen"))
      return sql`SELECT ${hour} AS hour, COUNT(*) AS rejected FROM rejected_messages
        WHERE first_seen >= ${db.encodeTime(start)} AND first_seen < ${db.encodeTime(end)} GROUP BY ${hour}`
    },

    rejectedCount: ({ end, start }: Spell) => sql`SELECT COUNT(*) AS rejected FROM rejected_messages
      WHERE first_seen >= ${db.encodeTime(start)} AND first_seen < ${db.encodeTime(end)}`,

    rejected: ({ end, start }: Spell, skip: number, limit: number) => sql`SELECT topic AS topic,
      reason AS reason, first_seen AS first_seen FROM rejected_messages
      WHERE first_seen >= ${db.encodeTime(start)} AND first_seen < ${db.encodeTime(end)}
      ORDER BY first_seen, id LIMIT ${text(String(limit))} OFFSET ${text(String(skip))}`
  }
}

const hours = (db: Db, sql: SqlClient) => {
  const text = sql.literal
  // A planner without statistics takes the times for the narrower range, and reads all of the log.
  const byPosition = text(db.syntax.byPrimaryKey)
  // Of hours that a window cuts also the parts.
  const hourColumns = ({ end, start }: Spell) => sql`q.sensor_id, q.hour, q.dirty, q.counts,
    CASE WHEN q.hour < ${db.encodeTime(start)} OR q.hour > ${db.encodeTime(Math.max(0, end - MICROS_PER_HOUR))}
      THEN q.parts END AS parts`
  return {
    /** The earliest time that the log's events after `from`, up to `to`, are about. */
    earliest: (from: number, to: number) => sql`SELECT MIN(e.occurred_at) AS earliest
      FROM events e ${byPosition}
      WHERE e.position > ${from} AND e.position <= ${to} AND e.type IN ${text(READING_EVENTS)}`,

    /** Which hours the log's events after `from`, up to `to`, are about, of those in a spell. */
    touched: (from: number, to: number, { end, start }: Spell, sensor: number | undefined) => {
      const hour = text(db.syntax.hourOf("e.occurred_at"))
      const only: Fragment = sensor === undefined ? text("") : sql` AND e.sensor_id = ${sensor}`
      return sql`SELECT DISTINCT e.sensor_id AS sensor_id, ${hour} AS hour FROM events e ${byPosition}
        WHERE e.position > ${from} AND e.position <= ${to} AND e.type IN ${text(READING_EVENTS)}
          AND e.occurred_at >= ${db.encodeTime(start)} AND e.occurred_at < ${db.encodeTime(end)}${only}`
    },

    /** Counted and marked hours of a window in the order (hour, sensor), behind `after`. */
    all: (window: Spell, after: { hour: number; sensor: number } | null, limit: number) => {
      const from = after === null ? window.start - (window.start % MICROS_PER_HOUR) : after.hour
      const behind: Fragment =
        after === null
          ? text("")
          : sql` AND (q.hour > ${db.encodeTime(after.hour)} OR q.sensor_id > ${after.sensor})`
      return sql`SELECT ${hourColumns(window)} FROM quality_hours q
        WHERE q.hour >= ${db.encodeTime(from)} AND q.hour < ${db.encodeTime(window.end)}${behind}
        ORDER BY q.hour, q.sensor_id LIMIT ${text(String(limit))}`
    },

    /** The same of one sensor, in the order of time, from an hour on. */
    ofSensor: (sensor: number, window: Spell, from: number, limit: number) =>
      sql`SELECT ${hourColumns(window)}
        FROM quality_hours q ${text(db.syntax.byIndex("quality_hours_sensor"))}
        WHERE q.sensor_id = ${sensor} AND q.hour >= ${db.encodeTime(from)} AND q.hour < ${db.encodeTime(window.end)}
        ORDER BY q.hour LIMIT ${text(String(limit))}`,

    /** Marked hours that have ended by `before`, the oldest first. */
    due: (before: number, limit: number) => sql`SELECT q.sensor_id AS sensor_id, q.hour AS hour
      FROM quality_hours q WHERE q.dirty = 1 AND q.hour < ${db.encodeTime(before)}
      ORDER BY q.hour, q.sensor_id LIMIT ${text(String(limit))}`
  }
}

export const statements = (db: Db, sql: SqlClient) => ({ ...log(db, sql), ...hours(db, sql) })
export type Statements = ReturnType<typeof statements>
