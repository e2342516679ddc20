/**
 * Hours and days on the clocks of a zone, merged from minutes: a set of them for each generation of minutes and zone,
 * and the hours that are to be merged again.
 */
const TABLE = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"

/**
 * The columns of `sensor_minutes`, with the end, the length and the local time beside. Filters compare the latter with
 * other texts of a row: they are of one collation, which MySQL and MariaDB call by different names.
 */
const mysqlTable = (name: string, word: string, collation: string) => `CREATE TABLE IF NOT EXISTS ${name} (
      generation INT NOT NULL COMMENT 'the set that it belongs to: interval_sets says which one is live',
      sensor_id INT NOT NULL,
      minute DATETIME(6) NOT NULL COMMENT 'start of the ${word}, UTC',
      ends DATETIME(6) NOT NULL COMMENT 'its end, UTC: the start of the next one',
      minutes INT NOT NULL COMMENT 'how long it is',
      local_time VARCHAR(19) CHARACTER SET utf8mb4 COLLATE ${collation} NOT NULL
        COMMENT 'what the clocks of the zone show at the start',
      id BIGINT NOT NULL COMMENT 'position of the first event of the ${word}',
      position BIGINT NOT NULL COMMENT 'position of the last event folded into the row',
      readings INT NOT NULL COMMENT 'count of readings in force; 0: all were deleted',
      value_sum DOUBLE NULL COMMENT 'null: beyond the range of a double',
      value_min DOUBLE NULL,
      value_max DOUBLE NULL,
      value_mean DOUBLE NULL,
      value_stddev DOUBLE NULL COMMENT 'of the population',
      value_first DOUBLE NULL,
      value_last DOUBLE NULL,
      first_at DATETIME(6) NULL,
      first_event_id BINARY(16) NULL,
      last_at DATETIME(6) NULL,
      last_event_id BINARY(16) NULL,
      sensor_version INT NOT NULL COMMENT 'of the latest reading',
      lat DOUBLE NULL COMMENT 'of the latest reading; null: that of the version',
      lng DOUBLE NULL,
      sum_exact TEXT NOT NULL COMMENT 'the sum without rounding',
      squares_exact TEXT NOT NULL COMMENT 'the sum of squares without rounding',
      value_p50 DOUBLE NULL COMMENT 'median, within 1 %',
      value_p95 DOUBLE NULL COMMENT '95 % of the readings are no larger, within 1 %',
      value_p99 DOUBLE NULL COMMENT '99 % of the readings are no larger, within 1 %',
      sketch MEDIUMBLOB NULL COMMENT 'counts of buckets',
      PRIMARY KEY (generation, sensor_id, minute),
      KEY ${name}_time (generation, minute, sensor_id)
    ) ${TABLE} COMMENT='aggregates of a sensor and ${word}, merged from minutes'`

const sqliteTable = (name: string) => `CREATE TABLE IF NOT EXISTS ${name} (
      generation INTEGER NOT NULL,
      sensor_id INTEGER NOT NULL,
      minute TEXT NOT NULL,
      ends TEXT NOT NULL,
      minutes INTEGER NOT NULL,
      local_time TEXT NOT NULL,
      id INTEGER NOT NULL,
      position INTEGER NOT NULL,
      readings INTEGER NOT NULL,
      value_sum REAL NULL,
      value_min REAL NULL,
      value_max REAL NULL,
      value_mean REAL NULL,
      value_stddev REAL NULL,
      value_first REAL NULL,
      value_last REAL NULL,
      first_at TEXT NULL,
      first_event_id BLOB NULL,
      last_at TEXT NULL,
      last_event_id BLOB NULL,
      sensor_version INTEGER NOT NULL,
      lat REAL NULL,
      lng REAL NULL,
      sum_exact TEXT NOT NULL,
      squares_exact TEXT NOT NULL,
      value_p50 REAL NULL,
      value_p95 REAL NULL,
      value_p99 REAL NULL,
      sketch BLOB NULL,
      PRIMARY KEY (generation, sensor_id, minute)
    ) WITHOUT ROWID`

