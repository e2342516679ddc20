/**
 * The embedded database: one SQLite file, through the `libsql` driver.
 *
 * Invariants:
 * 1. Two connections for the life of the process: a writer, used by one transaction at a time, and a reader that
 *    can't write. So what is set on them stays set, and a failed BEGIN can't leak a permit.
 * 2. A commit is on the disk when it returns (WAL, synchronous FULL).
 * 3. One process holds the file: the lease ends with the process, however it ends.
 *
 * The driver is synchronous: a statement holds the event loop for as long as it runs, so batches are short.
 */

import { accessSync, constants, mkdirSync, statSync } from "node:fs"
import { dirname } from "node:path"
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import { SqlError } from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import Libsql from "libsql"
import { DatabaseError, driverError } from "./Failure.js"
import { fileTrouble } from "./FileTrouble.js"
import type { Driver } from "./Transaction.js"

/** How long a statement waits for a lock of another connection of ours, ms. */
const BUSY_TIMEOUT_MS = 2_000
/** Prepared statements kept for each connection. */
const STATEMENTS_MAX = 256
/** Page cache of each connection, KiB. */
const CACHE_KIB = 16_384

type Database = Libsql.Database

const open = (path: string, busyMillis: number) => {
  const database = new Libsql(path)
  database.exec(`PRAGMA busy_timeout = ${busyMillis}`)
  return database
}

type Row = Record<string, unknown>

/** The driver gives BLOBs of a result set as bare ArrayBuffers: as Buffers, they are what MySQL's driver gives. */
const withBuffers = (rows: ReadonlyArray<Row>): ReadonlyArray<Row> => {
  for (const row of rows) {
    for (const name in row) {
      const value = row[name]
      if (value instanceof ArrayBuffer) row[name] = Buffer.from(value)
    }
  }
  return rows
}

/** The same of rows without names: a third of the time of a large answer goes into making objects. */
const cellsWithBuffers = (rows: ReadonlyArray<Array<unknown>>): ReadonlyArray<ReadonlyArray<unknown>> => {
  for (const row of rows) {
    for (let index = 0; index < row.length; index++) {
      const value = row[index]
      if (value instanceof ArrayBuffer) row[index] = Buffer.from(value)
    }
  }
  return rows
}

interface Prepared {
  readonly statement: Libsql.Statement
  /** It answers rows. */
  readonly isReader: boolean
}

/** The connection of @effect/sql over one open file. */
const connectionOf = (database: Database): Connection => {
  const statements = new Map<string, Prepared>()
  /** Those that answer rows without names: a statement does the one or the other. */
  const valueStatements = new Map<string, Prepared>()
  const prepared = (text: string, kept: Map<string, Prepared>): Prepared => {
    // A statement that is kept would run on a closed file, beside whoever has its lease by then.
    if (!database.open) throw new Error("the file is closed")
    const cacheEntry = kept.get(text)
    if (cacheEntry !== undefined) return cacheEntry
    const statement = database.prepare(text)
    const entry = { statement, isReader: statement.reader }
    if (kept === valueStatements && entry.isReader) statement.raw(true)
    if (kept.size >= STATEMENTS_MAX) kept.clear()
    kept.set(text, entry)
    return entry
  }
  const attempt = <A>(run: () => A) =>
    Effect.try({
      try: run,
      catch: (cause) => new SqlError({ cause, message: "Failed to execute statement" })
    })
  const run = (text: string, params: ReadonlyArray<unknown>) =>
    attempt(() => {
      const { isReader, statement } = prepared(text, statements)
      if (isReader) return withBuffers(statement.all(params) as ReadonlyArray<Row>)
      statement.run(params)
      return []
    })
  const values = (text: string, params: ReadonlyArray<unknown>) =>
    attempt(() => {
      const { isReader, statement } = prepared(text, valueStatements)
      if (isReader) return cellsWithBuffers(statement.all(params) as ReadonlyArray<Array<unknown>>)
      statement.run(params)
      return []
    })
  return {
    execute: (text, params, transform) =>
      transform === undefined ? run(text, params) : Effect.map(run(text, params), transform),
    executeRaw: run,
    executeUnprepared: run,
    executeValues: values,
    executeStream: (text, params) => Stream.fromIterableEffect(run(text, params))
  }
}

