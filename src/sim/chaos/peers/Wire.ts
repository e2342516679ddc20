/**
 * Between one of several processes and the database: what it asks takes a while to get there. It may be cut: then nothing gets
 * through until it is whole again, and what waited goes on, late, or is given up.
 *
 * A statement that was sent runs, whatever its process does meanwhile. A process that is stopped reads no answer.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { SimClock } from "../../SimClock.js"
import { failure, type Session } from "../process/SimConnection.js"
import type { PeerClock } from "./PeerClock.js"

/** A client gives up on a connection that is silent for so long. */
const SILENCE = "8 seconds"

export type WireState = "whole" | "silent" | "refusing"

export class Wire {
  state: WireState = "whole"
  private readonly latency: Duration.Duration
  private readonly mended = Effect.unsafeMakeLatch(true)

  constructor(
    private readonly clock: PeerClock,
    private readonly base: SimClock,
    latencyMillis: number
  ) {
    this.latency = Duration.millis(latencyMillis)
  }

  cut(state: "silent" | "refusing"): void {
    this.state = state
    this.mended.unsafeClose()
  }

  mend(): void {
    this.state = "whole"
    this.mended.unsafeOpen()
  }

  /** Nothing of the process gets to the server, or nothing that the server says gets to the process. */
  get isHeld(): boolean {
    return this.state !== "whole" || this.clock.paused
  }

  /**
   * A statement of a session, of which the first takes a while to get there. `held` is what the server does where no more
   * comes. The way back takes no time: what happens on it is brought on purpose, behind the statement.
   */
  carry<A>(
    session: Session,
    statement: Effect.Effect<A, SqlError>,
    held: Effect.Effect<void>
  ): Effect.Effect<A, SqlError> {
    const there = Effect.suspend(() => (this.isHeld ? this.delayed(session) : Effect.void))
    const answer = session.open
      ? Effect.zipRight(there, session.begun ? statement : this.waiting(statement, held))
      : this.first(session, statement, held)
    return answer.pipe(
      Effect.tap(() => there),
      Effect.tapError(() => this.clock.gate)
    )
  }

  private first<A>(
    session: Session,
    statement: Effect.Effect<A, SqlError>,
    held: Effect.Effect<void>
  ): Effect.Effect<A, SqlError> {
    return this.base
      .sleep(this.latency)
      .pipe(
        Effect.zipRight(Effect.suspend(() => (this.isHeld ? this.delayed(session) : Effect.void))),
        Effect.zipRight(statement),
        (answer) => this.waiting(answer, held)
      )
  }

  /** It may wait for another's transaction, and its process be heard of no more when it has done so. */
  private waiting<A>(statement: Effect.Effect<A, SqlError>, held: Effect.Effect<void>) {
    return Effect.onExit(statement, () => (this.isHeld ? Effect.withClock(held, this.base) : Effect.void))
  }

  /** What is read over a connection of its own, which nobody misses. */
  carryRead<A>(statement: Effect.Effect<A, SqlError>): Effect.Effect<A, SqlError> {
    return Effect.suspend(() => (this.isHeld ? Effect.zipRight(this.delayed(null), statement) : statement))
  }

  /** Its process is stopped, or the wire is cut. */
  private delayed(session: Session | null): Effect.Effect<void, SqlError> {
    return Effect.zipRight(this.clock.gate, this.passed(session))
  }

  private passed(session: Session | null): Effect.Effect<void, SqlError> {
    const lost = (code: string) =>
      Effect.suspend(() => {
        const error = failure(code)
        if (session !== null && session.broken === null) session.broken = error
        return Effect.fail(error)
      })
    return Effect.suspend(() => {
      if (this.state === "whole") return Effect.void
      if (this.state === "refusing") return lost("EHOSTUNREACH")
      return Effect.interruptible(this.mended.await).pipe(
        Effect.timeoutOption(SILENCE),
        Effect.flatMap((mended) => (mended._tag === "Some" ? Effect.void : lost("ETIMEDOUT")))
      )
    })
  }
}
