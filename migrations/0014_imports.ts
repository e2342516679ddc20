/** What was imported: each file and body of many rows, with what became of its rows. */
const imports = (collation: string) => `CREATE TABLE IF NOT EXISTS imports (
      id INT NOT NULL PRIMARY KEY COMMENT 'what events name as import_id',
      token_hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
        COMMENT 'SHA-256, hex, of the token by which messages join it',
      source VARCHAR(1000) NOT NULL COMMENT 'name of the file, or kind of the body',
      actor VARCHAR(190) NULL COMMENT 'name of the key; null: without one',
      started_at DATETIME(6) NOT NULL COMMENT 'UTC',
      stored BIGINT NOT NULL COMMENT 'readings that it stored',
      repeated BIGINT NOT NULL COMMENT 'readings that were there before',
      rejected BIGINT NOT NULL COMMENT 'rows that were rejected',
      first_at DATETIME(6) NULL COMMENT 'device time of the first reading that it stored, UTC',
      last_at DATETIME(6) NULL COMMENT 'device time of the last reading that it stored, UTC',
      undone_at DATETIME(6) NULL COMMENT 'when all that it stored had been deleted, UTC'
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=${collation} COMMENT='what was imported'`

export const importsTable = [
  {
    name: "imports",
    mysql: imports("utf8mb4_0900_bin"),
    mariadb: imports("utf8mb4_nopad_bin"),
    sqlite: `CREATE TABLE IF NOT EXISTS imports (
      id INTEGER NOT NULL PRIMARY KEY,
      token_hash TEXT NOT NULL,
      source TEXT NOT NULL,
      actor TEXT NULL,
      started_at TEXT NOT NULL,
      stored INTEGER NOT NULL,
      repeated INTEGER NOT NULL,
      rejected INTEGER NOT NULL,
      first_at TEXT NULL,
      last_at TEXT NULL,
      undone_at TEXT NULL
    )`
  }
] as const
