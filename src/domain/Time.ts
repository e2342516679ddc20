/**
 * Times are whole microseconds since 1970-01-01T00:00:00Z: exact in a double up to the year 2255.
 *
 * Nothing here reads a clock, and nothing uses `Date`: it drops microseconds, takes text without an offset as
 * local time, and rolls 30 February over into March.
 */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** Microseconds since the epoch, in UTC. */
export const Micros = Schema.Int.pipe(Schema.between(0, Number.MAX_SAFE_INTEGER), Schema.brand("Micros"))
export type Micros = typeof Micros.Type

export const micros = (n: number): Micros => Micros.make(n, { disableValidation: true })

export const MICROS_PER_MILLI = 1_000
export const MICROS_PER_SECOND = 1_000_000
export const MICROS_PER_MINUTE = 60_000_000
export const MICROS_PER_HOUR = 3_600_000_000
export const MICROS_PER_DAY = 86_400_000_000

/** The start of the minute (UTC, half-open) that holds this time. */
export const minuteOf = (time: number): Micros => micros(time - (time % MICROS_PER_MINUTE))

// Days since 1970-01-01 of a proleptic Gregorian date, and back: eras of 400 years start on 1 March, so that
// the leap day is the last day of a year.
const daysFromCivil = (year: number, month: number, day: number): number => {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

const civilFromDays = (days: number): readonly [year: number, month: number, day: number] => {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day]
}

/** The month that holds a time, counted from the year 0. */
export const monthNumber = (time: number): number => {
  const [year, month] = civilFromDays(Math.floor(time / MICROS_PER_DAY))
  return year * 12 + month - 1
}

/** When that month begins, UTC. */
export const monthStart = (number: number): number =>
  daysFromCivil(Math.floor(number / 12), (number % 12) + 1, 1) * MICROS_PER_DAY

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
const daysInMonth = (year: number, month: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31

const pad2 = (n: number): string => (n < 10 ? `0${n}` : `${n}`)

// Readings come in order of time, so the day's text is nearly always that of the call before: it is kept.
let lastDay = -1
let lastDayText = ""
const dayText = (day: number): string => {
  if (day !== lastDay) {
    const [year, month, date] = civilFromDays(day)
    lastDay = day
    lastDayText = `${String(year).padStart(4, "0")}-${pad2(month)}-${pad2(date)}`
  }
  return lastDayText
}

const clockText = (microsOfDay: number): string => {
  const seconds = Math.floor(microsOfDay / MICROS_PER_SECOND)
  const fraction = String(microsOfDay - seconds * MICROS_PER_SECOND).padStart(6, "0")
  return `${pad2(Math.floor(seconds / 3_600))}:${pad2(Math.floor(seconds / 60) % 60)}:${pad2(seconds % 60)}.${fraction}`
}

/** RFC 3339 in UTC with six digits: `2024-06-14T18:27:45.123456Z`. */
export const formatTime = (time: number): string => {
  const day = Math.floor(time / MICROS_PER_DAY)
  return `${dayText(day)}T${clockText(time - day * MICROS_PER_DAY)}Z`
}

/** What MySQL's DATETIME(6) takes and gives: `2024-06-14 18:27:45.123456`, in UTC. */
export const formatSqlTime = (time: number): string => {
  const day = Math.floor(time / MICROS_PER_DAY)
  return `${dayText(day)} ${clockText(time - day * MICROS_PER_DAY)}`
}

const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,18}))?)?\s?([Zz]|[+-]\d{2}(?::?\d{2})?)?$/
const DATE_ONLY = /^(\d{4})-(\d{2})-(\d{2})$/
const NUMERIC = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/

const offsetMicros = (text: string | undefined): number => {
  if (text === undefined || text === "Z" || text === "z") return 0
  const sign = text.startsWith("-") ? -1 : 1
  const hours = Number(text.slice(1, 3))
  const minutes = text.length > 3 ? Number(text.slice(-2)) : 0
  if (hours > 23 || minutes > 59) return Number.NaN
  return sign * (hours * MICROS_PER_HOUR + minutes * MICROS_PER_MINUTE)
}

const dateMicros = (year: number, month: number, day: number): number =>
  month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)
    ? Number.NaN
    : daysFromCivil(year, month, day) * MICROS_PER_DAY

/** The last nanosecond that a signed 64-bit integer holds. */
const NANOS_MAX = 2 ** 63

/**
 * Seconds below 1e11, milliseconds below 1e14, microseconds below 1e17, then nanoseconds; seconds are rounded to the
 * nearest µs, nanoseconds are cut.
 */
const numberMicros = (n: number): number => {
  const size = Math.abs(n)
  if (size < 1e11) {
    const whole = Math.floor(n)
    return whole * MICROS_PER_SECOND + Math.round((n - whole) * MICROS_PER_SECOND)
  }
  if (size < 1e14) return Math.round(n * MICROS_PER_MILLI)
  if (size < 1e17) return Math.round(n)
  return size < NANOS_MAX ? Math.floor(n / 1_000) : Number.NaN
}

/** Of digits as text: a double would not hold all of nanoseconds. */
const NANOS_DIGITS = /^\d{18,19}$/
const numericMicros = (text: string): number =>
  numberMicros(NANOS_DIGITS.test(text) ? Number(text.slice(0, -3)) : Number(text))

/** 2001-01-01, after the dates that clocks report that were never set. */
export const MIN_TIME = micros(978_307_200_000_000)

