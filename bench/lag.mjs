// How far the fold of minutes is behind the log while messages come as fast as they are acknowledged.
import { setTimeout as sleep } from "node:timers/promises"
import { checkStored, openFeed } from "./lib/feed.mjs"
import { openDatabase } from "./lib/largeLog.mjs"
import { withServer } from "./lib/processes.mjs"
import { MQTT_PORT, startTidemark } from "./lib/tidemark.mjs"

const LOOK_EVERY_MS = 50
const CATCH_UP_MS_MAX = 60_000
const PLACES = `SELECT h.position AS head, c.position AS folded
  FROM log_head h JOIN checkpoints c ON c.projection = 'minutes'`

/**
 * How long ago the log was where the fold is now, in ms: the longest that was seen. `looks`: {at, head, folded}, in
 * order.
 */
export const longestLag = (looks) => {
  let [longest, since] = [0, 0]
  for (const { at, folded } of looks) {
    while (looks[since].head <= folded && looks[since].at < at) since += 1
    longest = Math.max(longest, at - looks[since].at)
  }
  return longest
}

const watching = async (database, looks, isOver) => {
  while (!isOver()) {
    const [{ folded, head }] = await database.ask(PLACES)
    looks.push({ at: performance.now(), head: Number(head), folded: Number(folded) })
    await sleep(LOOK_EVERY_MS)
  }
}

const caughtUp = ({ folded, head } = { folded: -1, head: 0 }) => folded >= head

const measure = async (target, { messages }) =>
  withServer(startTidemark(target.env), async ({ answers }) => {
    const database = await openDatabase(target.args)
    const feed = openFeed(answers[MQTT_PORT])
    const looks = []
    let published
    const watch = watching(database, looks, () => {
      if (published === undefined) return false
      if (performance.now() - published > CATCH_UP_MS_MAX) throw new Error("the fold did not catch up")
      return caughtUp(looks.at(-1))
    })
    const publishing = feed.publish({ kind: "reading", messages }).then((sent) => {
      published = performance.now()
      return sent
    })
    const [{ seconds }] = await Promise.all([publishing, watch])
    await database.close()
    await checkStored(target, feed)
    return {
      lag: longestLag(looks) / 1_000,
      behind: Math.max(0, looks.at(-1).at - published) / 1_000,
      rate: messages / seconds
    }
  })

export const lag = {
  name: "lag",
  title: "The fold beside ingest",
  about:
    "200,000 messages over 20 connections, as fast as they are acknowledged, while the fold runs. Its lag is how long " +
    "ago the log ended where the fold is now, looked at from outside every 50 ms.",
  measures: {
    lag: { name: "lag of the fold, the longest", unit: "s", better: "lower", target: { max: 2 } },
    behind: { name: "until it has caught up after the last", unit: "s", better: "lower", target: { max: 2 } },
    rate: { name: "messages meanwhile", unit: "messages/s", better: "higher" }
  },
  sizes: { smoke: { messages: 2_000 }, full: { messages: 200_000 }, large: { messages: 1_000_000 } },
  ours: async ({ makeDatabase, size }) => {
    const database = await makeDatabase()
    try {
      return await measure(database, size)
    } finally {
      await database.drop()
    }
  }
}
