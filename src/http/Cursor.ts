/**
 * Where a page ended, as opaque text: the position of the first page (so that pages are stable while data arrive),
 * the last row's time and tie-breaker, and a hash of the filter, so that it can't be used with another one.
 */
import { createHash } from "node:crypto"
import * as Either from "effect/Either"
import { type Position, position } from "../domain/Ids.js"
import { type Micros, micros } from "../domain/Time.js"

export interface Cursor {
  readonly asOf: Position
  /** Time of the page's last row, µs. */
  readonly time: Micros
  /** What orders rows of one time: the row's position, or the sensor of an aggregate. */
  readonly tie: number
}

/** Equal filters have equal hashes. Absent and undefined are the same. */
export const filterHash = (kind: string, filter: Readonly<Record<string, unknown>>): string => {
  const entries = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash("sha256")
    .update(JSON.stringify([kind, entries]))
    .digest("base64url")
    .slice(0, 11)
}

export const encodeCursor = ({ asOf, tie, time }: Cursor, hash: string): string =>
  Buffer.from(`${asOf}.${time}.${tie}.${hash}`).toString("base64url")

const SHAPE = /^(\d{1,16})\.(\d{1,16})\.(\d{1,16})\.([\w-]{11})$/

/** Left: why it is refused, as a predicate that follows "cursor". */
export const decodeCursor = (text: string, hash: string): Either.Either<Cursor, string> => {
  const match = SHAPE.exec(Buffer.from(text, "base64url").toString("latin1"))
  const numbers = match === null ? [] : match.slice(1, 4).map(Number)
  const [asOf, time, tie] = numbers
  if (asOf === undefined || time === undefined || tie === undefined || !numbers.every(Number.isSafeInteger)) {
    return Either.left("is none that this server gave")
  }
  return match?.[4] === hash
    ? Either.right({ asOf: position(asOf), time: micros(time), tie })
    : Either.left("belongs to another filter: take it with the parameters that it came with")
}
