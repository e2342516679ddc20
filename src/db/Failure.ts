/**
 * What a failed statement means for whoever ran it. Pure: from a driver's error to a kind.
 *
 * - `Transient`: nothing was stored; the same transaction may be run again.
 * - `Permanent`: running it again gives the same failure.
 * - `Unknown`: the failure came while committing; the transaction may or may not have been stored.
 * - `Fenced`: nothing was stored, as another process has taken the work over.
 */
import * as Schema from "effect/Schema"

export const FailureKind = Schema.Literal("Transient", "Permanent", "Unknown", "Fenced")
export type FailureKind = typeof FailureKind.Type

/** A statement or a transaction failed. `code` is the driver's: a MySQL errno or name, or an SQLite name. */
export class DatabaseError extends Schema.TaggedError<DatabaseError>()("DatabaseError", {
  kind: FailureKind,
  code: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return this.code === "" ? this.reason : `${this.reason} (${this.code})`
  }
}

// Lock waits, deadlocks, shutdowns, read-only spells, lost connections; Galera, Group Replication, TiDB, Vitess.
const TRANSIENT_ERRNOS = new Set([
  1205, 1213, 1040, 1053, 1158, 1159, 1160, 1161, 1290, 1317, 1792, 1836, 1927, 2006, 2013, 3100, 3101, 1047,
  1020, 1041, 1180, 1637, 1203, 3168, 8002, 8005, 8022, 8027, 8028, 9001, 9002, 9003, 9004, 9005, 9006, 9007
])
// Of a COMMIT: the server has rolled the transaction back. Galera finds conflicts then, and so does TiDB.
const ROLLED_BACK_ERRNOS = new Set([1213, 8002, 8005, 8022, 8028, 9007])
/** SQLSTATE's class of what was rolled back to be run again: 40001 is a conflict of two transactions. */
const ROLLED_BACK_STATE = /^40/
// Vitess puts its own failures into 1105, with the code of gRPC or the state of a tablet in the text.
const VITESS_TRANSIENT =
  /\bcode(?: =|:) ?(?:Aborted|Unavailable|Resource_?Exhausted|Cluster_?Event)\b|\bnot[ _]serving\b|no healthy tablet/i
// What one row can't be stored for: its batch is halved until the row is found; and statements that no server takes.
const PERMANENT_ERRNOS = new Set([
  1406, 1264, 1366, 3140, 1048, 1292, 1153, 3141, 4025, 1062, 1064, 1146, 1054, 1436, 1390
])
const TRANSIENT_CODES = new Set([
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "PROTOCOL_CONNECTION_LOST",
  "PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR",
  "PROTOCOL_ENQUEUE_AFTER_QUIT",
  "SQLITE_BUSY",
  "SQLITE_LOCKED",
  "SQLITE_FULL",
  "SQLITE_IOERR",
  "SQLITE_CANTOPEN",
  "SQLITE_READONLY"
])

interface DriverError {
  readonly code: string
  readonly errno: number | null
  /** SQLSTATE; "" where the driver gives none. */
  readonly state: string
  readonly message: string
}

/** The innermost error that carries a code: drivers and @effect/sql wrap it in `cause`. */
export const driverError = (error: unknown): DriverError => {
  let innermost: DriverError = { code: "UNKNOWN", errno: null, state: "", message: String(error) }
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const code = "code" in at && typeof at.code === "string" ? at.code : null
    const errno = "errno" in at && typeof at.errno === "number" ? at.errno : null
    innermost = {
      code: code ?? innermost.code,
      errno: errno ?? innermost.errno,
      state: "sqlState" in at && typeof at.sqlState === "string" ? at.sqlState : innermost.state,
      message: at.message || innermost.message
    }
  }
  return innermost
}

const isRolledBack = ({ errno, state }: DriverError): boolean =>
  (errno !== null && ROLLED_BACK_ERRNOS.has(errno)) || ROLLED_BACK_STATE.test(state)

const kindOf = (error: DriverError): FailureKind => {
  const { code, errno, message } = error
  if (errno !== null && TRANSIENT_ERRNOS.has(errno)) return "Transient"
  if (errno !== null && PERMANENT_ERRNOS.has(errno)) return "Permanent"
  // SQLite's extended names: SQLITE_IOERR_WRITE and the like.
  if (TRANSIENT_CODES.has(code.split("_").slice(0, 2).join("_")) || TRANSIENT_CODES.has(code))
    return "Transient"
  if (code.startsWith("SQLITE_")) return "Permanent"
  if (isRolledBack(error)) return "Transient"
  if (errno === 1105) return VITESS_TRANSIENT.test(message) ? "Transient" : "Permanent"
  if (/closed state|Connection lost|connection timeout|Pool is closed/i.test(message)) return "Transient"
  // An unknown code is tried again: a reading waits rather than being refused by mistake.
  return "Transient"
}

/** The server's own errors have its numbers; what the network says has none, or a negative one. */
export const hasNumber = ({ code }: DatabaseError): boolean => /^\d/.test(code)

/** The server's numbers of "no writes here": a setting, a mode, and a node that has lost its cluster. */
const UNFIT = /^(?:1836|1047) /
/** 1290 is any setting that stands against a statement. */
const READ_ONLY = /^1290 /

/** The server is there, and is not the one to write to: a copy, one that was put aside, or a node without its cluster. */
export const isUnfit = ({ code, reason }: DatabaseError): boolean =>
  UNFIT.test(code) || (READ_ONLY.test(code) && /read[-_ ]only/i.test(reason))

/** MariaDB's and MySQL's: the server ended a query that took too long. */
const TOO_LONG = /^(?:1969|3024) /

/** To ask the same again would take as long. */
export const tookTooLong = ({ code }: DatabaseError): boolean => TOO_LONG.test(code)

/** A driver's error as ours; `committing` when it came from the COMMIT itself, which may then have been done. */
export const classify = (error: unknown, committing = false): DatabaseError => {
  const driver = driverError(error)
  const code = driver.errno === null ? driver.code : `${driver.errno} ${driver.code}`
  const kind = committing && !isRolledBack(driver) ? "Unknown" : kindOf(driver)
  return new DatabaseError({ kind, code, reason: driver.message })
}
