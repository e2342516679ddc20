// The quality of a day, of many: how long the report takes, beside one plain SQL aggregate over the same day.
// QUALITY_ROWS readings (10,000,000) over ten days; each step has a bound of time.
import { setTimeout as sleep } from "node:timers/promises"
import Libsql from "libsql"
import mysql from "mysql2/promise"
import { onEachDatabase } from "./lib/databases.mjs"
import { fill, SENSORS, START } from "./lib/fill.mjs"
import { median } from "./lib/processes.mjs"
import { HTTP_PORT, startTidemark } from "./lib/tidemark.mjs"

const ROWS = Number(process.env.QUALITY_ROWS ?? 10_000_000)
const DAYS = 10
const RUNS = 7
/** The first few warm up. */
const WARM_UP = 5
const DAY = 86_400_000
const STEP = Math.max(1, Math.floor((DAYS * DAY) / (ROWS / SENSORS)))
/** How long counting what was written may take, in ms. */
const COUNTING_MAX = 3_600_000

/** A daily wave with a little noise. */
const wave = (position) => {
  const time = Math.floor(position / SENSORS) * STEP
  const noise = ((Math.imul(position, 2654435761) >>> 0) / 2 ** 32 - 0.5) * 0.4
  return Math.round((20 + 8 * Math.sin((2 * Math.PI * time) / DAY) + noise) * 100) / 100
}

const register = async (port) => {
  const readings = Array.from({ length: SENSORS }, (_, index) => ({
    sensor_id: index + 1,
    timestamp: "2025-12-31T00:00:00Z",
    value: 0,
    unit: "C",
    type: "temperature",
    description: `Bench ${index + 1}`
  }))
  const answer = await fetch(`http://127.0.0.1:${port}/data/`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(readings)
  })
  if (answer.status !== 201) throw new Error(`the sensors were not registered: ${await answer.text()}`)
}

/** One question after another on one connection. */
const connect = async ([dialect, where]) => {
  if (dialect === "sqlite") {
    const database = new Libsql(where)
    return {
      ask: async (sql, parameters) => database.prepare(sql).all(parameters),
      end: () => database.close()
    }
  }
  const connection = await mysql.createConnection({ uri: where, dateStrings: true, timezone: "Z" })
  return {
    ask: async (sql, parameters) => (await connection.execute(sql, parameters))[0],
    end: () => connection.end()
  }
}

/** Waits until every hour that has ended is counted; answers how long that took, in ms. */
const counted = async (database) => {
  const started = performance.now()
  for (;;) {
    const [row] = await database.ask(
      `SELECT h.position AS head, c.position AS marked,
        (SELECT COUNT(*) FROM quality_hours WHERE dirty = 1) AS due
      FROM log_head h JOIN checkpoints c ON c.projection = 'quality'`,
      []
    )
    if (Number(row.head) === Number(row.marked) && Number(row.due) === 0) return performance.now() - started
    if (performance.now() - started > COUNTING_MAX) throw new Error("the hours were not counted in time")
    await sleep(1_000)
  }
}

const PLAIN = `SELECT COUNT(*) AS n, MIN(value) AS low, MAX(value) AS high, AVG(value) AS mean FROM events
  WHERE occurred_at >= ? AND occurred_at < ?`

const timed = async (run) => {
  const started = performance.now()
  const answer = await run()
  return { answer, millis: performance.now() - started }
}

const benchDay = async (name, database, port, sqlTime) => {
  const [from, to] = [START + 5 * DAY, START + 6 * DAY]
  const [start, end] = [new Date(from).toISOString(), new Date(to).toISOString()]
  const path = `/data/data-quality/?start_time=${start}&end_time=${end}`
  const [plain, report] = [[], []]
  let readings = 0
  for (let run = 0; run < RUNS + WARM_UP; run++) {
    const aggregate = await timed(() => database.ask(PLAIN, [sqlTime(start), sqlTime(end)]))
    readings = Number(aggregate.answer[0].n)
    const asked = await timed(async () => (await fetch(`http://127.0.0.1:${port}${path}`)).json())
    if (asked.answer.details.uniqueness.denominator !== 2 * readings)
      throw new Error("the report has other readings")
    if (run < WARM_UP) continue
    plain.push(aggregate.millis)
    report.push(asked.millis)
  }
  const [a, b] = [median(plain), median(report)]
  console.log(
    `${name}: a day of ${readings} readings: one plain aggregate ${a.toFixed(1)} ms, the report ${b.toFixed(1)} ms, ` +
      `ratio ${(b / a).toFixed(2)} (medians of ${RUNS})`
  )
}

export const benchQuality = () =>
  onEachDatabase(async (name, makeDatabase) => {
    const target = await makeDatabase()
    const first = await startTidemark(target.env)
    await register(first.answers[HTTP_PORT])
    await first.stop()
    await fill(target.args, ROWS, { step: STEP, value: wave })
    const server = await startTidemark(target.env)
    const database = await connect(target.args)
    const millis = await counted(database)
    console.log(
      `${name}: ${ROWS} readings in ${DAYS} days: folded and counted in ${(millis / 1_000).toFixed(0)} s`
    )
    const sqlTime = (iso) =>
      name === "SQLite" ? iso.replace("Z", "000Z") : iso.replace("T", " ").replace("Z", "")
    await benchDay(name, database, server.answers[HTTP_PORT], sqlTime)
    await database.end()
    await server.stop()
    await target.drop()
  })
