/**
 * What `JSON.parse` does not tell of a text that it has read: a key that stands twice in one object, of which it keeps the
 * last; and integers that a double can't hold, which it rounds. Both are rare, so that a message is only read again where
 * something tells that it may have one. Nothing here throws, or calls itself more than `DEPTH_MAX` deep.
 */

const QUOTE = 34
const BACKSLASH = 92
const SPACE = 32
const COLON = 58
const MINUS = 45
const ZERO = 48
const NINE = 57

export const DEPTH_MAX = 64

/** Where the string that begins at `start` ends: at its closing quote. */
const stringEnd = (text: string, start: number): number => {
  let at = start + 1
  for (; at < text.length; at++) {
    const c = text.charCodeAt(at)
    if (c === BACKSLASH) at += 1
    else if (c === QUOTE) break
  }
  return at
}

const afterSpace = (text: string, start: number): number => {
  let at = start
  while (text.charCodeAt(at) <= SPACE) at += 1
  return at
}

const isDigit = (c: number): boolean => c >= ZERO && c <= NINE

const NUMBER = /-?\d+(\.\d+)?([eE][+-]?\d+)?/y

interface Seen {
  readonly twice: string | null
  /** As written: integers of so many digits that a double may not hold them. */
  readonly integers: ReadonlyArray<string>
}

/** Digits that every double holds. */
const SAFE_DIGITS = 15

/** Reads a text that is JSON. */
const scan = (text: string): Seen => {
  // Of each object that is open its keys; null: a list.
  const open: Array<Set<string> | null> = []
  const integers: Array<string> = []
  for (let at = 0; at < text.length; at++) {
    const c = text.charCodeAt(at)
    if (c === QUOTE) {
      const end = stringEnd(text, at)
      const keys = open.at(-1)
      if (keys !== null && keys !== undefined && text.charCodeAt(afterSpace(text, end + 1)) === COLON) {
        const raw = text.slice(at, end + 1)
        const key: string = raw.includes("\\") ? JSON.parse(raw) : raw.slice(1, -1)
        if (keys.has(key)) return { twice: key, integers }
        keys.add(key)
      }
      at = end
    } else if (c === MINUS || isDigit(c)) {
      NUMBER.lastIndex = at
      const [number = "", fraction, exponent] = NUMBER.exec(text) ?? []
      if (fraction === undefined && exponent === undefined && number.length > SAFE_DIGITS)
        integers.push(number)
      at += Math.max(0, number.length - 1)
    } else if (text[at] === "{") open.push(new Set())
    else if (text[at] === "[") open.push(null)
    else if (text[at] === "}" || text[at] === "]") open.pop()
  }
  return { twice: null, integers }
}

/** At least as many as the keys that are written: colons behind a quote. */
const writtenKeys = (text: string): number => {
  let count = 0
  for (let at = text.indexOf(":"); at !== -1; at = text.indexOf(":", at + 1)) {
    let before = at - 1
    while (before >= 0 && text.charCodeAt(before) <= SPACE) before -= 1
    if (text.charCodeAt(before) === QUOTE) count += 1
  }
  return count
}

type Parsed = { readonly [key: string]: unknown } | ReadonlyArray<unknown>

const isNested = (json: unknown): json is Parsed => typeof json === "object" && json !== null

/** The keys that are there; NaN: it is too deep to say. */
const parsedKeys = (json: Parsed, depth: number): number => {
  if (depth > DEPTH_MAX) return Number.NaN
  let count = 0
  if (Array.isArray(json)) {
    for (const element of json) if (isNested(element)) count += parsedKeys(element, depth + 1)
    return count
  }
  const object = json as { readonly [key: string]: unknown }
  for (const key in object) {
    const value = object[key]
    count += isNested(value) ? 1 + parsedKeys(value, depth + 1) : 1
  }
  return count
}

/** A key that stands twice in one object of the text, of which `json` is what came out; null: none does. */
export const keyTwice = (text: string, json: unknown): string | null =>
  isNested(json) && writtenKeys(text) !== parsedKeys(json, 0) ? scan(text).twice : null

/** Whether it is nested deeper than `DEPTH_MAX`: whoever follows it by calling itself may run out of stack. */
export const isDeep = (json: unknown): boolean => isNested(json) && Number.isNaN(parsedKeys(json, 0))

/** Whether an integer, as it is written, is more than a double holds. */
export const isInexact = (digits: string): boolean => {
  const n = Number(digits)
  return !Number.isSafeInteger(n) && Number.isFinite(n) && BigInt(n) !== BigInt(digits)
}

/** What integers of the text that a double can't hold became. */
export const inexactIntegers = (text: string): ReadonlySet<number> =>
  new Set(scan(text).integers.filter(isInexact).map(Number))
