/**
 * The time of a row, from one cell or several. Nothing is guessed: which of `03/04/2024` is the day has to be said
 * (`--dates`), as has that 20240614 is a date and no number of seconds; and a time that can't be meant (before
 * `minTime`, in the future) is none.
 *
 * A time without an offset is one of the file's zone: UTC, unless another is said.
 */
import * as Either from "effect/Either"
import {
  formatTime,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  type Micros,
  micros,
  parseTime
} from "../../domain/Time.js"
import type { Dst, TimeZone } from "../../domain/TimeZone.js"
import { quoted } from "./CsvRefusal.js"

/** How dates are written where they are not as in 2024-06-14: day first, month first, 20240614, days since 1900. */
export type DateForm = "dmy" | "mdy" | "compact" | "excel"

export interface CsvTimeRules {
  readonly dates: DateForm | undefined
  readonly zone: TimeZone
  readonly dst: Dst | undefined
  /** What can be meant, in µs: a number from `minTime`, a date from `minDate`, both to `now` + `futureMax`. */
  readonly minTime: number
  readonly minDate: number
  readonly now: number
  readonly futureMax: number
}

export interface TimeFault {
  /** Follows the field's name. */
  readonly message: string
  readonly give?: string
  /** It could be read, and can't be meant. */
  readonly unbelievable?: boolean
}

export interface RowTime {
  readonly time: Micros
  /** What the local hour was, where `dst` had to say how it is read. */
  readonly odd: "twice" | "missing" | null
}

const DATE_FIRST = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?=$|[T\s])/
const DATE_LAST = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?=$|[T\s])/
const CLOCK =
  /^(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,18}))?)?\s*([AaPp])?(?:[Mm])?\s*(Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/
const NANOSECONDS = /^\d{19}$/
const NUMBER = /^\d+(?:\.\d+)?$/

export const isClock = (text: string): boolean => CLOCK.test(text)
export const isDate = (text: string): boolean => {
  const match = DATE_FIRST.exec(text) ?? DATE_LAST.exec(text)
  return match?.[0] === text
}

/** A day and a month, in the order in which they stand; undefined: the year stands first. */
export const dayAndMonth = (text: string): readonly [number, number] | undefined => {
  const match = DATE_LAST.exec(text)
  return match === null ? undefined : [Number(match[1]), Number(match[2])]
}

const two = (text: string): string => text.padStart(2, "0")

/** The hour of a day of 24 h; undefined: there is no such hour. */
const hourOf = (hour: string, half: string | undefined): string | undefined => {
  if (half === undefined) return two(hour)
  const n = Number(hour)
  if (n < 1 || n > 12) return undefined
  return two(String((n % 12) + (half.toLowerCase() === "p" ? 12 : 0)))
}

const clockOf = (text: string): string | undefined => {
  if (text === "") return "00:00:00"
  if (/^\d{1,2}$/.test(text)) return `${two(text)}:00:00`
  const match = CLOCK.exec(text)
  if (match === null) return undefined
  const [, hour = "", minute = "", second = "00", fraction = "0", half, zone = ""] = match
  const h = hourOf(hour, half)
  const offset = /^(?:Z|UTC|GMT)$/i.test(zone) ? "Z" : /^[+-]\d{2}$/.test(zone) ? `${zone}:00` : zone
  return h === undefined ? undefined : `${h}:${minute}:${second}.${fraction}${offset}`
}

const NO_TIME: TimeFault = { message: "is not a time: give RFC 3339 or epoch seconds, ms or µs" }
const WHICH_IS_THE_DAY: TimeFault = {
  message: "is not a time: nothing says which number is the day",
  give: "--dates dmy or --dates mdy"
}

/** `20240614`, `2024061410`, …, with seconds at most. */
const compactDate = (text: string): string | undefined => {
  const match = /^(\d{4})(\d{2})(\d{2})[T ]?(\d{2})?:?(\d{2})?:?(\d{2})?$/.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour = "00", minute = "00", second = "00"] = match
  return `${year}-${month}-${day} ${hour}:${minute}:${second}`
}

