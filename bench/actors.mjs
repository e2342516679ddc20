// Ten thousand simulated sensors, each an actor that measures once a second, without publishing; beside one timer wheel
// over plain states.
import { fileURLToPath } from "node:url"
import { runJson } from "./lib/processes.mjs"

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const LIMIT = "one wheel over plain states"

const run = async (program, { actors, seconds }) => {
  const args = ["--expose-gc", path(program), actors, seconds].map(String)
  const { bytesEach, corePercent, lateMsP99, publishedPerSecond } = await runJson(args)
  if (publishedPerSecond < actors * 0.9)
    throw new Error(`${program}: ${publishedPerSecond} messages/s of ${actors} actors`)
  return { core: corePercent, bytes: bytesEach, late: lateMsP99 }
}

export const actors = {
  name: "actors",
  title: "Simulated sensors",
  about:
    "10,000 simulated sensors at one reading a second for 5 s, supervised as ever, whose messages go nowhere. The " +
    "limit makes the same values and payloads from one timer wheel over plain states.",
  measures: {
    core: { name: "share of a core", unit: "%", better: "lower", limit: LIMIT, target: { max: 15 } },
    bytes: { name: "heap of an actor", unit: "bytes", better: "lower", limit: LIMIT, target: { max: 4_000 } },
    late: { name: "lateness of a tick, p99", unit: "ms", better: "lower", limit: LIMIT, target: { max: 50 } }
  },
  databases: [],
  sizes: {
    smoke: { actors: 100, seconds: 1 },
    full: { actors: 10_000, seconds: 5 },
    large: { actors: 10_000, seconds: 60 }
  },
  ours: ({ size }) => run("lib/actors.mjs", size),
  bare: ({ size }) => run("bare/actors.mjs", size)
}
