/**
 * What transactions do beside each other on a simulated server, as InnoDB's do at READ COMMITTED. The file below has one
 * writer: so a transaction locks rows, reads what is committed, and keeps what it writes, until a statement of it needs the
 * server to itself. Then it waits for that, and writes all that it has kept.
 *
 * Invariants:
 * 1. Nobody who has the server to itself waits for a row: those who have the rows may wait for the server.
 * 2. A key that one has inserted is its own until it ends. Who inserts it too waits, and is refused if it was committed.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Chance } from "../../Chance.js"
import type { SimClock } from "../../SimClock.js"
import type { Trace } from "../../Trace.js"
import { failure, type Session } from "../process/SimConnection.js"
import type { RowLocks } from "./RowLocks.js"
import { rowStatementOf } from "./RowStatements.js"

/** The row that is the log's order. */
const ORDER = "0"
/** How long a statement takes, there and back, in ms. */
const STATEMENT_MILLIS_MEAN = 2
/** How long the server is at the INSERT of a batch, in ms: mostly, and now and then. */
const INSERT_MILLIS_MEAN = 200
const SLOW_INSERT_MILLIS_MEAN = 2_000
const SLOW_INSERTS = 0.15

/** What a transaction may ask of its server. */
export interface RowAccess {
  /** Has a row once nobody else has; fails where that takes too long, or can't come. */
  readonly lock: (session: Session, row: string) => Effect.Effect<void, SqlError>
  /** Has the server to itself, from now on. */
  readonly whole: (session: Session) => Effect.Effect<void, SqlError>
  /** Why the session can't go on. */
  readonly refusal: (session: Session) => SqlError | null
}

export class SideBySide {
  /** Whose reservations are not committed and not taken back. */
  private readonly reserved = new Map<number, Session["client"]>()
  private readonly inserting = new Set<Session>()
  private last: Session["client"] | null = null

  constructor(
    private readonly rows: RowAccess,
    private readonly locks: RowLocks<Session>,
    private readonly clock: SimClock,
    private readonly chance: Chance,
    private readonly trace: Trace
  ) {}

  /** A statement of a transaction, that may have the server to itself, or not. */
  statement<A>(
    session: Session,
    text: string,
    params: ReadonlyArray<unknown>,
    run: Effect.Effect<A, SqlError>
  ): Effect.Effect<A, SqlError> {
    return Effect.suspend(() => {
      if (session.occasions.has("reserve") && session.reserves === null) session.reserves = Number(params[0])
      if (session.begun) return run
      session.busy = true
      return Effect.ensuring(
        this.early(session, text, params, run),
        Effect.sync(() => {
          session.busy = false
        })
      )
    })
  }

  private early<A>(
    session: Session,
    text: string,
    params: ReadonlyArray<unknown>,
    run: Effect.Effect<A, SqlError>
  ): Effect.Effect<A, SqlError> {
    const { rows } = this
    const kind = rowStatementOf(text)
    switch (kind) {
      case "look":
        return Effect.zipLeft(run, this.takes(session, STATEMENT_MILLIS_MEAN))
      case "order":
        return Effect.zipRight(
          rows.lock(session, ORDER),
          Effect.zipLeft(run, this.takes(session, STATEMENT_MILLIS_MEAN))
        )
      case "claim":
        return this.claim(session, Number(params[0]), run)
      case "below":
        return this.below(session, Number(params[0]), run)
      case "all":
        return Effect.zipRight(this.range(session, Number.MAX_SAFE_INTEGER), run)
      case "clear":
        return this.range(session, Number.MAX_SAFE_INTEGER).pipe(
          Effect.zipRight(rows.whole(session)),
          Effect.zipRight(run)
        )
      case "keep":
        if (session.claimed !== null) return this.keep(session, text, params) as Effect.Effect<A, SqlError>
    }
    return Effect.zipRight(rows.whole(session), run)
  }

  committed(session: Session): void {
    const { client, claimed, occasions, reserves } = session
    if (reserves !== null) this.reserved.set(reserves, client)
    if (occasions.has("take back")) {
      if (this.reserved.size > 0) this.trace.sometimes("a reservation was taken back")
      this.reserved.clear()
    }
    if (claimed === null) return
    this.reserved.delete(claimed)
    if (this.last !== null && this.last !== client) this.trace.sometimes("batches of two processes in turn")
    this.last = client
  }

  ended(session: Session): void {
    this.inserting.delete(session)
    session.kept.length = 0
  }

