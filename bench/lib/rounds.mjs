// Runs a bench: Tidemark and its limit in turn, so that what else the machine does meets them alike.
//
// A bench is an object:
//   name, title, about   how it is called; its heading and what it does, in whole sentences, for docs/performance.md
//   measures             by key: {name, unit, better: "higher" | "lower", limit: what the limit is, target}
//   sizes                {smoke, full, large?}: how much work; whatever the bench wants, and `rounds`, where these are
//                        to be fewer
//   ours, bare           async (context) => figures by key; `bare` measures the limit, and may be left out
//   measure              instead of both: async (context) => ({ours, bare}), where they share a server
//   prepare, release     once a database, around all rounds: async (context) => prepared; async (prepared) => …
//   databases            names of those it runs on; all by default; an empty list: it needs none
//   roundsMax            where more rounds would say the same
//   minutesMax           how long all rounds on one database may take
// context: {database: its name, makeDatabase, size, isSmoke, round, prepared}
import { killAll } from "./processes.mjs"
import { summary } from "./results.mjs"

const ROUNDS = { smoke: 1, full: 3, large: 3 }
const MINUTES_MAX = 10

/** Both sides of a round, each first in every other one. */
const bothSides = async (bench, context) => {
  if (bench.measure !== undefined) return bench.measure(context)
  const sides = { ours: bench.ours, bare: bench.bare ?? (async () => ({})) }
  const order = context.round % 2 === 0 ? ["bare", "ours"] : ["ours", "bare"]
  const figures = {}
  for (const side of order) figures[side] = await sides[side](context)
  return figures
}

const checked = (bench, key, figures) => {
  if (!Object.hasOwn(bench.measures, key)) throw new Error(`${bench.name} has no measure ${key}`)
  const bad = figures.find((one) => !Number.isFinite(one))
  if (bad !== undefined) throw new Error(`${bench.name} ${key} gave ${bad}`)
  return figures
}

const summaries = (bench, database, rounds) => {
  const figuresOf = (side, key) =>
    checked(
      bench,
      key,
      rounds.map((round) => round[side][key]).filter((one) => one !== undefined)
    )
  return Object.keys(rounds[0].ours).map((key) =>
    summary(bench, key, database, figuresOf("ours", key), figuresOf("bare", key))
  )
}

const allRounds = async (bench, context, count) => {
  const prepared = await bench.prepare?.(context)
  try {
    const rounds = []
    for (let round = 0; round < count; round++) {
      rounds.push(await bothSides(bench, { ...context, prepared, round }))
      process.stderr.write(".")
    }
    return summaries(bench, context.database, rounds)
  } finally {
    await bench.release?.(prepared)
  }
}

const withinMinutes = async (minutes, work) => {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`it took longer than ${minutes} minutes`))
      killAll()
    }, minutes * 60_000)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

const databasesOf = ({ databases: names }, databases) => {
  if (names === undefined) return databases
  return names.length === 0 ? [["", undefined]] : databases.filter(([name]) => names.includes(name))
}

/**
 * Runs a bench on each of its databases, `rounds` times or as often as the size asks for. What fails on one database is
 * handed to `onFailure`; the others are measured all the same.
 */
export const runBench = async (bench, databases, sizeName, rounds, onFailure) => {
  const started = performance.now()
  const size = Object.hasOwn(bench.sizes, sizeName) ? sizeName : "full"
  const usual = bench.sizes[size].rounds ?? ROUNDS[size]
  const count = Math.min(rounds ?? usual, bench.roundsMax ?? Number.POSITIVE_INFINITY)
  const measures = []
  for (const [database, makeDatabase] of databasesOf(bench, databases)) {
    const context = { database, makeDatabase, size: bench.sizes[size], isSmoke: size === "smoke" }
    try {
      const work = allRounds(bench, context, count)
      measures.push(...(await withinMinutes(bench.minutesMax ?? MINUTES_MAX, work)))
    } catch (error) {
      await onFailure(database, error)
    }
  }
  const { about, name, title } = bench
  const seconds = Math.round((performance.now() - started) / 1_000)
  return { bench: { name, title, about, size, rounds: count, seconds }, measures }
}
