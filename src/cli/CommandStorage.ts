/** What the commands share that work on the database itself, beside no server. */
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Schema from "effect/Schema"
import { storage } from "../App.js"
import * as AuditLog from "../audit/AuditLog.js"
import * as AppConfig from "../config/AppConfig.js"
import { layer as databaseLayer } from "../db/Database.js"
import { Database } from "../db/Transaction.js"
import { LogCorrupt, LogUnavailable } from "../eventlog/EventLog.js"
import * as ColdLake from "../lake/cold/ColdLake.js"

/** A server waits for its database for ever; a command that somebody looks at does not. */
const REACH_TIMEOUT = Duration.seconds(10)

export class DatabaseAway extends Schema.TaggedError<DatabaseAway>()("DatabaseAway", {
  address: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `database ${this.address} can't be reached: ${this.reason}`
  }
}

/** What else a command on it ends with: the line that is told of it. */
export class CommandFailed extends Schema.TaggedError<CommandFailed>()("CommandFailed", {
  message: Schema.String
}) {}

/** What failed of the log, as one line. */
export const told = <E>(error: E): Exclude<E, LogUnavailable | LogCorrupt> | CommandFailed => {
  if (error instanceof LogUnavailable)
    return new CommandFailed({ message: `the database does not answer: ${error.reason}` })
  if (error instanceof LogCorrupt) return new CommandFailed({ message: error.reason })
  return error as Exclude<E, LogUnavailable | LogCorrupt>
}

const connection = Effect.gen(function* () {
  const database = yield* Database
  const away = Effect.flatMap(
    database.status,
    ({ reason }) => new DatabaseAway({ address: database.address, reason: reason ?? "no answer" })
  )
  yield* Effect.raceFirst(database.ready, database.failed).pipe(
    Effect.timeoutTo({
      duration: REACH_TIMEOUT,
      onSuccess: () => Effect.void,
      onTimeout: () => away
    }),
    Effect.flatten
  )
})

/** The migrated database of the settings, and the log on it. Exposure does not matter: nothing listens. */
const storageOfSettings = (unfinished: boolean) =>
  Layer.unwrapEffect(
    Effect.map(AppConfig.load({ insecure: true }), (config) =>
      Layer.effectDiscard(connection).pipe(Layer.provideMerge(storage(config, unfinished)))
    )
  )

/** The database alone, though a server holds its file: for what is no part of the log. */
const databaseOfSettings = (beside: "always" | "safely") =>
  Layer.unwrapEffect(
    Effect.map(AppConfig.load({ insecure: true }), (config) =>
      Layer.effectDiscard(connection).pipe(
        Layer.provideMerge(databaseLayer(config.database, { tlsCa: config.databaseTlsCa, beside })),
        Layer.provideMerge(ColdLake.layer)
      )
    )
  )

/** Runs a command on the database of the settings, beside a server or without one; nothing is logged. */
export const besideServer = <A, E, R>(
  command: Effect.Effect<A, E, R>,
  beside: "always" | "safely" = "always"
) => command.pipe(Effect.provide(databaseOfSettings(beside)), Logger.withMinimumLogLevel(LogLevel.None))

/**
 * Runs a command on the storage of the settings. What fails is told once, by the command: nothing is logged.
 * `unfinished`: also on what a restore that was cut off has left.
 */
export const onStorage = <A, E, R>(command: Effect.Effect<A, E, R>, unfinished = false) =>
  command.pipe(Effect.provide(storageOfSettings(unfinished)), Logger.withMinimumLogLevel(LogLevel.None))

/**
 * What a command tells the audit, right behind what it did: of whoever may open the database, no name is known. `object`:
 * what it was done to; null: nothing by itself.
 */
export const audited = (action: string, object: string | null, outcome = "done") =>
  Effect.flatMap(AuditLog.AuditLog, (log) =>
    log.append([{ kind: "command", actor: null, address: null, action, object, outcome }])
  )

const messageOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "reason" in error
    ? String(error.reason)
    : error instanceof Error
      ? error.message
      : String(error)

/** The same of long work, which stands though the audit can't be written: then that is said. `write` opens the database. */
export const auditedOrSaid = <E, R>(write: Effect.Effect<void, E, R>): Effect.Effect<void, never, R> =>
  Effect.catchAll(write, (error) =>
    Console.error(`it is not in the audit, which could not be written: ${messageOf(error)}`)
  )

/** The same of a command that may run beside a server, which reads alone by itself: the audit is opened for it. */
export const auditedBeside = (action: string, object: string, outcome: string) =>
  auditedOrSaid(besideServer(Effect.provide(audited(action, object, outcome), AuditLog.layer), "safely"))
