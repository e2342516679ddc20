/**
 * What is counted of each sensor's hour, so that no report counts it again, and the runs of quality that were made.
 */
const TABLE = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"

export const quality = [
  {
    name: "quality_hours",
    mysql: `CREATE TABLE IF NOT EXISTS quality_hours (
      hour DATETIME(6) NOT NULL COMMENT 'start of the hour of device time, UTC',
      sensor_id INT NOT NULL,
      dirty INT NOT NULL COMMENT '1: something came for the hour since it was counted',
      position BIGINT NOT NULL COMMENT 'the log that it is counted as of; 0: never',
      counts MEDIUMTEXT NOT NULL COMMENT 'JSON: what was counted',
      PRIMARY KEY (hour, sensor_id),
      KEY quality_hours_sensor (sensor_id, hour),
      KEY quality_hours_dirty (dirty, hour)
    ) ${TABLE} COMMENT='quality counts by sensor and hour, made from the log'`,
    sqlite: `CREATE TABLE IF NOT EXISTS quality_hours (
      hour TEXT NOT NULL,
      sensor_id INTEGER NOT NULL,
      dirty INTEGER NOT NULL,
      position INTEGER NOT NULL,
      counts TEXT NOT NULL,
      PRIMARY KEY (hour, sensor_id)
    ) WITHOUT ROWID`
  },
  {
    name: "quality_hours_sensor",
    mysql: "SELECT 1",
    sqlite: "CREATE INDEX IF NOT EXISTS quality_hours_sensor ON quality_hours (sensor_id, hour)"
  },
  {
    name: "quality_hours_dirty",
    mysql: "SELECT 1",
    sqlite: "CREATE INDEX IF NOT EXISTS quality_hours_dirty ON quality_hours (dirty, hour)"
  },
  {
    name: "quality_runs",
    mysql: `CREATE TABLE IF NOT EXISTS quality_runs (
      measured_at DATETIME(6) NOT NULL COMMENT 'UTC',
      window_start DATETIME(6) NOT NULL COMMENT 'inclusive, device time, UTC',
      window_end DATETIME(6) NOT NULL COMMENT 'exclusive, device time, UTC',
      sensor_id INT NOT NULL COMMENT '0: all sensors',
      position BIGINT NOT NULL COMMENT 'the log that it was made as of',
      cause VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'schedule or request',
      results MEDIUMTEXT NOT NULL COMMENT 'JSON: numerator and denominator of each check',
      PRIMARY KEY (measured_at, window_start, window_end, sensor_id),
      KEY quality_runs_window (window_start, measured_at)
    ) ${TABLE} COMMENT='quality as it was measured, run by run'`,
    sqlite: `CREATE TABLE IF NOT EXISTS quality_runs (
      measured_at TEXT NOT NULL,
      window_start TEXT NOT NULL,
      window_end TEXT NOT NULL,
      sensor_id INTEGER NOT NULL,
      position INTEGER NOT NULL,
      cause TEXT NOT NULL,
      results TEXT NOT NULL,
      PRIMARY KEY (measured_at, window_start, window_end, sensor_id)
    ) WITHOUT ROWID`
  },
  {
    name: "quality_runs_window",
    mysql: "SELECT 1",
    sqlite: "CREATE INDEX IF NOT EXISTS quality_runs_window ON quality_runs (window_start, measured_at)"
  },
  {
    name: "checkpoints_quality",
    mysql: `INSERT INTO checkpoints (projection, position, generation)
      SELECT 'quality', 0, 1 FROM DUAL
      WHERE NOT EXISTS (SELECT 1 FROM checkpoints WHERE projection = 'quality')`,
    sqlite: `INSERT INTO checkpoints (projection, position, generation)
      SELECT 'quality', 0, 1 WHERE NOT EXISTS (SELECT 1 FROM checkpoints WHERE projection = 'quality')`
  }
] as const
