/**
 * The intervals that minutes are merged into: whole numbers of minutes up to a day, of days, of weeks, or of months. All
 * are half-open. They are counted from 1970-01-01T00:00 on, weeks from a Monday, as ISO 8601 has them, months from the
 * year 0; so an interval that divides a day begins at midnight. `LocalInterval.ts` has them on the clocks of a zone.
 */
import {
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  type Micros,
  micros,
  monthNumber,
  monthStart
} from "../Time.js"

/** A number and its unit: `10m`, `6h`, `1d`, `2w`, `1mo`, `1q`, `1y`. */
export type Interval = `${number}${"m" | "h" | "d" | "w" | "mo" | "q" | "y"}`

/** Those that people are offered. */
export const INTERVALS = ["1m", "5m", "15m", "1h", "1d"] as const satisfies ReadonlyArray<Interval>

const UNITS = {
  m: { length: MICROS_PER_MINUTE, max: 1_440 },
  h: { length: MICROS_PER_HOUR, max: 24 },
  d: { length: MICROS_PER_DAY, max: 31 },
  w: { length: 7 * MICROS_PER_DAY, max: 4 },
  mo: { length: 31 * MICROS_PER_DAY, max: 12, months: 1 },
  q: { length: 92 * MICROS_PER_DAY, max: 4, months: 3 },
  y: { length: 366 * MICROS_PER_DAY, max: 10, months: 12 }
}

export const INTERVAL_RULE =
  "a whole number of minutes up to a day (1m, 10m, 2h), of days up to 31d, of weeks from Monday on up to 4w, " +
  "of months up to 12mo, of quarters up to 4q, or of years up to 10y"

/** As a regular expression without anchors, for the contract. */
export const INTERVAL_PATTERN = "[1-9][0-9]{0,3}(?:mo|[mhdwqy])"
const PATTERN = new RegExp(`^(?:${INTERVAL_PATTERN})$`)

const partsOf = (interval: string) => {
  const count = Number.parseInt(interval, 10)
  return { count, unit: UNITS[interval.slice(String(count).length) as keyof typeof UNITS] }
}

export const isInterval = (text: string): text is Interval => {
  if (!PATTERN.test(text)) return false
  const { count, unit } = partsOf(text)
  return count <= unit.max
}

/** Its length, µs; of months the greatest. */
export const intervalMicros = (interval: Interval): number => {
  const { count, unit } = partsOf(interval)
  return count * unit.length
}

/** How many months it has; null: it is no number of them. */
export const intervalMonths = (interval: Interval): number | null => {
  const { count, unit } = partsOf(interval)
  return "months" in unit ? count * unit.months : null
}

/** What is added to a time before it is counted in lengths, µs: 1970 began on a Thursday. */
export const intervalShift = (interval: Interval): number =>
  interval.endsWith("w") ? intervalMicros(interval) - 4 * MICROS_PER_DAY : 0

/** The number of the interval that holds a time, in their order. */
export const intervalIndex = (interval: Interval, time: number): number => {
  const months = intervalMonths(interval)
  return months === null
    ? Math.floor((time + intervalShift(interval)) / intervalMicros(interval))
    : Math.floor(monthNumber(time) / months)
}

/** When the interval of this number starts; the first one may do so before 1970. */
export const intervalAt = (interval: Interval, index: number): number => {
  const months = intervalMonths(interval)
  return months === null
    ? index * intervalMicros(interval) - intervalShift(interval)
    : monthStart(index * months)
}

/** The start of the interval of UTC that holds this time; the first one of all begins with 1970. */
export const intervalStart = (interval: Interval, time: number): Micros =>
  micros(Math.max(0, intervalAt(interval, intervalIndex(interval, time))))

/** Its end, which is the start of the next one. */
export const intervalEnd = (interval: Interval, time: number): Micros =>
  micros(intervalAt(interval, intervalIndex(interval, time) + 1))
