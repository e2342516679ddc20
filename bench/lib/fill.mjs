// Fills a log with readings of ten sensors, one a second each, whose values are random doubles of any size, unless
// something else is asked for: written straight into the tables that Tidemark has made, because a million through its
// front door would take minutes.
import { setImmediate as nextTurn } from "node:timers/promises"
import mysql from "mysql2/promise"
import { openSqlite } from "./sqlite.mjs"

export const SENSORS = 10
export const START = Date.UTC(2026, 0, 1)
const BATCH = 5_000

/** A generator of the same doubles each time (xorshift32 on both halves of the bits). */
const doubles = () => {
  let state = 0x9e3779b9
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  const view = new DataView(new ArrayBuffer(8))
  return () => {
    for (;;) {
      view.setUint32(0, next())
      view.setUint32(4, next())
      const value = view.getFloat64(0)
      if (Number.isFinite(value)) return value === 0 ? 0 : value
    }
  }
}

const keyOf = (millis, position) => {
  const key = Buffer.alloc(16)
  key.writeUIntBE(millis, 0, 6)
  key.writeUIntBE(position, 10, 6)
  return key
}

/** The rows from a position on: [position, key, sensor, time in ms, value]. */
const rowsFrom = (first, count, { sensors, start, step, value }) =>
  Array.from({ length: count }, (_, index) => {
    const position = first + index
    const millis = start + Math.floor(position / sensors) * step
    return [position, keyOf(millis, position), 1 + (position % sensors), millis, value(position)]
  })

const timeText = (millis) => new Date(millis).toISOString().replace("Z", "000Z")
const sqlTime = (millis) => timeText(millis).replace("T", " ").replace("Z", "")

const fillSqlite = async (path, rows, shape) => {
  const database = openSqlite(path)
  database.exec("PRAGMA synchronous = OFF")
  const head = database.prepare("SELECT position, recorded_at FROM log_head").get()
  const insert = database.prepare(`INSERT INTO events (position, event_id, type, sensor_id, sensor_version,
    occurred_at, recorded_at, value) VALUES (?, ?, 'ReadingRecorded', ?, 1, ?, ?, ?)`)
  for (let done = 0; done < rows; done += BATCH) {
    database.exec("BEGIN")
    for (const [position, key, sensor, millis, v] of rowsFrom(
      head.position + 1 + done,
      Math.min(BATCH, rows - done),
      shape
    )) {
      insert.run([position, key, sensor, timeText(millis), head.recorded_at, v])
    }
    database.exec("COMMIT")
    // Another database may be filled at the same time.
    await nextTurn()
  }
  database.prepare("UPDATE log_head SET position = ?").run([head.position + rows])
  database.close()
}

const INSERT_MYSQL = `INSERT INTO events (position, event_id, type, sensor_id, sensor_version, occurred_at,
    recorded_at, value)
  SELECT j.position, UNHEX(j.event_id), 'ReadingRecorded', j.sensor_id, 1, j.occurred_at, ?, j.value
  FROM JSON_TABLE(?, '$[*]' COLUMNS (position BIGINT PATH '$[0]', event_id CHAR(32) PATH '$[1]',
    sensor_id INT PATH '$[2]', occurred_at DATETIME(6) PATH '$[3]', value DOUBLE PATH '$[4]')) j`

const fillMysql = async (url, rows, shape) => {
  const connection = await mysql.createConnection({ uri: url, dateStrings: true, timezone: "Z" })
  await connection.query("SET SESSION time_zone = '+00:00'")
  const [[head]] = await connection.query("SELECT position, recorded_at FROM log_head")
  for (let done = 0; done < rows; done += BATCH) {
    const batch = rowsFrom(Number(head.position) + 1 + done, Math.min(BATCH, rows - done), shape)
    const json = batch.map(([position, key, sensor, millis, v]) => [
      position,
      key.toString("hex"),
      sensor,
      sqlTime(millis),
      String(v)
    ])
    await connection.execute(INSERT_MYSQL, [head.recorded_at, JSON.stringify(json)])
  }
  await connection.query(`UPDATE log_head SET position = ${Number(head.position) + rows}`)
  await connection.query("ANALYZE TABLE events")
  await connection.end()
}

/**
 * `args` as databases.mjs gives them: the dialect, and the file or the address. The server must not run. `start`: when
 * the first reading of a log would be, ms; `step`: milliseconds between a sensor's readings; `value`: of a position.
 */
export const fill = ([dialect, where], rows, shape = {}) => {
  const whole = { sensors: SENSORS, start: START, step: 1_000, value: shape.value ?? doubles(), ...shape }
  return dialect === "sqlite" ? fillSqlite(where, rows, whole) : fillMysql(where, rows, whole)
}
