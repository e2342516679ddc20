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
import { openSqlite } from "../../../db/Sqlite.js"
import { wrapDriver } from "../../../db/Transaction.js"
import type { Trace } from "../../Trace.js"
import { BEYOND_REPAIR, type Fault, type Occasion, occasionOf, ROW_FAULT_VALUE } from "../SimFaults.js"
import { around, type Client, failure, type Session } from "./SimConnection.js"

/** How long a transaction waits for the lock of another. */
const LOCK_WAIT = "5 seconds"
/** A client cuts a connection that is silent for so long, in ms; the server ends its transaction later. */
const SILENCE_MILLIS = 8_000
const SERVER_WAIT_MILLIS = 10_000
/** Connections of one process that write. */
const WRITERS = 2

const FILE = { lease: false, synchronous: "OFF", busyMillis: 0 } as const

export class SimServer {
  /** Refuses connections, and has dropped those that it had. */
  away = false
  full = false
  readOnly = false
  /** What the next statements meet. */
  readonly faults: Array<Fault> = []
  /** Told after each commit. */
  onCommit: () => void = () => {}
  private readonly lock = Effect.unsafeMakeSemaphore(1)
  private readonly sessions = new Set<Session>()

  constructor(
    readonly path: string,
    private readonly trace: Trace
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
      if (this.away || !client.alive) {
        return yield* new DatabaseError({ kind: "Transient", code: "ECONNREFUSED", reason: "refused" })
      }
      const drivers = yield* Effect.replicateEffect(openSqlite(this.path, FILE), WRITERS)
      const [first] = drivers
      if (first === undefined) return yield* Effect.dieMessage("no writers")
      const free = [...drivers]
      const permits = yield* Effect.makeSemaphore(WRITERS)
      const take = Effect.acquireRelease(
        Effect.zipRight(
          permits.take(1),
          Effect.sync(() => free.pop() ?? first)
        ),
        (driver) =>
          Effect.zipRight(
            Effect.sync(() => free.push(driver)),
            permits.release(1)
          )
      )
      const pooled = { ...first, reserve: Effect.flatMap(take, (driver) => driver.reserve) }
      return yield* wrapDriver(pooled, (connection, use) =>
        use === "read" ? Effect.succeed(this.reading(client, connection)) : this.writing(client, connection)
      )
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
    Effect.runSync(Effect.ignore(session.raw.executeUnprepared("ROLLBACK", [], undefined)))
    Effect.runSync(this.lock.release(1))
  }

  private refusal(client: Client): SqlError | null {
    if (!client.alive) return failure("ECONNRESET")
    return this.away ? failure("ECONNREFUSED") : null
  }

  private reading(client: Client, raw: Connection): Connection {
    return around(raw, (_, __, run) =>
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
  }

  private writing(client: Client, raw: Connection) {
    return Effect.acquireRelease(
      Effect.sync(() => {
        const session: Session = { client, raw, open: false, broken: null }
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
        around(raw, (text, params, run) => this.statement(session, occasionOf(text), params, run))
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
      return fault === undefined ? act : this.faulty(session, occasion, fault, act)
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
    // BEGIN is uninterruptible where it is called, and so would be what waits in it.
    return Effect.interruptible(this.lock.take(1)).pipe(
      Effect.timeoutFail({ duration: LOCK_WAIT, onTimeout: () => failure("ER_LOCK_WAIT_TIMEOUT", 1205) }),
      Effect.tapError(() => Effect.sync(() => this.trace.sometimes("lock wait timed out"))),
      Effect.zipRight(
        Effect.suspend(() => {
          session.open = true
          const refused = session.broken ?? this.refusal(session.client)
          if (refused === null) return run
          this.end(session)
          return Effect.fail(refused)
        })
      )
    )
  }

  private act<A>(
    session: Session,
    occasion: Occasion,
    run: Effect.Effect<A, SqlError>
  ): Effect.Effect<A, SqlError> {
    if (occasion !== "commit") return run
    return Effect.tap(run, () =>
      Effect.sync(() => {
        this.trace.note(`commit ${session.client.name}`)
        session.open = false
        Effect.runSync(this.lock.release(1))
        this.onCommit()
      })
    )
  }

  private faulty<A>(
    session: Session,
    occasion: Occasion,
    fault: Fault,
    act: Effect.Effect<A, SqlError>
  ): Effect.Effect<A, SqlError> {
    const breakWith = (code: string, errno?: number) =>
      Effect.suspend(() => {
        this.drop(session, code)
        return Effect.fail(failure(code, errno))
      })
    this.trace.sometimes(`${occasion}: ${fault.kind}`)
    switch (fault.kind) {
      case "crash before":
        session.client.crash(`before ${occasion}`)
        return Effect.fail(failure("ECONNRESET"))
      case "crash after":
        return Effect.zipRight(
          act,
          Effect.suspend(() => {
            session.client.crash(`after ${occasion}`)
            return Effect.fail(failure("ECONNRESET"))
          })
        )
      case "deadlock":
        // The server rolls the whole transaction back, and keeps the connection.
        return Effect.suspend(() => {
          this.end(session)
          return Effect.fail(failure("ER_LOCK_DEADLOCK", 1213))
        })
      case "lost":
        return breakWith("PROTOCOL_CONNECTION_LOST")
      case "lost answer":
        return Effect.zipRight(act, breakWith("ECONNRESET"))
      case "too many connections":
        return Effect.fail(failure("ER_CON_COUNT_ERROR", 1040))
      case "broken for good":
        return Effect.fail(failure(BEYOND_REPAIR.code, BEYOND_REPAIR.errno))
      case "stall":
        return this.stalled(session, fault, act)
    }
  }

  private stalled<A>(
    session: Session,
    { done, millis }: Fault,
    act: Effect.Effect<A, SqlError>
  ): Effect.Effect<A, SqlError> {
    if (millis < SILENCE_MILLIS) {
      // Gone meanwhile, with its transaction: run now, the statement would be one of its own.
      const late = Effect.suspend(() => {
        const refused = session.broken ?? this.refusal(session.client)
        return refused === null ? act : Effect.fail(refused)
      })
      return Effect.zipRight(Effect.sleep(millis), late)
    }
    // The client gives up first; the server holds the lock until it notices.
    const cut = Effect.suspend(() => {
      session.broken = failure("ETIMEDOUT")
      return Effect.fail(failure("ETIMEDOUT"))
    })
    const noticed = Effect.sync(() => this.end(session)).pipe(
      Effect.delay(SERVER_WAIT_MILLIS - SILENCE_MILLIS),
      Effect.interruptible,
      Effect.forkDaemon
    )
    const answer = done ? Effect.zipRight(act, Effect.sleep(SILENCE_MILLIS)) : Effect.sleep(SILENCE_MILLIS)
    return Effect.zipRight(answer, Effect.zipRight(noticed, cut))
  }

  private take(occasion: Occasion, client: Client): Fault | undefined {
    if (this.faults.length === 0) return undefined
    const index = this.faults.findIndex(
      (fault) => fault.on === occasion && (fault.client === null || fault.client === client.name)
    )
    return index < 0 ? undefined : this.faults.splice(index, 1)[0]
  }
}
