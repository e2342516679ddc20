// SQLite by the driver that Tidemark takes on this Node: node:sqlite where it has all that is needed of it, else libsql.

/** Arrays, made objects here: those that Node makes have no shape, and are slow to read. */
const rowsOf = (statement, params) => {
  const rows = statement.all(...params)
  const names = rows.length === 0 ? [] : statement.columns().map(({ name }) => name)
  return rows.map((cells) => {
    const row = {}
    for (let at = 0; at < names.length; at++) row[names[at]] = cells[at]
    return row
  })
}

const ofNode =
  ({ DatabaseSync }) =>
  (path) => {
    const database = new DatabaseSync(path)
    const prepare = (sql) => {
      const statement = database.prepare(sql)
      statement.setReturnArrays(true)
      return {
        all: (params = []) => rowsOf(statement, params),
        get: (params = []) => rowsOf(statement, params)[0],
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

const nodeSqlite = process.getBuiltinModule("node:sqlite")
const isWhole = nodeSqlite !== undefined && "setReturnArrays" in nodeSqlite.StatementSync.prototype

/**
 * Opens a file: `exec`, `prepare` (`all`, `get` and `run` take an array of parameters), `arrays` (the rows of a
 * statement one by one, as arrays), `close`.
 */
export const openSqlite = isWhole ? ofNode(nodeSqlite) : await ofLibsql()
