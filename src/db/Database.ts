/**
 * The database of this process: which driver, reached when, and whether it answers.
 *
 * Invariants:
 * 1. Nothing reads or writes before the schema is migrated and the log's head was checked against the log.
 * 2. A MySQL server that is away at the start is waited for, with backoff; meanwhile every call fails at once
 *    with a transient error, so that HTTP can answer 503 and no message is taken. So does it when a server that
 *    was reached falls silent.
 * 3. A file that can't be opened, one that another process holds, and a log whose head is behind its events end
 *    the start: waiting would not mend them.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { type DatabaseTarget, describeTarget } from "../config/DatabaseTarget.js"
import { nowMicros } from "../telemetry/Instant.js"
import * as Metrics from "../telemetry/Metrics.js"
import { advised } from "./Advice.js"
import { type Dialect, SYNTAX } from "./Dialect.js"
import { durabilityWarnings } from "./Durability.js"
import { DatabaseError, FailureKind } from "./Failure.js"
import { makeHeartbeat, type Pulse } from "./Heartbeat.js"
import { openMysql, QUERY_MILLIS_MAX } from "./mysql/Mysql.js"
import { makeRepeated } from "./Repeated.js"
import { openSqlite, SERVED } from "./Sqlite.js"
import { nodeDriver } from "./SqliteFile.js"
import { migrate } from "./schema/Migrate.js"
import { Database, type DatabaseService, type Driver, readWith, transactWith } from "./Transaction.js"

/** Between attempts to reach a server that is away at the start: from 250 ms, doubling, to 2 s. */
const reconnecting = Schedule.exponential("250 millis").pipe(Schedule.union(Schedule.spaced("2 seconds")))

const NANOS = 1_000_000_000
const FAILURES = Metrics.labelSets(Metrics.databaseErrorsTotal, "kind", FailureKind.literals)

const unreached = (reason: string) => new DatabaseError({ kind: "Transient", code: "", reason })

const advisedPulse = (pulse: Pulse): Pulse => ({ ...pulse, ask: Effect.mapError(pulse.ask, advised) })

export interface DatabaseSource {
  readonly dialect: Dialect
  /** For messages: without a password. */
  readonly address: string
  /** May it be away at the start, and be worth waiting for? A file is there, or can't be opened. */
  readonly waits: boolean
  /** Do several transactions write at a time, each with locks on its rows? Default: a server's do, a file has one. */
  readonly locksRows?: boolean
  readonly open: Effect.Effect<Driver, DatabaseError, Scope.Scope>
}

const UNSAFE = new DatabaseError({
  kind: "Permanent",
  code: "IN_USE",
  reason: "the server holds the file, and by Node 20 two programs can't write one safely"
})

/** The file, though another process holds it. */
const openBeside = (path: string, terms: NonNullable<DatabaseOptions["beside"]>) =>
  Effect.catchIf(
    openSqlite(path),
    ({ code }) => code === "IN_USE",
    () =>
      terms === "safely" && nodeDriver() === undefined
        ? UNSAFE
        : openSqlite(path, { ...SERVED, lease: false })
  )

export interface DatabaseOptions {
  /** The authority's certificate (PEM). */
  readonly tlsCa?: string | undefined
  /** How long a server may work on a query, in ms. */
  readonly queryMillisMax?: number | undefined
  /** A server may hold the file: for what writes no events. `safely`: not where the driver may damage it (decision 21). */
  readonly beside?: "always" | "safely"
  /** What a restore that was cut off has left is opened, too: to be cleared. */
  readonly unfinished?: boolean | undefined
}

export const sourceOf = (
  target: DatabaseTarget,
  { beside, queryMillisMax = QUERY_MILLIS_MAX, tlsCa }: DatabaseOptions = {}
): DatabaseSource =>
  target._tag === "Sqlite"
    ? {
        dialect: "sqlite",
        address: describeTarget(target),
        waits: false,
        open: beside === undefined ? openSqlite(target.path) : openBeside(target.path, beside)
      }
    : {
        dialect: "mysql",
        address: describeTarget(target),
        waits: true,
        open: openMysql({ ...target, tls: target.tls ?? tlsCa !== undefined, tlsCa, queryMillisMax })
      }

const RESTORE_CUT_OFF = new DatabaseError({
  kind: "Permanent",
  code: "RESTORE_CUT_OFF",
  reason:
    "a restore into this database is under way, or was cut off. A part of a log is no log: `tidemark restore --again` clears it, and restores anew"
})

/** Events above the head would be given their positions again: refuse, rather than lose what comes. */
const checkHead = (database: Pick<DatabaseService, "read">, unfinished: boolean) =>
  database
    .read(
      (sql) => sql<{ head: number; last: number | null }>`
        SELECT h.position AS head, (SELECT MAX(position) FROM events) AS last FROM log_head h WHERE h.id = 1`
    )
    .pipe(
      Effect.flatMap(([row]) =>
        Number(row?.head) < 0
          ? unfinished
            ? Effect.void
            : Effect.fail(RESTORE_CUT_OFF)
          : row === undefined || Number(row.last ?? 0) > Number(row.head)
            ? Effect.fail(
                new DatabaseError({
                  kind: "Permanent",
                  code: "LOG_HEAD_BEHIND",
                  reason: `the log's head is at ${row?.head ?? "none"}, behind its last event at ${row?.last}: the database was restored or changed by hand; restore log_head together with events`
                })
              )
            : Effect.void
      )
    )

