// The aggregates made again from the log, beside reading the log.
import { fileURLToPath } from "node:url"
import { fillLike, largeLog, openDatabase, register } from "./lib/largeLog.mjs"
import { runNode } from "./lib/processes.mjs"
import { FLAGS, main } from "./lib/tidemark.mjs"

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const HEAD = "SELECT position FROM log_head"

const seconds = async (work) => {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1_000
}

const runs = {
  ours: ({ env }) => runNode([...FLAGS, main, "rebuild"], { env: { LOG_LEVEL: "warning", ...env } }),
  bare: ({ args }) => runNode([path("bare/tail.mjs"), ...args])
}

const eventsOf = async ({ args }) => {
  const database = await openDatabase(args)
  const [{ position }] = await database.ask(HEAD)
  await database.close()
  return Number(position)
}

/** Both are processes of their own: what an empty log takes them is their start, and is left out. */
const rate = async (run, { empty, events, target }) => {
  const start = await seconds(() => run(empty))
  const all = await seconds(() => run(target))
  return { rate: events / Math.max(all - start, 0.001) }
}

export const rebuild = {
  name: "rebuild",
  title: "Aggregates made again",
  about:
    "`tidemark rebuild` of a log of 150,000 events of 100 sensors (10,000,000 with --large), less what it takes of an " +
    "empty log. The limit reads the same events through the driver, and does nothing with them.",
  measures: {
    rate: {
      name: "rebuild",
      unit: "events/s",
      better: "higher",
      limit: "reading them",
      target: { ratioMin: 0.5, min: 100_000 }
    }
  },
  sizes: {
    smoke: { log: "smoke", rows: 5_000 },
    full: { log: "full", rows: 150_000 },
    // Some minutes each.
    large: { log: "large", rounds: 1 }
  },
  minutesMax: 90,
  prepare: async ({ database, makeDatabase, size }) => {
    const empty = await makeDatabase()
    await register(empty.env, 1)
    const own = size.rows === undefined ? undefined : await makeDatabase()
    if (own !== undefined) await fillLike(own, size.log, size.rows)
    const target = own ?? (await largeLog(database, makeDatabase, size.log))
    return { empty, own, target, events: await eventsOf(target) }
  },
  release: async ({ empty, own }) => {
    await empty.drop()
    await own?.drop()
  },
  ours: ({ prepared }) => rate(runs.ours, prepared),
  bare: ({ prepared }) => rate(runs.bare, prepared)
}
