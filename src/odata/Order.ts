/**
 * The order of rows: what was asked for, completed so that no two rows are equal in it. So each page begins behind
 * the last row of the one before, wherever new rows fall. Null comes before all values, and text goes by its code
 * points, the first 250 of them: databases compare no more of a long text than that.
 */
import * as Either from "effect/Either"
import { type EntitySet, type PropertyPath, pathText, type Row, type Value, valueAt } from "./Edm.js"
import { compareValues } from "./Evaluate.js"
import { type ODataError, odataError } from "./ODataError.js"
import { reach } from "./Reach.js"

export interface OrderKey extends PropertyPath {
  readonly descending: boolean
}

/** Code points of a text that its order goes by. */
export const ORDERED_LENGTH = 250
export const ORDER_KEYS_MAX = 10

const PATH = /^[\p{L}_][\p{L}\p{N}_]*(?:\/[\p{L}_][\p{L}\p{N}_]*)*$/u

const parseKey = (set: EntitySet, text: string): Either.Either<OrderKey, ODataError> => {
  const [path = "", direction = "asc", ...more] = text.trim().split(/\s+/)
  const lower = direction.toLowerCase()
  if (path === "") return Either.left(odataError("BadRequest", "$orderby names no property", "$orderby"))
  if (!PATH.test(path) && /[('"]|^-?\d/.test(path)) {
    return Either.left(odataError("NotImplemented", "$orderby takes properties alone", "$orderby"))
  }
  if (more.length > 0 || (lower !== "asc" && lower !== "desc")) {
    return Either.left(
      odataError("BadRequest", `${JSON.stringify(text.trim())} is neither asc nor desc`, "$orderby")
    )
  }
  return Either.map(reach(set, path.split("/"), "$orderby"), (target) => ({
    ...target,
    descending: lower === "desc"
  }))
}

/** The unique order of a set; `text` is that of `$orderby`, absent: by default. */
export const orderOf = (
  set: EntitySet,
  text: string | undefined
): Either.Either<ReadonlyArray<OrderKey>, ODataError> =>
  Either.gen(function* () {
    const keys: Array<OrderKey> = []
    for (const part of text === undefined ? set.defaultOrder : text.split(",")) {
      const key = yield* parseKey(set, part)
      // A property that comes again orders nothing any more.
      if (!keys.some(({ path }) => pathText(path) === pathText(key.path))) keys.push(key)
    }
    if (keys.length > ORDER_KEYS_MAX) {
      return yield* Either.left(
        odataError("TooComplex", `$orderby takes ${ORDER_KEYS_MAX} properties`, "$orderby")
      )
    }
    if (keys.some(({ path }) => set.unique.includes(pathText(path)))) return keys
    const descending = keys.at(-1)?.descending ?? false
    for (const name of set.completion) {
      if (keys.some(({ path }) => pathText(path) === name)) continue
      keys.push({ ...(yield* reach(set, [name], "$orderby")), descending })
    }
    return keys
  })

/** What a row is ordered by: the values of the keys. */
export const placeOf = (keys: ReadonlyArray<OrderKey>, row: Row): ReadonlyArray<Value> =>
  keys.map(({ kind, path }) => {
    const value = valueAt(row, path)
    return kind === "text" && typeof value === "string" ? [...value].slice(0, ORDERED_LENGTH).join("") : value
  })

export const comparePlaces = (
  keys: ReadonlyArray<OrderKey>,
  a: ReadonlyArray<Value>,
  b: ReadonlyArray<Value>
): number => {
  for (const [index, { descending }] of keys.entries()) {
    const order = compareValues(a[index] ?? null, b[index] ?? null)
    if (order !== 0) return descending ? -order : order
  }
  return 0
}
