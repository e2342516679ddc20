// The large log that several benches read: a daily wave of a hundred sensors with a spike now and then, a million
// readings a day. Made once a database and size, folded, its hours of quality counted and its digests made, because that
// takes minutes: what measures later must have a server that does nothing else.
import { setTimeout as sleep } from "node:timers/promises"
import mysql from "mysql2/promise"
import { fill, START } from "./fill.mjs"
import { withServer } from "./processes.mjs"
import { openSqlite } from "./sqlite.mjs"
import { HTTP_PORT, startTidemark } from "./tidemark.mjs"

export const DAY = 86_400_000
/** More than a day by as much as a window may begin late. */
export const ROWS = { smoke: 5_000, full: 1_100_000, large: 10_000_000 }
const SENSORS = { smoke: 5, full: 100, large: 100 }
/** Milliseconds between two readings of a sensor. */
const STEP = { smoke: 86_400, full: 8_640, large: 8_640 }
/** How long folding, or counting, what was written may take, in ms. */
const COUNTING_MAX = 1_800_000

/** One reading in so many is a spike: a prime, so that each sensor has some. */
const SPIKE_EVERY = 49_999

/** A daily wave with a little noise. */
const wave = (size) => (position) => {
  const time = Math.floor(position / SENSORS[size]) * STEP[size]
  const noise = ((Math.imul(position, 2654435761) >>> 0) / 2 ** 32 - 0.5) * 0.4
  const spike = position % SPIKE_EVERY === 0 ? 40 : 0
  return Math.round((20 + 8 * Math.sin((2 * Math.PI * time) / DAY) + noise + spike) * 100) / 100
}

/** Registers sensors, from number 1 up, so that the log has them when it is filled. */
export const register = (env, sensors) =>
  withServer(startTidemark(env), async (server) => {
    const readings = Array.from({ length: sensors }, (_, index) => ({
      sensor_id: index + 1,
      timestamp: "2025-12-31T00:00:00Z",
      value: 0,
      unit: "C",
      type: "temperature",
      description: `Bench ${index + 1}`
    }))
    const answer = await fetch(`http://127.0.0.1:${server.answers[HTTP_PORT]}/data/`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(readings)
    })
    if (answer.status !== 201) throw new Error(`the sensors were not registered: ${await answer.text()}`)
  })

/** Writes a log of `rows` readings as the large one has them: neither folded nor counted. */
export const fillLike = async ({ args, env }, size, rows) => {
  await register(env, SENSORS[size])
  await fill(args, rows, { sensors: SENSORS[size], step: STEP[size], value: wave(size) })
}

/** One question after another on one connection. */
export const openDatabase = async ([dialect, where]) => {
  if (dialect === "sqlite") {
    const database = openSqlite(where)
    return {
      ask: async (sql, parameters = []) => database.prepare(sql).all(parameters),
      close: async () => database.close()
    }
  }
  const connection = await mysql.createConnection({ uri: where, dateStrings: true, timezone: "Z" })
  return {
    ask: async (sql, parameters = []) => (await connection.execute(sql, parameters))[0],
    close: () => connection.end()
  }
}

const behind = (projection, due) => `SELECT h.position - c.position + ${due} AS behind
  FROM log_head h JOIN checkpoints c ON c.projection = '${projection}'`
/** What is still to be done: of the fold, of the hours that have ended, and of the whole blocks of a thousand. */
const BEHIND = {
  minutes: behind("minutes", "0"),
  quality: behind("quality", "(SELECT COUNT(*) FROM quality_hours WHERE dirty = 1)"),
  digests: `SELECT FLOOR(h.position / 1000) - (SELECT COUNT(*) FROM log_digests) AS behind FROM log_head h`
}

/** Waits until a server has nothing left to do of a work of BEHIND. */
export const caughtUp = async (args, work) => {
  const started = performance.now()
  const database = await openDatabase(args)
  for (;;) {
    const [row] = await database.ask(BEHIND[work])
    if (Number(row.behind) === 0) return database.close()
    if (performance.now() - started > COUNTING_MAX) throw new Error(`${work} did not catch up in time`)
    await sleep(100)
  }
}

/** Runs a server until it has caught up with a work. */
const catchUp = ({ args, env }, work) => withServer(startTidemark(env), () => caughtUp(args, work))

/** Says what is made of a log, and how long it took: of ten million rows it is many minutes. */
const told = async (what, work) => {
  const started = performance.now()
  await work()
  process.stderr.write(`${what} ${Math.round((performance.now() - started) / 1_000)} s, `)
}

const make = async (database, makeDatabase, size) => {
  const target = await makeDatabase()
  const count = ROWS[size].toLocaleString("en")
  await told(`${database}: ${count} rows`, () => fillLike(target, size, ROWS[size]))
  // Hours are looked for at the start, and then only now and again: so all is folded before the server that counts.
  for (const work of Object.keys(BEHIND)) await told(`${database}: ${work}`, () => catchUp(target, work))
  return { ...target, rows: ROWS[size], start: START }
}

const logs = new Map()

/** The large log of a size ("smoke", "full" or "large"); the first who asks waits until it is made. */
export const largeLog = (database, makeDatabase, size) => {
  const name = `${database} ${size}`
  if (!logs.has(name)) logs.set(name, make(database, makeDatabase, size))
  return logs.get(name)
}

/** When all benches have run. */
export const dropLargeLogs = async () => {
  for (const log of logs.values()) await (await log).drop()
  logs.clear()
}
