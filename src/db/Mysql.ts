/**
 * MySQL 8.0+ and MariaDB 10.6+, through @effect/sql-mysql2.
 *
 * Two pools: a query may run for a minute, but a writer whose socket is silent for seconds is cut, because only
 * the socket can end a stalled transaction, and readings wait for it. Beside them one connection that only asks
 * whether the server is there (Heartbeat.ts).
 */
import type { EventEmitter } from "node:events"
import { createConnection, isIP, type Socket } from "node:net"
import * as Reactivity from "@effect/experimental/Reactivity"
import type { SqlClient } from "@effect/sql/SqlClient"
import * as MysqlClient from "@effect/sql-mysql2/MysqlClient"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type { DatabaseTarget, Tls } from "../config/DatabaseTarget.js"
import { classify } from "./Failure.js"
import { type Driver, LOCK_WAIT_SECONDS } from "./Transaction.js"

export interface MysqlTarget extends Omit<Extract<DatabaseTarget, { _tag: "Mysql" }>, "_tag" | "tls"> {
  readonly tls: Tls
  /** The authority's certificate (PEM); undefined: one that Node knows. */
  readonly tlsCa: string | undefined
  /** How long the server may work on a query of a reader before it ends it, in ms. */
  readonly queryMillisMax: number
}

const WRITERS_MAX = 4
const READERS_MAX = 8
/** A writer's socket is cut after this silence, ms. */
const WRITER_SILENCE_MS = 8_000
/** How long a query may take where nobody says, ms. */
export const QUERY_MILLIS_MAX = 60_000
/** A reader's socket is cut so long after the server should have ended its query, ms. */
const READER_GRACE_MS = 5_000
/** How long the server may take to say that it is there, ms. Well over the round trip of the slowest link. */
const PULSE_SILENCE_MS = 3_000
/** Idle connections are closed before the server's `wait_timeout` of ours ends them. */
const IDLE = "3 seconds"

const timedOut = (silenceMs: number) =>
  Object.assign(new Error(`no answer for ${silenceMs / 1_000} s`), { code: "ETIMEDOUT" })

/** A socket that is cut when nothing comes for so long. */
const openSocket = ({ host, port }: MysqlTarget, silenceMs: number): Socket => {
  const socket = createConnection({ host, port, noDelay: true })
  // Under TLS the certificate is held to this. Node puts a name here by itself; without, an address would be "localhost".
  if (isIP(host) !== 0) Object.assign(socket, { _host: host })
  socket.setTimeout(silenceMs, () => {
    const { bytesRead } = socket
    // Had this process been stopped or busy, the answer may be there and unread: it is read before this runs.
    setImmediate(() => {
      if (socket.bytesRead === bytesRead) socket.destroy(timedOut(silenceMs))
    })
  })
  return socket
}

interface PoolBounds {
  readonly connections: number
  /** Connections that are kept though idle, for as long as `IDLE`; the others go within a second. */
  readonly idle: number
  /** A socket is cut after this silence, ms. */
  readonly silenceMs: number
  /** What each of its connections is told first. One that refuses is not used. */
  readonly first: ReadonlyArray<string>
  /** What is told next, and may be refused. */
  readonly asked?: string
}

/**
 * The server itself ends what takes too long: a socket that is cut would leave it at work. The comments are MariaDB's
 * and MySQL's own, each is passed over by the other; a server that takes neither goes without.
 */
const readers = ({ queryMillisMax }: MysqlTarget): PoolBounds => ({
  connections: READERS_MAX,
  idle: 0,
  silenceMs: queryMillisMax + READER_GRACE_MS,
  // What a snapshot needs, whatever the server is set to.
  first: ["SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"],
  asked: `SET SESSION /*M!100100 max_statement_time = ${queryMillisMax / 1_000} */ /*!80000 max_execution_time = ${queryMillisMax} */`
})
const WRITERS: PoolBounds = {
  connections: WRITERS_MAX,
  idle: 0,
  silenceMs: WRITER_SILENCE_MS,
  first: [
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    // wait_timeout: a process that is stopped in the middle of a transaction holds the log, and what it owns, for no
    // longer than this.
    `SET SESSION wait_timeout = 5, innodb_lock_wait_timeout = ${LOCK_WAIT_SECONDS}, time_zone = '+00:00'`
  ]
}
// Kept open: where a server has gone over to another, old connections are dead though new ones are taken.
const ASKER: PoolBounds = { connections: 1, idle: 1, silenceMs: PULSE_SILENCE_MS, first: [] }

