/**
 * The counts of a part of a window, by the database: aggregates over an indexed range of device time, as of a
 * position of the log. Parameters alone carry what was asked for.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import type { DatabaseService } from "../db/Transaction.js"
import type { Position, SensorId } from "../domain/Ids.js"
import { CLOCK_AHEAD_MAX, JITTER, TIMELY_WITHIN } from "../domain/QualityChecks.js"
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

type Db = Pick<DatabaseService, "dialect" | "encodeTime">

/** Values beyond this are left out of the moments: their squares would be beyond a double. */
const MOMENTS_MAX = "1e140"

/** The words in which the dialects differ. An `instant` is what `between` takes: µs, or a DATETIME. */
export const dialectOf = (db: Db) =>
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

const READING_TYPES = "('ReadingRecorded', 'ReadingCorrected')"
const LIVE_MINUTES = "m.generation = (SELECT c.generation FROM checkpoints c WHERE c.projection = 'minutes')"

/** A statement's texts in the dialect of this database. */
export const statements = (db: Db, sql: SqlClient, { asOf, sensorId }: Scope) => {
  const { between, by, floor, instant, minuteOf } = dialectOf(db)
  const text = sql.literal
  const time = db.encodeTime
  const ofSensor = (column: string): Fragment =>
    sensorId === undefined ? text("") : sql` AND ${text(column)} = ${sensorId}`
  const inForce = sql`e.type IN ${text(READING_TYPES)} AND e.position <= ${asOf}
    AND (e.superseded_by IS NULL OR e.superseded_by > ${asOf})`
  const events = (part: Part) =>
    sql`e.occurred_at >= ${time(part.start)} AND e.occurred_at < ${time(part.end)}${ofSensor("e.sensor_id")}`
  const minutes = (part: Part) =>
    sql`${text(LIVE_MINUTES)} AND m.minute >= ${time(part.start)} AND m.minute < ${time(part.end)}
      AND m.readings > 0${ofSensor("m.sensor_id")}`
  const eventsTable = text(`events e ${by(sensorId === undefined ? "events_time" : "events_sensor_time")}`)
  const minutesTable = text(
    `sensor_minutes m ${sensorId === undefined ? by("sensor_minutes_time") : db.dialect === "mysql" ? by("PRIMARY") : ""}`
  )
  const fit = text(`ABS(m.value_mean) <= ${MOMENTS_MAX} AND m.value_stddev <= ${MOMENTS_MAX}`)
  const interval = `(COALESCE(s.interval_ms, s.estimated_interval_ms) * ${MICROS_PER_MILLI})`
  const inside = (low: string, high: string) =>
    text(`(v.range_min IS NULL OR ${low} >= v.range_min) AND (v.range_max IS NULL OR ${high} <= v.range_max)`)

  return {
    /** Sensors after `after` in the order of id, each with its first and last reading in force, at most `limit`. */
    sensors: (after: number, limit: number) => {
      const edge = (order: string) => sql`(SELECT e.occurred_at FROM events e
        WHERE e.sensor_id = s.id AND ${inForce} ORDER BY e.occurred_at ${text(order)} LIMIT 1)`
      return sql`SELECT s.id AS sensor_id, s.status AS status,
          COALESCE(s.interval_ms, s.estimated_interval_ms) AS interval_ms,
          ${edge("ASC")} AS first_ever, ${edge("DESC")} AS last_ever
        FROM sensors s WHERE s.id > ${after}${ofSensor("s.id")} ORDER BY s.id LIMIT ${text(String(limit))}`
    },

    /** One pass over the part's events. `folded` is the position that the minutes are folded up to. */
    readings: (part: Part, folded: Position) => {
      const standing = sql`(e.superseded_by IS NULL OR e.superseded_by > ${asOf})`
      const live = sql`CASE WHEN e.type <> 'ReadingDeleted' AND ${standing}`
      const lag = text(between(instant("e.occurred_at"), instant("e.recorded_at")))
      const ranged = text("(v.range_min IS NOT NULL OR v.range_max IS NOT NULL)")
      const counted = (condition: Fragment) => sql`SUM(CASE WHEN ${condition} THEN 1 ELSE 0 END)`
      return sql`SELECT e.sensor_id AS sensor_id,
          ${counted(text("e.type = 'ReadingRecorded'"))} AS recorded,
          ${counted(sql`e.type = 'ReadingRecorded' AND ${standing}`)} AS unamended,
          ${counted(sql`e.type = 'ReadingRecorded' AND ${lag} BETWEEN ${text(`${-CLOCK_AHEAD_MAX} AND ${TIMELY_WITHIN}`)}`)} AS timely,
          ${counted(sql`e.type = 'ReadingRecorded' AND e.position <= ${folded}`)} AS folded,
          SUM(${live} THEN 1 ELSE 0 END) AS readings,
          SUM(${live} AND ${ranged} THEN 1 ELSE 0 END) AS ranged,
          SUM(${live} AND ${ranged} AND ${inside("e.value", "e.value")} THEN 1 ELSE 0 END) AS in_range,
          SUM(${live} AND s.id IS NOT NULL AND v.sensor_id IS NOT NULL THEN 1 ELSE 0 END) AS versioned,
          SUM(${live} AND v.unit IS NOT NULL AND v.type IS NOT NULL THEN 1 ELSE 0 END) AS described,
          ${counted(text("e.type <> 'ReadingRecorded'"))} AS amendments,
          ${counted(text("e.type <> 'ReadingRecorded' AND o.position IS NOT NULL"))} AS attached,
          MIN(${live} THEN e.occurred_at END) AS first_at, MAX(${live} THEN e.occurred_at END) AS last_at,
          MIN(${live} THEN e.value END) AS lo, MAX(${live} THEN e.value END) AS hi
        FROM ${eventsTable}
        LEFT JOIN sensors s ON s.id = e.sensor_id
        LEFT JOIN sensor_versions v ON v.sensor_id = e.sensor_id AND v.version = e.sensor_version
        LEFT JOIN events o ON o.position = e.reading_id AND o.type = 'ReadingRecorded'
        WHERE ${events(part)} AND e.position <= ${asOf}
          AND e.type IN ('ReadingRecorded', 'ReadingCorrected', 'ReadingDeleted')
        GROUP BY e.sensor_id`
    },

    /** The steps between a sensor's readings in force: none at all, or long enough to have missed some. */
    gaps: (part: Part) => {
      const gap = text(
        between("LAG(f.instant) OVER (PARTITION BY f.sensor_id ORDER BY f.instant)", "f.instant")
      )
      return sql`SELECT g.sensor_id AS sensor_id, SUM(CASE WHEN g.gap = 0 THEN 1 ELSE 0 END) AS conflicts,
          SUM(CASE WHEN g.gap >= ${text(`${interval} * ${1 + JITTER}`)}
            THEN ${text(floor(`g.gap / ${interval} - ${JITTER}`))} ELSE 0 END) AS missed
        FROM (SELECT f.sensor_id, ${gap} AS gap
          FROM (SELECT e.sensor_id AS sensor_id, ${text(instant("e.occurred_at"))} AS instant
            FROM ${eventsTable} WHERE ${events(part)} AND ${inForce}) f) g
        LEFT JOIN sensors s ON s.id = g.sensor_id
        GROUP BY g.sensor_id`
    },

    /**
     * Stored minutes beside minutes counted from the readings, as of the position that this same statement reads:
     * a fold that commits meanwhile can't come between them. `part` begins and ends with a minute.
     */
    agreement: (part: Part) => {
      const minute = text(minuteOf("e.occurred_at"))
      return sql`SELECT u.sensor_id AS sensor_id, COUNT(*) AS compared,
          SUM(CASE WHEN u.stored = u.counted AND u.lo = u.raw_lo AND u.hi = u.raw_hi THEN 1 ELSE 0 END) AS agreeing
        FROM (SELECT b.sensor_id, b.minute, SUM(b.stored) AS stored, SUM(b.counted) AS counted,
            MAX(b.lo) AS lo, MAX(b.hi) AS hi, MAX(b.raw_lo) AS raw_lo, MAX(b.raw_hi) AS raw_hi
          FROM (SELECT m.sensor_id AS sensor_id, m.minute AS minute, m.readings AS stored, 0 AS counted,
              m.value_min AS lo, m.value_max AS hi, NULL AS raw_lo, NULL AS raw_hi
            FROM ${minutesTable} WHERE ${minutes(part)}
            UNION ALL
            SELECT e.sensor_id, ${minute}, 0, COUNT(*), NULL, NULL, MIN(e.value), MAX(e.value)
            FROM ${eventsTable} JOIN checkpoints c ON c.projection = 'minutes'
            WHERE ${events(part)} AND e.type IN ${text(READING_TYPES)} AND e.position <= c.position
              AND (e.superseded_by IS NULL OR e.superseded_by > c.position)
            GROUP BY e.sensor_id, ${minute}) b
          GROUP BY b.sensor_id, b.minute) u
        GROUP BY u.sensor_id`
    },

    /** The stored minutes of a part; `whole` says which of them count as whole. */
    minutes: (part: Part, whole: Part) => sql`SELECT m.sensor_id AS sensor_id, COUNT(*) AS stored,
        COUNT(DISTINCT m.id) AS distinct_ids,
        SUM(CASE WHEN m.minute >= ${time(whole.start)} AND m.minute < ${time(whole.end)} THEN 1 ELSE 0 END) AS whole,
        SUM(CASE WHEN m.value_stddev < 0 OR m.value_min > m.value_max
          OR m.value_first < m.value_min OR m.value_first > m.value_max
          OR m.value_last < m.value_min OR m.value_last > m.value_max
          OR (m.value_mean < m.value_min AND ABS(m.value_min) < 1e300
            AND m.value_min - m.value_mean > 1e-9 * ABS(m.value_min))
          OR (m.value_mean > m.value_max AND ABS(m.value_max) < 1e300
            AND m.value_mean - m.value_max > 1e-9 * ABS(m.value_max)) THEN 0 ELSE 1 END) AS coherent,
        SUM(CASE WHEN v.range_min IS NOT NULL OR v.range_max IS NOT NULL THEN 1 ELSE 0 END) AS ranged,
        SUM(CASE WHEN (v.range_min IS NOT NULL OR v.range_max IS NOT NULL)
          AND ${inside("m.value_min", "m.value_max")} THEN 1 ELSE 0 END) AS in_range,
        SUM(CASE WHEN s.id IS NOT NULL AND v.unit IS NOT NULL AND v.type IS NOT NULL THEN 1 ELSE 0 END) AS described,
        SUM(CASE WHEN ${fit} THEN m.readings ELSE 0 END) AS n,
        MAX(a.mean) AS mean,
        SUM(CASE WHEN ${fit} THEN m.readings * (m.value_stddev * m.value_stddev
          + (m.value_mean - a.mean) * (m.value_mean - a.mean)) ELSE 0.0 END) AS m2,
        SUM(CASE WHEN ${fit} THEN 1 ELSE 0 END) AS k,
        MAX(a.mean_of_means) AS mean_of_means,
        SUM(CASE WHEN ${fit} THEN (m.value_mean - a.mean_of_means) * (m.value_mean - a.mean_of_means)
          ELSE 0.0 END) AS m2_of_means,
        MIN(m.value_mean) AS mean_min, MAX(m.value_mean) AS mean_max
      FROM ${minutesTable}
      LEFT JOIN (SELECT m.sensor_id, SUM(m.readings * m.value_mean) / SUM(m.readings) AS mean,
          AVG(m.value_mean) AS mean_of_means
        FROM ${minutesTable} WHERE ${minutes(part)} AND ${fit} GROUP BY m.sensor_id) a ON a.sensor_id = m.sensor_id
      LEFT JOIN sensors s ON s.id = m.sensor_id
      LEFT JOIN sensor_versions v ON v.sensor_id = m.sensor_id AND v.version = m.sensor_version
      WHERE ${minutes(part)}
      GROUP BY m.sensor_id`,

    /** How many of one sensor's readings in force lie outside these bounds. */
    readingsOutside: (part: Part, sensor: number, low: number, high: number) => sql`SELECT COUNT(*) AS outside
      FROM events e WHERE e.sensor_id = ${sensor}
        AND e.occurred_at >= ${time(part.start)} AND e.occurred_at < ${time(part.end)} AND ${inForce}
        AND (e.value < ${low} OR e.value > ${high})`,

    minutesOutside: (part: Part, sensor: number, low: number, high: number) => sql`SELECT COUNT(*) AS outside
      FROM sensor_minutes m WHERE m.sensor_id = ${sensor} AND ${minutes(part)}
        AND (m.value_mean < ${low} OR m.value_mean > ${high})`,

    rejected: (part: Part) => sql`SELECT COUNT(*) AS rejected FROM rejected_messages
      WHERE first_seen >= ${time(part.start)} AND first_seen < ${time(part.end)}`,

    /** The first event of what is left, the one `rows` after it, and the first stored minute. */
    next: (rest: Part, minutesLeft: Part, rows: number) => {
      const event = (offset: number) => sql`(SELECT e.occurred_at FROM ${eventsTable} WHERE ${events(rest)}
        ORDER BY e.occurred_at LIMIT 1 OFFSET ${text(String(offset))})`
      return sql`SELECT ${event(0)} AS event_at, ${event(rows)} AS until_at,
        (SELECT m.minute FROM ${minutesTable} WHERE ${minutes(minutesLeft)} ORDER BY m.minute LIMIT 1) AS minute_at`
    },

    heads: () => sql`SELECT h.position AS head, c.position AS folded
      FROM log_head h JOIN checkpoints c ON c.projection = 'minutes'`
  }
}
