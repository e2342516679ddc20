/** The names of sensors beside their readings and aggregates, and those that sensors had before. */
const readings = (quote: (name: string) => string) => `
  SELECT COALESCE(e.reading_id, e.position) AS id,
    e.sensor_id AS sensor_id,
    e.occurred_at AS ${quote("timestamp")},
    e.value AS value,
    COALESCE(e.lat, v.lat) AS lat,
    COALESCE(e.lng, v.lng) AS lng,
    v.unit AS unit,
    v.type AS type,
    v.description AS description,
    e.recorded_at AS recorded_at,
    e.position AS position,
    COALESCE(e.time_source, 'device') AS time_source,
    s.name AS name
  FROM events e
  LEFT JOIN sensor_versions v ON v.sensor_id = e.sensor_id AND v.version = e.sensor_version
  LEFT JOIN sensors s ON s.id = e.sensor_id
  WHERE e.type IN ('ReadingRecorded', 'ReadingCorrected') AND e.superseded_by IS NULL`

const aggregates = (quote: (name: string) => string) => `
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
      ELSE m.value_max - m.value_min END AS ${quote("range")},
    s.name AS name
  FROM sensor_minutes m
  LEFT JOIN sensor_versions v ON v.sensor_id = m.sensor_id AND v.version = m.sensor_version
  LEFT JOIN sensors s ON s.id = m.sensor_id
  WHERE m.generation = (SELECT c.generation FROM checkpoints c WHERE c.projection = 'minutes')
    AND m.readings > 0`

const backquoted = (name: string) => `\`${name}\``
const quoted = (name: string) => `"${name}"`

/** With the collation of the names in `sensors`, which MySQL and MariaDB call by different names. */
const formerNames = (collation: string) => `CREATE TABLE IF NOT EXISTS former_names (
      sensor_id INT NOT NULL,
      position BIGINT NOT NULL COMMENT 'of the event that changed the name',
      name VARCHAR(190) NOT NULL COMMENT 'the name before; empty: it had none',
      PRIMARY KEY (sensor_id, position),
      KEY former_names_name (name)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=${collation} COMMENT='what sensors were called before'`

export const names = [
  {
    name: "former_names",
    mysql: formerNames("utf8mb4_0900_bin"),
    mariadb: formerNames("utf8mb4_nopad_bin"),
    sqlite: `CREATE TABLE IF NOT EXISTS former_names (
      sensor_id INTEGER NOT NULL,
      position INTEGER NOT NULL,
      name TEXT NOT NULL,
      PRIMARY KEY (sensor_id, position)
    ) WITHOUT ROWID`
  },
  {
    name: "former_names_name",
    mysql: "SELECT 1",
    sqlite: "CREATE INDEX IF NOT EXISTS former_names_name ON former_names (name)"
  },
  {
    name: "sensor_data_without_name",
    mysql: "SELECT 1",
    sqlite: "DROP VIEW IF EXISTS sensor_data"
  },
  {
    name: "sensor_data_name",
    mysql: `CREATE OR REPLACE VIEW sensor_data AS ${readings(backquoted)}`,
    sqlite: `CREATE VIEW IF NOT EXISTS sensor_data AS ${readings(quoted)}`
  },
  {
    name: "aggregated_sensor_data_without_name",
    mysql: "SELECT 1",
    sqlite: "DROP VIEW IF EXISTS aggregated_sensor_data"
  },
  {
    name: "aggregated_sensor_data_name",
    mysql: `CREATE OR REPLACE VIEW aggregated_sensor_data AS ${aggregates(backquoted)}`,
    sqlite: `CREATE VIEW IF NOT EXISTS aggregated_sensor_data AS ${aggregates(quoted)}`
  }
] as const