interface PoolConnection extends EventEmitter {
  readonly stream: Socket
  query(text: string, done: (error: Error | null) => void): unknown
}

/** What a socket is asked for with, as far as we look: mysql2 keeps the pool in each connection's configuration. */
interface SocketRequest {
  readonly config: {
    readonly pool: {
      readonly _allConnections: { readonly length: number; get(index: number): PoolConnection | undefined }
    }
  }
}

const heard = new WeakSet<EventEmitter>()

/**
 * mysql2 tells of a lost connection as "error" events, at times of two (the server turns it away, later its socket is
 * cut), and its pool listens for the first alone: one that nobody listens for ends the process. Whoever waits for an
 * answer has been told by then.
 */
const hearErrors = (
  { config: { pool } }: SocketRequest,
  { asked, first }: Pick<PoolBounds, "asked" | "first">
): void => {
  for (let index = 0; index < pool._allConnections.length; index++) {
    const connection = pool._allConnections.get(index)
    if (connection === undefined || heard.has(connection)) continue
    heard.add(connection)
    connection.on("error", () => undefined)
    // Ahead of what the pool's user asks: that is told of the connection only when it is there.
    for (const text of first) {
      connection.query(text, (error) => {
        if (error !== null) connection.stream.destroy(error)
      })
    }
    if (asked !== undefined) connection.query(asked, () => undefined)
  }
}

const tlsOptions = ({ tls, tlsCa }: MysqlTarget) => ({
  verifyIdentity: tls !== "verify-ca",
  minVersion: "TLSv1.2",
  ...(tlsCa === undefined ? {} : { ca: tlsCa })
})

/**
 * What is sent unprepared has no parameters. mysql2 would look for their places all the same, character by character:
 * in a batch's INSERT that takes a twentieth of all that its readings cost.
 */
const asItIs = (text: string, values?: unknown): string => {
  if (Array.isArray(values) && values.length > 0) throw new Error("a statement with parameters is prepared")
  return text
}

/** A pool; `sockets` holds those that are open. */
const pool = (target: MysqlTarget, bounds: PoolBounds, sockets: Set<Socket>) =>
  MysqlClient.make({
    host: target.host,
    port: target.port,
    database: target.database,
    username: target.username,
    password: target.password,
    maxConnections: bounds.connections,
    connectionTTL: IDLE,
    poolConfig: {
      maxIdle: bounds.idle,
      // DATETIME as text: a Date would lose the microseconds.
      dateStrings: true,
      charset: "utf8mb4_bin",
      queryFormat: asItIs,
      ...(target.tls === false ? {} : { ssl: tlsOptions(target) }),
      stream: (request: SocketRequest) => {
        // The connection that asks is in the pool only when its constructor has ended.
        queueMicrotask(() => hearErrors(request, bounds))
        const socket = openSocket(target, bounds.silenceMs)
        sockets.add(socket)
        socket.once("close", () => sockets.delete(socket))
        return socket
      }
    }
  }).pipe(
    Effect.provide(Reactivity.layer),
    Effect.mapError((error) => classify(error))
  )

/** Is the server there? A connection that it has closed meanwhile says nothing: then once more, on a new one. */
const askOn = (sql: SqlClient) =>
  sql.unsafe("SELECT 1").unprepared.pipe(
    Effect.mapError((error) => classify(error)),
    Effect.retry({ times: 1, while: (error) => error.code !== "ETIMEDOUT" }),
    Effect.asVoid
  )

/** Connects the pools and gives the driver; fails where the server can't be reached or refuses us. */
export const openMysql = (target: MysqlTarget) =>
  Effect.gen(function* () {
    const sockets = new Set<Socket>()
    const sql = yield* pool(target, readers(target), sockets)
    const writer = yield* pool(target, WRITERS, sockets)
    const asker = yield* pool(target, ASKER, new Set())
    const driver: Driver = {
      sql,
      reserve: writer.reserve,
      begin: "START TRANSACTION",
      leftOpen: yield* Ref.make(false),
      compiler: MysqlClient.makeCompiler(),
      pulse: {
        ask: askOn(asker),
        cut: Effect.sync(() => {
          for (const socket of sockets) socket.destroy(timedOut(PULSE_SILENCE_MS))
        })
      }
    }
    return driver
  })
