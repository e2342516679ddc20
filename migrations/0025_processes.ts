/** What each of several processes last said of itself, for the others: see src/ownership/SqlProcesses.ts. */
export const processes = [
  {
    name: "processes",
    mysql: `CREATE TABLE IF NOT EXISTS processes (
      process CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY COMMENT 'by a name of its own',
      said_at DATETIME(6) NOT NULL COMMENT 'when it said so, by the clock of the database, UTC',
      figures MEDIUMTEXT NOT NULL COMMENT 'its roles, counts, rates and warnings, as JSON'
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='what each process last said of itself'`,
    sqlite: `CREATE TABLE IF NOT EXISTS processes (
      process TEXT NOT NULL PRIMARY KEY,
      said_at TEXT NOT NULL,
      figures TEXT NOT NULL
    )`
  }
] as const
