/**
 * Cold days at size: fills a log, archives and verifies it, drops its old days, and asks what it asked before. All
 * answers have to be equal to the byte, through kills of the drop, a rebuild, and days that are brought back.
 *
 *   npm run test:cold -- [--readings 10000000] [--days 30] [--sensors 5] [--database sqlite|mysql] [--kills 4]
 *
 * `--memory 512` is how many MiB a process may have at most. MySQL is a server of its own, or that of TEST_MYSQL_URL.
 * It prints what each step took, and ends with 1 where something did not hold.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { sqlite, withDatabases } from "../../bench/lib/databases.mjs"
import { caughtUp, register } from "../../bench/lib/largeLog.mjs"
import { withServer } from "../../bench/lib/processes.mjs"
import { HTTP_PORT, startTidemark } from "../../bench/lib/tidemark.mjs"
import { answerOf, differing, questions } from "./Answers.mjs"
import { change, fillDays, headOf, planOf, retentionOf } from "./FillDays.mjs"
import { killDrops } from "./KilledDrops.mjs"
import { differingDates, ofLake, ofView } from "./LakeTable.mjs"
import { runProgram, watchMemory } from "./Programs.mjs"
import { giveBack, sizeOf } from "./Sizes.mjs"
import { Steps } from "./Steps.mjs"

/** A log up to this is a small one: all of it is asked for after each kill, and its server has little memory. */
const SMALL = 200_000
/** The share of the bytes of dropped events that has to be free. */
const FREED_MIN = 0.8

const { values: options } = parseArgs({
  options: {
    readings: { type: "string", default: "10000000" },
    days: { type: "string", default: "30" },
    sensors: { type: "string", default: "5" },
    database: { type: "string", default: "sqlite" },
    kills: { type: "string", default: "4" },
    memory: { type: "string", default: "512" }
  }
})
const { kills, memory, ...shape } = Object.fromEntries(
  ["readings", "days", "sensors", "kills", "memory"].map((name) => [name, Number(options[name])])
)
if (
  ![kills, ...Object.values(shape)].every((number) => Number.isInteger(number) && number >= 0) ||
  shape.days < 2 ||
  !["sqlite", "mysql"].includes(options.database)
) {
  console.error(
    "--readings, --days (2 at least), --sensors and --kills take whole numbers; --database sqlite or mysql"
  )
  process.exit(2)
}

const steps = new Steps(memory)

/** A server for the body, as a step: its peak is that of all that it is asked. */
const serving = (target, name, body) =>
  steps.take(name, () =>
    withServer(startTidemark(target.env), async ({ answers, pid }) => {
      const peakOf = watchMemory(pid)
      const said = await body(Number(answers[HTTP_PORT]))
      return { peakMiB: await peakOf(), ...said }
    })
  )

const ask = async (port, asked) => {
  const found = {}
  for (const [name, path] of Object.entries(asked)) {
    const started = performance.now()
    found[name] = await answerOf(port, path)
    steps.tell(name, found[name].bytes, (performance.now() - started) / 1_000)
  }
  return found
}

/** Asks again, and holds the answers to those of before. */
const same = (target, name, before, asked) =>
  serving(target, name, async (port) => {
    const wrong = differing(before, await ask(port, asked))
    steps.must(wrong.length === 0, `${name}: these answers differ: ${wrong.join("; ")}`)
    return { said: `${Object.keys(asked).length - wrong.length} of ${Object.keys(asked).length} are equal` }
  })

const command = (target, args, env = {}) =>
  steps.take(`tidemark ${args.filter((word) => word !== target.lake).join(" ")}`, async () => {
    const { lines, peakMiB } = await runProgram(args, { ...target.env, ...env })
    return { peakMiB, said: lines.at(-1), lines }
  })

const mib = (bytes) => `${(bytes / 1_048_576).toFixed(1)} MiB`

/**
 * Hours are looked for when a server starts, and then only now and again: so each work has a start of its own. Digests are
 * made by the drop, where they are not there.
 */
const settle = async (target) => {
  for (const work of ["minutes", "quality"]) {
    await serving(target, `the server's work: ${work}`, () => caughtUp(target.args, work))
  }
}

