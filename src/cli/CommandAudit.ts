/** What commands tell the audit, right behind what they did: of whoever may open the database, no name is known. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as AuditLog from "../audit/AuditLog.js"

/** `object`: what it was done to; null: nothing by itself. */
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
