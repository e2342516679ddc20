/**
 * The functions of filters: what they take, what they give, and what they compute in memory.
 *
 * Both databases and memory must agree, so text is code points without any collation, letters change case only
 * from A to Z, and blanks to trim are spaces. A null argument gives null.
 */
import {
  formatTime,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND
} from "../domain/Time.js"
import type { Kind, Value } from "./Edm.js"

export interface FunctionDefinition {
  readonly args: ReadonlyArray<Kind>
  /** How many of them may be left out, from the end. */
  readonly optional: number
  readonly result: Kind
  /** Of arguments that are of those kinds, and not null. */
  readonly compute: (...args: ReadonlyArray<Value>) => Value
}

const define = (
  args: ReadonlyArray<Kind>,
  result: Kind,
  compute: FunctionDefinition["compute"],
  optional = 0
): FunctionDefinition => ({ args, optional, result, compute })

const text = (value: Value | undefined): string => String(value ?? "")
const codePoints = (value: Value | undefined): ReadonlyArray<string> => [...text(value)]

const indexOf = (a: Value | undefined, b: Value | undefined): number => {
  const units = text(a).indexOf(text(b))
  return units === -1 ? -1 : codePoints(text(a).slice(0, units)).length
}

const calendar = (from: number, to: number) =>
  define(["time"], "integer", (time) => Number(formatTime(Number(time)).slice(from, to)))
const clock = (unit: number, modulus: number) =>
  define(["time"], "integer", (time) => {
    const ofDay = Number(time) - Math.floor(Number(time) / MICROS_PER_DAY) * MICROS_PER_DAY
    return Math.floor(ofDay / unit) % modulus
  })

export const startOfDay = (time: number): number => Math.floor(time / MICROS_PER_DAY) * MICROS_PER_DAY

export const FUNCTIONS = {
  contains: define(["text", "text"], "boolean", (a, b) => text(a).includes(text(b))),
  startswith: define(["text", "text"], "boolean", (a, b) => text(a).startsWith(text(b))),
  endswith: define(["text", "text"], "boolean", (a, b) => text(a).endsWith(text(b))),
  length: define(["text"], "integer", (a) => codePoints(a).length),
  indexof: define(["text", "text"], "integer", indexOf),
  substring: define(
    ["text", "integer", "integer"],
    "text",
    (a, start, length) =>
      codePoints(a)
        .slice(Number(start), length === undefined ? undefined : Number(start) + Number(length))
        .join(""),
    1
  ),
  tolower: define(["text"], "text", (a) => text(a).replace(/[A-Z]+/g, (s) => s.toLowerCase())),
  toupper: define(["text"], "text", (a) => text(a).replace(/[a-z]+/g, (s) => s.toUpperCase())),
  trim: define(["text"], "text", (a) => text(a).replace(/^ +| +$/g, "")),
  concat: define(["text", "text"], "text", (a, b) => text(a) + text(b)),
  year: calendar(0, 4),
  month: calendar(5, 7),
  day: calendar(8, 10),
  hour: clock(MICROS_PER_HOUR, 24),
  minute: clock(MICROS_PER_MINUTE, 60),
  second: clock(MICROS_PER_SECOND, 60),
  date: define(["time"], "date", (time) => startOfDay(Number(time)))
} as const
export type FunctionName = keyof typeof FUNCTIONS

export const isFunction = (name: string): name is FunctionName => Object.hasOwn(FUNCTIONS, name)

/** Functions of OData that are none of ours: they are told from misspellings. */
export const OTHER_FUNCTIONS = new Set([
  ...[
    "round",
    "floor",
    "ceiling",
    "cast",
    "isof",
    "matchespattern",
    "fractionalseconds",
    "time",
    "substringof"
  ],
  ...[
    "totaloffsetminutes",
    "totalseconds",
    "mindatetime",
    "maxdatetime",
    "hassubset",
    "hassubsequence",
    "case"
  ]
])

/** Order of text by code points, as both databases compare it: not that of UTF-16. */
export const compareText = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (x === y) continue
    const [high, low] = [(x & 0xf800) === 0xd800, (y & 0xf800) === 0xd800]
    return high === low ? x - y : high ? 1 : -1
  }
  return a.length - b.length
}