const filled = async (target, plan) => {
  await register(target.env, plan.sensors)
  const empty = await sizeOf(target.args)
  const log = await steps.take("fill", () => fillDays(target, plan))
  const full = await sizeOf(target.args)
  const bytesPerEvent = (full.bytes - empty.bytes) / plan.readings
  // All minutes at once: the fold of a running server writes each of them many times.
  await command(target, ["rebuild"])
  await settle(target)
  const changes = Math.max(20, Math.min(1_000, Math.floor(plan.readings / 1_000)))
  await serving(target, `${changes} corrections, deletions and late readings`, async (port) => {
    await change(port, plan, log, changes)
  })
  await settle(target)
  return { bytesPerEvent, filled: log.filled, changed: await headOf(target.args) }
}

const dropped = async (target, plan, before, asked) => {
  const days = (plan.border - plan.start) / 86_400_000
  const looked = plan.readings > SMALL ? asked.small : { ...asked.large, ...asked.small }
  let within = 0
  await killDrops(target, kills, days, async (n, { dropping, marked }) => {
    if (dropping > 0) within += 1
    await same(target, `killed ${n + 1}: ${marked} days marked, ${dropping} half deleted`, before, looked)
  })
  steps.must(within >= Math.floor(kills / 2), `only ${within} of ${kills} kills came while a day was deleted`)
  const { lines } = await command(target, ["archive", "drop", target.lake])
  const stay = lines.filter((line) => line.includes(" stays: "))
  steps.must(stay.length === 0, `not all days were dropped: ${stay.join("; ")}`)
}

const shrunk = async (target, before, bytesPerEvent) => {
  await steps.take("VACUUM or OPTIMIZE TABLE", () => giveBack(target.args))
  const after = await sizeOf(target.args)
  const [gone, freed] = [before.events - after.events, before.bytes - after.bytes]
  console.log(
    `events: ${before.events} before, ${after.events} left; the database: ${mib(before.bytes)}, then ${mib(after.bytes)}`
  )
  const due = FREED_MIN * bytesPerEvent * gone
  steps.must(gone > 0 && freed >= due, `${mib(freed)} are free, and ${mib(due)} should be`)
}

const cold = async (target, plan) => {
  const log = await filled(target, plan)
  const asked = questions({ ...plan, ...log })
  const all = { ...asked.large, ...asked.small, ...asked.aggregates }
  let before = {}
  await serving(target, "answers before", async (port) => {
    before = await ask(port, all)
  })
  const view = await ofView(target.args)
  await command(target, ["archive", target.lake])
  await command(target, ["archive", "verify", target.lake])
  await steps.take("DuckDB", async () => {
    const wrong = differingDates(view, await ofLake(target.lake))
    steps.must(wrong.length === 0, `DuckDB finds other readings on ${wrong.join(", ")}`)
    return { said: `${Object.keys(view).length} days have equal counts and sums` }
  })
  const whole = await sizeOf(target.args)
  await dropped(target, plan, before, asked)
  await same(target, "answers after the drop", before, all)
  await shrunk(target, whole, log.bytesPerEvent)
  await command(target, ["archive", "verify", target.lake])
  await command(target, ["rebuild"])
  await same(target, "answers after the rebuild", before, { ...asked.aggregates, ...asked.small })
  const day = new Date(plan.border - 86_400_000).toISOString().slice(0, 10)
  await command(target, ["archive", "rehydrate", target.lake, "--from", day, "--until", day])
  await same(target, "answers after a day is back", before, asked.small)
}

const run = async (makeDatabase) => {
  const database = await makeDatabase()
  const folder = mkdtempSync(join(tmpdir(), "tidemark-cold-"))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  process.once("exit", remove)
  try {
    const plan = planOf(shape)
    const env = { ...database.env, RETENTION_RAW: retentionOf(plan) }
    await cold({ args: database.args, env, lake: join(folder, "lake") }, plan)
  } finally {
    await database.drop()
    remove()
  }
}

console.log(
  `cold days on ${options.database}: ${shape.readings} readings of ${shape.sensors} sensors, ${shape.days} days`
)
if (options.database === "sqlite") await run(sqlite)
else {
  await withDatabases(shape.readings <= SMALL, async (databases) => {
    const mysql = databases.find(([name]) => name !== "SQLite")
    if (mysql === undefined) throw new Error("there is no MySQL here")
    await run(mysql[1])
  })
}
console.log(steps.table())
for (const fault of steps.faults) console.log(`FAILED: ${fault}`)
if (steps.faults.length === 0) console.log("all held")
process.exit(steps.faults.length === 0 ? 0 : 1)
