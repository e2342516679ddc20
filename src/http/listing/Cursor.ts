/**
 * Where a page ended, as opaque text: the position of the first page (so that pages are stable while data arrive),
 * the last row's time and tie-breaker, and a hash of the filter, so that it can't be used with another one.
 */
import { hash } from "node:crypto"
import * as Either from "effect/Either"
import { type Position, position } from "../../domain/Ids.js"
import { type Micros, micros } from "../../domain/Time.js"

/** Where a row stands in the order of its kind. */
export interface Place {
  /** Time of the row, µs. */
  readonly time: Micros
  /** What orders rows of one time: the row's position, or the sensor of an aggregate. */
  readonly tie: number
  /** The same where a number does not hold it: 32 hex digits. */
  readonly key?: string
}

export interface Cursor extends Place {
  readonly asOf: Position
}

/** Equal filters have equal hashes. Absent and undefined are the same. */
export const filterHash = (kind: string, filter: Readonly<Record<string, unknown>>): string => {
  const entries = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return hash("sha256", JSON.stringify([kind, entries]), "base64url").slice(0, 11)
}

export const encodeCursor = ({ asOf, key, tie, time }: Cursor, hash: string): string =>
  Buffer.from(`${asOf}.${time}.${tie}.${hash}${key === undefined ? "" : `.${key}`}`).toString("base64url")

const SHAPE = /^(\d{1,16})\.(\d{1,16})\.(\d{1,16})\.([\w-]{11})(?:\.([0-9a-f]{32}))?$/

/** Left: why it is refused, as a predicate that follows "cursor". */
export const decodeCursor = (text: string, hash: string): Either.Either<Cursor, string> => {
  const match = SHAPE.exec(Buffer.from(text, "base64url").toString("latin1"))
  const numbers = match === null ? [] : match.slice(1, 4).map(Number)
  const [asOf, time, tie] = numbers
  if (asOf === undefined || time === undefined || tie === undefined || !numbers.every(Number.isSafeInteger)) {
    return Either.left("is none that this server gave")
  }
  const key = match?.[5]
  return match?.[4] === hash
    ? Either.right({ asOf: position(asOf), time: micros(time), tie, ...(key === undefined ? {} : { key }) })
    : Either.left("belongs to another filter: take it with the parameters that it came with")
}
