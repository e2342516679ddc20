/** The audit: who did what that not everybody may, as a chain of hashes. */
export const audit = [
  {
    name: "audit_head",
    mysql: `CREATE TABLE IF NOT EXISTS audit_head (
      id INT NOT NULL PRIMARY KEY COMMENT 'always 1: there is one chain',
      position BIGINT NOT NULL COMMENT 'that of the last entry',
      recorded_at DATETIME(6) NOT NULL COMMENT 'that of the last entry, UTC',
      hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'that of the last entry'
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='one row, locked first by every append'`,
    sqlite: `CREATE TABLE IF NOT EXISTS audit_head (
      id INTEGER NOT NULL PRIMARY KEY,
      position INTEGER NOT NULL,
      recorded_at TEXT NOT NULL,
      hash TEXT NOT NULL
    )`
  },
  {
    name: "audit_head_row",
    mysql: `INSERT INTO audit_head (id, position, recorded_at, hash)
      SELECT 1, 0, '1970-01-01 00:00:00.000000', REPEAT('0', 64) FROM DUAL
      WHERE NOT EXISTS (SELECT 1 FROM audit_head)`,
    sqlite: `INSERT INTO audit_head (id, position, recorded_at, hash)
      SELECT 1, 0, '1970-01-01T00:00:00.000000Z', '${"0".repeat(64)}'
      WHERE NOT EXISTS (SELECT 1 FROM audit_head)`
  },
  {
    name: "audit_entries",
    mysql: `CREATE TABLE IF NOT EXISTS audit_entries (
      position BIGINT NOT NULL PRIMARY KEY COMMENT 'the place in the audit: one rising number, without a hole',
      recorded_at DATETIME(6) NOT NULL COMMENT 'UTC',
      kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'call, login, command or more',
      actor VARCHAR(190) NULL COMMENT 'the name of the key; null: none was needed, or none was right',
      address VARCHAR(190) NULL COMMENT 'where it came from; null: the command line',
      action VARCHAR(190) NOT NULL COMMENT 'the endpoint or command',
      object VARCHAR(500) NULL COMMENT 'what it was done to',
      outcome VARCHAR(190) NOT NULL COMMENT 'the status of the answer, or what became of it',
      previous_hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'SHA-256, hex, of the entry before',
      hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'SHA-256, hex, of this entry and the one before'
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='privileged calls and logins, append only'`,
    sqlite: `CREATE TABLE IF NOT EXISTS audit_entries (
      position INTEGER NOT NULL PRIMARY KEY,
      recorded_at TEXT NOT NULL,
      kind TEXT NOT NULL,
      actor TEXT NULL,
      address TEXT NULL,
      action TEXT NOT NULL,
      object TEXT NULL,
      outcome TEXT NOT NULL,
      previous_hash TEXT NOT NULL,
      hash TEXT NOT NULL
    )`
  }
] as const
