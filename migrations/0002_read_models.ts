/** The read models: made from the log, and made again from it at any time. */
const TABLE = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"

export const readModels = [
  {
    name: "checkpoints",
    mysql: `CREATE TABLE IF NOT EXISTS checkpoints (
      projection VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
      position BIGINT NOT NULL COMMENT 'the log is folded up to here',
      generation INT NOT NULL COMMENT 'which rows of the read model it stands for'
    ) ${TABLE} COMMENT='how far each projection has come'`,
    sqlite: `CREATE TABLE IF NOT EXISTS checkpoints (
      projection TEXT NOT NULL PRIMARY KEY,
      position INTEGER NOT NULL,
      generation INTEGER NOT NULL
    )`
  },
  {
    name: "checkpoints_minutes",
    mysql: `INSERT INTO checkpoints (projection, position, generation)
      SELECT 'minutes', 0, 1 FROM DUAL
      WHERE NOT EXISTS (SELECT 1 FROM checkpoints WHERE projection = 'minutes')`,
    sqlite: `INSERT INTO checkpoints (projection, position, generation)
      SELECT 'minutes', 0, 1 WHERE NOT EXISTS (SELECT 1 FROM checkpoints WHERE projection = 'minutes')`
  },
  {
    name: "sensor_minutes",
    mysql: `CREATE TABLE IF NOT EXISTS sensor_minutes (
      generation INT NOT NULL COMMENT 'the live one is named by checkpoints',
      sensor_id INT NOT NULL,
      minute DATETIME(6) NOT NULL COMMENT 'start of the minute of device time, UTC',
      id BIGINT NOT NULL COMMENT 'position of the first event of the minute',
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
      PRIMARY KEY (generation, sensor_id, minute),
      KEY sensor_minutes_time (generation, minute, sensor_id)
    ) ${TABLE} COMMENT='one-minute aggregates, folded from the log'`,
    sqlite: `CREATE TABLE IF NOT EXISTS sensor_minutes (
      generation INTEGER NOT NULL,
      sensor_id INTEGER NOT NULL,
      minute TEXT NOT NULL,
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
      PRIMARY KEY (generation, sensor_id, minute)
    ) WITHOUT ROWID`
  },
  {
    name: "sensor_minutes_time",
    mysql: "SELECT 1",
    sqlite: "CREATE INDEX IF NOT EXISTS sensor_minutes_time ON sensor_minutes (generation, minute, sensor_id)"
  },
  {
    name: "metadata",
    mysql: `CREATE TABLE IF NOT EXISTS metadata (
      id INT NOT NULL PRIMARY KEY,
      dataset_name VARCHAR(64) NOT NULL,
      schema_used TEXT NOT NULL COMMENT 'the columns',
      data_types TEXT NOT NULL COMMENT 'the columns'' types',
      description TEXT NOT NULL,
      application TEXT NOT NULL COMMENT 'what it is for',
      lineage TEXT NOT NULL COMMENT 'what it is made from',
      updated_at DATETIME(6) NOT NULL COMMENT 'UTC',
      UNIQUE KEY metadata_dataset_name (dataset_name)
    ) ${TABLE} COMMENT='the data sets, described'`,
    sqlite: `CREATE TABLE IF NOT EXISTS metadata (
      id INTEGER NOT NULL PRIMARY KEY,
      dataset_name TEXT NOT NULL UNIQUE,
      schema_used TEXT NOT NULL,
      data_types TEXT NOT NULL,
      description TEXT NOT NULL,
      application TEXT NOT NULL,
      lineage TEXT NOT NULL,
      updated_at TEXT NOT NULL
    )`
  }
] as const
