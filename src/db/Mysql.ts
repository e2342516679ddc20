/**
 * MySQL 8.0+ and MariaDB 10.6+, through @effect/sql-mysql2.
 *
 * Two pools: a query may run for a minute, but a writer whose socket is silent for seconds is cut, because only
 * the socket can end a stalled transaction, and readings wait for it.
 */

import { createConnection } from "node:net"
import * as Reactivity from "@effect/experimental/Reactivity"
import * as MysqlClient from "@effect/sql-mysql2/MysqlClient"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import { classify } from "./Failure.js"
import type { Driver } from "./Transaction.js"

export interface MysqlTarget {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly username: string
  readonly password: Redacted.Redacted | undefined
  /** TLS: off, on, or on with this authority's certificate (PEM). */
  readonly tls: boolean
  readonly tlsCa: string | undefined
}

const WRITERS_MAX = 4
const READERS_MAX = 8
/** A writer's socket is cut after this silence, ms. */
const WRITER_SILENCE_MS = 8_000
/** A reader's socket is cut after this silence, ms: no query of ours takes as long. */
const READER_SILENCE_MS = 60_000
/** Idle connections are closed before the server's `wait_timeout` of ours ends them. */
const IDLE = "5 seconds"

// wait_timeout: a process that is stopped in the middle of a transaction holds the log for no longer than this.
const BEGIN = `SET SESSION transaction_isolation = 'READ-COMMITTED', wait_timeout = 10,
  innodb_lock_wait_timeout = 5, time_zone = '+00:00'; START TRANSACTION`
// MariaDB before 11.1 knows it by its older name only.
const BEGIN_MARIADB = BEGIN.replace("transaction_isolation", "tx_isolation")

const pool = (target: MysqlTarget, connections: number, silenceMs: number) =>
  MysqlClient.make({
    host: target.host,
    port: target.port,
    database: target.database,
    username: target.username,
    password: target.password,
    maxConnections: connections,
    connectionTTL: IDLE,
    poolConfig: {
      // DATETIME as text: a Date would lose the microseconds.
      dateStrings: true,
      charset: "utf8mb4_bin",
      ...(target.tls ? { ssl: target.tlsCa === undefined ? {} : { ca: target.tlsCa } } : {}),
      stream: () => {
        const socket = createConnection({ host: target.host, port: target.port, noDelay: true })
        socket.setTimeout(silenceMs, () =>
          socket.destroy(
            Object.assign(new Error(`no answer for ${silenceMs / 1_000} s`), { code: "ETIMEDOUT" })
          )
        )
        return socket
      }
    }
  }).pipe(
    Effect.provide(Reactivity.layer),
    Effect.mapError((error) => classify(error))
  )

/** Connects both pools and gives the driver; fails where the server can't be reached or refuses us. */
export const openMysql = (target: MysqlTarget) =>
  Effect.gen(function* () {
    const sql = yield* pool(target, READERS_MAX, READER_SILENCE_MS)
    const writer = yield* pool(target, WRITERS_MAX, WRITER_SILENCE_MS)
    const [version] = yield* sql<{ version: string }>`SELECT VERSION() AS version`.pipe(
      Effect.mapError((error) => classify(error))
    )
    const driver: Driver = {
      sql,
      reserve: writer.reserve,
      begin: /mariadb/i.test(version?.version ?? "") ? BEGIN_MARIADB : BEGIN
    }
    return driver
  })
