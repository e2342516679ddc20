/** What devices sent and gave no reading: of each device, field and kind a row. */
export const passedOver = [
  {
    name: "passed_over",
    mysql: `CREATE TABLE IF NOT EXISTS passed_over (
      id BINARY(16) NOT NULL PRIMARY KEY COMMENT 'hash of device or number, field and kind',
      device VARCHAR(190) NULL COMMENT 'the name of the device, or of the sensor',
      sensor_id INT NULL COMMENT 'the number that the device claims; null: it has a name',
      field VARCHAR(190) NOT NULL COMMENT 'its path in the message',
      kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'unread: it looks like a measurement; wrong: a field beside the values',
      example VARCHAR(190) NOT NULL COMMENT 'what stood there last, cut',
      count BIGINT NOT NULL COMMENT 'how often',
      last_seen DATETIME(6) NOT NULL COMMENT 'when last, UTC',
      INDEX passed_over_device (device),
      INDEX passed_over_sensor (sensor_id)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='fields of messages that gave no reading, and cost none'`,
    sqlite: `CREATE TABLE IF NOT EXISTS passed_over (
      id BLOB NOT NULL PRIMARY KEY,
      device TEXT NULL,
      sensor_id INTEGER NULL,
      field TEXT NOT NULL,
      kind TEXT NOT NULL,
      example TEXT NOT NULL,
      count INTEGER NOT NULL,
      last_seen TEXT NOT NULL
    )`
  },
  {
    name: "passed_over_device",
    mysql: "SELECT 1",
    sqlite: "CREATE INDEX IF NOT EXISTS passed_over_device ON passed_over (device)"
  },
  {
    name: "passed_over_sensor",
    mysql: "SELECT 1",
    sqlite: "CREATE INDEX IF NOT EXISTS passed_over_sensor ON passed_over (sensor_id)"
  }
] as const
