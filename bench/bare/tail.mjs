// Reads all events through the driver, in order, a batch at a time. Arguments: dialect and database.
import mysql from "mysql2/promise"
import { openSqlite } from "../lib/sqlite.mjs"

const [dialect, where] = process.argv.slice(2)
const BATCH = 5_000
const SQL = `SELECT * FROM events WHERE position > ? ORDER BY position LIMIT ${BATCH}`

const openSource = async () => {
  if (dialect === "sqlite") {
    const database = openSqlite(where)
    const statement = database.prepare(SQL)
    return { read: async (after) => statement.all([after]), close: () => database.close() }
  }
  const connection = await mysql.createConnection({ uri: where, dateStrings: true, timezone: "Z" })
  return {
    read: async (after) => (await connection.execute(SQL, [after]))[0],
    close: () => connection.end()
  }
}

const source = await openSource()
let events = 0
for (let after = 0; ; ) {
  const batch = await source.read(after)
  events += batch.length
  if (batch.length < BATCH) break
  after = batch.at(-1).position
}
await source.close()
console.log(JSON.stringify({ events }))
