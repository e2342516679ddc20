// Whether several processes on one database take more than one of them alone. All of them run all the time; what differs
// is how many of them the publishers are connected to.
import { cpus } from "node:os"
import { setTimeout as sleep } from "node:timers/promises"
import { onFresh } from "./lib/databases.mjs"
import { CONNECTIONS, checkStored, openFeed } from "./lib/feed.mjs"
import { cpuSeconds, machineSeconds, withServer } from "./lib/processes.mjs"
import { MQTT_PORT, startTidemark } from "./lib/tidemark.mjs"

const PROCESSES = 4
/** Publishers begin at once, so long after they were asked to, in ms: by then all of them are connected. */
const START_AFTER_MS = 2_500

/** The body with so many servers on one database, the oldest first. */
const withProcesses = (env, count, body, running = []) =>
  running.length === count
    ? body(running)
    : withServer(startTidemark(env), (server) => withProcesses(env, count, body, [...running, server]))

/** As many publishers as there are processes, each connected to the port that `portOf` gives it. */
const publishAll = async (feed, messages, portOf, servers) => {
  const startAt = Date.now() + START_AFTER_MS
  const share = { messages: messages / PROCESSES, connections: CONNECTIONS / PROCESSES }
  const publishing = Array.from({ length: PROCESSES }, (_, index) =>
    feed.publish({ kind: "reading", ...share, startAt, port: portOf(index) })
  )
  const taken = () => [machineSeconds(), servers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0)]
  await sleep(startAt - Date.now())
  const [machineBefore, serversBefore] = taken()
  const published = await Promise.all(publishing)
  const [machine, own] = taken()
  return {
    messages: published.reduce((sum, one) => sum + one.messages, 0),
    seconds: Math.max(...published.map(({ seconds }) => seconds)),
    clock: (Date.now() - startAt) / 1_000,
    machine: machine - machineBefore,
    servers: own - serversBefore
  }
}

const added = (sum, one) =>
  Object.fromEntries(Object.keys(one).map((key) => [key, (sum[key] ?? 0) + one[key]]))

const figuresOf = ({ clock, machine, messages, seconds, servers }) => ({
  messages: messages / seconds,
  servers: (servers / messages) * 1_000_000,
  machine: (machine / messages) * 1_000_000,
  busy: (machine / clock / cpus().length) * 100
})

const measure = ({ makeDatabase, size }) =>
  onFresh(makeDatabase, (database) =>
    withProcesses(database.env, PROCESSES, async (servers) => {
      const ports = servers.map(({ answers }) => Number(answers[MQTT_PORT]))
      const feed = openFeed(ports[0])
      const loads = { bare: () => ports[0], ours: (index) => ports[index] }
      await publishAll(feed, size.warmUp, loads.ours, servers)
      const spent = { bare: {}, ours: {} }
      for (let turn = 0; turn < size.turns; turn += 1)
        for (const name of turn % 2 === 0 ? ["bare", "ours"] : ["ours", "bare"]) {
          await database.settled()
          spent[name] = added(spent[name], await publishAll(feed, size.messages, loads[name], servers))
        }
      await checkStored(database, feed)
      return { ours: figuresOf(spent.ours), bare: figuresOf(spent.bare) }
    })
  )

export const processes = {
  name: "processes",
  title: "Several processes on one database",
  about:
    `${PROCESSES} processes with all roles on one database. ${CONNECTIONS} publishers are spread over them, and, as the limit, all ` +
    "connected to one of them, in turn. Processor time and what was busy are of the load alone, without what publishers " +
    "prepare: of the servers, and of all that the machine did, publishers and database included.",
  measures: {
    messages: {
      name: "stored and acknowledged",
      unit: "messages/s",
      better: "higher",
      limit: "by one",
      target: { ratioMin: 1.4 }
    },
    servers: {
      name: "processor time of a message, the servers'",
      unit: "µs",
      better: "lower",
      limit: "by one"
    },
    machine: { name: "processor time of a message, all of it", unit: "µs", better: "lower", limit: "by one" },
    busy: { name: "of all cores at work", unit: "%", better: "lower", limit: "by one" }
  },
  // A file belongs to one process.
  databases: ["MariaDB"],
  sizes: {
    smoke: { warmUp: 400, messages: 800, turns: 1 },
    full: { warmUp: 40_000, messages: 40_000, turns: 3 }
  },
  measure
}