/** Whether a time is that of a clock that was never set. A clock of a test may stand there itself. */
export const isClockUnset = (time: Micros, now: Micros, minTime: Micros): boolean =>
  time < minTime && now >= minTime

/** Why something is no time, as a predicate that follows the field's name. */
export const TIME_FAULTS = {
  "not-a-time": "is not a time: give RFC 3339 (2024-06-14T18:27:45.123456Z) or epoch seconds, ms or µs",
  "time-before-1970": "is before 1970",
  "time-after-2255": "is after the year 2255"
} as const
export type TimeFault = keyof typeof TIME_FAULTS

const ZERO = 48

/** The number that these digits make; NaN where one is none. Without a copy: millions of times are read. */
const digits = (text: string, from: number, to: number): number => {
  let number = 0
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - ZERO
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    number = number * 10 + digit
  }
  return number
}

const DASH = 45
const COLON = 58
const PLAIN_LENGTH = "2024-06-14T18:27:45Z".length

/** Of the form that most devices send, `2024-06-14T18:27:45.123456Z`, in a tenth of the time; NaN: of another. */
const plainMicros = (text: string): number => {
  const code = (at: number) => text.charCodeAt(at)
  const end = text.length - 1
  const fraction = end + 1 - PLAIN_LENGTH
  if (fraction < 0 || fraction === 1 || fraction > 7 || text[end] !== "Z" || text[10] !== "T")
    return Number.NaN
  if (code(4) !== DASH || code(7) !== DASH || code(13) !== COLON || code(16) !== COLON) return Number.NaN
  if (fraction > 0 && text[19] !== ".") return Number.NaN
  const hour = digits(text, 11, 13)
  const minute = digits(text, 14, 16)
  const second = digits(text, 17, 19)
  if (hour > 23 || minute > 59 || second > 59) return Number.NaN
  const parts = fraction === 0 ? 0 : digits(text, 20, end) * 10 ** (7 - fraction)
  return (
    dateMicros(digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10)) +
    hour * MICROS_PER_HOUR +
    minute * MICROS_PER_MINUTE +
    second * MICROS_PER_SECOND +
    parts
  )
}

const textMicros = (text: string): number => {
  const plain = plainMicros(text)
  if (!Number.isNaN(plain)) return plain
  const match = RFC3339.exec(text)
  if (match === null) {
    const date = DATE_ONLY.exec(text)
    return date === null ? Number.NaN : dateMicros(Number(date[1]), Number(date[2]), Number(date[3]))
  }
  const [, year, month, day, hour, minute, second = "0", fraction = "", offset] = match
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return Number.NaN
  return (
    dateMicros(Number(year), Number(month), Number(day)) +
    Number(hour) * MICROS_PER_HOUR +
    Number(minute) * MICROS_PER_MINUTE +
    Number(second) * MICROS_PER_SECOND +
    // Digits past the sixth are cut, not rounded.
    Number(fraction.slice(0, 6).padEnd(6, "0")) -
    offsetMicros(offset)
  )
}

/**
 * A time as a device, a file or a query string gives it: RFC 3339 with or without fraction and offset (UTC when
 * there is none), a plain date, or a number (also as text) of epoch seconds, milliseconds, microseconds or
 * nanoseconds.
 */
export const readTime = (input: unknown): Micros | TimeFault => {
  const text = typeof input === "string" ? input.trim() : ""
  const result =
    typeof input === "number"
      ? numberMicros(input)
      : typeof input !== "string"
        ? Number.NaN
        : text[10] !== "T" && NUMERIC.test(text)
          ? numericMicros(text)
          : textMicros(text)
  if (!Number.isFinite(result)) return "not-a-time"
  if (result < 0) return "time-before-1970"
  return result > Number.MAX_SAFE_INTEGER ? "time-after-2255" : micros(result)
}

/** The same; left: why it is none, as a predicate ("is not a time…") that follows the field's name. */
export const parseTime = (input: unknown): Either.Either<Micros, string> => {
  const time = readTime(input)
  return typeof time === "string" ? Either.left(TIME_FAULTS[time]) : Either.right(time)
}

/** The inverse of `formatTime` and `formatSqlTime`, for text that the database gave: throws on anything else. */
export const parseStoredTime = (text: string): Micros => {
  const day = daysFromCivil(digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10))
  const seconds = digits(text, 11, 13) * 3_600 + digits(text, 14, 16) * 60 + digits(text, 17, 19)
  const six = digits(text, 20, 26)
  const fraction = Number.isNaN(six) ? +text.slice(20, 26).replace("Z", "").padEnd(6, "0") : six
  const time = day * MICROS_PER_DAY + seconds * MICROS_PER_SECOND + fraction
  // A shorter text would pass as a date long ago: what is missing counts as 0.
  if (text.length < 19 || !Number.isSafeInteger(time) || time < 0)
    throw new RangeError(`not a stored time: ${text}`)
  return micros(time)
}

/** A time on the wire: any form that `parseTime` takes, given back as RFC 3339 in UTC with six digits. */
export const Timestamp = Schema.transformOrFail(
  Schema.Union(Schema.String, Schema.Number).annotations({ identifier: "Timestamp" }),
  Micros,
  {
    strict: true,
    decode: (input, _, ast) =>
      Either.mapLeft(parseTime(input), (reason) => new ParseResult.Type(ast, input, reason)),
    encode: (time) => ParseResult.succeed(formatTime(time))
  }
)
