/**
 * A filter's text as tokens. Never throws anything but an ODataError.
 *
 * A plus that was not encoded has become a space by the time it gets here, so an offset may begin with one.
 */
import * as Either from "effect/Either"
import {
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  parseTime
} from "../../domain/Time.js"
import { odataError } from "../ODataError.js"
import type { Literal } from "./Ast.js"

export type Token =
  | { readonly _tag: "Literal"; readonly at: number; readonly literal: Literal }
  | { readonly _tag: "Name"; readonly at: number; readonly name: string }
  | { readonly _tag: "Sign"; readonly at: number; readonly sign: "(" | ")" | "," | "/" | "-" | ":" }

export const TOKENS_MAX = 4_000

const SPACE = /[ \t]+/y
const TIME =
  /(\d{4})-\d{2}-\d{2}(?:[Tt]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,12})?)?(?:[Zz]|[+\- ]\d{2}:\d{2}|(?![\d:])))?/y
const NUMBER = /-?\d+(\.\d+)?([eE][+-]?\d+)?([lLmMdDfF])?/y
const TEXT = /'((?:[^']|'')*)'/y
const NAME = /[\p{L}_$@][\p{L}\p{N}_.]*/uy
const DURATION = /^(-)?P(?:(\d{1,6})D)?(?:T(?:(\d{1,8})H)?(?:(\d{1,9})M)?(?:(\d{1,10})(?:\.(\d{1,12}))?S)?)?$/

/** What stands for all times before 1970, and for all after 2254: no reading is as old or as new. */
const LONG_AGO = -2 * MICROS_PER_DAY
const FAR_AHEAD = Number.MAX_SAFE_INTEGER

/** A time in µs, brought within what can be stored; none when it is no date of the calendar. */
const timeOf = (text: string, year: string): number | undefined => {
  const plus = text.replace(" ", "+")
  const time = parseTime(plus)
  if (Either.isRight(time)) return time.right
  const isDate = (leapYear: string) => Either.isRight(parseTime(leapYear + plus.slice(4)))
  if (Number(year) <= 1970) return isDate("1972") ? LONG_AGO : undefined
  return Number(year) >= 2255 && isDate("2048") ? FAR_AHEAD : undefined
}

const durationOf = (text: string): number | undefined => {
  const match = DURATION.exec(text)
  if (match === null || /[PT]$/.test(text)) return undefined
  const [, sign, days = 0, hours = 0, minutes = 0, seconds = 0, fraction = ""] = match
  const size =
    Number(days) * MICROS_PER_DAY +
    Number(hours) * MICROS_PER_HOUR +
    Number(minutes) * MICROS_PER_MINUTE +
    Number(seconds) * MICROS_PER_SECOND +
    Number(fraction.slice(0, 6).padEnd(6, "0"))
  if (!Number.isSafeInteger(size)) return undefined
  return sign === undefined || size === 0 ? size : -size
}

const wrong = (at: number, what: string) =>
  odataError("InvalidFilter", `${what} at character ${at + 1}`, "$filter")

const match = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at
  return pattern.exec(text)
}

const numberLiteral = (groups: RegExpExecArray, at: number): Literal => {
  const [whole, fraction, exponent, suffix] = groups
  const value = Number(suffix === undefined ? whole : whole.slice(0, -1))
  if (!Number.isFinite(value)) throw wrong(at, `${whole} is beyond the range of a double`)
  const integer = fraction === undefined && exponent === undefined && !/[mdf]/i.test(suffix ?? "")
  // -0 and 0 are one value.
  return {
    kind: integer && Number.isSafeInteger(value) ? "integer" : "number",
    value: value === 0 ? 0 : value
  }
}

/** `duration'PT1H'`; and the names by which older versions led the text of a time. */
const ledLiteral = (name: string, text: string, at: number): Literal => {
  if (name === "duration") {
    const value = durationOf(text)
    if (value === undefined) throw wrong(at, `duration'${text}' is no duration: give duration'P1DT2H30M'`)
    return { kind: "duration", value }
  }
  if (name === "datetime" || name === "datetimeoffset") {
    const timeMatch = match(TIME, text, 0)
    const value = timeMatch?.[0] === text ? timeOf(text, timeMatch[1] ?? "") : undefined
    if (value === undefined) throw wrong(at, `${name}'${text}' is no time`)
    return { kind: "time", value }
  }
  throw odataError("NotImplemented", `literals of the type ${name} are not known`, "$filter")
}

const textOf = (groups: RegExpExecArray, at: number): string => {
  const text = (groups[1] ?? "").replaceAll("''", "'")
  if (text.includes("\0") || !text.isWellFormed()) throw wrong(at, "text that no row can hold")
  return text
}

const timeLiteral = (groups: RegExpExecArray, at: number): Literal => {
  const [whole, year = ""] = groups
  const value = timeOf(whole, year)
  if (value === undefined) throw wrong(at, `${whole} is no time of the calendar`)
  return { kind: /t/i.test(whole) ? "time" : "date", value }
}

const tokenAt = (text: string, at: number): readonly [Token, number] => {
  const sign = text[at]
  const time = match(TIME, text, at)
  if (time !== null) return [{ _tag: "Literal", at, literal: timeLiteral(time, at) }, at + time[0].length]
  const number = match(NUMBER, text, at)
  if (number !== null)
    return [{ _tag: "Literal", at, literal: numberLiteral(number, at) }, at + number[0].length]
  if (sign === "(" || sign === ")" || sign === "," || sign === "/" || sign === "-" || sign === ":") {
    return [{ _tag: "Sign", at, sign }, at + 1]
  }
  const string = match(TEXT, text, at)
  if (string !== null) {
    return [
      { _tag: "Literal", at, literal: { kind: "text", value: textOf(string, at) } },
      at + string[0].length
    ]
  }
  if (sign === "'") throw wrong(at, "text that does not end: a quote within it is doubled")
  const name = match(NAME, text, at)
  if (name === null)
    throw wrong(at, `${JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0))} is not understood`)
  const after = at + name[0].length
  const led = match(TEXT, text, after)
  if (led === null) return [{ _tag: "Name", at, name: name[0] }, after]
  const literal = ledLiteral(name[0].toLowerCase(), textOf(led, after), at)
  return [{ _tag: "Literal", at, literal }, after + led[0].length]
}

const WORD = /[\p{L}\p{N}_']/u

/** The tokens, in order. Throws an ODataError. */
export const tokenize = (text: string): ReadonlyArray<Token> => {
  const tokens: Array<Token> = []
  let at = match(SPACE, text, 0)?.[0].length ?? 0
  while (at < text.length) {
    const [token, end] = tokenAt(text, at)
    tokens.push(token)
    if (tokens.length > TOKENS_MAX) throw odataError("TooComplex", "the filter is too long", "$filter")
    if (token._tag !== "Sign" && WORD.test(text.charAt(end))) {
      throw wrong(end, `${JSON.stringify(text.slice(at, end + 1))} is not understood`)
    }
    at = end + (match(SPACE, text, end)?.[0].length ?? 0)
  }
  return tokens
}
