// The bare loop of HTTP: node:http, the driver, the same SQL and JSON.stringify. One path, no checks, no headers.
import { createServer } from "node:http"
import mysql from "mysql2/promise"
import { openSqlite } from "../lib/sqlite.mjs"

const [dialect, where] = process.argv.slice(2)
const SQL = `SELECT COALESCE(e.reading_id, e.position) AS id, e.sensor_id, e.occurred_at, e.value,
    COALESCE(e.lat, v.lat) AS lat, COALESCE(e.lng, v.lng) AS lng, v.unit, v.type, v.description
  FROM events e
  LEFT JOIN sensor_versions v ON v.sensor_id = e.sensor_id AND v.version = e.sensor_version
  JOIN (SELECT e.position FROM events e WHERE e.type IN ('ReadingRecorded', 'ReadingCorrected')
      AND e.position <= ? AND (e.superseded_by IS NULL OR e.superseded_by > ?)
      ORDER BY e.occurred_at, e.position LIMIT 100) k ON k.position = e.position
  ORDER BY e.occurred_at, e.position`
const HEAD = "SELECT position FROM log_head"

const sqliteRows = () => {
  const database = openSqlite(where)
  const [head, rows] = [HEAD, SQL].map((text) => database.prepare(text))
  return async () => {
    const { position } = head.get()
    return rows.all([position, position])
  }
}

const mysqlRows = () => {
  const pool = mysql.createPool({ uri: where, connectionLimit: 8, dateStrings: true })
  return async () => {
    const [[{ position }]] = await pool.execute(HEAD)
    const [rows] = await pool.execute(SQL, [position, position])
    return rows
  }
}

const read = dialect === "mysql" ? mysqlRows() : sqliteRows()
const rfc3339 = (text) => (dialect === "mysql" ? `${text.slice(0, 10)}T${text.slice(11)}Z` : text)

const server = createServer(async (_, response) => {
  const readings = (await read()).map(({ occurred_at, ...row }) => ({
    ...row,
    timestamp: rfc3339(occurred_at)
  }))
  response.setHeader("content-type", "application/json")
  response.end(JSON.stringify(readings))
})
server.listen(0, "127.0.0.1", () => console.log(`http port ${server.address().port}`))
process.once("SIGTERM", () => process.exit(0))
