/** Where in the log the events of a cold day lie: a day to which readings came late spans far more positions than it has. */
export const coldRuns = [
  {
    name: "cold_runs",
    mysql: `CREATE TABLE IF NOT EXISTS cold_runs (
      day DATETIME(6) NOT NULL COMMENT 'of cold_days',
      first_position BIGINT NOT NULL COMMENT 'of the first event of the run',
      last_position BIGINT NOT NULL COMMENT 'of the last one: between them are others too',
      PRIMARY KEY (day, first_position)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='positions of the events of cold days'`,
    sqlite: `CREATE TABLE IF NOT EXISTS cold_runs (
      day TEXT NOT NULL,
      first_position INTEGER NOT NULL,
      last_position INTEGER NOT NULL,
      PRIMARY KEY (day, first_position)
    ) WITHOUT ROWID`
  }
] as const
