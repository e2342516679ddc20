/**
 * What a column gives, on both databases: MySQL answers sums as text, and counts beyond 2^53 too.
 */
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { LogCorrupt, type LogError, LogUnavailable } from "../../eventlog/EventLog.js"

/** A count or a sum of counts: a number, or its text; null (a sum over nothing) is 0. */
export const Count = Schema.transform(
  Schema.NullOr(Schema.Union(Schema.Number, Schema.BigIntFromSelf, Schema.NumberFromString)),
  Schema.Int,
  { strict: true, decode: (cell) => Number(cell ?? 0), encode: (count) => count }
)

/** A double, which may be answered as text. */
export const Double = Schema.Union(Schema.Number, Schema.NumberFromString)

/** The rows of an answer, decoded; rows that are not of this shape mean that the store is not as we left it. */
export const decodeRows = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknown(Schema.Array(schema))
  return (rows: unknown): Effect.Effect<ReadonlyArray<A>, LogCorrupt> =>
    Effect.mapError(
      decode(rows),
      (error) => new LogCorrupt({ reason: ParseResult.TreeFormatter.formatErrorSync(error) })
    )
}

/** A failed statement, as the readers of the log know it. */
export const asLogError = (error: { readonly _tag: string; readonly message: string }): LogError => {
  if (error instanceof LogCorrupt || error instanceof LogUnavailable) return error
  const permanent = "kind" in error && error.kind === "Permanent"
  return permanent ? new LogCorrupt({ reason: error.message }) : new LogUnavailable({ reason: error.message })
}
