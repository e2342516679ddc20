/** What becomes of a statement that meets a fault. */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import { BEYOND_REPAIR, type Fault, type Occasion, ROW_FAULT_VALUE } from "../SimFaults.js"
import { type Client, failure, type Session } from "./SimConnection.js"

/** A client cuts a connection that is silent for so long, in ms; the server ends its transaction later. */
const SILENCE_MILLIS = 8_000
const SERVER_WAIT_MILLIS = 10_000

/** What a fault may do to the server. */
export interface Power {
  readonly drop: (session: Session, code: string) => void
  readonly end: (session: Session) => void
  readonly refusal: (client: Client) => SqlError | null
  readonly met: (marker: string) => void
}

/** What a server can't do at all just now; null: it can. */
export const unableTo = (
  { full, readOnly }: { readonly full: boolean; readonly readOnly: boolean },
  { end, met }: Power,
  session: Session,
  occasion: Occasion,
  params: ReadonlyArray<unknown>
): SqlError | null => {
  if (occasion === "begin" || occasion === "other") return null
  if (full) {
    met("disk full")
    end(session)
    return failure("SQLITE_FULL")
  }
  if (readOnly) {
    met("read-only")
    return failure("ER_OPTION_PREVENTS_STATEMENT", 1290)
  }
  if (occasion === "insert" && params.includes(ROW_FAULT_VALUE)) {
    met("row that can't be stored")
    return failure("ER_WARN_DATA_OUT_OF_RANGE", 1264)
  }
  return null
}

const stalled = <A>(
  power: Power,
  session: Session,
  { done, millis }: Fault,
  act: Effect.Effect<A, SqlError>
): Effect.Effect<A, SqlError> => {
  if (millis < SILENCE_MILLIS) {
    // Gone meanwhile, with its transaction: run now, the statement would be one of its own.
    const late = Effect.suspend(() => {
      const refused = session.broken ?? power.refusal(session.client)
      return refused === null ? act : Effect.fail(refused)
    })
    return Effect.zipRight(Effect.sleep(millis), late)
  }
  // The client gives up first; the server holds the lock until it notices.
  const cut = Effect.suspend(() => {
    session.broken = failure("ETIMEDOUT")
    return Effect.fail(failure("ETIMEDOUT"))
  })
  const noticed = Effect.sync(() => power.end(session)).pipe(
    Effect.delay(SERVER_WAIT_MILLIS - SILENCE_MILLIS),
    Effect.interruptible,
    Effect.forkDaemon
  )
  const answer = done ? Effect.zipRight(act, Effect.sleep(SILENCE_MILLIS)) : Effect.sleep(SILENCE_MILLIS)
  return Effect.zipRight(answer, Effect.zipRight(noticed, cut))
}

export const faulty = <A>(
  power: Power,
  session: Session,
  occasion: Occasion,
  fault: Fault,
  act: Effect.Effect<A, SqlError>
): Effect.Effect<A, SqlError> => {
  const breakWith = (code: string, errno?: number) =>
    Effect.suspend(() => {
      power.drop(session, code)
      return Effect.fail(failure(code, errno))
    })
  power.met(`${occasion}: ${fault.kind}`)
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
        power.end(session)
        return Effect.fail(failure("ER_LOCK_DEADLOCK", 1213))
      })
    case "lost":
      return breakWith("PROTOCOL_CONNECTION_LOST")
    case "lost answer":
      return Effect.zipRight(act, breakWith("ECONNRESET"))
    case "pause":
      // It is done, and the process that asked for it is stopped before it hears of it.
      return Effect.tap(act, () => session.client.pause?.(fault.millis) ?? Effect.void)
    case "cut off":
      return Effect.tap(act, () => session.client.cutOff?.(fault.millis) ?? Effect.void)
    case "too many connections":
      return Effect.fail(failure("ER_CON_COUNT_ERROR", 1040))
    case "broken for good":
      return Effect.fail(failure(BEYOND_REPAIR.code, BEYOND_REPAIR.errno))
    case "stall":
      return stalled(power, session, fault, act)
  }
}
