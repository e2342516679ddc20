// The bare loop of ingest: the same broker, driver, table and durability, and nothing else. It trusts what it gets:
// no check, no key but a hash, no duplicates, one version, positions counted in memory.
import { createHash } from "node:crypto"
import { createServer } from "node:net"
import { Aedes } from "aedes"
import mysql from "mysql2/promise"
import { serverOf } from "../../dist/migrations/index.js"
import { openSqlite } from "../lib/sqlite.mjs"
import { statements } from "./schema.mjs"

const [dialect, where] = process.argv.slice(2)
const BATCH_MAX = 500
const WRITERS = dialect === "mysql" ? 2 : 1
const COLUMNS =
  "position, event_id, type, sensor_id, sensor_version, occurred_at, recorded_at, value, lat, lng, reading_id, payload"

const sqliteStore = () => {
  const database = openSqlite(where)
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384")
  for (const statement of statements("sqlite")) database.exec(statement)
  const insert = (rows) =>
    database.prepare(
      `INSERT INTO events (${COLUMNS}) VALUES ${Array(rows)
        .fill(`(${Array(12).fill("?").join(",")})`)
        .join(",")}`
    )
  const groups = [100, 10, 1].map((rows) => [rows, insert(rows)])
  const [begin, commit] = ["BEGIN IMMEDIATE", "COMMIT"].map((text) => database.prepare(text))
  return async (batch) => {
    begin.run()
    let at = 0
    for (const [rows, statement] of groups) {
      for (; batch.length - at >= rows; at += rows) statement.run(batch.slice(at, at + rows).flat())
    }
    commit.run()
  }
}

const mysqlStore = async () => {
  const pool = mysql.createPool({ uri: where, connectionLimit: WRITERS, charset: "utf8mb4_bin" })
  const [[{ version }]] = await pool.query("SELECT VERSION() AS version")
  for (const statement of statements(serverOf(version))) await pool.query(statement)
  const insert = `INSERT INTO events (${COLUMNS})
    SELECT j.a, UNHEX(j.b), j.c, j.d, j.e, j.f, j.g, j.h, NULL, NULL, NULL, NULL FROM JSON_TABLE(?, '$[*]' COLUMNS (
      a BIGINT PATH '$[0]', b CHAR(32) PATH '$[1]', c VARCHAR(32) PATH '$[2]', d INT PATH '$[3]', e INT PATH '$[4]',
      f DATETIME(6) PATH '$[5]', g DATETIME(6) PATH '$[6]', h DOUBLE PATH '$[7]')) j`
  return async (batch) => {
    const connection = await pool.getConnection()
    try {
      await connection.query("START TRANSACTION")
      await connection.execute(insert, [JSON.stringify(batch)])
      await connection.query("COMMIT")
    } finally {
      connection.release()
    }
  }
}

const store = dialect === "mysql" ? await mysqlStore() : sqliteStore()
let position = 0

/** A message as a row: the time first in its key, so that keys are nearly in order, as Tidemark's are. */
const rowOf = (payload) => {
  const { sensor_id, timestamp, value } = JSON.parse(payload.toString())
  position += 1
  const time = Date.parse(timestamp).toString(16).padStart(12, "0")
  const hash = createHash("sha256").update(`${sensor_id}|${timestamp}|${value}`).digest("hex")
  const key = time + hash.slice(0, 20)
  const id = dialect === "mysql" ? key : Buffer.from(key, "hex")
  const at = dialect === "mysql" ? timestamp.slice(0, 26) : timestamp
  const row = [position, id, "ReadingRecorded", Number(sensor_id), 1, at, at, value]
  return dialect === "mysql" ? row : [...row, null, null, null, null]
}

const waiting = []
let writing = 0

const drain = async () => {
  writing += 1
  while (waiting.length > 0) {
    const batch = waiting.splice(0, BATCH_MAX)
    await store(batch.map(({ row }) => row))
    for (const { done } of batch) done(null)
    // Sockets are read between batches, or a batch would never fill.
    await new Promise(setImmediate)
  }
  writing -= 1
}

const aedes = await Aedes.createBroker({
  concurrency: 0,
  authorizePublish: (client, packet, done) => {
    if (client === null) return done(null)
    waiting.push({ row: rowOf(packet.payload), done })
    if (writing < WRITERS) {
      setImmediate(() => {
        if (writing < WRITERS && waiting.length > 0) drain()
      })
    }
  }
})
const server = createServer(aedes.handle)
server.listen(0, "127.0.0.1", () => console.log(`mqtt port ${server.address().port}`))
process.once("SIGTERM", () => process.exit(0))
