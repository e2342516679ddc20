/**
 * MySQL 8.0+ and MariaDB 10.6+, through @effect/sql-mysql2.
 *
 * Two pools: a query may run for a minute, but a writer whose socket is silent for seconds is cut, because only
 * the socket can end a stalled transaction, and readings wait for it. Beside them one connection that only asks
 * whether the server is there (Heartbeat.ts).
 */
import { createConnection, isIP, type Socket } from "node:net"
import * as Reactivity from "@effect/experimental/Reactivity"
import type { SqlClient } from "@effect/sql/SqlClient"
import * as MysqlClient from "@effect/sql-mysql2/MysqlClient"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Runtime from "effect/Runtime"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import {
  type DatabaseHost,
  type DatabaseTarget,
  describeHost,
  type Tls
} from "../../config/DatabaseTarget.js"
import { classify, DatabaseError, hasNumber, isUnfit } from "../Failure.js"
import { type Driver, LOCK_WAIT_SECONDS } from "../Transaction.js"
import {
  begin,
  type Greeting,
  hearErrors,
  type PoolConnection,
  type SocketRequest
} from "./MysqlConnections.js"
import { type Held, HOST_PASSED_OVER, MysqlHosts, type Use } from "./MysqlHosts.js"

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

/** Of several hosts, one that does not answer a connection for so long is passed over, ms. */
const CONNECT_MS = 3_000

const timedOut = (silenceMs: number) =>
  Object.assign(new Error(`no answer for ${silenceMs / 1_000} s`), { code: "ETIMEDOUT" })

