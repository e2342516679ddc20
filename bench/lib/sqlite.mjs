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
    const arrays = (sql, params) => {
      const statement = database.prepare(sql)
      statement.setReturnArrays(true)
      return statement.iterate(...params)
    }
    return { exec: (sql) => database.exec(sql), prepare, arrays, close: () => database.close() }
  }

const ofLibsql = async () => {
  const { default: Libsql } = await import("libsql")
  return (path) => {
    const database = new Libsql(path)
    return {
      exec: (sql) => database.exec(sql),
      prepare: (sql) => database.prepare(sql),
      arrays: (sql, params) => database.prepare(sql).raw(true).iterate(params),
      close: () => database.close()
    }
  }
}

/**
 * Opens a file: `exec`, `prepare` (`all`, `get` and `run` take an array of parameters), `arrays` (the rows of a
 * statement one by one, as arrays), `close`.
 */
export const openSqlite = nodeSqlite === undefined ? await ofLibsql() : ofNode(nodeSqlite)
