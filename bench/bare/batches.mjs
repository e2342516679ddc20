// The bare stores of ingest: rows of a batch in one transaction, on the tables that Tidemark has, with its durability.
import mysql from "mysql2/promise"
import { serverOf } from "../../dist/migrations/index.js"
import { openSqlite } from "../lib/sqlite.mjs"
import { statements } from "./schema.mjs"

const COLUMNS = `position, event_id, type, sensor_id, sensor_version, occurred_at, recorded_at, value, lat, lng, reading_id,
  payload, time_source, import_id`

/** A row of a reading: its number, key in hex, sensor, time in UTC as MQTT has it, and value. */
const sqliteStore = (path) => {
  const database = openSqlite(path)
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000"
  )
  for (const statement of statements("sqlite")) database.exec(statement)
  const row = `(${Array(14).fill("?").join(",")})`
  const insert = (rows) =>
    database.prepare(`INSERT INTO events (${COLUMNS}) VALUES ${Array(rows).fill(row).join(",")}`)
  const groups = [100, 10, 1].map((rows) => [rows, insert(rows)])
  const [begin, commit] = ["BEGIN IMMEDIATE", "COMMIT"].map((text) => database.prepare(text))
  const cells = ([position, key, sensor, time, value]) => [
    ...[position, Buffer.from(key, "hex"), "ReadingRecorded", sensor, 1, time, time, value],
    ...[null, null, null, null, null, null]
  ]
  return async (batch) => {
    begin.run()
    let at = 0
    for (const [rows, statement] of groups) {
      for (; batch.length - at >= rows; at += rows) statement.run(batch.slice(at, at + rows).flatMap(cells))
    }
    commit.run()
  }
}

const mysqlStore = async (url, writers) => {
  const pool = mysql.createPool({ uri: url, connectionLimit: writers, charset: "utf8mb4_bin" })
  const [[{ version }]] = await pool.query("SELECT VERSION() AS version")
  for (const statement of statements(serverOf(version))) await pool.query(statement)
  const insert = `INSERT INTO events (${COLUMNS})
    SELECT j.a, UNHEX(j.b), 'ReadingRecorded', j.c, 1, j.d, j.d, j.e, NULL, NULL, NULL, NULL, NULL, NULL
    FROM JSON_TABLE(?, '$[*]' COLUMNS (a BIGINT PATH '$[0]', b CHAR(32) PATH '$[1]', c INT PATH '$[2]',
      d DATETIME(6) PATH '$[3]', e DOUBLE PATH '$[4]')) j`
  return async (batch) => {
    const connection = await pool.getConnection()
    try {
      await connection.query("START TRANSACTION")
      const rows = batch.map(([position, key, sensor, time, value]) => [
        ...[position, key, sensor, time.slice(0, 26), value]
      ])
      await connection.execute(insert, [JSON.stringify(rows)])
      await connection.query("COMMIT")
    } finally {
      connection.release()
    }
  }
}

/** Batches that are written at once: MariaDB takes a second while it commits the first. */
export const writersOf = (dialect) => (dialect === "mysql" ? 2 : 1)

/** Stores rows: [position, key in hex, sensor, time, value], the time as a message has it. */
export const openStore = (dialect, where) =>
  dialect === "mysql" ? mysqlStore(where, writersOf(dialect)) : sqliteStore(where)
