/** The answers that are kept for who sends a request again with its `Idempotency-Key`. */
const TABLE = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"

export const answers = [
  {
    name: "answers",
    mysql: `CREATE TABLE IF NOT EXISTS answers (
      id BINARY(32) NOT NULL PRIMARY KEY COMMENT 'SHA-256 of who asked, where, and their key',
      request BINARY(32) NOT NULL COMMENT 'SHA-256 of the body: another one under the same key is refused',
      status INT NOT NULL COMMENT 'HTTP status',
      headers TEXT NOT NULL COMMENT 'JSON object',
      body MEDIUMBLOB NOT NULL COMMENT 'compressed by gzip',
      size BIGINT NOT NULL COMMENT 'bytes of body as it is kept',
      created_at DATETIME(6) NOT NULL COMMENT 'UTC',
      KEY answers_time (created_at, size)
    ) ${TABLE} COMMENT='answers by Idempotency-Key, for a day'`,
    sqlite: `CREATE TABLE IF NOT EXISTS answers (
      id BLOB NOT NULL PRIMARY KEY,
      request BLOB NOT NULL,
      status INTEGER NOT NULL,
      headers TEXT NOT NULL,
      body BLOB NOT NULL,
      size INTEGER NOT NULL,
      created_at TEXT NOT NULL
    )`
  },
  {
    name: "answers_time",
    mysql: "SELECT 1",
    sqlite: "CREATE INDEX IF NOT EXISTS answers_time ON answers (created_at, size)"
  }
] as const