/** A socket that is cut when nothing comes for so long. */
const openSocket = ({ host, port }: DatabaseHost, silenceMs: number): Socket => {
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

interface PoolBounds extends Greeting {
  readonly use: Use
  readonly connections: number
  /** Connections that are kept though idle, for as long as `IDLE`; the others go within a second. */
  readonly idle: number
  /** A socket is cut after this silence, ms. */
  readonly silenceMs: number
}

/**
 * Galera: what another node has committed is there before a transaction begins here, and before a read outside of one.
 * MariaDB without a cluster takes it, too, and does nothing; MySQL refuses it.
 */
const CAUSAL = "SET SESSION wsrep_sync_wait = 1"

/**
 * The server itself ends what takes too long: a socket that is cut would leave it at work. The comments are MariaDB's
 * and MySQL's own, each is passed over by the other; a server that takes neither goes without.
 */
const readers = ({ queryMillisMax }: MysqlTarget): PoolBounds => ({
  use: "reads",
  connections: READERS_MAX,
  idle: 0,
  silenceMs: queryMillisMax + READER_GRACE_MS,
  // What a snapshot needs, whatever the server is set to.
  first: ["SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"],
  asked: [
    `SET SESSION /*M!100100 max_statement_time = ${queryMillisMax / 1_000} */ /*!80000 max_execution_time = ${queryMillisMax} */`,
    CAUSAL
  ]
})
const WRITERS: PoolBounds = {
  use: "writes",
  connections: WRITERS_MAX,
  idle: 0,
  silenceMs: WRITER_SILENCE_MS,
  first: [
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    // wait_timeout: a process that is stopped in the middle of a transaction holds the log, and what it owns, for no
    // longer than this.
    `SET SESSION wait_timeout = 5, innodb_lock_wait_timeout = ${LOCK_WAIT_SECONDS}, time_zone = '+00:00'`
  ],
  asked: [CAUSAL]
}
// Kept open: where a server has gone over to another, old connections are dead though new ones are taken.
const ASKER: PoolBounds = {
  use: "asks",
  connections: 1,
  idle: 1,
  silenceMs: PULSE_SILENCE_MS,
  first: [],
  // A node that does not get what others have committed holds every transaction up: it is as good as silent.
  asked: [CAUSAL]
}

/** Of several hosts, one that takes no writes is passed over: the database is elsewhere, or this is a copy of it. */
const IS_READ_ONLY = "SELECT @@global.read_only AS isReadOnly"
const WRITES: ReadonlySet<unknown> = new Set([0, "0", "OFF"])
const isSetting = Schema.is(Schema.Struct({ isReadOnly: Schema.Unknown }))
const saysReadOnly = (rows: unknown): boolean => {
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined
  return isSetting(row) && !WRITES.has(row.isReadOnly)
}

/** Takes or refuses a connection to one of several hosts, before it is used. */
const examine = (connection: PoolConnection, held: Held, hosts: MysqlHosts): void => {
  connection.query(IS_READ_ONLY, (error, rows) => {
    const failure = error === null ? undefined : classify(error)
    // A server that does not know the setting takes writes, as far as we can know.
    if (failure !== undefined && (isUnfit(failure) || !hasNumber(failure)))
      connection.stream.destroy(hosts.refusal(`refuses: ${failure.message}`, held))
    else if (saysReadOnly(rows)) connection.stream.destroy(hosts.refusal("is read-only", held))
    else hosts.took(held)
  })
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

/** A pool, to the host that is in use. */
const pool = (target: MysqlTarget, bounds: PoolBounds, hosts: MysqlHosts) =>
  MysqlClient.make({
    // Each connection is told its own host.
    ...hosts.next,
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
      ...(hosts.areSeveral ? { connectTimeout: CONNECT_MS } : {}),
      ...(target.tls === false ? {} : { ssl: tlsOptions(target) }),
      stream: (request: SocketRequest) => {
        const { next } = hosts
        request.config.host = next.host
        request.config.port = next.port
        const socket = openSocket(next, bounds.silenceMs)
        const held = hosts.open(socket, bounds.use)
        // The connection that asks is in the pool only when its constructor has ended.
        queueMicrotask(() => {
          const connection = hearErrors(request)
          if (connection === undefined) return
          begin(connection, bounds)
          if (hosts.areSeveral) examine(connection, held, hosts)
        })
        return socket
      }
    }
  }).pipe(
    Effect.provide(Reactivity.layer),
    Effect.mapError((error) => classify(error))
  )

/** Is the server there, and of several the one to use? */
const question = (sql: SqlClient, hosts: MysqlHosts) =>
  hosts.areSeveral
    ? Effect.flatMap(sql.unsafe(IS_READ_ONLY).unprepared, (rows) =>
        saysReadOnly(rows) ? Effect.fail(classify(hosts.refusal("is read-only"))) : Effect.void
      )
    : sql.unsafe("SELECT 1").unprepared

/** A connection that the server has closed meanwhile says nothing: then once more, on a new one. */
const askOn = (sql: SqlClient, hosts: MysqlHosts) =>
  question(sql, hosts).pipe(
    Effect.mapError((error) => (error instanceof DatabaseError ? error : classify(error))),
    Effect.tapError((error) =>
      Effect.sync(() => {
        if (isUnfit(error) || error.code === HOST_PASSED_OVER) hosts.leave(error)
        else if (error.code === "ETIMEDOUT") hosts.silent()
      })
    ),
    Effect.retry({ times: 1, while: (error) => error.code !== "ETIMEDOUT" }),
    Effect.asVoid
  )

/**
 * Connects the pools and gives the driver; fails where no host can be reached, or none takes us. Which host took a
 * connection last is remembered from one attempt to the next.
 */
export const openMysql = (target: MysqlTarget) => {
  const hosts = new MysqlHosts(target.hosts)
  return Effect.gen(function* () {
    const log = Runtime.runFork(yield* Effect.runtime<never>())
    hosts.onMove = (host) => log(Effect.logInfo(`the database is used at ${describeHost(host)} now`))
    const others = target.hosts.length - 1
    const sql = yield* Effect.retry(
      pool(target, readers(target), hosts),
      // A socket that was refused has to close before the next host is asked.
      Schedule.intersect(Schedule.recurs(others), Schedule.spaced("20 millis"))
    )
    const writer = yield* pool(target, WRITERS, hosts)
    const asker = yield* pool(target, ASKER, hosts)
    const driver: Driver = {
      sql,
      reserve: writer.reserve,
      begin: "START TRANSACTION",
      leftOpen: yield* Ref.make(false),
      compiler: MysqlClient.makeCompiler(),
      onFailure: (error) => Effect.sync(() => (isUnfit(error) ? hosts.leave(error) : undefined)),
      pulse: {
        ask: askOn(asker, hosts),
        cut: Effect.sync(() => hosts.cut(timedOut(PULSE_SILENCE_MS)))
      }
    }
    return driver
  })
}
