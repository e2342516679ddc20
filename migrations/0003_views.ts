/**
 * The stable SQL surface for BI. Metadata come by LEFT JOIN: an inner join could not be left out of a plan when
 * no column of it is asked for, and would make a count seven times slower.
 */
const sensorData = (timestamp: string) => `
  SELECT COALESCE(e.reading_id, e.position) AS id,
    e.sensor_id AS sensor_id,
    e.occurred_at AS ${timestamp},
    e.value AS value,
    COALESCE(e.lat, v.lat) AS lat,
    COALESCE(e.lng, v.lng) AS lng,
    v.unit AS unit,
    v.type AS type,
    v.description AS description,
    e.recorded_at AS recorded_at,
    e.position AS position
  FROM events e
  LEFT JOIN sensor_versions v ON v.sensor_id = e.sensor_id AND v.version = e.sensor_version
  WHERE e.type IN ('ReadingRecorded', 'ReadingCorrected') AND e.superseded_by IS NULL`

const aggregatedSensorData = (quote: (name: string) => string) => `
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
    m.position AS position
  FROM sensor_minutes m
  LEFT JOIN sensor_versions v ON v.sensor_id = m.sensor_id AND v.version = m.sensor_version
  LEFT JOIN sensors s ON s.id = m.sensor_id
  WHERE m.generation = (SELECT c.generation FROM checkpoints c WHERE c.projection = 'minutes')
    AND m.readings > 0`

const backquoted = (name: string) => `\`${name}\``
const quoted = (name: string) => `"${name}"`

export const views = [
  {
    name: "sensor_data",
    mysql: `CREATE OR REPLACE VIEW sensor_data AS ${sensorData(backquoted("timestamp"))}`,
    sqlite: `CREATE VIEW IF NOT EXISTS sensor_data AS ${sensorData(quoted("timestamp"))}`
  },
  {
    name: "aggregated_sensor_data",
    mysql: `CREATE OR REPLACE VIEW aggregated_sensor_data AS ${aggregatedSensorData(backquoted)}`,
    sqlite: `CREATE VIEW IF NOT EXISTS aggregated_sensor_data AS ${aggregatedSensorData(quoted)}`
  }
] as const
