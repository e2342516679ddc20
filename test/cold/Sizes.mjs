/** What a database takes, before and after its free room is given back. */
import { openDatabase } from "../../bench/lib/largeLog.mjs"
import { openSqlite } from "../../bench/lib/sqlite.mjs"
import { storedBytes } from "../../bench/lib/storedBytes.mjs"

export const sizeOf = async ([dialect, where]) => {
  const database = await openDatabase([dialect, where])
  const bytes = await storedBytes[dialect](database)
  const [{ n }] = await database.ask("SELECT COUNT(*) AS n FROM events")
  await database.close()
  return { bytes, events: Number(n) }
}

const GIVE_BACK = {
  sqlite: async (path) => {
    const database = openSqlite(path)
    database.exec("VACUUM")
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
  },
  mysql: async (url) => {
    const database = await openDatabase(["mysql", url])
    await database.ask("OPTIMIZE TABLE events")
    await database.close()
  }
}

/** VACUUM, or OPTIMIZE TABLE; the server must not run. */
export const giveBack = ([dialect, where]) => GIVE_BACK[dialect](where)
