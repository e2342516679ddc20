/** The event log: the source of truth. */
const TABLE = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"

export const log = [
  {
    name: "log_head",
    mysql: `CREATE TABLE IF NOT EXISTS log_head (
      id INT NOT NULL PRIMARY KEY COMMENT 'always 1: there is one log',
      position BIGINT NOT NULL COMMENT 'the last position given out',
      recorded_at DATETIME(6) NOT NULL COMMENT 'the last recorded_at given out, UTC',
      rejected_messages BIGINT NOT NULL COMMENT 'how many distinct messages were rejected',
      rejected_bytes BIGINT NOT NULL COMMENT 'how many bytes of rejected messages are kept'
    ) ${TABLE} COMMENT='one row, locked first by every append'`,
    sqlite: `CREATE TABLE IF NOT EXISTS log_head (
      id INTEGER NOT NULL PRIMARY KEY,
      position INTEGER NOT NULL,
      recorded_at TEXT NOT NULL,
      rejected_messages INTEGER NOT NULL,
      rejected_bytes INTEGER NOT NULL
    )`
  },
  {
    name: "log_head_row",
    mysql: `INSERT INTO log_head (id, position, recorded_at, rejected_messages, rejected_bytes)
      SELECT 1, 0, '1970-01-01 00:00:00.000000', 0, 0 FROM DUAL
      WHERE NOT EXISTS (SELECT 1 FROM log_head)`,
    sqlite: `INSERT INTO log_head (id, position, recorded_at, rejected_messages, rejected_bytes)
      SELECT 1, 0, '1970-01-01T00:00:00.000000Z', 0, 0
      WHERE NOT EXISTS (SELECT 1 FROM log_head)`
  },
  {
    name: "events",
    mysql: `CREATE TABLE IF NOT EXISTS events (
      position BIGINT NOT NULL PRIMARY KEY COMMENT 'the place in the log: one rising number, without a hole',
      event_id BINARY(16) NOT NULL COMMENT 'idempotency key: 48 bits of device time in ms, then a hash',
      type VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'what happened, past tense',
      sensor_id INT NOT NULL COMMENT 'the sensor',
      sensor_version INT NOT NULL COMMENT 'the version of its metadata: sensor_versions',
      occurred_at DATETIME(6) NOT NULL COMMENT 'device time, UTC',
      recorded_at DATETIME(6) NOT NULL COMMENT 'when the log took it, UTC',
      value DOUBLE NULL COMMENT 'the measured value, in the unit of its version',
      lat DOUBLE NULL COMMENT 'degrees, WGS 84; null: that of the version',
      lng DOUBLE NULL COMMENT 'degrees, WGS 84; null: that of the version',
      reading_id BIGINT NULL COMMENT 'of a correction or deletion: the reading; null: its own position',
      superseded_by BIGINT NULL COMMENT 'position of the correction or deletion of this row',
      payload JSON NULL COMMENT 'what did not fit the narrow row',
      UNIQUE KEY events_event_id (event_id),
      KEY events_sensor_time (sensor_id, occurred_at),
      KEY events_time (occurred_at)
    ) ${TABLE} COMMENT='the log: append only'`,
    sqlite: `CREATE TABLE IF NOT EXISTS events (
      position INTEGER NOT NULL PRIMARY KEY,
      event_id BLOB NOT NULL UNIQUE,
      type TEXT NOT NULL,
      sensor_id INTEGER NOT NULL,
      sensor_version INTEGER NOT NULL,
      occurred_at TEXT NOT NULL,
      recorded_at TEXT NOT NULL,
      value REAL NULL,
      lat REAL NULL,
      lng REAL NULL,
      reading_id INTEGER NULL,
      superseded_by INTEGER NULL,
      payload TEXT NULL
    )`
  },
  {
    name: "events_sensor_time",
    mysql: "SELECT 1",
    sqlite: "CREATE INDEX IF NOT EXISTS events_sensor_time ON events (sensor_id, occurred_at)"
  },
  {
    name: "events_time",
    mysql: "SELECT 1",
    sqlite: "CREATE INDEX IF NOT EXISTS events_time ON events (occurred_at)"
  },
  {
    name: "sensors",
    mysql: `CREATE TABLE IF NOT EXISTS sensors (
      id INT NOT NULL PRIMARY KEY COMMENT 'below 1,000,000,000: claimed by a device; from there: given to a name',
      name VARCHAR(190) NULL COMMENT 'what a device without a number is known by',
      version INT NOT NULL COMMENT 'the current version of its metadata',
      status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'active or retired',
      interval_ms DOUBLE NULL COMMENT 'declared time between readings, ms',
      estimated_interval_ms DOUBLE NULL COMMENT 'median of its first 100 steps, ms',
      version_since DATETIME(6) NOT NULL COMMENT 'device time of the reading that last moved the version, UTC',
      UNIQUE KEY sensors_name (name)
    ) ${TABLE} COMMENT='the sensors'`,
    sqlite: `CREATE TABLE IF NOT EXISTS sensors (
      id INTEGER NOT NULL PRIMARY KEY,
      name TEXT NULL UNIQUE,
      version INTEGER NOT NULL,
      status TEXT NOT NULL,
      interval_ms REAL NULL,
      estimated_interval_ms REAL NULL,
      version_since TEXT NOT NULL
    )`
  },
  {
    name: "sensor_versions",
    mysql: `CREATE TABLE IF NOT EXISTS sensor_versions (
      sensor_id INT NOT NULL,
      version INT NOT NULL COMMENT 'from 1, in the order of arrival',
      hash BINARY(16) NOT NULL COMMENT 'of the metadata: equal metadata are one version',
      lat DOUBLE NULL COMMENT 'degrees, WGS 84',
      lng DOUBLE NULL COMMENT 'degrees, WGS 84',
      unit VARCHAR(64) NULL,
      type VARCHAR(190) NULL COMMENT 'what is measured',
      description VARCHAR(1000) NULL,
      range_min DOUBLE NULL COMMENT 'smallest valid value, in unit',
      range_max DOUBLE NULL COMMENT 'largest valid value, in unit',
      created_at DATETIME(6) NOT NULL COMMENT 'UTC',
      PRIMARY KEY (sensor_id, version),
      UNIQUE KEY sensor_versions_hash (sensor_id, hash)
    ) ${TABLE} COMMENT='the distinct metadata of each sensor'`,
    sqlite: `CREATE TABLE IF NOT EXISTS sensor_versions (
      sensor_id INTEGER NOT NULL,
      version INTEGER NOT NULL,
      hash BLOB NOT NULL,
      lat REAL NULL,
      lng REAL NULL,
      unit TEXT NULL,
      type TEXT NULL,
      description TEXT NULL,
      range_min REAL NULL,
      range_max REAL NULL,
      created_at TEXT NOT NULL,
      PRIMARY KEY (sensor_id, version),
      UNIQUE (sensor_id, hash)
    )`
  },
  {
    name: "rejected_messages",
    mysql: `CREATE TABLE IF NOT EXISTS rejected_messages (
      id BINARY(16) NOT NULL PRIMARY KEY COMMENT 'hash of topic, bytes and metric',
      topic TEXT NOT NULL COMMENT 'MQTT topic',
      metric TEXT NULL COMMENT 'the metric within the message; null: all of it',
      bytes MEDIUMBLOB NULL COMMENT 'the first 64 KiB; null: the quota was used up',
      size BIGINT NOT NULL COMMENT 'bytes of the whole message',
      truncated INT NOT NULL COMMENT '1: bytes is not all of it',
      reason VARCHAR(1000) NOT NULL,
      first_seen DATETIME(6) NOT NULL COMMENT 'UTC',
      deliveries BIGINT NOT NULL COMMENT 'how often it came, for information',
      KEY rejected_messages_time (first_seen)
    ) ${TABLE} COMMENT='what could not be decoded or stored, kept with its reason'`,
    sqlite: `CREATE TABLE IF NOT EXISTS rejected_messages (
      id BLOB NOT NULL PRIMARY KEY,
      topic TEXT NOT NULL,
      metric TEXT NULL,
      bytes BLOB NULL,
      size INTEGER NOT NULL,
      truncated INTEGER NOT NULL,
      reason TEXT NOT NULL,
      first_seen TEXT NOT NULL,
      deliveries INTEGER NOT NULL
    )`
  },
  {
    name: "rejected_messages_time",
    mysql: "SELECT 1",
    sqlite: "CREATE INDEX IF NOT EXISTS rejected_messages_time ON rejected_messages (first_seen)"
  }
] as const
