/**
 * Which of several processes does what only one may do at a time: a lease by the database's clock. Whoever takes it over
 * raises its epoch, and a write under an older one is refused.
 */
export const ownership = [
  {
    name: "ownership",
    mysql: `CREATE TABLE IF NOT EXISTS ownership (
      name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY COMMENT 'what is owned',
      owner CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'the process, by a name of its own',
      epoch BIGINT NOT NULL COMMENT 'rises by one each time that another process takes it over',
      lease_until DATETIME(6) NOT NULL COMMENT 'until then nobody else takes it, UTC'
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='which process does what one alone may do'`,
    sqlite: `CREATE TABLE IF NOT EXISTS ownership (
      name TEXT NOT NULL PRIMARY KEY,
      owner TEXT NOT NULL,
      epoch INTEGER NOT NULL,
      lease_until TEXT NOT NULL
    )`
  }
] as const
