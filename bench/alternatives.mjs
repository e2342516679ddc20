// What people would take instead: a consumer behind Mosquitto, with the same burst. How many messages a second it stores,
// and how many it never does.
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { NODE_RED, startNodeRed } from "./alternatives/nodered.mjs"
import { CONNECTIONS, checkStored, openFeed } from "./lib/feed.mjs"
import { MOSQUITTO, withMosquitto } from "./lib/mosquitto.mjs"
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

/** Waits until all are stored, or no more are; gives how many, and the ms from `started` to the last one. */
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

const onFresh = async (makeDatabase, body) => {
  const database = await makeDatabase()
  try {
    return await body(database)
  } finally {
    await database.drop()
  }
}

const burst = (makeDatabase, start, { messages }) =>
  onFresh(makeDatabase, (database) =>
    withMosquitto((port) =>
      withServer(start(port, database.args[1]), async () => {
        const started = performance.now()
        await openFeed(port).publish({ kind: "reading", messages })
        const { millis, stored } = await rowsIn(database, messages, started)
        return { rate: (stored * 1_000) / millis, lost: (100 * (messages - stored)) / messages }
      })
    )
  )

const bare = async ({ makeDatabase, size }) => {
  if (MOSQUITTO === undefined) throw new Error("there is no mosquitto here")
  const figures = {}
  for (const [name, start] of Object.entries(PROGRAMS)) {
    const { lost, rate } = await burst(makeDatabase, start, size)
    Object.assign(figures, { [`${name}_rate`]: rate, [`${name}_lost`]: lost })
  }
  return figures
}

const ours = ({ makeDatabase, size }) =>
  onFresh(makeDatabase, (database) =>
    withServer(startTidemark(database.env), async ({ answers }) => {
      const feed = openFeed(answers[MQTT_PORT])
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
  [`${name}_rate`]: { name: "stored of a burst", unit: "messages/s", better: "higher", limit },
  [`${name}_lost`]: { name: "lost of a burst", unit: "%", better: "lower", limit }
})

export const alternatives = {
  name: "alternatives",
  title: "What people would take instead",
  about:
    `a burst of QoS 1 messages by ${CONNECTIONS} publishers, from a fresh start, until all are stored or nothing more is. ` +
    "Behind Debian's Mosquitto, with its defaults, a program of ours stores them in a plain table (`bench/alternatives/`). " +
    "Mosquitto acknowledges at once, before anything is stored. The plain consumer keeps what waits in memory, where a crash " +
    "loses it, and so does Node-RED, which is measured where it is installed. The simplest one opens a connection and " +
    "commits for each message. None knows a repeat. " +
    "Tidemark acknowledges what is committed, once.",
  measures: {
    ...measuresOf("consumer", "mqtt.js and mysql2"),
    ...measuresOf("simplest", "a connection a message"),
    ...measuresOf("nodered", "Node-RED")
  },
  databases: ["MariaDB"],
  sizes: { smoke: { messages: 400 }, full: { messages: 20_000 } },
  bare,
  ours
}