// A transaction whose ROLLBACK failed too (the disk, say) would be in the way of every later one. Of a file that was
// closed meanwhile nothing is asked: the driver would end the process.
const rollBackOpen = (file: Database) =>
  Effect.sync(() => {
    if (file.open && file.inTransaction) file.exec("ROLLBACK")
  }).pipe(Effect.catchAllDefect(() => Effect.void))

const opened = (path: string, busyMillis: number, setUp: string) =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        const database = open(path, busyMillis)
        database.exec(setUp)
        return database
      },
      catch: (cause) => fileTrouble(path, cause)
    }),
    // Statements that are kept hold the file open, and with it the lock of a transaction that has not ended.
    (database) =>
      Effect.zipRight(
        rollBackOpen(database),
        Effect.sync(() => database.close())
      )
  )

const leaseTaken = (path: string) =>
  new DatabaseError({
    kind: "Permanent",
    code: "IN_USE",
    reason: `another Tidemark process has ${path} open: stop it first, or use MySQL to run several`
  })

/** Holds the file for this process: an exclusive transaction on a file beside it, which ends with the process. */
const lease = (path: string) =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        const database = new Libsql(`${path}.lease`)
        database.exec("PRAGMA busy_timeout = 0")
        database.exec("BEGIN EXCLUSIVE")
        return database
      },
      catch: (cause) =>
        driverError(cause).code.startsWith("SQLITE_BUSY")
          ? leaseTaken(path)
          : fileTrouble(`${path}.lease`, cause)
    }),
    (database) => Effect.sync(() => database.close())
  )

const writerOf = (synchronous: string) =>
  `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA cache_size = -${CACHE_KIB};
  PRAGMA temp_store = MEMORY`
const READER = `PRAGMA query_only = ON; PRAGMA cache_size = -${CACHE_KIB}; PRAGMA temp_store = MEMORY`

export interface SqliteOptions {
  /** Hold the file for this process alone. */
  readonly lease: boolean
  /** Off is for files that nobody misses: a crash of the machine may lose commits. */
  readonly synchronous: "FULL" | "OFF"
  readonly busyMillis: number
}

const SERVED: SqliteOptions = { lease: true, synchronous: "FULL", busyMillis: BUSY_TIMEOUT_MS }

const identity = (path: string): string | undefined => {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`
}

/**
 * Fails where the path no longer leads to the file that is open: what is written into one that was moved away or
 * removed is lost, and another process may open what stands in its place.
 */
const stillThere = (path: string): Effect.Effect<void, SqlError> => {
  const ours = identity(path)
  const fault = () => {
    const message = `${path} was moved or removed while it was open: put it back, or start again`
    return new SqlError({ cause: Object.assign(new Error(message), { code: "ESTALE" }), message })
  }
  return Effect.suspend(() => (identity(path) === ours ? Effect.void : Effect.fail(fault())))
}

/** Opens the file (made with its folder when it is not there), holds its lease, and gives the driver. */
export const openSqlite = (path: string, options: SqliteOptions = SERVED) =>
  Effect.gen(function* () {
    const folder = dirname(path)
    yield* Effect.try({
      try: () => mkdirSync(folder, { recursive: true }),
      catch: (cause) => fileTrouble(folder, cause)
    })
    if (options.lease) yield* lease(path)
    const file = yield* opened(path, options.busyMillis, writerOf(options.synchronous))
    const writer = connectionOf(file)
    // One that can be read alone opens well, and fails at the first write.
    yield* Effect.try({
      try: () => accessSync(path, constants.W_OK),
      catch: (cause) => fileTrouble(path, cause)
    })
    const reader = connectionOf(yield* opened(path, options.busyMillis, READER))
    const permit = yield* Effect.makeSemaphore(1)
    const reserve = Effect.acquireRelease(permit.take(1), () =>
      Effect.zipRight(rollBackOpen(file), permit.release(1))
    ).pipe(Effect.zipRight(stillThere(path)), Effect.as(writer))
    const compiler = Statement.makeCompilerSqlite()
    const sql = yield* SqlClient.make({
      acquirer: Effect.succeed(reader),
      compiler,
      spanAttributes: [["db.system.name", "sqlite"]]
    }).pipe(Effect.provide(Reactivity.layer))
    const driver: Driver = { sql, reserve, begin: "BEGIN IMMEDIATE", compiler }
    return driver
  })
