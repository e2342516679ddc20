// What people would take instead: a program behind Mosquitto. How many messages a second it stores, and how many of a burst
// it never does.
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { NODE_RED, startNodeRed } from "./alternatives/nodered.mjs"
import { onFresh } from "./lib/databases.mjs"
import { CONNECTIONS, checkStored, openFeed } from "./lib/feed.mjs"
import { MOSQUITTO, QUEUED_MAX, withMosquitto } from "./lib/mosquitto.mjs"
import { startServer, withServer } from "./lib/processes.mjs"
import { MQTT_PORT, startTidemark } from "./lib/tidemark.mjs"

const ourProgram = (name) => (port, url) => {
  const program = fileURLToPath(new URL(`alternatives/${name}.mjs`, import.meta.url))
  return startServer([program, String(port), url], {}, [/(subscribed)/])
}
const PROGRAMS = {
  consumer: ourProgram("consumer"),
  simplest: ourProgram("simplest"),
  ...(NODE_RED === undefined ? {} : { nodered: startNodeRed })
}
/** Once no row has come for so long, none will. */
const QUIET_MS = 2_000
const STORED_MS_MAX = 120_000
const ROWS = "SELECT COUNT(*) AS n FROM readings"

/** Waits until all are stored, or no more are; gives how many there are, and the ms from `started` to the last one. */
const rowsIn = async (database, all, started) => {
  let [stored, last] = [0, started]
  while (stored < all && performance.now() - Math.max(last, started) < QUIET_MS) {
    if (performance.now() - started > STORED_MS_MAX)
      throw new Error(`only ${stored} of ${all} were stored in time`)
    await sleep(20)
    const rows = await database.ask(ROWS)
    if (rows > stored) [stored, last] = [rows, performance.now()]
  }
  return { stored, millis: last - started }
}

/** What a program stores of a burst behind a broker that holds so many messages for it. */
const burst = (makeDatabase, start, queuedMax, { warmUp }, messages) =>
  onFresh(makeDatabase, (database) =>
    withMosquitto(queuedMax, (port) =>
      withServer(start(port, database.args[1]), async () => {
        const feed = openFeed(port)
        await feed.publish({ kind: "reading", messages: warmUp })
        await rowsIn(database, warmUp, performance.now())
        const started = performance.now()
        await feed.publish({ kind: "reading", messages })
        const { millis, stored } = await rowsIn(database, warmUp + messages, started)
        return { rate: ((stored - warmUp) * 1_000) / millis, lost: 100 * (1 - (stored - warmUp) / messages) }
      })
    )
  )

const bare = async ({ makeDatabase, size }) => {
  if (MOSQUITTO === undefined) throw new Error("there is no mosquitto here")
  const figures = {}
  for (const [name, start] of Object.entries(PROGRAMS)) {
    const { rate } = await burst(makeDatabase, start, 0, size, size.held)
    const { lost } = await burst(makeDatabase, start, QUEUED_MAX, size, size.messages)
    Object.assign(figures, { [`${name}_rate`]: rate, [`${name}_lost`]: lost })
  }
  return figures
}

const ours = ({ makeDatabase, size }) =>
  onFresh(makeDatabase, (database) =>
    withServer(startTidemark(database.env), async ({ answers }) => {
      const feed = openFeed(answers[MQTT_PORT])
      await feed.publish({ kind: "reading", messages: size.warmUp })
      const { messages, seconds } = await feed.publish({ kind: "reading", messages: size.messages })
      await checkStored(database, feed)
      const entries = Object.keys(PROGRAMS).flatMap((name) => [
        [`${name}_rate`, messages / seconds],
        [`${name}_lost`, 0]
      ])
      return Object.fromEntries(entries)
    })
  )

const measuresOf = (name, limit) => ({
  [`${name}_rate`]: { name: "stored", unit: "messages/s", better: "higher", limit },
  [`${name}_lost`]: { name: "lost of a burst", unit: "%", better: "lower", limit }
})

export const alternatives = {
  name: "alternatives",
  title: "What people would take instead",
  about:
    `QoS 1 messages of ${CONNECTIONS} publishers at once. Behind Debian's Mosquitto a program stores them in a plain table ` +
    "(`bench/alternatives/`). Mosquitto acknowledges at once, before anything is stored. What it drops of a burst with its " +
    "defaults is lost; the rate is measured with a queue without bound. The plain consumer keeps what waits in memory, where " +
    "a crash loses it, and so does Node-RED, which is measured where it is installed. The simplest one opens a connection " +
    "and commits for each message. None knows a repeat. Tidemark acknowledges what is committed, once.",
  measures: {
    ...measuresOf("consumer", "mqtt.js and mysql2"),
    ...measuresOf("simplest", "a connection a message"),
    ...measuresOf("nodered", "Node-RED")
  },
  databases: ["MariaDB"],
  sizes: {
    smoke: { warmUp: 20, held: 100, messages: 400 },
    full: { warmUp: 1_000, held: 2_000, messages: 20_000 }
  },
  bare,
  ours
}
