/** Percentiles of minutes: the sketch that they are told from, and the figures for who reads SQL. */
const view = (quote: (name: string) => string) => `
  SELECT m.id AS id,
    m.sensor_id AS sensor_id,
    m.minute AS ${quote("timestamp")},
    m.value_mean AS value,
    COALESCE(m.lat, v.lat) AS lat,
    COALESCE(m.lng, v.lng) AS lng,
    v.unit AS unit,
    v.type AS type,
    v.description AS description,
    m.readings AS ${quote("count")},
    m.value_sum AS ${quote("sum")},
    m.value_min AS ${quote("min")},
    m.value_max AS ${quote("max")},
    m.value_stddev AS ${quote("stddev")},
    m.value_first AS ${quote("first")},
    m.value_last AS ${quote("last")},
    60000.0 / COALESCE(s.interval_ms, s.estimated_interval_ms) AS expected,
    CASE WHEN m.readings * COALESCE(s.interval_ms, s.estimated_interval_ms) >= 60000.0 THEN 1.0
      ELSE m.readings * COALESCE(s.interval_ms, s.estimated_interval_ms) / 60000.0 END AS completeness,
    m.position AS position,
    m.value_p50 AS p50,
    m.value_p95 AS p95,
    m.value_p99 AS p99
  FROM sensor_minutes m
  LEFT JOIN sensor_versions v ON v.sensor_id = m.sensor_id AND v.version = m.sensor_version
  LEFT JOIN sensors s ON s.id = m.sensor_id
  WHERE m.generation = (SELECT c.generation FROM checkpoints c WHERE c.projection = 'minutes')
    AND m.readings > 0`

const column = (name: string, sqlite: string, mysql: string) => ({
  name: `sensor_minutes_${name}`,
  mysql,
  sqlite: `ALTER TABLE sensor_minutes ADD COLUMN ${name} ${sqlite} NULL`,
  adds: { table: "sensor_minutes", column: name }
})

/** Rows from before have no sketch: they are marked to be folded again, in the background. */
const MARK = `INSERT INTO checkpoints (projection, position, generation)
  SELECT 'minutes.stale', c.position, c.generation FROM checkpoints c
  WHERE c.projection = 'minutes' AND EXISTS (SELECT 1 FROM sensor_minutes WHERE sketch IS NULL)
    AND NOT EXISTS (SELECT 1 FROM checkpoints k WHERE k.projection = 'minutes.stale')`

export const sketch = [
  column(
    "value_p50",
    "REAL",
    `ALTER TABLE sensor_minutes
      ADD COLUMN value_p50 DOUBLE NULL COMMENT 'median, within 1 %; null: not folded again yet',
      ADD COLUMN value_p95 DOUBLE NULL COMMENT '95 % of the readings are no larger, within 1 %',
      ADD COLUMN value_p99 DOUBLE NULL COMMENT '99 % of the readings are no larger, within 1 %',
      ADD COLUMN sketch MEDIUMBLOB NULL COMMENT 'counts of buckets; null: folded before there were any'`
  ),
  column("value_p95", "REAL", "SELECT 1"),
  column("value_p99", "REAL", "SELECT 1"),
  column("sketch", "BLOB", "SELECT 1"),
  { name: "minutes_stale", mysql: MARK, sqlite: MARK },
  {
    name: "aggregated_sensor_data_without",
    mysql: "SELECT 1",
    sqlite: "DROP VIEW IF EXISTS aggregated_sensor_data"
  },
  {
    name: "aggregated_sensor_data_percentiles",
    mysql: `CREATE OR REPLACE VIEW aggregated_sensor_data AS ${view((name) => `\`${name}\``)}`,
    sqlite: `CREATE VIEW IF NOT EXISTS aggregated_sensor_data AS ${view((name) => `"${name}"`)}`
  }
] as const
