// How far the fold of minutes is behind the log while messages come as fast as they are acknowledged.
import { onFresh } from "./lib/databases.mjs"
import { checkStored, openFeed } from "./lib/feed.mjs"
import { longestLag, watchFold } from "./lib/foldLag.mjs"
import { openDatabase } from "./lib/largeLog.mjs"
import { withServer } from "./lib/processes.mjs"
import { MQTT_PORT, startTidemark } from "./lib/tidemark.mjs"

const LOOK_EVERY_MS = 50
const CATCH_UP_MS_MAX = 60_000
const measure = (target, { messages }) =>
  withServer(startTidemark(target.env), async ({ answers }) => {
    const database = await openDatabase(target.args)
    const feed = openFeed(answers[MQTT_PORT])
    let published
    const publishing = feed.publish({ kind: "reading", messages }).then((sent) => {
      published = performance.now()
      return sent
    })
    const watching = watchFold(database, LOOK_EVERY_MS, ({ folded, head }) => {
      if (published === undefined) return false
      if (performance.now() - published > CATCH_UP_MS_MAX) throw new Error("the fold did not catch up")
      return folded >= head
    })
    const [{ seconds }, looks] = await Promise.all([publishing, watching])
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
    "100,000 messages over 20 connections, as fast as they are acknowledged, while the fold runs. Its lag is how long " +
    "ago the log ended where the fold is now, looked at from outside every 50 ms.",
  measures: {
    lag: { name: "lag of the fold, the longest", unit: "s", better: "lower", target: { max: 2 } },
    behind: { name: "until it has caught up after the last", unit: "s", better: "lower", target: { max: 2 } },
    rate: { name: "messages meanwhile", unit: "messages/s", better: "higher" }
  },
  sizes: { smoke: { messages: 2_000 }, full: { messages: 100_000 }, large: { messages: 1_000_000 } },
  ours: ({ makeDatabase, size }) => onFresh(makeDatabase, (target) => measure(target, size))
}
