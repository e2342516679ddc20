// The quality of a day, of many: how long the report takes, beside one plain SQL aggregate over the same day.
// QUALITY_ROWS readings (10,000,000) of QUALITY_SENSORS sensors (100) over ten days, with a spike now and then; each
// step has a bound of time.
import { setTimeout as sleep } from "node:timers/promises"
import Libsql from "libsql"
import mysql from "mysql2/promise"
import { fill, START } from "./lib/fill.mjs"
import { median } from "./lib/processes.mjs"
import { HTTP_PORT, startTidemark } from "./lib/tidemark.mjs"

/** The first few runs warm up. */
const FULL = {
  rows: Number(process.env.QUALITY_ROWS ?? 10_000_000),
  sensors: Number(process.env.QUALITY_SENSORS ?? 100),
  runs: 5,
  warmUp: 2
}
const SMOKE = { rows: 5_000, sensors: 5, runs: 1, warmUp: 0 }
const DAYS = 10
const DAY = 86_400_000
const stepOf = ({ rows, sensors }) => Math.max(1, Math.floor((DAYS * DAY) / (rows / sensors)))
/** How long folding, or counting, what was written may take, in ms. */
const COUNTING_MAX = 3_600_000

/** One reading in so many is a spike: a prime, so that each sensor has some. */
const SPIKE_EVERY = 49_999

/** A daily wave with a little noise. */
const wave = (size) => (position) => {
  const time = Math.floor(position / size.sensors) * stepOf(size)
  const noise = ((Math.imul(position, 2654435761) >>> 0) / 2 ** 32 - 0.5) * 0.4
  const spike = position % SPIKE_EVERY === 0 ? 40 : 0
  return Math.round((20 + 8 * Math.sin((2 * Math.PI * time) / DAY) + noise + spike) * 100) / 100
}

const register = async (port, sensors) => {
  const readings = Array.from({ length: sensors }, (_, index) => ({
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

const behind = (projection, due) => `SELECT h.position - c.position + ${due} AS behind
  FROM log_head h JOIN checkpoints c ON c.projection = '${projection}'`
/** What is still to be done: of the fold, and of the hours that have ended. */
const BEHIND = {
  minutes: behind("minutes", "0"),
  quality: behind("quality", "(SELECT COUNT(*) FROM quality_hours WHERE dirty = 1)")
}

/** Waits until a projection has nothing left to do. */
const caughtUp = async (database, projection) => {
  const started = performance.now()
  for (;;) {
    const [row] = await database.ask(BEHIND[projection], [])
    if (Number(row.behind) === 0) return
    if (performance.now() - started > COUNTING_MAX) throw new Error(`${projection} did not catch up in time`)
    await sleep(100)
  }
}

/** A server of the target, once the projection has caught up. */
const startCaughtUp = async (target, projection) => {
  const server = await startTidemark(target.env)
  const database = await connect(target.args)
  await caughtUp(database, projection)
  await database.end()
  return server
}

/** By sensor, of the readings in force; and the least that an aggregate can do. The report is held to the faster one. */
const PLAIN = {
  "by sensor": `SELECT sensor_id, COUNT(*) AS n, MIN(value) AS low, MAX(value) AS high, AVG(value) AS mean FROM events
    WHERE type IN ('ReadingRecorded', 'ReadingCorrected') AND superseded_by IS NULL
      AND occurred_at >= ? AND occurred_at < ? GROUP BY sensor_id`,
  "of all": `SELECT COUNT(*) AS n, MIN(value) AS low, MAX(value) AS high, AVG(value) AS mean FROM events
    WHERE occurred_at >= ? AND occurred_at < ?`
}

/** A day of whole hours, which are counted; and one that begins in an hour, as the last 24 hours do. */
const WINDOWS = { "from midnight": START + 5 * DAY, "from 00:30": START + 5 * DAY + DAY / 48 }

const timed = async (run) => {
  const started = performance.now()
  const answer = await run()
  return { answer, millis: performance.now() - started }
}

const readingsIn = (rows) => rows.reduce((sum, { n }) => sum + Number(n), 0)

/** The aggregates and the report in turn, so that what else the machine does meets them alike. */
const benchDay = async (name, database, port, sqlTime, size, [day, from]) => {
  const [start, end] = [new Date(from).toISOString(), new Date(from + DAY).toISOString()]
  const path = `/data/data-quality/?start_time=${start}&end_time=${end}`
  const millis = { "by sensor": [], "of all": [], report: [] }
  let readings = 0
  let spikes = 0
  for (let run = 0; run < size.runs + size.warmUp; run++) {
    for (const [aggregate, sql] of Object.entries(PLAIN)) {
      const plain = await timed(() => database.ask(sql, [sqlTime(start), sqlTime(end)]))
      readings = readingsIn(plain.answer)
      if (run >= size.warmUp) millis[aggregate].push(plain.millis)
    }
    const asked = await timed(async () => (await fetch(`http://127.0.0.1:${port}${path}`)).json())
    if (asked.answer.details.uniqueness.denominator !== 2 * readings)
      throw new Error("the report has other readings")
    spikes = asked.answer.details.accuracy.checks.find((check) => check.name === "no_spikes").failed
    if (run >= size.warmUp) millis.report.push(asked.millis)
  }
  const [grouped, all, report] = Object.values(millis).map(median)
  console.log(
    `${name}: a day ${day}, ${readings} readings, ${spikes} spikes found: one plain aggregate ${grouped.toFixed(1)} ms ` +
      `by sensor, ${all.toFixed(1)} ms of all; the report ${report.toFixed(1)} ms, ` +
      `ratio ${(report / Math.min(grouped, all)).toFixed(2)} to the faster (medians of ${size.runs})`
  )
}

/** Writes the readings and has them folded and counted by a server of its own, which is left running. */
const load = async (name, target, size) => {
  const first = await startTidemark(target.env)
  await register(first.answers[HTTP_PORT], size.sensors)
  await first.stop()
  const filling = await timed(() =>
    fill(target.args, size.rows, { sensors: size.sensors, step: stepOf(size), value: wave(size) })
  )
  // Hours are looked for at the start, and then only now and again: so all is folded before the server that counts.
  const folding = await timed(() => startCaughtUp(target, "minutes"))
  await folding.answer.stop()
  const counting = await timed(() => startCaughtUp(target, "quality"))
  console.log(
    `${name}: ${size.rows} readings of ${size.sensors} sensors in ${DAYS} days: written in ` +
      `${(filling.millis / 1_000).toFixed(0)} s, folded in ${(folding.millis / 1_000).toFixed(0)} s, counted in ${(counting.millis / 1_000).toFixed(0)} s`
  )
  return counting.answer
}

/** Asks the running server, and its database beside it. */
const measure = async (name, target, server, size) => {
  const database = await connect(target.args)
  const sqlTime = (iso) =>
    name === "SQLite" ? iso.replace("Z", "000Z") : iso.replace("T", " ").replace("Z", "")
  for (const day of Object.entries(WINDOWS))
    await benchDay(name, database, server.answers[HTTP_PORT], sqlTime, size, day)
  await database.end()
}

export const benchQuality = async (databases, smoke) => {
  const size = smoke ? SMOKE : FULL
  for (const [name, makeDatabase] of databases) {
    const target = await makeDatabase()
    const server = await load(name, target, size)
    await measure(name, target, server, size)
    await server.stop()
    await target.drop()
  }
}
