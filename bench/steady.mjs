// Whether throughput holds when messages are rejected, repeated or late, and while others read. The limit is clean
// messages on the same server, so nothing but the disturbance differs.
import { fileURLToPath } from "node:url"
import { onFresh } from "./lib/databases.mjs"
import { CONNECTIONS, checkStored, openFeed } from "./lib/feed.mjs"
import { startServer, withServer } from "./lib/processes.mjs"
import { median } from "./lib/results.mjs"
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
 * Messages a second of a load and of clean ones, in short turns. Machines and databases are now quick, now slow, within
 * seconds: so each load is held to the clean one of its own turn, and the median of those shares counts. What is given for
 * the load is that share of the clean median.
 */
const inTurns = async ({ clean, disturbed, settled, turns }) => {
  const rates = { clean: [], disturbed: [] }
  const works = { clean, disturbed }
  for (let turn = 0; turn < turns; turn += 1) {
    // Who goes second has what the first one left to be written out: so each is first in turn.
    for (const name of turn % 2 === 0 ? ["clean", "disturbed"] : ["disturbed", "clean"]) {
      await settled()
      const { messages, seconds } = await works[name]()
      rates[name].push(messages / seconds)
    }
  }
  const share = median(rates.disturbed.map((rate, turn) => rate / rates.clean[turn]))
  const typical = median(rates.clean)
  return { clean: typical, disturbed: share * typical }
}

const measure = ({ makeDatabase, round, size }) =>
  onFresh(makeDatabase, (database) =>
    withServer(startTidemark(database.env), async ({ answers }) => {
      const feed = openFeed(answers[MQTT_PORT])
      const send = (kind) => feed.publish({ kind, messages: size.messages })
      const clean = () => send("reading")
      const loads = [
        ["rejected", () => send("rejected")],
        ["repeats", () => send("repeats")],
        ["late", () => send("late")],
        ["readers", () => readers(answers[HTTP_PORT], size.pagesMin, clean)]
      ]
      await readers(answers[HTTP_PORT], 0, () => feed.publish({ kind: "reading", messages: size.warmUp }))
      const ours = {}
      const bare = {}
      for (let index = 0; index < loads.length; index += 1) {
        const [name, disturbed] = loads[(index + round) % loads.length]
        const rates = await inTurns({
          clean,
          disturbed,
          settled: () => database.settled(),
          turns: size.turns
        })
        ours[name] = rates.disturbed
        bare[name] = rates.clean
      }
      await checkStored(database, feed)
      return { ours, bare }
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
    `the messages of ${CONNECTIONS} publishers as in ingest, on one server. The limit is Tidemark itself with clean messages ` +
    "and nobody else: each load goes in turn with its own, in short pieces; the median of the turns' ratios counts. Late readings belong to each of the 60 minutes before. " +
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
    smoke: { warmUp: 200, messages: 1_000, turns: 1, pagesMin: 1 },
    full: { warmUp: 20_000, messages: 20_000, turns: 7, pagesMin: READERS / 2 }
  },
  measure
}
