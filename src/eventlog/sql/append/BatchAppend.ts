/** A device's batch, by the quickest way that takes it. */
import * as Effect from "effect/Effect"
import type { DatabaseError } from "../../../db/Failure.js"
import type { BadCell } from "../../../db/Rows.js"
import { fault } from "../../../domain/rejected/RejectionFault.js"
import type { AppendItem, AppendOutcome } from "../../EventLog.js"
import type { OutOfTurn } from "./Reservations.js"

type Failure = DatabaseError | BadCell
type Appended<E> = Effect.Effect<ReadonlyArray<AppendOutcome>, E>

/** The ways to append a batch in one transaction. */
export interface Ways {
  /** Beside those of other processes; undefined where there is no reason to. */
  readonly beside: (items: ReadonlyArray<AppendItem>) => Appended<Failure | OutOfTurn> | undefined
  /** With the log to itself, by what was looked up before its lock. */
  readonly alone: (items: ReadonlyArray<AppendItem>) => Appended<Failure>
  /** The same with all look-ups under the lock. Whatever is found there is so. */
  readonly lookingUp: (items: ReadonlyArray<AppendItem>) => Appended<Failure>
}

// What the values of one row can cause: that row is refused, and the others are stored.
const ROW_CODES = /^(1406|1264|1366|3140|1048|1292|1153|4025)\b|^SQLITE_(TOOBIG|MISMATCH)/

const isRowFault = (error: Failure) =>
  error._tag === "DatabaseError" && error.kind === "Permanent" && ROW_CODES.test(error.code)

/** A key, an id or a position that another row has. */
export const isTaken = (error: Failure) =>
  error._tag === "DatabaseError" &&
  error.kind === "Permanent" &&
  /^(1062\b|SQLITE_CONSTRAINT)/.test(error.code)

/** All of the batch in one transaction; where one row can't be stored, it is found by halving and kept as rejected. */
export const appendBatch = (ways: Ways, items: ReadonlyArray<AppendItem>): Appended<Failure> => {
  const beside = ways.beside(items)
  const appended =
    beside === undefined ? ways.alone(items) : Effect.catchTag(beside, "OutOfTurn", () => ways.alone(items))
  return appended.pipe(
    // What was not there when it was looked up has come since, or it was not looked up.
    Effect.catchIf(isTaken, () => ways.lookingUp(items)),
    Effect.catchIf(isRowFault, (error) => {
      const [only] = items
      if (items.length === 1 && only !== undefined) {
        if (only._tag === "Rejected") return Effect.fail(error)
        const faults = [fault("cannot-store", null, error.message)]
        return appendBatch(ways, [{ ...only, _tag: "Rejected", faults }])
      }
      const half = Math.ceil(items.length / 2)
      return Effect.zipWith(
        appendBatch(ways, items.slice(0, half)),
        appendBatch(ways, items.slice(half)),
        (first, second) => [...first, ...second]
      )
    })
  )
}
