/** Days whose readings lie in a lake: which file of it has them, and what was dropped of the log. */
export const coldDays = [
  {
    name: "cold_days",
    mysql: `CREATE TABLE IF NOT EXISTS cold_days (
      day DATETIME(6) NOT NULL PRIMARY KEY COMMENT 'its start, UTC, device time',
      state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'dropping, dropped or returning',
      lake VARCHAR(1000) NOT NULL COMMENT 'the folder or bucket of the lake',
      path VARCHAR(500) NOT NULL COMMENT 'the file of its events, in the lake',
      sha256 CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'of that file, hex',
      position BIGINT NOT NULL COMMENT 'of the last event of the day: nothing of it comes later',
      first_position BIGINT NOT NULL COMMENT 'of the first event of a reading in the file',
      last_position BIGINT NOT NULL COMMENT 'of the last event of a reading in the file',
      readings BIGINT NOT NULL COMMENT 'events of readings in the file',
      dropped BIGINT NOT NULL COMMENT 'how many of them are in the file alone',
      marked_at DATETIME(6) NOT NULL COMMENT 'since when it is read from the lake, UTC'
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='days whose readings lie in a lake'`,
    sqlite: `CREATE TABLE IF NOT EXISTS cold_days (
      day TEXT NOT NULL PRIMARY KEY,
      state TEXT NOT NULL,
      lake TEXT NOT NULL,
      path TEXT NOT NULL,
      sha256 TEXT NOT NULL,
      position INTEGER NOT NULL,
      first_position INTEGER NOT NULL,
      last_position INTEGER NOT NULL,
      readings INTEGER NOT NULL,
      dropped INTEGER NOT NULL,
      marked_at TEXT NOT NULL
    )`
  },
  {
    name: "log_head_cold_days",
    adds: { table: "log_head", column: "cold_days" },
    mysql: `ALTER TABLE log_head ADD COLUMN cold_days BIGINT NOT NULL DEFAULT 0
      COMMENT 'how many rows cold_days has: where it is 0, no read or write asks for them'`,
    sqlite: "ALTER TABLE log_head ADD COLUMN cold_days INTEGER NOT NULL DEFAULT 0"
  }
] as const
