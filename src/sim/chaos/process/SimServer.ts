/**
 * A database server that fails on purpose. The SQL runs for real, in an SQLite file; between it and a process are
 * connections that deadlock, stall, break, lose the answer of a COMMIT, or end the process at a named point.
 *
 * Invariants:
 * 1. One transaction at a time has the server to itself; others wait for it, for at most LOCK_WAIT. Where it locks rows,
 *    those of batches run beside each other until then (rows/SideBySide.ts).
 * 2. A connection that is gone has no open transaction: what was not committed is rolled back.
 * 3. What COMMIT has done is there, whatever its caller is told.
 * 4. A connection that is given back has nothing open on it: the next one to use it would commit that.
 */
import type { Connection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { DatabaseSource } from "../../../db/Database.js"
import { DatabaseError } from "../../../db/Failure.js"
import { Fence, wrapDriver } from "../../../db/Transaction.js"
import type { Chance } from "../../Chance.js"
import type { SimClock } from "../../SimClock.js"
import type { Trace } from "../../Trace.js"
import { timed } from "../peers/SimLeases.js"
import { withoutLocks } from "../rows/RowStatements.js"
import { ServerLocks } from "../rows/ServerLocks.js"
import { type RowAccess, SideBySide } from "../rows/SideBySide.js"
import { type Fault, type Occasion, occasionOf } from "../SimFaults.js"
import { around, type Client, failure, newSession, type Session, textual } from "./SimConnection.js"
import { faulty, type Power, unableTo } from "./SimFaulty.js"
import { openWriters } from "./SimWriters.js"

/** The server ends a connection that it hears nothing of for so long, as the product sets its `wait_timeout`. */
const IDLE = "5 seconds"

export class SimServer {
  /** Refuses connections, and has dropped those that it had. */
  away = false
  full = false
  readOnly = false
  /** What the next statements meet. */
  readonly faults: Array<Fault> = []
  /** Told after each commit, and of each transaction that comes to nothing. */
  onCommit: (session: Session) => void = () => {}
  onRollback: (session: Session) => void = () => {}
  /** Told before a name is taken over. */
  onTaking: () => void = () => {}
  private readonly locks: ServerLocks
  private readonly beside: SideBySide | null
  private readonly sessions = new Set<Session>()
  private readonly power: Power = {
    drop: (session, code) => this.drop(session, code),
    end: (session) => this.end(session),
    refusal: (client) => this.refusal(client),
    met: (marker) => this.trace.sometimes(marker)
  }

  constructor(
    readonly path: string,
    private readonly trace: Trace,
    /** The server's own clock, µs. */
    readonly now: () => number = () => 0,
    /** By which it takes time for what it does beside each other; null: one transaction at a time is all that it does. */
    pace: { readonly clock: SimClock; readonly chance: Chance } | null = null
  ) {
    const { power } = this
    this.locks = new ServerLocks(power)
    const rows: RowAccess = {
      lock: (session, row) => this.locks.lock(session, row),
      whole: (session) => this.whole(session),
      refusal: (session) => session.broken ?? this.refusal(session.client)
    }
    this.beside = pace === null ? null : new SideBySide(rows, this.locks, pace.clock, pace.chance, trace)
  }

  /** Its transactions run beside each other. */
  get locksRows(): boolean {
    return this.beside !== null
  }

  /** The server goes away: what is not committed is rolled back. */
  stop(): void {
    this.away = true
    for (const session of this.sessions) this.drop(session, "ECONNRESET")
  }

  /** A process is gone, and its connections with it. */
  disconnect(client: Client): void {
    this.beside?.gone(client)
    for (const session of this.sessions) if (session.client === client) this.drop(session, "ECONNRESET")
  }

  source(client: Client): DatabaseSource {
    const open = Effect.gen(this, function* () {
      if (this.away || !client.alive || client.wire?.isHeld === true) {
        return yield* new DatabaseError({ kind: "Transient", code: "ECONNREFUSED", reason: "refused" })
      }
      const driver = yield* openWriters(this.path)
      return yield* wrapDriver(driver, (file, use) => {
        const connection = timed(this.locksRows ? textual(file, withoutLocks) : file, this.now)
        return use === "read"
          ? Effect.succeed(this.reading(client, connection))
          : this.writing(client, connection)
      })
    })
    const { locksRows } = this
    return { dialect: "sqlite", address: "a simulated server", waits: true, locksRows, open }
  }

  private drop(session: Session, code: string): void {
    if (session.broken === null) session.broken = failure(code)
    this.end(session)
  }

  // Rolls back what is open; the driver's statements are synchronous.
  private end(session: Session): void {
    if (session.open) {
      session.open = false
      this.onRollback(session)
    }
    if (session.begun) {
      session.begun = false
      Effect.runSync(Effect.ignore(session.raw.executeUnprepared("ROLLBACK", [], undefined)))
    }
    this.over(session)
  }

  private over(session: Session): void {
    this.beside?.ended(session)
    this.locks.releaseAll(session)
  }

  /** Hears nothing of a process any more: what it has open is ended after a while. */
  silent(client: Client): Effect.Effect<void> {
    const sessions = [...this.sessions].filter((session) => session.client === client)
    return Effect.forEach(sessions, (session) => this.endIdle(session), { discard: true })
  }

  private endIdle(session: Session): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { statements } = session
      const isIdle = () => session.open && !session.busy && session.statements === statements
      if (!isIdle()) return Effect.void
      const end = Effect.sync(() => {
        if (!isIdle()) return
        this.trace.sometimes("the server ended what a silent process had open")
        this.drop(session, "ECONNRESET")
      })
      return Effect.asVoid(Effect.forkDaemon(Effect.interruptible(Effect.delay(end, IDLE))))
    })
  }

  private refusal(client: Client): SqlError | null {
    if (!client.alive) return failure("ECONNRESET")
    return this.away ? failure("ECONNREFUSED") : null
  }

  private reading(client: Client, raw: Connection): Connection {
    const carried = client.wire
    const seen = around(raw, (_, __, run) =>
      Effect.suspend(() => {
        const refused = this.refusal(client)
        if (refused !== null) return Effect.fail(refused)
        const fault = this.take("read", client)
        if (fault === undefined) return run
        this.trace.sometimes(`read: ${fault.kind}`)
        return fault.kind === "stall"
          ? Effect.zipRight(Effect.sleep(fault.millis), run)
          : Effect.fail(failure("PROTOCOL_CONNECTION_LOST"))
      })
    )
    if (carried === undefined) return seen
    return around(seen, (_, __, run) => carried.carryRead(run))
  }

  private writing(client: Client, raw: Connection) {
    return Effect.acquireRelease(
      Effect.sync(() => {
        const session = newSession(client, raw)
        this.sessions.add(session)
        return session
      }),
      (session) =>
        Effect.sync(() => {
          if (session.open && session.broken === null && client.alive) {
            this.trace.violate(`${client.name} gave a connection back with a transaction open on it`)
          }
          this.end(session)
          this.sessions.delete(session)
        })
    ).pipe(
      Effect.map((session) =>
        around(raw, (text, params, run) => {
          const statement = this.statement(session, text, params, run)
          // What is broken is known to be: nothing is sent.
          return client.wire === undefined || session.broken !== null
            ? statement
            : client.wire.carry(session, statement, this.endIdle(session))
        })
      )
    )
  }

  private statement<A>(
    session: Session,
    text: string,
    params: ReadonlyArray<unknown>,
    run: Effect.Effect<A, SqlError>
  ): Effect.Effect<A, SqlError> {
    const occasion = occasionOf(text)
    return Effect.suspend(() => {
      session.statements += 1
      if (occasion === "rollback") {
        // Its answer is not looked at: what is open is ended either way.
        return Effect.zipRight(
          Effect.sync(() => this.end(session)),
          Effect.fail(failure("NOT_NEEDED"))
        )
      }
      const refused = session.broken ?? this.refusal(session.client)
      if (refused !== null) return Effect.fail(refused)
      const unable = unableTo(this, this.power, session, occasion, params)
      if (unable !== null) return Effect.fail(unable)
      const fault = this.take(occasion, session.client)
      const done = this.beside?.statement(session, text, params, run) ?? run
      const act = occasion === "begin" ? this.begin(session, run) : this.act(session, occasion, done)
      return fault === undefined ? act : faulty(this.power, session, occasion, fault, act)
    })
  }

  private begin<A>(session: Session, run: Effect.Effect<A, SqlError>): Effect.Effect<A, SqlError> {
    return Effect.flatMap(Fence, (fence) => {
      const begin = Effect.suspend(() => {
        session.open = true
        session.fence = fence
        session.reserves = null
        session.claimed = null
        session.occasions.clear()
        if (isLater) return Effect.succeed([] as A)
        session.begun = true
        return run
      })
      // Who writes under a fence has to be the only one from the start.
      const isLater = this.beside !== null && fence === null
      return isLater ? begin : Effect.zipRight(this.locks.whole(session), begin)
    })
  }

  /** Has the server to itself: what was kept is written, as if it had been all the time. */
  private whole(session: Session): Effect.Effect<void, SqlError> {
    return Effect.flatMap(this.locks.whole(session), () => {
      Effect.runSync(Effect.orDie(session.raw.executeUnprepared("BEGIN IMMEDIATE", [], undefined)))
      session.begun = true
      return this.beside?.written(session) ?? Effect.void
    })
  }

  private act<A>(
    session: Session,
    occasion: Occasion,
    run: Effect.Effect<A, SqlError>
  ): Effect.Effect<A, SqlError> {
    session.occasions.add(occasion)
    if (occasion === "take") return Effect.zipRight(Effect.sync(this.onTaking), run)
    if (occasion !== "commit") return run
    return Effect.tap(run, () =>
      Effect.sync(() => {
        this.trace.note(`commit ${session.client.name}`)
        session.open = false
        session.begun = false
        this.beside?.committed(session)
        this.over(session)
        this.onCommit(session)
      })
    )
  }

  private take(occasion: Occasion, client: Client): Fault | undefined {
    if (this.faults.length === 0) return undefined
    const index = this.faults.findIndex(
      (fault) => fault.on === occasion && (fault.client === null || fault.client === client.name)
    )
    return index < 0 ? undefined : this.faults.splice(index, 1)[0]
  }
}
