// The quality of a day, of many: how long the report takes, beside one plain SQL aggregate over the same day.
// With --large: QUALITY_ROWS readings (10,000,000) of QUALITY_SENSORS sensors (100). All lie in ten days, with a spike now
// and then; each step has a bound of time.
import { setTimeout as sleep } from "node:timers/promises"
import mysql from "mysql2/promise"
import { fill, START } from "./lib/fill.mjs"
import { withServer } from "./lib/processes.mjs"
import { median } from "./lib/results.mjs"
import { openSqlite } from "./lib/sqlite.mjs"
import { HTTP_PORT, startTidemark } from "./lib/tidemark.mjs"

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
    const database = openSqlite(where)
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

/** Runs a server until the projection has caught up. */
const catchUp = (target, projection) =>
  withServer(startTidemark(target.env), async () => {
    const database = await connect(target.args)
    await caughtUp(database, projection)
    await database.end()
  })

/** By sensor, of the readings in force; and the least that an aggregate can do. The report is held to the faster one. */
const PLAIN = {
  "by sensor": `SELECT sensor_id, COUNT(*) AS n, MIN(value) AS low, MAX(value) AS high, AVG(value) AS mean FROM events
    WHERE type IN ('ReadingRecorded', 'ReadingCorrected') AND superseded_by IS NULL
      AND occurred_at >= ? AND occurred_at < ? GROUP BY sensor_id`,
  "of all": `SELECT COUNT(*) AS n, MIN(value) AS low, MAX(value) AS high, AVG(value) AS mean FROM events
    WHERE occurred_at >= ? AND occurred_at < ?`
}

/** A day of whole hours, which are counted; and one that begins in an hour, as the last 24 hours do. */
const WINDOWS = { midnight: START + 5 * DAY, half: START + 5 * DAY + DAY / 48 }

const timed = async (run) => {
  const started = performance.now()
  const answer = await run()
  return { answer, millis: performance.now() - started }
}

const readingsIn = (rows) => rows.reduce((sum, { n }) => sum + Number(n), 0)

/** The aggregates and the report in turn, so that what else the machine does meets them alike. */
const benchDay = async (database, port, sqlTime, size, from) => {
  const [start, end] = [new Date(from).toISOString(), new Date(from + DAY).toISOString()]
  const path = `/data/data-quality/?start_time=${start}&end_time=${end}`
  const millis = { "by sensor": [], "of all": [], report: [] }
  let readings = 0
  for (let run = 0; run < size.times + size.warmUp; run++) {
    for (const [aggregate, sql] of Object.entries(PLAIN)) {
      const plain = await timed(() => database.ask(sql, [sqlTime(start), sqlTime(end)]))
      readings = readingsIn(plain.answer)
      if (run >= size.warmUp) millis[aggregate].push(plain.millis)
    }
    const asked = await timed(async () => (await fetch(`http://127.0.0.1:${port}${path}`)).json())
    if (asked.answer.details.uniqueness.denominator !== 2 * readings)
      throw new Error("the report has other readings")
    if (run >= size.warmUp) millis.report.push(asked.millis)
  }
  const [grouped, all, report] = Object.values(millis).map(median)
  return { report, plain: Math.min(grouped, all) }
}

const measureOf = (name) => ({
  name,
  unit: "ms",
  better: "lower",
  limit: "one aggregate",
  target: { ratioMax: 1.5 }
})

export const quality = {
  name: "quality",
  title: "The quality of a day",
  about:
    "the report of a day of many, of which all hours were folded and counted. The limit is one plain SQL aggregate over " +
    "the same day: of all, or by sensor, whichever is faster.",
  measures: {
    midnight: measureOf("a day from midnight"),
    half: measureOf("a day from 00:30")
  },
  minutesMax: 90,
  sizes: {
    smoke: { rows: 5_000, sensors: 5, times: 1, warmUp: 0 },
    full: { rows: 1_000_000, sensors: 100, times: 3, warmUp: 1 },
    large: {
      rows: Number(process.env.QUALITY_ROWS ?? 10_000_000),
      sensors: Number(process.env.QUALITY_SENSORS ?? 100),
      times: 5,
      warmUp: 2
    }
  },
  prepare: async ({ makeDatabase, size }) => {
    const target = await makeDatabase()
    await withServer(startTidemark(target.env), ({ answers }) => register(answers[HTTP_PORT], size.sensors))
    await fill(target.args, size.rows, { sensors: size.sensors, step: stepOf(size), value: wave(size) })
    // Hours are looked for at the start, and then only now and again: so all is folded before the server that counts.
    await catchUp(target, "minutes")
    await catchUp(target, "quality")
    return target
  },
  release: (target) => target.drop(),
  measure: ({ database: name, prepared, size }) =>
    withServer(startTidemark(prepared.env), async ({ answers }) => {
      const database = await connect(prepared.args)
      const sqlTime = (iso) =>
        name === "SQLite" ? iso.replace("Z", "000Z") : iso.replace("T", " ").replace("Z", "")
      const [ours, bare] = [{}, {}]
      for (const [day, from] of Object.entries(WINDOWS)) {
        const { plain, report } = await benchDay(database, answers[HTTP_PORT], sqlTime, size, from)
        ours[day] = report
        bare[day] = plain
      }
      await database.end()
      return { ours, bare }
    })
}
