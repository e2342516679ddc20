/**
 * A database as the checker sees it: plain SQL over the bare drivers, on connections of its own, beside whatever the
 * program does. MySQL's doubles come through prepared statements, whose protocol keeps every bit.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import Libsql from "libsql"
import mysql from "mysql2/promise"
import { Checker, type Claims, type EventRow, type MinuteRow, type Verdict } from "./check.js"

export type Row = Readonly<Record<string, unknown>>
type Param = string | number

export interface Store {
  readonly name: string
  /** As DATABASE_URL takes it. */
  readonly url: string
  /** One statement, prepared. */
  readonly query: (sql: string, params?: ReadonlyArray<Param>) => Promise<ReadonlyArray<Row>>
  /** Closes it, and leaves nothing behind. */
  readonly remove: () => Promise<void>
}

/** A new, empty file, which the program makes. */
export const sqliteStore = (): Store => {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-chaos-"))
  const path = join(folder, "tidemark.db")
  return {
    name: "SQLite",
    url: `file:${path}`,
    query: async (sql, params = []) => {
      // Opened for each query: an open reader would keep the write-ahead log from being taken up.
      const database = new Libsql(path)
      try {
        database.exec("PRAGMA busy_timeout = 10000; PRAGMA query_only = ON")
        return database.prepare(sql).all(params) as ReadonlyArray<Row>
      } finally {
        database.close()
      }
    },
    remove: async () => rmSync(folder, { recursive: true, force: true })
  }
}

let made = 0

/** A new, empty database of a server (`mysql://user:password@host:port`). */
export const mysqlStore = async (server: string): Promise<Store> => {
  const database = `chaos_${process.pid}_${++made}`
  const once = async (sql: string) => {
    const connection = await mysql.createConnection(server)
    await connection.query(sql).finally(() => connection.end())
  }
  await once(`CREATE DATABASE ${database}`)
  return {
    name: "MariaDB",
    url: `${server}/${database}`,
    // Connected for each query: the server may die between two.
    query: async (sql, params = []) => {
      const connection = await mysql.createConnection({ uri: `${server}/${database}`, dateStrings: true })
      try {
        const [rows] = await connection.execute(sql, [...params])
        return rows as ReadonlyArray<Row>
      } finally {
        connection.destroy()
      }
    },
    remove: () => once(`DROP DATABASE IF EXISTS ${database}`)
  }
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{6}))?Z?$/

/** Either dialect's column of time, as µs since the epoch. mysql2 leaves a fraction of 0 out. */
const microsOf = (column: unknown): number => {
  const parts = TIME.exec(String(column))
    ?.slice(1)
    .map((part) => Number(part ?? 0))
  if (parts === undefined) throw new TypeError(`no time: ${String(column)}`)
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0] = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) * 1_000 + micros
}

const doubleOf = (column: unknown): number | null => (column === null ? null : Number(column))

const eventOf = (row: Row): EventRow => ({
  position: Number(row.position),
  type: String(row.type),
  sensor: Number(row.sensor_id),
  occurredAt: microsOf(row.occurred_at),
  recordedAt: microsOf(row.recorded_at),
  value: doubleOf(row.value),
  supersededBy: doubleOf(row.superseded_by)
})

const minuteOf = (row: Row): MinuteRow => ({
  sensor: Number(row.sensor_id),
  minute: microsOf(row.minute),
  position: Number(row.position),
  count: Number(row.readings),
  sum: doubleOf(row.value_sum),
  min: doubleOf(row.value_min),
  max: doubleOf(row.value_max),
  mean: doubleOf(row.value_mean),
  stddev: doubleOf(row.value_stddev)
})

const PAGE = 20_000
const LIVE = "(SELECT generation FROM checkpoints WHERE projection = 'minutes')"

/** The one number that a query answers. */
export const numberOf = async (store: Store, sql: string): Promise<number> => {
  const [row] = await store.query(sql)
  return Number(Object.values(row ?? {})[0])
}

/** Waits until the minutes are folded up to the head; answers false where they are not in time. */
export const calm = async (store: Store, ms = 30_000): Promise<boolean> => {
  const end = performance.now() + ms
  const behind = `SELECT (SELECT position FROM log_head) - (SELECT position FROM checkpoints
    WHERE projection = 'minutes') AS behind`
  for (;;) {
    if ((await numberOf(store, behind)) === 0) return true
    if (performance.now() > end) return false
    await sleep(100)
  }
}

/** Everything that must hold, with the program at rest or gone. Wait for `calm` before. */
export const check = async (store: Store, claims: Claims): Promise<Verdict> => {
  const checker = new Checker(claims)
  for (let last = 0; ; ) {
    const rows = await store.query(
      `SELECT position, type, sensor_id, occurred_at, recorded_at, value, superseded_by FROM events
        WHERE position > ? ORDER BY position LIMIT ${PAGE}`,
      [last]
    )
    const events = rows.map(eventOf)
    for (const event of events) checker.event(event)
    const end = events.at(-1)
    if (end === undefined) break
    last = end.position
  }
  const minutes = await store.query(
    `SELECT sensor_id, minute, position, readings, value_sum, value_min, value_max, value_mean, value_stddev
      FROM sensor_minutes WHERE generation = ${LIVE}`
  )
  for (const row of minutes) checker.minute(minuteOf(row))
  return checker.done({
    head: await numberOf(store, "SELECT position FROM log_head"),
    checkpoint: await numberOf(store, "SELECT position FROM checkpoints WHERE projection = 'minutes'"),
    rejected: await numberOf(store, "SELECT COUNT(*) AS n FROM rejected_messages"),
    viewRows: await numberOf(store, "SELECT COUNT(*) AS n FROM aggregated_sensor_data")
  })
}
