// Bytes that a reading takes in the database, indexes included.
import { fill } from "./lib/fill.mjs"
import { openDatabase, register } from "./lib/largeLog.mjs"

const SENSORS = 100

/** What the values of a row take by themselves, as each database stores them: no header, no index. */
const ownBytes = {
  // Eight-byte position, time and value; a key of 16; a length and its text; two integers of four.
  mysql: ({ type }) => 8 + 16 + 1 + type.length + 4 + 4 + 8 + 8 + 8,
  sqlite: (row) =>
    [row.position, row.sensor_id, row.sensor_version].map(integerBytes).reduce((sum, bytes) => sum + bytes) +
    row.event_id.byteLength +
    [row.type, row.occurred_at, row.recorded_at].reduce((sum, text) => sum + text.length, 0) +
    8
}

/** SQLite stores an integer in as few bytes as it needs. */
const integerBytes = (number) =>
  [7, 15, 23, 31, 47, 63].map((bits) => 2 ** bits).findIndex((end) => number < end) + 1

const SIZE = {
  sqlite: async (database) => {
    await database.ask("PRAGMA wal_checkpoint(TRUNCATE)")
    const [{ page_count: pages }] = await database.ask("PRAGMA page_count")
    const [{ page_size: size }] = await database.ask("PRAGMA page_size")
    return pages * size
  },
  mysql: async (database) => {
    await database.ask("ANALYZE TABLE events")
    const [{ bytes }] = await database.ask(`SELECT data_length + index_length AS bytes
      FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'events'`)
    return Number(bytes)
  }
}

const SAMPLE = "SELECT * FROM events ORDER BY position DESC LIMIT 1000"

const bytesOf = async ({ args, drop, env }, rows) => {
  const [dialect] = args
  await register(env, SENSORS)
  const before = await withDatabase(args, SIZE[dialect])
  await fill(args, rows, { sensors: SENSORS, value: (position) => Math.fround(20 + Math.sin(position)) })
  const after = await withDatabase(args, SIZE[dialect])
  const sample = await withDatabase(args, ({ ask }) => ask(SAMPLE))
  await drop()
  const own = sample.map(ownBytes[dialect])
  return { stored: (after - before) / rows, own: own.reduce((sum, bytes) => sum + bytes) / own.length }
}

const withDatabase = async (args, body) => {
  const database = await openDatabase(args)
  try {
    return await body(database)
  } finally {
    await database.close()
  }
}

export const storage = {
  name: "storage",
  title: "Storage",
  about:
    "bytes that a reading of the log takes in the database, with the table's four indexes, when 200,000 readings " +
    "of 100 sensors came in the order of time. The limit is what the row's values take by themselves.",
  measures: {
    reading: {
      name: "a reading",
      unit: "bytes",
      better: "lower",
      limit: "the row's own bytes",
      target: { ratioMax: 2.5 }
    }
  },
  sizes: { smoke: { rows: 5_000 }, full: { rows: 200_000 }, large: { rows: 2_000_000 } },
  roundsMax: 1,
  measure: async ({ makeDatabase, size }) => {
    const { own, stored } = await bytesOf(await makeDatabase(), size.rows)
    return { ours: { reading: stored }, bare: { reading: own } }
  }
}
