// The statement of the bare readers: the readings in force as of a position, by time, with the fields of Tidemark's
// answers.
import mysql from "mysql2/promise"
import { openSqlite } from "../lib/sqlite.mjs"

const COLUMNS = `COALESCE(e.reading_id, e.position) AS id, e.sensor_id, e.occurred_at AS timestamp, e.value,
  COALESCE(e.lat, v.lat) AS lat, COALESCE(e.lng, v.lng) AS lng, v.unit, v.type, v.description, e.position,
  e.recorded_at, COALESCE(e.time_source, 'device') AS time_source, s.name`
const METADATA = `LEFT JOIN sensor_versions v ON v.sensor_id = e.sensor_id AND v.version = e.sensor_version
  LEFT JOIN sensors s ON s.id = e.sensor_id`
const IN_FORCE = `e.type IN ('ReadingRecorded', 'ReadingCorrected') AND e.position <= ?
  AND (e.superseded_by IS NULL OR e.superseded_by > ?)`

/** A page, its keys first; parameters: the position twice, and what `condition` asks for. */
export const pageSql = (limit, condition = "1 = 1") => `SELECT ${COLUMNS}
  FROM (SELECT e.position FROM events e WHERE ${IN_FORCE} AND ${condition}
    ORDER BY e.occurred_at, e.position LIMIT ${limit}) k
  CROSS JOIN events e ${METADATA} WHERE e.position = k.position ORDER BY e.occurred_at, e.position`

/** All of them, or the first `limit`; parameters: the position twice. */
export const allSql = (limit) => `SELECT ${COLUMNS} FROM events e ${METADATA} WHERE ${IN_FORCE}
  ORDER BY e.occurred_at, e.position LIMIT ${limit}`

export const HEAD = "SELECT position FROM log_head"

/** The driver leaves a fraction out that is zero. */
export const rfc3339OfMysql = (text) =>
  `${text.slice(0, 10)}T${text.slice(11)}${text.length === 19 ? ".000000" : ""}Z`

const mysqlTime = (iso) => iso.replace("T", " ").replace("Z", "")

/**
 * `query(sql)` gives a function from parameters to rows; `sqlTime` writes a time of the contract as the database has
 * it, and `rfc3339` the other way about.
 */
export const openReader = ([dialect, where]) => {
  if (dialect === "sqlite") {
    const database = openSqlite(where)
    return {
      query: (sql) => {
        const statement = database.prepare(sql)
        return async (parameters) => statement.all(parameters)
      },
      sqlTime: (iso) => iso,
      rfc3339: (text) => text
    }
  }
  const pool = mysql.createPool({ uri: where, connectionLimit: 8, dateStrings: true, timezone: "Z" })
  return {
    query: (sql) => async (parameters) => (await pool.execute(sql, parameters))[0],
    sqlTime: mysqlTime,
    rfc3339: rfc3339OfMysql
  }
}
