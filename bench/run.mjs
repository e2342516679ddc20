// Tidemark and the limit of each work, in turn. See USAGE; how a bench is written: lib/rounds.mjs.
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { withDatabases } from "./lib/databases.mjs"
import { pathOf, read, renewDocument, write } from "./lib/kept.mjs"
import { dropLargeLogs, largeLog } from "./lib/largeLog.mjs"
import { commit, machine } from "./lib/machine.mjs"
import { comparison, comparisonTable, plainTable } from "./lib/results.mjs"
import { runBench } from "./lib/rounds.mjs"

const USAGE = `npm run bench                        all benches
npm run bench -- NAME…               some of them
  --smoke       that they run, in seconds: tiny sizes, one round
  --large       the largest sizes, where a bench has them
  --rounds N    instead of 3
  --save NAME   keep the result as bench/results/NAME.json
npm run bench -- compare A B         two results: names in bench/results, or paths; ends with 1 where one fell
npm run bench -- document            make the tables of docs/performance.md from the newest results`

/** Where the result of a run is written that is not kept. */
const LAST = fileURLToPath(new URL("../dist/bench.json", import.meta.url))

const fail = (text) => {
  console.error(text)
  process.exit(1)
}

const readOrFail = (name) => {
  try {
    return read(name)
  } catch (error) {
    return fail(error.message)
  }
}

const compare = (names) => {
  if (names.length !== 2) fail(USAGE)
  const rows = comparison(...names.map(readOrFail))
  if (rows.length === 0) fail("the two results have no measure in common")
  console.log(comparisonTable(rows))
  const falls = rows.filter(({ isFall }) => isFall)
  console.log(falls.length === 0 ? "nothing fell" : `fell: ${falls.map(({ name }) => name).join("; ")}`)
  process.exit(falls.length === 0 ? 0 : 1)
}

const document = () =>
  execFileSync("npx", ["biome", "format", "--write", renewDocument()], { stdio: "inherit" })

/** Benches by name, all of them where none is named. They import what is built, so they are built first. */
const chosenBenches = async (names) => {
  execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" })
  const { benches } = await import("./benches.mjs")
  const unknown = names.find((name) => !benches.some((bench) => bench.name === name))
  if (unknown !== undefined)
    fail(`there is no bench ${unknown}: ${benches.map(({ name }) => name).join(", ")}\n\n${USAGE}`)
  return names.length === 0 ? benches : benches.filter(({ name }) => names.includes(name))
}

/** The logs that these benches read, of all databases at once: no figure is taken meanwhile, and it takes long. */
const makeLogs = async (benches, databases, size) => {
  if (size !== "large") return
  const sizes = new Set(benches.map((bench) => bench.sizes.large?.log).filter((log) => log !== undefined))
  for (const log of sizes)
    await Promise.all(databases.map(([name, makeDatabase]) => largeLog(name, makeDatabase, log)))
  process.stderr.write("the logs are there\n")
}

const measure = async (names, { large, rounds, save, smoke }) => {
  const benches = await chosenBenches(names)
  const size = smoke ? "smoke" : large ? "large" : "full"
  const started = performance.now()
  const result = {
    date: new Date().toISOString(),
    commit: commit(),
    machine: machine(),
    benches: [],
    measures: []
  }
  const failures = []
  await withDatabases(smoke, async (databases) => {
    await makeLogs(benches, databases, size)
    for (const bench of benches) {
      process.stderr.write(`${bench.name} `)
      const onFailure = (database, error) => {
        failures.push(`${bench.name}${database === "" ? "" : ` on ${database}`}`)
        console.error(error)
      }
      const ran = await runBench(bench, databases, size, rounds, onFailure)
      process.stderr.write(` ${ran.bench.seconds} s\n`)
      result.benches.push(ran.bench)
      // No figure of a smoke run is held to anything.
      const measures = ran.measures.map((one) => (smoke ? { ...one, holds: null } : one))
      result.measures.push(...measures)
      if (measures.length > 0) console.log(`${plainTable(measures)}\n`)
    }
    await dropLargeLogs()
  })
  const path = save === undefined ? LAST : pathOf(save)
  write(path, result)
  if (smoke) console.log("a smoke run: that it runs is all that its figures say")
  console.log(`${((performance.now() - started) / 1_000).toFixed(0)} s in all; the result is in ${path}`)
  if (failures.length > 0) fail(`failed: ${failures.join(", ")}`)
}

const parsed = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        smoke: { type: "boolean", default: false },
        large: { type: "boolean", default: false },
        rounds: { type: "string" },
        save: { type: "string" },
        help: { type: "boolean", default: false }
      }
    })
  } catch (error) {
    return fail(`${error.message}\n\n${USAGE}`)
  }
}

const { positionals, values } = parsed()
const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))
  fail("--rounds takes a whole number from 1 up")
if (values.save !== undefined && values.smoke) fail("a smoke run measures nothing that is worth keeping")
const [command, ...rest] = positionals
if (values.help) console.log(USAGE)
else if (command === "compare") compare(rest)
else if (command === "document") document()
else await measure(positionals, { ...values, rounds })
// A socket or a child that hangs must not hold the end up.
process.exit()
