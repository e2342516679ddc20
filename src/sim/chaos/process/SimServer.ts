/**
 * A database server that fails on purpose. The SQL runs for real, in an SQLite file; between it and a process are
 * connections that deadlock, stall, break, lose the answer of a COMMIT, or end the process at a named point.
 *
 * Invariants:
 * 1. One transaction at a time holds the log's lock, as `log_head` does on a server; others wait for it, for at
 *    most LOCK_WAIT.
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
import type { Trace } from "../../Trace.js"
import { timed } from "../peers/SimLeases.js"
import { type Fault, type Occasion, occasionOf, ROW_FAULT_VALUE } from "../SimFaults.js"
import { around, type Client, failure, newSession, type Session } from "./SimConnection.js"
import { faulty, type Power } from "./SimFaulty.js"
import { openWriters } from "./SimWriters.js"

/** How long a transaction waits for the lock of another. */
const LOCK_WAIT = "5 seconds"
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
  private readonly lock = Effect.unsafeMakeSemaphore(1)
  private waiting = 0
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
    readonly now: () => number = () => 0
  ) {}

  /** The server goes away: what is not committed is rolled back. */
  stop(): void {
    this.away = true
    for (const session of this.sessions) this.drop(session, "ECONNRESET")
  }

  /** A process is gone, and its connections with it. */
  disconnect(client: Client): void {
    for (const session of this.sessions) if (session.client === client) this.drop(session, "ECONNRESET")
  }

  source(client: Client): DatabaseSource {
    const open = Effect.gen(this, function* () {
      if (this.away || !client.alive || client.wire?.isHeld === true) {
        return yield* new DatabaseError({ kind: "Transient", code: "ECONNREFUSED", reason: "refused" })
      }
      const driver = yield* openWriters(this.path)
      return yield* wrapDriver(driver, (file, use) => {
        const connection = timed(file, this.now)
        return use === "read"
          ? Effect.succeed(this.reading(client, connection))
          : this.writing(client, connection)
      })
    })
    return { dialect: "sqlite", address: "a simulated server", waits: true, open }
  }

  private drop(session: Session, code: string): void {
    if (session.broken === null) session.broken = failure(code)
    this.end(session)
  }

  // Rolls back what is open; the driver's statements are synchronous.
  private end(session: Session): void {
    if (!session.open) return
    session.open = false
    this.onRollback(session)
    Effect.runSync(Effect.ignore(session.raw.executeUnprepared("ROLLBACK", [], undefined)))
    Effect.runSync(this.lock.release(1))
  }

  /** Hears nothing of a process any more: what it has open is ended after a while. */
  silent(client: Client): Effect.Effect<void> {
    const sessions = [...this.sessions].filter((session) => session.client === client)
    return Effect.forEach(sessions, (session) => this.endIdle(session), { discard: true })
  }

  private endIdle(session: Session): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { statements } = session
      const isIdle = () => session.open && session.statements === statements
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
          const statement = this.statement(session, occasionOf(text), params, run)
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
    occasion: Occasion,
    params: ReadonlyArray<unknown>,
    run: Effect.Effect<A, SqlError>
  ): Effect.Effect<A, SqlError> {
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
      const unable = this.unable(session, occasion, params)
      if (unable !== null) return Effect.fail(unable)
      const fault = this.take(occasion, session.client)
      const act = occasion === "begin" ? this.begin(session, run) : this.act(session, occasion, run)
      return fault === undefined ? act : faulty(this.power, session, occasion, fault, act)
    })
  }

  /** What the server can't do at all just now. */
  private unable(session: Session, occasion: Occasion, params: ReadonlyArray<unknown>): SqlError | null {
    if (occasion === "begin" || occasion === "other") return null
    if (this.full) {
      this.trace.sometimes("disk full")
      this.end(session)
      return failure("SQLITE_FULL")
    }
    if (this.readOnly) {
      this.trace.sometimes("read-only")
      return failure("ER_OPTION_PREVENTS_STATEMENT", 1290)
    }
    if (occasion === "insert" && params.includes(ROW_FAULT_VALUE)) {
      this.trace.sometimes("row that can't be stored")
      return failure("ER_WARN_DATA_OUT_OF_RANGE", 1264)
    }
    return null
  }

  private begin<A>(session: Session, run: Effect.Effect<A, SqlError>): Effect.Effect<A, SqlError> {
    return this.locked(session.client).pipe(
      Effect.zipRight(
        Effect.flatMap(Fence, (fence) => {
          session.open = true
          session.fence = fence
          session.occasions.clear()
          const refused = session.broken ?? this.refusal(session.client)
          if (refused === null) return run
          this.end(session)
          return Effect.fail(refused)
        })
      )
    )
  }

  private locked({ wire }: Client): Effect.Effect<unknown, SqlError> {
    return Effect.suspend(() => {
      const isFree = this.waiting === 0 && ![...this.sessions].some(({ open }) => open)
      // To wait for nothing takes two fibers.
      if (wire !== undefined && isFree) return this.lock.take(1)
      this.waiting += 1
      // BEGIN is uninterruptible where it is called, and so would be what waits in it.
      return Effect.interruptible(this.lock.take(1)).pipe(
        Effect.timeoutFail({ duration: LOCK_WAIT, onTimeout: () => failure("ER_LOCK_WAIT_TIMEOUT", 1205) }),
        Effect.tapError(() => Effect.sync(() => this.trace.sometimes("lock wait timed out"))),
        Effect.ensuring(
          Effect.sync(() => {
            this.waiting -= 1
          })
        )
      )
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
        Effect.runSync(this.lock.release(1))
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