  gone(client: Session["client"]): void {
    if ([...this.reserved.values()].includes(client))
      this.trace.sometimes("a process ended with a reservation")
  }

  /** Writes what was kept. */
  written({ kept, raw }: Session): Effect.Effect<void, SqlError> {
    return Effect.forEach(kept, ({ params, text }) => raw.executeUnprepared(text, params, undefined), {
      discard: true
    })
  }

  private claim<A>(session: Session, first: number, run: Effect.Effect<A, SqlError>) {
    return Effect.zipRight(
      this.rows.lock(session, String(first)),
      Effect.tap(run, () => {
        if (this.isReserved(session, first)) session.claimed = first
        else {
          this.locks.release(session, String(first))
          this.trace.sometimes("a batch whose reservation was gone")
        }
        return Effect.void
      })
    )
  }

  private below<A>(session: Session, first: number, run: Effect.Effect<A, SqlError>) {
    const last = this.clock.now()
    return Effect.zipRight(
      Effect.tap(this.range(session, first), (found) => {
        if (this.clock.now() > last) this.trace.sometimes("a batch waited for one below")
        if (found > 0) this.trace.sometimes("a batch was out of turn")
        return Effect.void
      }),
      run
    )
  }

  /** Locks the reservations below a position, from the last one down; those that go meanwhile are passed over. */
  private range(session: Session, below: number, found = 0): Effect.Effect<number, SqlError> {
    return Effect.suspend(() => {
      const [row] = this.read(
        session,
        "SELECT MAX(first_position) AS first FROM log_reservations WHERE first_position > 0 AND first_position < ?",
        below
      )
      const first = Number(row?.first ?? 0)
      if (first === 0) return Effect.succeed(found)
      return Effect.flatMap(this.rows.lock(session, String(first)), () => {
        const isThere = this.isReserved(session, first)
        if (!isThere) this.locks.release(session, String(first))
        return this.range(session, first, isThere ? found + 1 : found)
      })
    })
  }

  /** What is written later. Its keys are its own at once. */
  private keep(
    session: Session,
    text: string,
    params: ReadonlyArray<unknown>
  ): Effect.Effect<ReadonlyArray<never>, SqlError> {
    const keys = params.filter((param) => param instanceof Uint8Array)
    const kept = Effect.sync(() => {
      session.kept.push({ text, params })
      return []
    })
    if (keys.length === 0) return kept
    const own = Effect.forEach(keys, (key) => this.key(session, key), { discard: true })
    return Effect.zipRight(own, Effect.zipLeft(kept, this.inserts(session)))
  }

  private key(session: Session, key: Uint8Array): Effect.Effect<void, SqlError> {
    return Effect.flatMap(this.rows.lock(session, `key ${Buffer.from(key).toString("hex")}`), () => {
      if (this.read(session, "SELECT 1 AS taken FROM events WHERE event_id = ?", key).length === 0) {
        return Effect.void
      }
      this.trace.sometimes("a key that another batch had taken")
      return Effect.fail(failure("ER_DUP_ENTRY", 1062))
    })
  }

  /** The server is at an INSERT: others may be at theirs. */
  private inserts(session: Session): Effect.Effect<void, SqlError> {
    return Effect.suspend(() => {
      this.inserting.add(session)
      if (this.inserting.size > 1) this.trace.sometimes("two batches inserted at a time")
      const isSlow = this.chance.happens(SLOW_INSERTS)
      return this.takes(session, isSlow ? SLOW_INSERT_MILLIS_MEAN : INSERT_MILLIS_MEAN)
    })
  }

  /** So many ms on average, after which its transaction may be over. */
  private takes(session: Session, mean: number): Effect.Effect<void, SqlError> {
    return Effect.suspend(() => this.clock.sleep(Duration.millis(this.chance.exponential(mean)))).pipe(
      Effect.zipRight(
        Effect.suspend(() => {
          const refused = this.rows.refusal(session)
          return refused === null ? Effect.void : Effect.fail(refused)
        })
      )
    )
  }

  private isReserved(session: Session, first: number): boolean {
    return (
      this.read(session, "SELECT 1 AS reserved FROM log_reservations WHERE first_position = ?", first)
        .length > 0
    )
  }

  private read({ raw }: Session, text: string, param: unknown): ReadonlyArray<Record<string, unknown>> {
    return Effect.runSync(Effect.orDie(raw.executeUnprepared(text, [param], undefined)))
  }
}
