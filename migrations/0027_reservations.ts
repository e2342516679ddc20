/** Positions that are given out before their events are there, so that several processes append at a time. */
export const reservations = [
  {
    name: "log_reservations",
    mysql: `CREATE TABLE IF NOT EXISTS log_reservations (
      first_position BIGINT NOT NULL PRIMARY KEY COMMENT 'the first position; 0: the row that is locked to give out any',
      last_position BIGINT NOT NULL COMMENT 'the last position',
      recorded_at DATETIME(6) NOT NULL COMMENT 'what its events get, UTC'
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='positions given out, of events that are being appended'`,
    sqlite: `CREATE TABLE IF NOT EXISTS log_reservations (
      first_position INTEGER NOT NULL PRIMARY KEY,
      last_position INTEGER NOT NULL,
      recorded_at TEXT NOT NULL
    )`
  },
  {
    name: "log_reservations_row",
    mysql: `INSERT INTO log_reservations (first_position, last_position, recorded_at)
      SELECT 0, 0, '1970-01-01 00:00:00.000000' FROM DUAL
      WHERE NOT EXISTS (SELECT 1 FROM log_reservations)`,
    sqlite: `INSERT INTO log_reservations (first_position, last_position, recorded_at)
      SELECT 0, 0, '1970-01-01T00:00:00.000000Z'
      WHERE NOT EXISTS (SELECT 1 FROM log_reservations)`
  },
  {
    name: "log_head_sensors_position",
    adds: { table: "log_head", column: "sensors_position" },
    mysql: `ALTER TABLE log_head ADD COLUMN sensors_position BIGINT NOT NULL DEFAULT 0
      COMMENT 'position of the last event of a sensor: where it has not moved, no sensor has changed'`,
    sqlite: "ALTER TABLE log_head ADD COLUMN sensors_position INTEGER NOT NULL DEFAULT 0"
  }
] as const
