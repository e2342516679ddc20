/**
 * Whose time each reading has, and which import brought it. Null, as in older rows: the device's time, and none. An
 * event is added without rewriting any.
 */
const sensorData = (quote: (name: string) => string) => `
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
    COALESCE(e.time_source, 'device') AS time_source
  FROM events e
  LEFT JOIN sensor_versions v ON v.sensor_id = e.sensor_id AND v.version = e.sensor_version
  WHERE e.type IN ('ReadingRecorded', 'ReadingCorrected') AND e.superseded_by IS NULL`

/** Compared with other texts of a row by filters: of one collation, which MySQL and MariaDB call by different names. */
const column = (collation: string) =>
  `ALTER TABLE events ADD COLUMN time_source VARCHAR(8) CHARACTER SET utf8mb4 COLLATE ${collation} NULL
      COMMENT 'arrival or adjusted: occurred_at is not the time that the device stated; null: it is'`

export const timeSource = [
  {
    name: "events_time_source",
    adds: { table: "events", column: "time_source" },
    mysql: column("utf8mb4_0900_bin"),
    mariadb: column("utf8mb4_nopad_bin"),
    sqlite: "ALTER TABLE events ADD COLUMN time_source TEXT NULL"
  },
  {
    name: "events_import_id",
    adds: { table: "events", column: "import_id" },
    mysql:
      "ALTER TABLE events ADD COLUMN import_id INT NULL COMMENT 'the import that brought it; null: none'",
    sqlite: "ALTER TABLE events ADD COLUMN import_id INTEGER NULL"
  },
  {
    name: "sensor_data_without_time_source",
    mysql: "SELECT 1",
    sqlite: "DROP VIEW IF EXISTS sensor_data"
  },
  {
    name: "sensor_data_time_source",
    mysql: `CREATE OR REPLACE VIEW sensor_data AS ${sensorData((name) => `\`${name}\``)}`,
    sqlite: `CREATE VIEW IF NOT EXISTS sensor_data AS ${sensorData((name) => `"${name}"`)}`
  }
] as const
