/**
 * The stored minutes of a part of a window, by themselves and beside the readings that they stand for.
 */
import { inside, type Part, type QualitySql, RANGED, READING_TYPES } from "./SqlQualityParts.js"

/** Minutes beyond this are left out of the moments: their squares would be beyond a double. */
const FIT = "ABS(m.value_mean) <= 1e140 AND m.value_stddev <= 1e140"

/**
 * Stored minutes beside minutes counted from the readings, as of the position that this same statement reads:
 * a fold that commits meanwhile can't come between them. `part` begins and ends with a minute.
 */
export const agreementOf =
  ({ sql, text, minuteOf, events, minutes, eventsTable, minutesTable }: QualitySql) =>
  (part: Part) => {
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
  }

/** The stored minutes of a part; `whole` says which of them count as whole. */
export const minutesOf =
  ({ sql, text, time, minutes, minutesTable }: QualitySql) =>
  (part: Part, whole: Part) =>
    sql`SELECT m.sensor_id AS sensor_id, COUNT(*) AS stored,
    COUNT(DISTINCT m.id) AS distinct_ids,
    SUM(CASE WHEN m.minute >= ${time(whole.start)} AND m.minute < ${time(whole.end)} THEN 1 ELSE 0 END) AS whole,
    SUM(CASE WHEN m.value_stddev < 0 OR m.value_min > m.value_max
      OR m.value_first < m.value_min OR m.value_first > m.value_max
      OR m.value_last < m.value_min OR m.value_last > m.value_max
      OR (m.value_mean < m.value_min AND ABS(m.value_min) < 1e300
        AND m.value_min - m.value_mean > 1e-9 * ABS(m.value_min))
      OR (m.value_mean > m.value_max AND ABS(m.value_max) < 1e300
        AND m.value_mean - m.value_max > 1e-9 * ABS(m.value_max)) THEN 0 ELSE 1 END) AS coherent,
    SUM(CASE WHEN ${text(RANGED)} THEN 1 ELSE 0 END) AS ranged,
    SUM(CASE WHEN ${text(RANGED)}
      AND ${text(inside("m.value_min", "m.value_max"))} THEN 1 ELSE 0 END) AS in_range,
    SUM(CASE WHEN s.id IS NOT NULL AND v.unit IS NOT NULL AND v.type IS NOT NULL THEN 1 ELSE 0 END) AS described,
    SUM(CASE WHEN ${text(FIT)} THEN m.readings ELSE 0 END) AS n,
    MAX(a.mean) AS mean,
    SUM(CASE WHEN ${text(FIT)} THEN m.readings * (m.value_stddev * m.value_stddev
      + (m.value_mean - a.mean) * (m.value_mean - a.mean)) ELSE 0.0 END) AS m2,
    SUM(CASE WHEN ${text(FIT)} THEN 1 ELSE 0 END) AS k,
    MAX(a.mean_of_means) AS mean_of_means,
    SUM(CASE WHEN ${text(FIT)} THEN (m.value_mean - a.mean_of_means) * (m.value_mean - a.mean_of_means)
      ELSE 0.0 END) AS m2_of_means,
    MIN(m.value_mean) AS mean_min, MAX(m.value_mean) AS mean_max
  FROM ${minutesTable}
  LEFT JOIN (SELECT m.sensor_id, SUM(m.readings * m.value_mean) / SUM(m.readings) AS mean,
      AVG(m.value_mean) AS mean_of_means
    FROM ${minutesTable} WHERE ${minutes(part)} AND ${text(FIT)} GROUP BY m.sensor_id) a ON a.sensor_id = m.sensor_id
  LEFT JOIN sensors s ON s.id = m.sensor_id
  LEFT JOIN sensor_versions v ON v.sensor_id = m.sensor_id AND v.version = m.sensor_version
  WHERE ${minutes(part)}
  GROUP BY m.sensor_id`

export const minutesOutsideOf =
  ({ sql, minutes }: QualitySql) =>
  (part: Part, sensor: number, low: number, high: number) =>
    sql`SELECT COUNT(*) AS outside
  FROM sensor_minutes m WHERE m.sensor_id = ${sensor} AND ${minutes(part)}
    AND (m.value_mean < ${low} OR m.value_mean > ${high})`