const make = (
  { address, dialect, locksRows = dialect === "mysql", open, waits }: DatabaseSource,
  unfinished: boolean
) =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const started = yield* nowMicros
    const connected = yield* Ref.make<Option.Option<Driver>>(Option.none())
    const status = yield* Ref.make({
      reachable: false,
      reason: "not reached yet" as string | null,
      since: started
    })
    const durability = yield* Ref.make<ReadonlyArray<string>>([])
    const ready = yield* Deferred.make<void>()
    const failed = yield* Deferred.make<never, DatabaseError>()

    const report = (reachable: boolean, reason: string | null) =>
      Effect.flatMap(Ref.get(status), (is) =>
        is.reachable === reachable && is.reason === reason
          ? Effect.void
          : Effect.flatMap(nowMicros, (now) =>
              Ref.update(status, (was) => ({
                reachable,
                reason,
                since: was.reachable === reachable ? was.since : now
              }))
            )
      )
    const heartbeat = yield* makeHeartbeat(report)
    // Of a file, its calls alone can tell; a server is asked.
    const isProbing = yield* Ref.make(false)
    const heard = (reachable: boolean, reason: string | null) =>
      Effect.flatMap(Ref.get(isProbing), (other) => (other ? Effect.void : report(reachable, reason)))
    const watched = <A, E, R>(
      call: "read" | "transaction",
      effect: Effect.Effect<A, E, R>,
      isAnswer: (error: DatabaseError) => boolean = () => false
    ) =>
      Effect.clockWith((clock) => {
        const start = clock.unsafeCurrentTimeNanos()
        const measure = () =>
          Metrics.databaseSeconds.unsafeUpdate(
            Number(clock.unsafeCurrentTimeNanos() - start) / NANOS,
            Metrics.DATABASE_CALLS[call]
          )
        return effect.pipe(
          Effect.tap(() => {
            measure()
            return heard(true, null)
          }),
          Effect.tapError((error) => {
            measure()
            if (!(error instanceof DatabaseError) || isAnswer(error)) return Effect.void
            Metrics.databaseErrorsTotal.unsafeUpdate(1, FAILURES[error.kind])
            return error.kind === "Permanent" || error.kind === "Fenced"
              ? Effect.void
              : heard(false, error.message)
          })
        )
      })
    const driver = Effect.flatMap(
      Ref.get(connected),
      Option.match({
        onNone: () =>
          Effect.flatMap(Ref.get(status), ({ reason }) => Effect.fail(unreached(reason ?? "away"))),
        onSome: (value) => Effect.as(heartbeat.gate, value)
      })
    )
    const transact = transactWith(driver)
    const read = readWith(driver)
    const service: DatabaseService = {
      dialect,
      locksRows,
      address,
      transact: (body, options) => watched("transaction", transact(body, options), options?.isAnswer),
      read: (body) => watched("read", read(body)),
      ready: Deferred.await(ready),
      failed: Deferred.await(failed),
      status: Ref.get(status),
      durability: Ref.get(durability),
      syntax: SYNTAX[dialect],
      encodeTime: SYNTAX[dialect].encodeTime
    }

    // Migrated and checked through its own transactions, before anybody else is given the driver.
    const prepare = (candidate: Driver) => {
      const own = {
        ...service,
        transact: transactWith(Effect.succeed(candidate)),
        read: readWith(Effect.succeed(candidate))
      }
      return Effect.zipRight(
        migrate(own, (name, index, total) => Effect.logDebug(`migration ${index}/${total}: ${name}`)),
        checkHead(own, unfinished)
      )
    }
    const connect = Effect.gen(function* () {
      const attempt = yield* Scope.fork(scope, ExecutionStrategy.sequential)
      const candidate = yield* Scope.extend(open, attempt).pipe(
        Effect.tap(prepare),
        Effect.onError((cause) => Scope.close(attempt, Exit.failCause(cause))),
        Effect.mapError(advised)
      )
      yield* Ref.set(connected, Option.some(candidate))
      yield* report(true, null)
      yield* Deferred.succeed(ready, undefined)
      yield* Effect.logInfo(`database: ${address}`)
      if (candidate.pulse !== undefined) {
        yield* Ref.set(isProbing, true)
        yield* Effect.forkIn(Effect.interruptible(heartbeat.listen(advisedPulse(candidate.pulse))), scope)
      }
      yield* Effect.flatMap(durabilityWarnings(service), (warnings) => Ref.set(durability, warnings))
    })
    const sayAway = yield* makeRepeated((reason) =>
      Effect.logWarning(`database ${address} can't be reached: ${reason}; trying again every 2 s at least`)
    )
    const away = (error: DatabaseError) =>
      Effect.zipRight(report(false, error.message), sayAway(error.message))
    const waiting = connect.pipe(
      Effect.tapError((error) => (error.kind === "Permanent" ? report(false, error.message) : away(error))),
      Effect.retry({ schedule: reconnecting, while: (error) => error.kind !== "Permanent" }),
      Effect.catchAll((error) => Deferred.fail(failed, error))
    )
    // The file, or a server that is there, is ready before anything else starts.
    yield* connect.pipe(
      Effect.catchIf(
        (error) => waits && error.kind !== "Permanent",
        (error) => Effect.zipRight(away(error), Effect.forkIn(waiting, scope))
      )
    )
    return service
  })

/** A database from any source of drivers. Fails where waiting would not help; see the invariants above. */
export const layerFrom = (source: DatabaseSource, unfinished = false) =>
  Layer.scoped(Database, make(source, unfinished))

export const layer = (target: DatabaseTarget, options: DatabaseOptions = {}) =>
  layerFrom(sourceOf(target, options), options.unfinished)
