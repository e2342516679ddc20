// Bytes that a reading takes in the database, indexes included.
import { onFresh } from "./lib/databases.mjs"
import { openFeed } from "./lib/feed.mjs"
import { openDatabase, register } from "./lib/largeLog.mjs"
import { withServer } from "./lib/processes.mjs"
import { ownBytesOf, storedBytes } from "./lib/storedBytes.mjs"
import { MQTT_PORT, startTidemark } from "./lib/tidemark.mjs"

/** Of all publishers. */
const SENSORS = 200

const withDatabase = async (args, body) => {
  const database = await openDatabase(args)
  try {
    return await body(database)
  } finally {
    await database.close()
  }
}

const bytesOf = async (target, messages) => {
  const [dialect] = target.args
  await register(target.env, SENSORS)
  const before = await withDatabase(target.args, storedBytes[dialect])
  await withServer(startTidemark(target.env), async ({ answers }) => {
    const feed = openFeed(answers[MQTT_PORT])
    await feed.publish({ kind: "reading", messages })
    await target.settled()
  })
  const after = await withDatabase(target.args, storedBytes[dialect])
  return {
    stored: (after - before) / messages,
    own: await withDatabase(target.args, (database) => ownBytesOf(dialect, database))
  }
}

export const storage = {
  name: "storage",
  title: "Storage",
  about:
    "bytes that a reading takes in the database, with all indexes, after 150,000 messages of 200 sensors. The limit " +
    "is what the row's values take by themselves.",
  measures: {
    reading: {
      name: "a reading",
      unit: "bytes",
      better: "lower",
      limit: "the row's own bytes",
      target: { ratioMax: 2.5 }
    }
  },
  sizes: { smoke: { messages: 5_000 }, full: { messages: 150_000 }, large: { messages: 1_000_000 } },
  roundsMax: 1,
  measure: ({ makeDatabase, size }) =>
    onFresh(makeDatabase, async (target) => {
      const { own, stored } = await bytesOf(target, size.messages)
      return { ours: { reading: stored }, bare: { reading: own } }
    })
}