const view = (table: string, quote: (name: string) => string) => `
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
    m.minutes * 60000.0 / COALESCE(s.interval_ms, s.estimated_interval_ms) AS expected,
    CASE WHEN m.readings * COALESCE(s.interval_ms, s.estimated_interval_ms) >= m.minutes * 60000.0 THEN 1.0
      ELSE m.readings * COALESCE(s.interval_ms, s.estimated_interval_ms) / (m.minutes * 60000.0) END AS completeness,
    m.position AS position,
    m.value_p50 AS p50,
    m.value_p95 AS p95,
    m.value_p99 AS p99,
    CASE WHEN m.value_max / 2 - m.value_min / 2 >= 8.988465674311579e307 THEN 1.7976931348623157e308
      ELSE m.value_max - m.value_min END AS ${quote("range")},
    s.name AS name,
    m.local_time AS local_time
  FROM ${table} m
  LEFT JOIN sensor_versions v ON v.sensor_id = m.sensor_id AND v.version = m.sensor_version
  LEFT JOIN sensors s ON s.id = m.sensor_id
  WHERE m.generation = (SELECT i.id FROM interval_sets i WHERE i.state = 'live')
    AND m.readings > 0`

const kept = (table: string, word: string, name: string) => [
  {
    name: table,
    mysql: mysqlTable(table, word, "utf8mb4_0900_bin"),
    mariadb: mysqlTable(table, word, "utf8mb4_nopad_bin"),
    sqlite: sqliteTable(table)
  },
  {
    name: `${table}_time`,
    mysql: "SELECT 1",
    sqlite: `CREATE INDEX IF NOT EXISTS ${table}_time ON ${table} (generation, minute, sensor_id)`
  },
  {
    name,
    mysql: `CREATE OR REPLACE VIEW ${name} AS ${view(table, (column) => `\`${column}\``)}`,
    sqlite: `CREATE VIEW IF NOT EXISTS ${name} AS ${view(table, (column) => `"${column}"`)}`
  }
]

export const intervals = [
  {
    name: "interval_sets",
    mysql: `CREATE TABLE IF NOT EXISTS interval_sets (
      id INT NOT NULL PRIMARY KEY COMMENT 'what hours and days have as their generation',
      generation INT NOT NULL COMMENT 'of the minutes that it is merged from',
      zone VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'on whose clocks hours and days are',
      state VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
        COMMENT 'live: it is read; building: it will be; dead: it is being deleted',
      walked_sensor INT NULL COMMENT 'what was there before the set is merged up to this sensor',
      walked_to DATETIME(6) NULL COMMENT 'and up to this time of it; both null: all of it'
    ) ${TABLE} COMMENT='sets of hours and days'`,
    sqlite: `CREATE TABLE IF NOT EXISTS interval_sets (
      id INTEGER NOT NULL PRIMARY KEY,
      generation INTEGER NOT NULL,
      zone TEXT NOT NULL,
      state TEXT NOT NULL,
      walked_sensor INTEGER NULL,
      walked_to TEXT NULL
    )`
  },
  {
    name: "interval_marks",
    mysql: `CREATE TABLE IF NOT EXISTS interval_marks (
      set_id INT NOT NULL,
      sensor_id INT NOT NULL,
      hour DATETIME(6) NOT NULL COMMENT 'start of the hour, UTC',
      PRIMARY KEY (set_id, sensor_id, hour)
    ) ${TABLE} COMMENT='hours whose minutes changed since they were merged'`,
    sqlite: `CREATE TABLE IF NOT EXISTS interval_marks (
      set_id INTEGER NOT NULL,
      sensor_id INTEGER NOT NULL,
      hour TEXT NOT NULL,
      PRIMARY KEY (set_id, sensor_id, hour)
    ) WITHOUT ROWID`
  },
  ...kept("sensor_hours", "hour", "aggregates_1h"),
  ...kept("sensor_days", "day", "aggregates_1d")
]
