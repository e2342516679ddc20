/**
 * A long run with everything at once: messages at an even rate, readers, exports, quality reports, and the fold. At its
 * end: was all stored and folded that was acknowledged, and did memory, latencies and sizes stay as they should?
 *
 *   npm run test:soak [-- --minutes 30 --on SQLite --rate 2000]
 *
 * Ends with a verdict, and with code 1 where something did not hold. All figures are in dist/soak.json.
 */
import { readFileSync, statSync, writeFileSync } from "node:fs"
import { get } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { askJson } from "../../bench/lib/ask.mjs"
import { withDatabases } from "../../bench/lib/databases.mjs"
import { longestLag, watchFold } from "../../bench/lib/foldLag.mjs"
import { openDatabase, register } from "../../bench/lib/largeLog.mjs"
import { memoryMiB, runJson, withServer } from "../../bench/lib/processes.mjs"
import { ownBytesOf, storedBytes } from "../../bench/lib/storedBytes.mjs"
import { HTTP_PORT, MQTT_PORT, startTidemark } from "../../bench/lib/tidemark.mjs"
import { hasFailed, judge, report } from "./Figures.mjs"

const RESULT = fileURLToPath(new URL("../../dist/soak.json", import.meta.url))
const SENSORS = 200
const CONNECTIONS = 20
const READERS = 4
const READER_PAUSE_MS = 50
const SAMPLE_MS = 5_000
const LOOK_MS = 250
/** Between two exports, and between two reports; the shortest run has some of each. */
const EVERY_MS = 60_000
const EXPORT_ROWS = 200_000
const FORMATS = ["csv", "ndjson", "parquet", "arrow"]
/** Linux counts the work of processes so. */
const TICKS_A_SECOND = 100
/** What starting, ending and counting may take beside the run, ms. */
const GRACE_MS = 600_000

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    on: { type: "string", default: "SQLite" },
    rate: { type: "string", default: "2000" }
  }
})
const [minutes, rate] = [Number(options.minutes), Number(options.rate)]
if (!(minutes > 0 && rate > 0)) {
  console.error("--minutes and --rate take numbers above 0")
  process.exit(2)
}

const child = (name, settings) =>
  runJson([fileURLToPath(new URL(name, import.meta.url)), JSON.stringify(settings)], {
    maxMs: minutes * 60_000 + GRACE_MS
  })

/** Reads an answer to its end: how many lines it had. */
const lines = (port, path) =>
  new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path }, (answer) => {
      let count = 0
      if (answer.statusCode !== 200) reject(new Error(`was answered with ${answer.statusCode}`))
      answer.on("data", (chunk) => {
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) count += 1
      })
      answer.on("end", () => resolve(count))
      answer.on("aborted", () => reject(new Error("was broken off")))
    }).on("error", reject)
  })

/** Does the work now and then until the time is over; a failure is kept, and ends nothing. */
const nowAndThen = async (isOver, work) => {
  const done = { count: 0, slowest: 0, failures: [] }
  const every = Math.min(EVERY_MS, minutes * 15_000)
  for (let turn = 0; ; turn++) {
    for (let waited = 0; waited < every && !isOver(); waited += 500) await sleep(500)
    if (isOver()) return done
    const started = performance.now()
    try {
      await work(turn)
    } catch (error) {
      done.failures.push(error.message)
    }
    done.count += 1
    done.slowest = Math.max(done.slowest, (performance.now() - started) / 1_000)
  }
}

const exportOne = (port, database) => async (turn) => {
  const format = FORMATS[turn % FORMATS.length]
  const [{ n }] = await database.ask(COUNT)
  const count = await lines(port, `/data/?format=${format}&limit=${EXPORT_ROWS}`)
  const expected = Math.min(EXPORT_ROWS, Number(n))
  if (format === "csv" && count < expected + 1) throw new Error(`CSV had ${count} lines of ${expected + 1}`)
  if (format === "ndjson" && count < expected) throw new Error(`NDJSON had ${count} lines of ${expected}`)
}

