/**
 * Faults put between the transactions and a real driver's connections: the n-th call fails, once, in a way that
 * a database fails in.
 */
import type { Connection } from "@effect/sql/SqlConnection"
import { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Dialect } from "../../src/db/Dialect.js"

/** What the database does with the call that fails. */
type Deed =
  /** Nothing: the transaction is as it was. */
  | "nothing"
  /** It rolls the transaction back; the connection lives. */
  | "rolls back"
  /** It rolls back, and the connection is gone with all later calls on it. */
  | "is gone"
  /** It does what it is told, and then the connection is gone: outside of COMMIT, it rolls back. */
  | "answers nothing"

export interface FaultClass {
  readonly name: string
  readonly dialects: ReadonlyArray<Dialect>
  readonly code: string
  readonly errno?: number
  readonly deed: Deed
  /** Which calls are counted, and may fail: any, or those whose text is this. */
  readonly only?: "COMMIT"
  /** The ROLLBACK that answers it fails as well. */
  readonly rollbackFails?: boolean
}

export const FAULTS: ReadonlyArray<FaultClass> = [
  {
    name: "a lock wait: the statement alone is undone",
    dialects: ["mysql"],
    code: "ER_LOCK_WAIT_TIMEOUT",
    errno: 1205,
    deed: "nothing"
  },
  {
    name: "a deadlock: the transaction is undone",
    dialects: ["mysql"],
    code: "ER_LOCK_DEADLOCK",
    errno: 1213,
    deed: "rolls back"
  },
  { name: "the connection is lost", dialects: ["mysql"], code: "", errno: 2013, deed: "is gone" },
  {
    name: "COMMIT is done, its answer lost",
    dialects: ["mysql"],
    code: "ECONNRESET",
    deed: "answers nothing"
  },
  {
    name: "COMMIT is lost before it is done",
    dialects: ["mysql"],
    code: "ECONNRESET",
    deed: "is gone",
    only: "COMMIT"
  },
  {
    name: "a row can't be stored",
    dialects: ["mysql"],
    code: "ER_DATA_TOO_LONG",
    errno: 1406,
    deed: "nothing"
  },
  {
    name: "a lock wait, and ROLLBACK fails",
    dialects: ["mysql"],
    code: "ER_LOCK_WAIT_TIMEOUT",
    errno: 1205,
    deed: "nothing",
    rollbackFails: true
  },
  { name: "the file is busy", dialects: ["sqlite"], code: "SQLITE_BUSY", deed: "nothing" },
  { name: "the disk is full", dialects: ["sqlite"], code: "SQLITE_FULL", deed: "rolls back" },
  {
    name: "the disk fails, and ROLLBACK too",
    dialects: ["sqlite"],
    code: "SQLITE_IOERR_WRITE",
    deed: "nothing",
    rollbackFails: true
  },
  {
    name: "COMMIT is done, and fails",
    dialects: ["sqlite"],
    code: "SQLITE_IOERR_FSYNC",
    deed: "answers nothing",
    only: "COMMIT"
  },
  { name: "a row is too big", dialects: ["sqlite"], code: "SQLITE_TOOBIG", deed: "nothing" }
]

const errorOf = ({ code, errno, name }: Pick<FaultClass, "code" | "errno" | "name">) =>
  new SqlError({ cause: Object.assign(new Error(`injected: ${name}`), { code, errno }), message: "injected" })

const gone = errorOf({ name: "closed", code: "PROTOCOL_CONNECTION_LOST" })

/** Counts the calls of all connections that it wraps, and lets one of them fail. */
export class Injector {
  /** Whether the call that was to fail has come. */
  sprung = false
  private failAt = 0
  private calls = 0
  private rollbackMayFail = false

  constructor(private readonly fault: FaultClass) {}

  /** From now on, counted call `failAt` fails, once; 0: none. */
  arm(failAt: number): void {
    this.failAt = failAt
    this.calls = 0
    this.sprung = false
    this.rollbackMayFail = false
  }

  /** What `wrapDriver` takes. A connection that is gone stays so until it is given back. */
  readonly wrap = (connection: Connection): Effect.Effect<Connection> =>
    Effect.sync(() => {
      let dead = false
      const undo = Effect.ignore(connection.executeUnprepared("ROLLBACK", [], undefined))
      const guard = <A>(text: string, call: Effect.Effect<A, SqlError>): Effect.Effect<A, SqlError> =>
        Effect.suspend(() => {
          const { fault } = this
          if (dead) return Effect.fail(gone)
          if (text === "ROLLBACK" && this.rollbackMayFail) {
            this.rollbackMayFail = false
            return Effect.fail(errorOf({ name: "no rollback", code: "SQLITE_IOERR", errno: 1105 }))
          }
          if (fault.only !== undefined && fault.only !== text) return call
          this.calls += 1
          if (this.calls !== this.failAt) return call
          this.sprung = true
          this.rollbackMayFail = fault.rollbackFails ?? false
          dead = fault.deed === "is gone" || fault.deed === "answers nothing"
          const before =
            fault.deed === "nothing"
              ? Effect.void
              : fault.deed === "answers nothing"
                ? Effect.zipRight(Effect.ignore(call), undo)
                : undo
          return Effect.zipRight(before, Effect.fail(errorOf(fault)))
        })
      return {
        execute: (text, params, transform) => guard(text, connection.execute(text, params, transform)),
        executeRaw: (text, params) => guard(text, connection.executeRaw(text, params)),
        executeValues: (text, params) => guard(text, connection.executeValues(text, params)),
        executeUnprepared: (text, params, transform) =>
          guard(text, connection.executeUnprepared(text, params, transform)),
        executeStream: (text, params, transform) =>
          Stream.unwrap(guard(text, Effect.succeed(connection.executeStream(text, params, transform))))
      }
    })
}
