/**
 * The counts of a part of a window, by the database: aggregates over an indexed range of device time, as of a
 * position of the log. Parameters alone carry what was asked for.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import type { Position } from "../domain/Ids.js"
import { CLOCK_AHEAD_MAX, JITTER, TIMELY_WITHIN } from "../domain/QualityChecks.js"
import * as Minutes from "./SqlQualityMinutes.js"
import {
  type Db,
  INTERVAL_MICROS,
  inside,
  type Part,
  type QualitySql,
  qualitySql,
  RANGED,
  type Scope
} from "./SqlQualityParts.js"

/** Sensors after `after` in the order of id, each with its first and last reading in force, at most `limit`. */
const sensorsOf =
  ({ sql, text, ofSensor, inForce }: QualitySql) =>
  (after: number, limit: number) => {
    const edge = (order: string) => sql`(SELECT e.occurred_at FROM events e
    WHERE e.sensor_id = s.id AND ${inForce} ORDER BY e.occurred_at ${text(order)} LIMIT 1)`
    return sql`SELECT s.id AS sensor_id, s.status AS status,
      COALESCE(s.interval_ms, s.estimated_interval_ms) AS interval_ms,
      ${edge("ASC")} AS first_ever, ${edge("DESC")} AS last_ever
    FROM sensors s WHERE s.id > ${after}${ofSensor("s.id")} ORDER BY s.id LIMIT ${text(String(limit))}`
  }

/** One pass over the part's events. `folded` is the position that the minutes are folded up to. */
const readingsOf =
  ({ sql, text, asOf, between, instant, events, eventsTable }: QualitySql) =>
  (part: Part, folded: Position) => {
    const standing = sql`(e.superseded_by IS NULL OR e.superseded_by > ${asOf})`
    const live = sql`CASE WHEN e.type <> 'ReadingDeleted' AND ${standing}`
    const lag = text(between(instant("e.occurred_at"), instant("e.recorded_at")))
    const ranged = text(RANGED)
    const counted = (condition: Fragment) => sql`SUM(CASE WHEN ${condition} THEN 1 ELSE 0 END)`
    return sql`SELECT e.sensor_id AS sensor_id,
      ${counted(text("e.type = 'ReadingRecorded'"))} AS recorded,
      ${counted(sql`e.type = 'ReadingRecorded' AND ${standing}`)} AS unamended,
      ${counted(sql`e.type = 'ReadingRecorded' AND ${lag} BETWEEN ${text(`${-CLOCK_AHEAD_MAX} AND ${TIMELY_WITHIN}`)}`)} AS timely,
      ${counted(sql`e.type = 'ReadingRecorded' AND e.position <= ${folded}`)} AS folded,
      SUM(${live} THEN 1 ELSE 0 END) AS readings,
      SUM(${live} AND ${ranged} THEN 1 ELSE 0 END) AS ranged,
      SUM(${live} AND ${ranged} AND ${text(inside("e.value", "e.value"))} THEN 1 ELSE 0 END) AS in_range,
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
  }

/** The steps between a sensor's readings in force: none at all, or long enough to have missed some. */
const gapsOf =
  ({ sql, text, between, floor, instant, inForce, events, eventsTable }: QualitySql) =>
  (part: Part) => {
    const gap = text(
      between("LAG(f.instant) OVER (PARTITION BY f.sensor_id ORDER BY f.instant)", "f.instant")
    )
    return sql`SELECT g.sensor_id AS sensor_id, SUM(CASE WHEN g.gap = 0 THEN 1 ELSE 0 END) AS conflicts,
      SUM(CASE WHEN g.gap >= ${text(`${INTERVAL_MICROS} * ${1 + JITTER}`)}
        THEN ${text(floor(`g.gap / ${INTERVAL_MICROS} - ${JITTER}`))} ELSE 0 END) AS missed
    FROM (SELECT f.sensor_id, ${gap} AS gap
      FROM (SELECT e.sensor_id AS sensor_id, ${text(instant("e.occurred_at"))} AS instant
        FROM ${eventsTable} WHERE ${events(part)} AND ${inForce}) f) g
    LEFT JOIN sensors s ON s.id = g.sensor_id
    GROUP BY g.sensor_id`
  }

/** How many of one sensor's readings in force lie outside these bounds. */
const readingsOutsideOf =
  ({ sql, time, inForce }: QualitySql) =>
  (part: Part, sensor: number, low: number, high: number) =>
    sql`SELECT COUNT(*) AS outside
  FROM events e WHERE e.sensor_id = ${sensor}
    AND e.occurred_at >= ${time(part.start)} AND e.occurred_at < ${time(part.end)} AND ${inForce}
    AND (e.value < ${low} OR e.value > ${high})`

const rejectedOf =
  ({ sql, time }: QualitySql) =>
  (part: Part) =>
    sql`SELECT COUNT(*) AS rejected FROM rejected_messages
  WHERE first_seen >= ${time(part.start)} AND first_seen < ${time(part.end)}`

/** The first event of what is left, the one `rows` after it, and the first stored minute. */
const nextOf =
  ({ sql, text, events, minutes, eventsTable, minutesTable }: QualitySql) =>
  (rest: Part, minutesLeft: Part, rows: number) => {
    const event = (offset: number) => sql`(SELECT e.occurred_at FROM ${eventsTable} WHERE ${events(rest)}
    ORDER BY e.occurred_at LIMIT 1 OFFSET ${text(String(offset))})`
    return sql`SELECT ${event(0)} AS event_at, ${event(rows)} AS until_at,
    (SELECT m.minute FROM ${minutesTable} WHERE ${minutes(minutesLeft)} ORDER BY m.minute LIMIT 1) AS minute_at`
  }

const headsOf =
  ({ sql }: QualitySql) =>
  () =>
    sql`SELECT h.position AS head, c.position AS folded
  FROM log_head h JOIN checkpoints c ON c.projection = 'minutes'`

/** The statements of one report. */
export const statements = (db: Db, sql: SqlClient, scope: Scope) => {
  const shared = qualitySql(db, sql, scope)
  return {
    sensors: sensorsOf(shared),
    readings: readingsOf(shared),
    gaps: gapsOf(shared),
    readingsOutside: readingsOutsideOf(shared),
    rejected: rejectedOf(shared),
    next: nextOf(shared),
    heads: headsOf(shared),
    agreement: Minutes.agreementOf(shared),
    minutes: Minutes.minutesOf(shared),
    minutesOutside: Minutes.minutesOutsideOf(shared)
  }
}
