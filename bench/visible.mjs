// How soon a message that was published can be read.
import { fileURLToPath } from "node:url"
import { onFresh } from "./lib/databases.mjs"
import { openFeed } from "./lib/feed.mjs"
import { runJson, withServer } from "./lib/processes.mjs"
import { HTTP_PORT, MQTT_PORT, startTidemark } from "./lib/tidemark.mjs"

const WATCHER = fileURLToPath(new URL("lib/watcher.mjs", import.meta.url))
const RATE = 1_000

const ours = ({ makeDatabase, size }) =>
  onFresh(makeDatabase, (database) =>
    withServer(startTidemark(database.env), async ({ answers }) => {
      const watch = (messages) =>
        runJson([WATCHER, answers[MQTT_PORT], answers[HTTP_PORT], messages, RATE].map(String))
      await openFeed(answers[MQTT_PORT]).publish({ kind: "reading", messages: size.warmUp })
      await watch(size.warmUp / 10)
      await database.settled()
      const { page, stream } = await watch(size.seconds * RATE)
      return { page50: page.p50, page99: page.p99, stream50: stream.p50, stream99: stream.p99 }
    })
  )

const millis = (name, target = {}) => ({ name, unit: "ms", better: "lower", target })

export const visible = {
  name: "visible",
  title: "From publish to sight",
  about:
    `${RATE} messages a second by one connection, until an answer of \`GET /data/\` or an event of the live stream has one. ` +
    "It counts from when the message was due. The page is asked for again and again, and asks for what was not seen yet.",
  measures: {
    page50: millis("`GET /data/`, p50"),
    page99: millis("`GET /data/`, p99", { max: 60 }),
    stream50: millis("live stream, p50"),
    stream99: millis("live stream, p99", { max: 60 })
  },
  sizes: {
    smoke: { warmUp: 500, seconds: 0.3 },
    full: { warmUp: 5_000, seconds: 4 }
  },
  ours
}
