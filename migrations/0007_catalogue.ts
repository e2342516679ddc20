/** What people say of the data sets and of the words they use: append only, beside the log. */
const TABLE = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"

export const catalogue = [
  {
    name: "catalogue_events",
    mysql: `CREATE TABLE IF NOT EXISTS catalogue_events (
      position BIGINT NOT NULL PRIMARY KEY COMMENT 'the place among these events: one rising number, without a hole',
      log_position BIGINT NOT NULL COMMENT 'the last position of the log when it happened',
      type VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'what happened, past tense',
      kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'dataset or term',
      subject VARCHAR(190) NOT NULL COMMENT 'the name of the data set, or the term',
      previous BIGINT NOT NULL COMMENT 'the event of this subject before this one; 0: none',
      recorded_at DATETIME(6) NOT NULL COMMENT 'UTC',
      actor VARCHAR(190) NULL COMMENT 'the name of the key that did it',
      reason VARCHAR(500) NULL COMMENT 'why, as whoever did it said',
      payload MEDIUMTEXT NOT NULL COMMENT 'JSON: all that is said of the subject from here on',
      UNIQUE KEY catalogue_events_subject (kind, subject, previous)
    ) ${TABLE} COMMENT='descriptions and glossary, with their history'`,
    sqlite: `CREATE TABLE IF NOT EXISTS catalogue_events (
      position INTEGER NOT NULL PRIMARY KEY,
      log_position INTEGER NOT NULL,
      type TEXT NOT NULL,
      kind TEXT NOT NULL,
      subject TEXT NOT NULL,
      previous INTEGER NOT NULL,
      recorded_at TEXT NOT NULL,
      actor TEXT NULL,
      reason TEXT NULL,
      payload TEXT NOT NULL,
      UNIQUE (kind, subject, previous)
    )`
  },
  {
    name: "rejected_replays",
    mysql: `CREATE TABLE IF NOT EXISTS rejected_replays (
      rejected_id BINARY(16) NOT NULL COMMENT 'the message: rejected_messages',
      attempt INT NOT NULL COMMENT 'from 1',
      replayed_at DATETIME(6) NOT NULL COMMENT 'UTC',
      actor VARCHAR(190) NULL COMMENT 'the name of the key that sent it',
      reason VARCHAR(500) NULL COMMENT 'why, as whoever sent it said',
      bytes MEDIUMBLOB NULL COMMENT 'what was sent in its place; null: its own bytes',
      results MEDIUMTEXT NOT NULL COMMENT 'JSON: what became of each reading in it',
      PRIMARY KEY (rejected_id, attempt)
    ) ${TABLE} COMMENT='rejected messages that were sent through again, and what became of them'`,
    sqlite: `CREATE TABLE IF NOT EXISTS rejected_replays (
      rejected_id BLOB NOT NULL,
      attempt INTEGER NOT NULL,
      replayed_at TEXT NOT NULL,
      actor TEXT NULL,
      reason TEXT NULL,
      bytes BLOB NULL,
      results TEXT NOT NULL,
      PRIMARY KEY (rejected_id, attempt)
    )`
  }
] as const
