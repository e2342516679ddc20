// Bytes that a reading takes in the database, indexes included.
import { fill } from "./lib/fill.mjs"
import { openDatabase, register } from "./lib/largeLog.mjs"
import { ownBytesOf, storedBytes } from "./lib/storedBytes.mjs"

const SENSORS = 100

const withDatabase = async (args, body) => {
  const database = await openDatabase(args)
  try {
    return await body(database)
  } finally {
    await database.close()
  }
}

const bytesOf = async ({ args, env }, rows) => {
  const [dialect] = args
  await register(env, SENSORS)
  const before = await withDatabase(args, storedBytes[dialect])
  await fill(args, rows, { sensors: SENSORS, value: (position) => Math.fround(20 + Math.sin(position)) })
  const after = await withDatabase(args, storedBytes[dialect])
  return {
    stored: (after - before) / rows,
    own: await withDatabase(args, (database) => ownBytesOf(dialect, database))
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
    const target = await makeDatabase()
    try {
      const { own, stored } = await bytesOf(target, size.rows)
      return { ours: { reading: stored }, bare: { reading: own } }
    } finally {
      await target.drop()
    }
  }
}
