// Bytes that rows take: as the database stores them, indexes included, and by themselves.

/** SQLite stores an integer in as few bytes as it needs. */
const integerBytes = (number) =>
  [7, 15, 23, 31, 47, 63].map((bits) => 2 ** bits).findIndex((end) => number < end) + 1

/** What the values of a plain reading take by themselves, as each database stores them: no header, no index. */
const ownBytes = {
  // A position, two times and a value of eight bytes each; a key of 16; a length and its text; two integers of four.
  mysql: ({ type }) => 4 * 8 + 16 + 1 + type.length + 2 * 4,
  sqlite: ({ event_id, occurred_at, position, recorded_at, sensor_id, sensor_version, type }) =>
    [position, sensor_id, sensor_version].reduce((sum, number) => sum + integerBytes(Number(number)), 8) +
    event_id.byteLength +
    [type, occurred_at, recorded_at].reduce((sum, text) => sum + text.length, 0)
}

/** Bytes of all tables; `database` as openDatabase gives it. */
export const storedBytes = {
  sqlite: async ({ ask }) => {
    const [{ page_count: pages }] = await ask("PRAGMA page_count")
    const [{ page_size: size }] = await ask("PRAGMA page_size")
    return Number(pages) * Number(size)
  },
  mysql: async ({ ask }) => {
    const tables = await ask(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() AND engine = 'InnoDB'"
    )
    // What the server tells of sizes is of when it last looked.
    for (const { name } of tables) await ask(`ANALYZE TABLE ${name}`)
    const [{ bytes }] = await ask(`SELECT SUM(data_length + index_length) AS bytes
      FROM information_schema.tables WHERE table_schema = DATABASE()`)
    return Number(bytes)
  }
}

const SAMPLE = "SELECT * FROM events WHERE type = 'ReadingRecorded' ORDER BY position DESC LIMIT 1000"

/** Of the newest readings, on average. */
export const ownBytesOf = async (dialect, { ask }) => {
  const sample = await ask(SAMPLE)
  return sample.reduce((sum, row) => sum + ownBytes[dialect](row), 0) / sample.length
}
