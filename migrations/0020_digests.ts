/** Digests of blocks of the log, so that a row that was changed is found. */
export const digests = [
  {
    name: "log_digests",
    mysql: `CREATE TABLE IF NOT EXISTS log_digests (
      position BIGINT NOT NULL PRIMARY KEY COMMENT 'of the last event of the block of 1,000',
      digest BINARY(32) NOT NULL COMMENT 'SHA-256 of its events as lines of a backup'
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='digests of the log'`,
    sqlite: `CREATE TABLE IF NOT EXISTS log_digests (
      position INTEGER NOT NULL PRIMARY KEY,
      digest BLOB NOT NULL
    )`
  }
] as const
