/**
 * Is a commit on the disk when the database says so? Asked once, when the database is ready: an acknowledgement
 * promises no more than the database does.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { DatabaseService } from "./Transaction.js"

/** SQLite's levels of `synchronous`: below FULL a commit in the WAL is not synced. */
const LEVELS = ["OFF", "NORMAL", "FULL", "EXTRA"]
const FULL = 2

const sqliteRisks = (sql: SqlClient) =>
  Effect.map(sql<{ synchronous: number }>`PRAGMA synchronous`, ([row]) => {
    const level = Number(row?.synchronous ?? FULL)
    return level >= FULL ? [] : [`synchronous is ${LEVELS[level] ?? level}, not FULL`]
  })

const isOn = (value: string | undefined): boolean => /^(1|on)$/i.test(value ?? "")

/** From the server's variables, by name; one that a server does not know is no risk of it. */
export const mysqlRisks = (variables: ReadonlyMap<string, string>): ReadonlyArray<string> => {
  const risks: Array<string> = []
  const flush = variables.get("innodb_flush_log_at_trx_commit") ?? "1"
  // MariaDB's 3 flushes at each commit, and more.
  if (flush !== "1" && flush !== "3") risks.push(`innodb_flush_log_at_trx_commit is ${flush}, not 1`)
  const sync = variables.get("sync_binlog") ?? "1"
  if (isOn(variables.get("log_bin")) && sync !== "1") {
    risks.push(`sync_binlog is ${sync}, not 1, and the binary log is on`)
  }
  const doublewrite = variables.get("innodb_doublewrite") ?? "ON"
  if (/^(0|off|detect_only)$/i.test(doublewrite)) {
    risks.push(`innodb_doublewrite is ${doublewrite}: a page that is half written can't be mended`)
  }
  const method = variables.get("innodb_flush_method") ?? ""
  if (/^(nosync|littlesync)$/i.test(method)) risks.push(`innodb_flush_method is ${method}: nothing is synced`)
  return risks
}

const readMysqlRisks = (sql: SqlClient) =>
  Effect.map(
    sql<{ Variable_name: string; Value: string }>`SHOW GLOBAL VARIABLES WHERE Variable_name IN
      ('innodb_flush_log_at_trx_commit', 'sync_binlog', 'log_bin', 'innodb_doublewrite', 'innodb_flush_method')`,
    (rows) => mysqlRisks(new Map(rows.map((row) => [row.Variable_name.toLowerCase(), row.Value])))
  )

/**
 * What may lose a commit that was acknowledged, each in one line for people; said in the log as well. None where
 * the database can't be asked.
 */
export const durabilityWarnings = (
  database: Pick<DatabaseService, "dialect" | "read" | "transact">
): Effect.Effect<ReadonlyArray<string>> =>
  // SQLite's level belongs to the connection that writes.
  (database.dialect === "sqlite" ? database.transact(sqliteRisks) : database.read(readMysqlRisks)).pipe(
    Effect.map((risks) =>
      risks.map(
        (risk) => `an acknowledged reading may be lost when the machine or the database crashes: ${risk}`
      )
    ),
    Effect.tap((warnings) => Effect.forEach(warnings, (warning) => Effect.logWarning(warning))),
    Effect.catchAll((error) =>
      Effect.as(Effect.logWarning(`the database was not asked whether it is durable: ${error.message}`), [])
    )
  )
