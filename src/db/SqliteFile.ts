/**
 * One open SQLite file: by `node:sqlite` where the running Node has all that is needed of it (22.16 and later), by
 * `libsql` where not. The other one is not loaded.
 *
 * Both give the same: rows are plain objects, BLOBs are Buffers, an integer that no double holds is the nearest one, and
 * the `code` of an error is SQLite's name. Neither knows Effect. Both are synchronous: a statement holds its thread.
 */
import { createRequire } from "node:module"
import type Libsql from "libsql"

export type Row = Record<string, unknown>

export interface SqliteStatement {
  /** Runs it, and gives its rows: none where it has no columns. */
  readonly all: (params: ReadonlyArray<unknown>) => ReadonlyArray<Row>
  /** The same without names, in the order of the columns: of many rows, in a third less time. */
  readonly values: (params: ReadonlyArray<unknown>) => ReadonlyArray<ReadonlyArray<unknown>>
}

export interface SqliteFile {
  readonly exec: (text: string) => void
  /**
   * A statement names its columns, for a `*` is not looked up anew when the schema changes. One that is kept would run
   * on a closed file too: ask `isOpen` first.
   */
  readonly prepare: (text: string) => SqliteStatement
  readonly isOpen: () => boolean
  readonly inTransaction: () => boolean
  readonly close: () => void
}

/** Opens the file, and makes it where it is not there; one that is opened to be read alone must be there. */
export type OpenFile = (path: string, options?: { readonly readOnly: boolean }) => SqliteFile

/** What is used of `node:sqlite`; the types of Node 20 have none of it. */
interface NodeStatement {
  all(...params: ReadonlyArray<unknown>): ReadonlyArray<ReadonlyArray<unknown>>
  columns(): ReadonlyArray<{ readonly name: string }>
  setReadBigInts(enabled: boolean): void
  setReturnArrays(enabled: boolean): void
}
interface NodeDatabase {
  exec(text: string): void
  prepare(text: string): NodeStatement
  close(): void
  readonly isOpen: boolean
  readonly isTransaction: boolean
}
interface NodeSqlite {
  readonly DatabaseSync: new (path: string, options: { readonly readOnly: boolean }) => NodeDatabase
  readonly StatementSync: { readonly prototype: object }
}

/** SQLite's names of its codes, by number: https://sqlite.org/rescode.html. */
const NAMES = [
  ...[
    "OK",
    "ERROR",
    "INTERNAL",
    "PERM",
    "ABORT",
    "BUSY",
    "LOCKED",
    "NOMEM",
    "READONLY",
    "INTERRUPT",
    "IOERR"
  ],
  ...["CORRUPT", "NOTFOUND", "FULL", "CANTOPEN", "PROTOCOL", "EMPTY", "SCHEMA", "TOOBIG", "CONSTRAINT"],
  ...["MISMATCH", "MISUSE", "NOLFS", "AUTH", "FORMAT", "RANGE", "NOTADB"]
]

/** An extended code is the name of its kind and its number: `SQLITE_IOERR_778`. */
const codeOf = (number: number): string =>
  `SQLITE_${NAMES[number & 0xff] ?? "ERROR"}${number > 0xff ? `_${number}` : ""}`

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code

/** Node gives the same code for all of SQLite's errors, and the number beside it. */
const named = <A>(call: () => A): A => {
  try {
    return call()
  } catch (error) {
    if (error instanceof Error && "errcode" in error && typeof error.errcode === "number") {
      Object.assign(error, { code: codeOf(error.errcode) })
    }
    throw error
  }
}

const cellOf = (value: unknown): unknown => {
  if (typeof value === "bigint") return Number(value)
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value
}

const nodeStatement = (text: string, statement: NodeStatement): SqliteStatement => {
  // Arrays, made objects here, are read twice as fast as the objects that Node makes: those have no shape in V8.
  statement.setReturnArrays(true)
  let names: ReadonlyArray<string> = []
  const toRow = (cells: ReadonlyArray<unknown>): Row => {
    const row: Row = {}
    for (let at = 0; at < names.length; at++) row[names[at] as string] = cellOf(cells[at])
    return row
  }
  const cells = (params: ReadonlyArray<unknown>) => {
    try {
      return statement.all(...params)
    } catch (error) {
      // An integer past 2^53. Who reads the cell decides; nothing is written by asking again.
      if (!hasCode(error, "ERR_OUT_OF_RANGE") || /\bRETURNING\b/i.test(text)) throw error
      statement.setReadBigInts(true)
      try {
        return statement.all(...params)
      } finally {
        statement.setReadBigInts(false)
      }
    }
  }
  return {
    all: (params) =>
      named(() => {
        const rows = cells(params)
        if (rows.length > 0 && names.length === 0) names = statement.columns().map(({ name }) => name)
        return rows.map(toRow)
      }),
    values: (params) => named(() => cells(params).map((row) => row.map(cellOf)))
  }
}

/** The module, without the warning of earlier releases that it is experimental: it is told nobody who can act on it. */
const nodeSqlite = (): NodeSqlite | undefined => {
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    return process.getBuiltinModule("node:sqlite") as NodeSqlite | undefined
  } finally {
    process.emitWarning = emitWarning
  }
}

/** Undefined where the running Node has no `node:sqlite`, or an early one. */
export const nodeDriver = (): OpenFile | undefined => {
  const sqlite = nodeSqlite()
  if (sqlite === undefined || !("setReturnArrays" in sqlite.StatementSync.prototype)) return undefined
  return (path, { readOnly } = { readOnly: false }) => {
    const database = named(() => new sqlite.DatabaseSync(path, { readOnly }))
    return {
      exec: (text) => named(() => database.exec(text)),
      prepare: (text) =>
        nodeStatement(
          text,
          named(() => database.prepare(text))
        ),
      isOpen: () => database.isOpen,
      inTransaction: () => database.isTransaction,
      close: () => database.close()
    }
  }
}

const ofLibsql = (cell: unknown): unknown => (cell instanceof ArrayBuffer ? Buffer.from(cell) : cell)

const libsqlStatement = (statement: Libsql.Statement): SqliteStatement => {
  const isReader = statement.reader
  let isRaw = false
  const rows = (raw: boolean, params: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
    if (!isReader) {
      statement.run(params)
      return []
    }
    if (raw !== isRaw) statement.raw(raw)
    isRaw = raw
    return statement.all(params)
  }
  return {
    all: (params) => {
      const all = rows(false, params) as ReadonlyArray<Row>
      for (const row of all) for (const name in row) row[name] = ofLibsql(row[name])
      return all
    },
    values: (params) => {
      const all = rows(true, params) as ReadonlyArray<Array<unknown>>
      for (const row of all) for (let at = 0; at < row.length; at++) row[at] = ofLibsql(row[at])
      return all
    }
  }
}

/** Loaded at once, and only where it is used: to wait for it would be a wait that no simulated clock knows of. */
export const libsqlDriver = (): OpenFile => {
  // A bundle has no address of its own.
  const Database: typeof Libsql = createRequire(import.meta.url ?? __filename)("libsql")
  return (path, { readOnly } = { readOnly: false }) => {
    const database = new Database(path, readOnly ? { readonly: true, fileMustExist: true } : undefined)
    return {
      exec: (text) => {
        database.exec(text)
      },
      prepare: (text) => libsqlStatement(database.prepare(text)),
      isOpen: () => database.open,
      inTransaction: () => database.inTransaction,
      close: () => {
        database.close()
      }
    }
  }
}

/** The driver of the running Node. */
export const sqliteDriver = (): OpenFile => nodeDriver() ?? libsqlDriver()