/** Of the day numbers of spreadsheets: 1970-01-01. */
const EXCEL_EPOCH_DAY = 25_569

/** Text as RFC 3339, with or without an offset; undefined: it is no date. */
const rfcOf = (text: string, dates: DateForm | undefined): string | TimeFault | undefined => {
  if (dates === "compact") {
    const compact = compactDate(text)
    if (compact !== undefined) return compact
  }
  const first = DATE_FIRST.exec(text)
  const last = first === null ? DATE_LAST.exec(text) : null
  const match = first ?? last
  if (match === null) return undefined
  if (last !== null && dates !== "dmy" && dates !== "mdy") return WHICH_IS_THE_DAY
  const [whole, a = "", b = "", c = ""] = match
  const [year, month, day] = first !== null ? [a, b, c] : dates === "dmy" ? [c, b, a] : [c, a, b]
  const clock = clockOf(text.slice(whole.length).replace(/^[T\s]+/, ""))
  return clock === undefined ? undefined : `${year}-${two(month)}-${two(day)} ${clock}`
}

const HAS_OFFSET = /\d(?:[Zz]|[+-]\d{2}:?\d{2})$|:\d{2}(?:[.,]\d+)?[+-]\d{2}$/
/** RFC 3339 as most files have it, which needs no making of a time's parts. */
const PLAIN = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/

const believable = (time: RowTime, text: string, rules: CsvTimeRules): Either.Either<RowTime, TimeFault> => {
  const { futureMax, now } = rules
  const min = NUMBER.test(text) ? rules.minTime : rules.minDate
  if (time.time > now + futureMax) {
    const message = `is more than ${futureMax / MICROS_PER_HOUR} h in the future: ${formatTime(time.time)}`
    return Either.left({ message, unbelievable: true })
  }
  if (time.time >= min) return Either.right(time)
  const least = formatTime(min).slice(0, 10)
  return Either.left({
    message: `can't be meant: ${quoted(text)} would be ${formatTime(time.time)}, before ${least}`,
    unbelievable: true
  })
}

const zoned = (local: number, text: string, rules: CsvTimeRules): Either.Either<RowTime, TimeFault> => {
  const utc = rules.zone.toUtc(local, rules.dst)
  return Either.isLeft(utc)
    ? Either.left({ message: utc.left, give: "--dst first or --dst second" })
    : believable({ time: micros(Math.max(0, utc.right.time)), odd: utc.right.odd }, text, rules)
}

/** The time that this text says, in the way of the file. */
export const timeOfText = (text: string, rules: CsvTimeRules): Either.Either<RowTime, TimeFault> => {
  if (text === "") return Either.left({ message: "is missing" })
  const isNumber = NUMBER.test(text)
  if (isNumber && rules.dates === "excel") {
    return zoned(Math.round((Number(text) - EXCEL_EPOCH_DAY) * MICROS_PER_DAY), text, rules)
  }
  const rfc = PLAIN.test(text) ? text : rfcOf(text, rules.dates)
  if (typeof rfc === "object") return Either.left(rfc)
  if (rfc === undefined && !isNumber) return Either.left(NO_TIME)
  // Nanoseconds are cut to µs.
  const time = parseTime(rfc ?? (NANOSECONDS.test(text) ? text.slice(0, 16) : text))
  // What the plain form has beside (a.m., an offset of hours) is for the parts.
  const again = Either.isLeft(time) && rfc === text ? rfcOf(text, rules.dates) : undefined
  const read = typeof again === "string" ? again : (rfc ?? text)
  const result = again === undefined ? time : parseTime(read)
  if (Either.isLeft(result)) return Either.left({ message: result.left, unbelievable: isNumber })
  const isAbsolute = (rfc === undefined && isNumber) || HAS_OFFSET.test(read)
  return isAbsolute
    ? believable({ time: result.right, odd: null }, text, rules)
    : zoned(result.right, text, rules)
}
