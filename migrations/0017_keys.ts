/** What was said of keys, append only: who may read the catalogue's log may not read this. */
export const keys = [
  {
    name: "key_events",
    mysql: `CREATE TABLE IF NOT EXISTS key_events (
      position BIGINT NOT NULL PRIMARY KEY COMMENT 'the place among these events: one rising number, without a hole',
      type VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'what happened, past tense',
      key_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'what the key begins with',
      recorded_at DATETIME(6) NOT NULL COMMENT 'UTC',
      actor VARCHAR(190) NULL COMMENT 'the name of the key that did it; null: the command line',
      payload MEDIUMTEXT NOT NULL COMMENT 'JSON: name, role, scope and hash of a key that was created',
      UNIQUE KEY key_events_key (key_id, type)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='keys, created and revoked'`,
    sqlite: `CREATE TABLE IF NOT EXISTS key_events (
      position INTEGER NOT NULL PRIMARY KEY,
      type TEXT NOT NULL,
      key_id TEXT NOT NULL,
      recorded_at TEXT NOT NULL,
      actor TEXT NULL,
      payload TEXT NOT NULL,
      UNIQUE (key_id, type)
    )`
  }
] as const
