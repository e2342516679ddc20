/**
 * The embedded database: one SQLite file, through the driver of `SqliteFile`.
 *
 * Invariants:
 * 1. Two connections for the life of the process: a writer, used by one transaction at a time, and a reader that
 *    can't write. So what is set on them stays set, and a failed BEGIN can't leak a permit.
 * 2. A commit is on the disk when it returns (WAL, synchronous FULL).
 * 3. One process holds the file: the lease ends with the process, however it ends. A command may write beside it what is
 *    no part of the log.
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
import { DatabaseError, driverError } from "./Failure.js"
import { fileTrouble } from "./FileTrouble.js"
import { type OpenFile, type SqliteFile, type SqliteStatement, sqliteDriver } from "./SqliteFile.js"
import type { Driver } from "./Transaction.js"

/** How long a statement waits for a lock of another connection of ours, ms. */
const BUSY_TIMEOUT_MS = 2_000
/** Prepared statements kept for each connection. */
const STATEMENTS_MAX = 256
/** Page cache of each connection, KiB. */
const CACHE_KIB = 16_384
/**
 * Pages of the journal after which a commit brings them into the file: 16 MiB. Sensors' pages change with each batch, so
 * the more commits share a checkpoint, the less is written. But a larger one holds the event loop for longer.
 */
const CHECKPOINT_PAGES = 4_000

/** The connection of @effect/sql over one open file. */
const connectionOf = (file: SqliteFile): Connection => {
  const statements = new Map<string, SqliteStatement>()
  const prepared = (text: string) => {
    const cacheEntry = statements.get(text)
    if (cacheEntry !== undefined) return cacheEntry
    const statement = file.prepare(text)
    if (statements.size >= STATEMENTS_MAX) statements.clear()
    statements.set(text, statement)
    return statement
  }
  const running = <A>(text: string, run: (statement: SqliteStatement) => A) =>
    Effect.try({
      try: () => {
        // A statement that is kept would run on a closed file, beside whoever has its lease by then.
        if (!file.isOpen()) throw new Error("the file is closed")
        return run(prepared(text))
      },
      catch: (cause) => new SqlError({ cause, message: "Failed to execute statement" })
    })
  const run = (text: string, params: ReadonlyArray<unknown>) =>
    running(text, (statement) => statement.all(params))
  return {
    execute: (text, params, transform) =>
      transform === undefined ? run(text, params) : Effect.map(run(text, params), transform),
    executeRaw: run,
    executeUnprepared: run,
    executeValues: (text, params) => running(text, (statement) => statement.values(params)),
    executeStream: (text, params) => Stream.fromIterableEffect(run(text, params))
  }
}

// A transaction whose ROLLBACK failed too (the disk, say) would be in the way of every later one. Of a file that was
// closed meanwhile nothing is asked: the driver would end the process.
const rollBackOpen = (file: SqliteFile) =>
  Effect.sync(() => {
    if (file.isOpen() && file.inTransaction()) file.exec("ROLLBACK")
  }).pipe(Effect.catchAllDefect(() => Effect.void))

const opened = (openFile: OpenFile, path: string, setUp: string, readOnly = false) =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        const file = openFile(path, { readOnly })
        file.exec(setUp)
        return file
      },
      catch: (cause) => fileTrouble(path, cause)
    }),
    // Statements that are kept hold the file open, and with it the lock of a transaction that has not ended.
    (file) =>
      Effect.zipRight(
        rollBackOpen(file),
        Effect.sync(() => file.close())
      )
  )

const leaseTaken = (path: string) =>
  new DatabaseError({
    kind: "Permanent",
    code: "IN_USE",
    reason: `another Tidemark process has ${path} open: stop it first, or use MySQL to run several`
  })

/** Holds the file for this process: an exclusive transaction on a file beside it, which ends with the process. */
const lease = (openFile: OpenFile, path: string) =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        const file = openFile(`${path}.lease`)
        file.exec("PRAGMA busy_timeout = 0")
        file.exec("BEGIN EXCLUSIVE")
        return file
      },
      catch: (cause) =>
        driverError(cause).code.startsWith("SQLITE_BUSY")
          ? leaseTaken(path)
          : fileTrouble(`${path}.lease`, cause)
    }),
    (file) => Effect.sync(() => file.close())
  )

const writerOf = ({ busyMillis, synchronous }: SqliteOptions) =>
  `PRAGMA busy_timeout = ${busyMillis}; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous};
  PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA cache_size = -${CACHE_KIB}; PRAGMA temp_store = MEMORY`
const readerOf = ({ busyMillis }: SqliteOptions) =>
  `PRAGMA busy_timeout = ${busyMillis}; PRAGMA query_only = ON; PRAGMA cache_size = -${CACHE_KIB};
  PRAGMA temp_store = MEMORY`

export interface SqliteOptions {
  /** Hold the file for this process alone. */
  readonly lease: boolean
  /** Off is for files that nobody misses: a crash of the machine may lose commits. */
  readonly synchronous: "FULL" | "OFF"
  readonly busyMillis: number
}

export const SERVED: SqliteOptions = { lease: true, synchronous: "FULL", busyMillis: BUSY_TIMEOUT_MS }

const compiler = Statement.makeCompilerSqlite()

const clientOf = (reader: Connection) =>
  SqlClient.make({
    acquirer: Effect.succeed(reader),
    compiler,
    spanAttributes: [["db.system.name", "sqlite"]]
  }).pipe(Effect.provide(Reactivity.layer))

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
    const openFile = yield* Effect.sync(sqliteDriver)
    if (options.lease) yield* lease(openFile, path)
    const file = yield* opened(openFile, path, writerOf(options))
    const writer = connectionOf(file)
    // One that can be read alone opens well, and fails at the first write.
    yield* Effect.try({
      try: () => accessSync(path, constants.W_OK),
      catch: (cause) => fileTrouble(path, cause)
    })
    const reader = connectionOf(yield* opened(openFile, path, readerOf(options)))
    const permit = yield* Effect.makeSemaphore(1)
    const reserve = Effect.acquireRelease(permit.take(1), () =>
      Effect.zipRight(rollBackOpen(file), permit.release(1))
    ).pipe(Effect.zipRight(stillThere(path)), Effect.as(writer))
    const driver: Driver = { sql: yield* clientOf(reader), reserve, begin: "BEGIN IMMEDIATE", compiler }
    return driver
  })

/**
 * Reads a file that is there, beside the process that holds its lease: nothing is written, and no checkpoint is made, so
 * that its holder is the only one who does.
 */
export const openSqliteBeside = (path: string) =>
  Effect.gen(function* () {
    const openFile = yield* Effect.sync(sqliteDriver)
    return yield* clientOf(connectionOf(yield* opened(openFile, path, readerOf(SERVED), true)))
  })
