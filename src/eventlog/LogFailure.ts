/** What the database and its rows fail with, as what the log fails with: the same to every reader. */
import * as Effect from "effect/Effect"
import { DatabaseError, tookTooLong } from "../db/Failure.js"
import { BadCell } from "../db/Rows.js"
import { LogCorrupt, type LogError, LogUnavailable } from "./EventLog.js"

export const asLogError = <E>(error: E): Exclude<E, DatabaseError | BadCell> | LogError => {
  if (error instanceof BadCell) return new LogCorrupt({ reason: error.reason })
  if (!(error instanceof DatabaseError)) return error as Exclude<E, DatabaseError | BadCell>
  return error.kind === "Permanent"
    ? new LogCorrupt({ reason: error.message })
    : new LogUnavailable({ reason: error.message, tookTooLong: tookTooLong(error) })
}

export const mapped = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.mapError(effect, asLogError)
