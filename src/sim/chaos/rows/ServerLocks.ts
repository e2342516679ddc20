/** The locks of a simulated server: its rows, and the server itself, that one transaction has at a time. */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import { failure, type Session } from "../process/SimConnection.js"
import type { Power } from "../process/SimFaulty.js"
import { RowLocks } from "./RowLocks.js"

/** How long a transaction waits for the lock of another. */
const LOCK_WAIT = "5 seconds"
/** Stands for all that has no lock of its own. */
const ALL = "all"

export class ServerLocks extends RowLocks<Session> {
  constructor(private readonly power: Pick<Power, "drop" | "end" | "met" | "refusal">) {
    super()
  }

  /** Has the server to itself, once nobody else has. */
  whole(session: Session): Effect.Effect<void, SqlError> {
    return this.lock(session, ALL)
  }

  /** Has a row, once nobody else has it. */
  lock(session: Session, row: string): Effect.Effect<void, SqlError> {
    return Effect.suspend(() => {
      if (this.take(session, row)) return Effect.void
      if (this.isDeadlock(session, row)) {
        this.power.met("two transactions waited for each other")
        this.power.end(session)
        return Effect.fail(failure("ER_LOCK_DEADLOCK", 1213))
      }
      // BEGIN is uninterruptible where it is called, and so would be what waits in it.
      return Effect.interruptible(this.wait(session, row)).pipe(
        Effect.timeoutFail({ duration: LOCK_WAIT, onTimeout: () => failure("ER_LOCK_WAIT_TIMEOUT", 1205) }),
        Effect.tapError(() => Effect.sync(() => this.power.met("lock wait timed out"))),
        Effect.zipRight(Effect.suspend(() => this.waited(session, row)))
      )
    })
  }

  /** It may be gone by now, or its transaction over. */
  private waited(session: Session, row: string): Effect.Effect<void, SqlError> {
    const refused = session.broken ?? this.power.refusal(session.client)
    if (refused === null && this.holds(session, row)) return Effect.void
    this.power.end(session)
    return Effect.fail(refused ?? failure("ECONNRESET"))
  }
}
