// Whether throughput holds when messages are rejected, repeated or late, and while others read. The limit is clean
// messages on the same server, so nothing but the disturbance differs.
import { fileURLToPath } from "node:url"
import { onFresh } from "./lib/databases.mjs"
import { CONNECTIONS, checkStored, openFeed } from "./lib/feed.mjs"
import { startServer, withServer } from "./lib/processes.mjs"
import { HTTP_PORT, MQTT_PORT, startTidemark } from "./lib/tidemark.mjs"

const READERS = 50
const READERS_PROGRAM = fileURLToPath(new URL("lib/readers.mjs", import.meta.url))

/** `pagesMin`: with fewer pages nobody has read beside the load. */
const readers = (port, pagesMin, body) => {
  const starting = startServer([READERS_PROGRAM, port, READERS].map(String), {}, [/(reading)/])
  return withServer(starting, async (program) => {
    const answer = await body()
    await program.stop()
    const { exports, pages } = JSON.parse(program.output().split("\n").at(-1))
    if (pages < pagesMin) throw new Error(`the readers had ${pages} pages in all, and ${exports} exports`)
    return answer
  })
}

/**
 * Each load once, in another order each round: the log grows with all of them, and the database still writes out what
 * the load before left. The number of loads is prime, so each step reaches all.
 */
const inTurn = (names, round) => {
  const step = 1 + (round % (names.length - 1))
  return names.map((_, index) => names[(round + index * step) % names.length])
}

const measure = ({ makeDatabase, round, size }) =>
  onFresh(makeDatabase, (database) =>
    withServer(startTidemark(database.env), async ({ answers }) => {
      const feed = openFeed(answers[MQTT_PORT])
      const send = (kind) => feed.publish({ kind, messages: size.messages })
      const work = {
        clean: () => send("reading"),
        rejected: () => send("rejected"),
        repeats: () => send("repeats"),
        late: () => send("late"),
        readers: () => readers(answers[HTTP_PORT], size.pagesMin, () => send("reading"))
      }
      await readers(answers[HTTP_PORT], 0, () => feed.publish({ kind: "reading", messages: size.warmUp }))
      const rates = {}
      for (const name of inTurn(Object.keys(work), round)) {
        await database.settled()
        const { messages, seconds } = await work[name]()
        rates[name] = messages / seconds
      }
      await checkStored(database, feed)
      const { clean, ...ours } = rates
      return { ours, bare: Object.fromEntries(Object.keys(ours).map((name) => [name, clean])) }
    })
  )

const measureOf = (name, ratioMin) => ({
  name,
  unit: "messages/s",
  better: "higher",
  limit: "clean",
  target: { ratioMin }
})

export const steady = {
  name: "steady",
  title: "Ingest while something is wrong, or somebody reads",
  about:
    `the messages of ${CONNECTIONS} publishers as in ingest, on one server in turn. The limit is Tidemark itself with clean ` +
    "messages and nobody else. Late readings belong to each of the 60 minutes before. " +
    `${READERS} readers ask for a page of 100 a second each and follow its link, while one CSV of everything after another ` +
    "is exported.",
  measures: {
    rejected: measureOf("1 % rejected", 0.9),
    repeats: measureOf("10 % repeats", 0.9),
    late: measureOf("10 % late", 0.9),
    readers: measureOf(`${READERS} readers and an export`, 0.7)
  },
  sizes: {
    // Over before each reader's turn has come.
    smoke: { warmUp: 200, messages: 2_000, pagesMin: 1 },
    full: { warmUp: 10_000, messages: 50_000, pagesMin: READERS }
  },
  // One a load.
  rounds: 5,
  measure
}
