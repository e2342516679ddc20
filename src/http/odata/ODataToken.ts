/**
 * Where a walk through an entity set stands, as opaque text: the position and the time of its first page, the place
 * of the last row, and a hash of what was asked for, so that it can't be used with another filter or order.
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Position } from "../../domain/Ids.js"
import { Micros } from "../../domain/Time.js"
import type { Value } from "../../odata/Edm.js"
import { type ODataError, odataError } from "../../odata/ODataError.js"
import type { OrderKey } from "../../odata/Order.js"
import { filterHash } from "../listing/Cursor.js"

const Token = Schema.parseJson(
  Schema.Tuple(
    Position,
    Micros,
    Schema.String,
    Schema.NullOr(Schema.NonNegativeInt),
    Schema.Array(Schema.NullOr(Schema.Union(Schema.String, Schema.Number, Schema.Boolean)))
  )
)
const decode = Schema.decodeOption(Token)

export interface SkipToken {
  readonly asOf: Position
  readonly now: Micros
  /** All rows that match, where the first page was asked to count them. */
  readonly count: number | null
  readonly place: ReadonlyArray<Value>
}

/** Of the texts of the options that decide which rows come in which order. */
export const walkHash = (set: string, filter: string | undefined, orderby: string | undefined): string =>
  filterHash(`odata ${set}`, { filter, orderby })

export const encodeToken = ({ asOf, count, now, place }: SkipToken, hash: string): string =>
  Buffer.from(JSON.stringify([asOf, now, hash, count, place])).toString("base64url")

/** What a place may hold of a key: what a row may. */
const fits = ({ kind, nullable }: OrderKey, value: Value | undefined): boolean => {
  if (value === undefined) return false
  if (value === null) return nullable
  switch (kind) {
    case "boolean":
      return typeof value === "boolean"
    case "text":
      return typeof value === "string" && value.isWellFormed() && !value.includes("\0")
    case "number":
      return typeof value === "number" && Number.isFinite(value)
    case "integer":
      return typeof value === "number" && Number.isSafeInteger(value)
    default:
      return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
  }
}

export const decodeToken = (
  text: string,
  hash: string,
  order: ReadonlyArray<OrderKey>
): Either.Either<SkipToken, ODataError> => {
  const refused = (why: string) => Either.left(odataError("BadRequest", `$skiptoken ${why}`, "$skiptoken"))
  const decoded = decode(Buffer.from(text, "base64url").toString("utf8"))
  if (Option.isNone(decoded)) return refused("is none that this server gave")
  const [asOf, now, ofHash, count, place] = decoded.value
  if (ofHash !== hash) return refused("belongs to another filter or order: take the whole nextLink")
  return place.length === order.length && order.every((key, index) => fits(key, place[index]))
    ? Either.right({ asOf, now, count, place })
    : refused("is none that this server gave")
}
