// SQLite by the driver that Tidemark takes on this Node: node:sqlite where there is one, else libsql.

const nodeSqlite = process.getBuiltinModule("node:sqlite")

const ofNode =
  ({ DatabaseSync }) =>
  (path) => {
    const database = new DatabaseSync(path)
    const prepare = (sql) => {
      const statement = database.prepare(sql)
      return {
        all: (params = []) => statement.all(...params),
        get: (params = []) => statement.get(...params),
        run: (params = []) => statement.run(...params)
      }
    }
    return { exec: (sql) => database.exec(sql), prepare, close: () => database.close() }
  }

const ofLibsql = async () => {
  const { default: Libsql } = await import("libsql")
  return (path) => new Libsql(path)
}

/** Opens a file: `exec`, `prepare` (`all`, `get` and `run` take an array of parameters), `close`. */
export const openSqlite = nodeSqlite === undefined ? await ofLibsql() : ofNode(nodeSqlite)
