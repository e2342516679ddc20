/** How far the values of a minute lie apart, for who reads SQL. */
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
    m.value_p99 AS p99,
    CASE WHEN m.value_max / 2 - m.value_min / 2 >= 8.988465674311579e307 THEN 1.7976931348623157e308
      ELSE m.value_max - m.value_min END AS ${quote("range")}
  FROM sensor_minutes m
  LEFT JOIN sensor_versions v ON v.sensor_id = m.sensor_id AND v.version = m.sensor_version
  LEFT JOIN sensors s ON s.id = m.sensor_id
  WHERE m.generation = (SELECT c.generation FROM checkpoints c WHERE c.projection = 'minutes')
    AND m.readings > 0`

export const range = [
  {
    name: "aggregated_sensor_data_without_range",
    mysql: "SELECT 1",
    sqlite: "DROP VIEW IF EXISTS aggregated_sensor_data"
  },
  {
    name: "aggregated_sensor_data_range",
    mysql: `CREATE OR REPLACE VIEW aggregated_sensor_data AS ${view((name) => `\`${name}\``)}`,
    sqlite: `CREATE VIEW IF NOT EXISTS aggregated_sensor_data AS ${view((name) => `"${name}"`)}`
  }
] as const