const reportOne = (port) => async () => {
  const start = new Date(Date.now() - 3_600_000).toISOString()
  const { details } = await askJson(port, `/data/data-quality/?start_time=${start}`)
  if (!(details.uniqueness.denominator > 0)) throw new Error("the report saw no readings")
}

const COUNT = "SELECT COUNT(*) AS n FROM events WHERE type = 'ReadingRecorded'"
const FOLDED = `SELECT SUM(m.readings) AS n FROM sensor_minutes m
  WHERE m.generation = (SELECT c.generation FROM checkpoints c WHERE c.projection = 'minutes')`
const MINUTE_ROWS = "SELECT COUNT(*) AS n FROM sensor_minutes"

const numberOf = async ({ ask }, sql) => Number((await ask(sql))[0].n)

const journalMiB = ([dialect, where]) =>
  dialect === "sqlite" ? statSync(`${where}-wal`).size / 1_048_576 : 0

const sizeNow = async (target, database) => ({
  readings: await numberOf(database, COUNT),
  minuteRows: await numberOf(database, MINUTE_ROWS),
  bytes: await storedBytes[target.args[0]](database),
  journalMiB: journalMiB(target.args)
})

/** Seconds that a process has worked so far. */
const workedSeconds = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ")
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
}

const memoryOf = async (pid, isOver) => {
  const samples = []
  const started = performance.now()
  while (!isOver()) {
    samples.push([(performance.now() - started) / 60_000, memoryMiB(pid, "VmRSS")])
    await sleep(SAMPLE_MS)
  }
  return samples
}

const soak = (target) =>
  withServer(startTidemark(target.env), async ({ answers, pid }) => {
    const port = Number(answers[HTTP_PORT])
    const database = await openDatabase(target.args)
    const before = await numberOf(database, COUNT)
    const sizes = [await sizeNow(target, database)]
    const seconds = minutes * 60
    let published = false
    const isOver = () => published
    const half = sleep(seconds * 500).then(() => sizeNow(target, database))
    const mqtt = {
      port: Number(answers[MQTT_PORT]),
      rate,
      seconds,
      connections: CONNECTIONS,
      sensors: SENSORS
    }
    const publishing = child("publisher.mjs", mqtt).finally(() => {
      published = true
    })
    const [sent, read, memory, looks, exports, reports] = await Promise.all([
      publishing,
      child("readers.mjs", { port, seconds, readers: READERS, pauseMs: READER_PAUSE_MS }),
      memoryOf(pid, isOver),
      watchFold(database, LOOK_MS, ({ folded, head }) => published && folded >= head),
      nowAndThen(isOver, exportOne(port, database)),
      nowAndThen(isOver, reportOne(port))
    ])
    const core = workedSeconds(pid) / seconds
    sizes.push(await half, await sizeNow(target, database))
    const run = {
      minutes,
      rate,
      core,
      acknowledged: sent.acknowledged,
      stored: (await numberOf(database, COUNT)) - before,
      folded: (await numberOf(database, FOLDED)) - before,
      acknowledgements: sent.minutes,
      pages: read.minutes,
      memory,
      lagMs: longestLag(looks),
      exports,
      reports,
      sizes,
      ownBytes: await ownBytesOf(target.args[0], database)
    }
    await database.close()
    return run
  })

await withDatabases(minutes < 10, async (databases) => {
  const [name, makeDatabase] = databases.find(([one]) => one.toLowerCase() === options.on.toLowerCase()) ?? []
  if (makeDatabase === undefined) {
    console.error(`there is no ${options.on} here: ${databases.map(([one]) => one).join(", ")}`)
    process.exit(2)
  }
  console.log(`soak on ${name}: ${minutes} minutes, ${rate} messages/s`)
  const target = await makeDatabase()
  try {
    await register(target.env, SENSORS)
    const run = await soak(target)
    // Counted once more when the server has ended: what it held back it would have lost.
    const checks = judge({ ...run, stored: (await target.readings()) - SENSORS })
    writeFileSync(RESULT, `${JSON.stringify({ database: name, ...run, checks }, null, 2)}\n`)
    console.log(report(checks))
    process.exitCode = hasFailed(checks) ? 1 : 0
  } finally {
    await target.drop()
  }
})
process.exit()
