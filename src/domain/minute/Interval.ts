/**
 * The intervals that minutes are merged into: whole numbers of minutes up to a day, of days, or of weeks. All are
 * half-open. They are counted from 1970-01-01T00:00Z on, weeks from a Monday, as ISO 8601 has them; so an interval that
 * divides a day begins at midnight UTC.
 */
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, type Micros, micros } from "../Time.js"

/** A number and its unit: `10m`, `6h`, `1d`, `2w`. `parseInterval` makes them. */
export type Interval = `${number}${"m" | "h" | "d" | "w"}`

/** Those that people are offered. */
export const INTERVALS = ["1m", "5m", "15m", "1h", "1d"] as const satisfies ReadonlyArray<Interval>

const UNITS = {
  m: { length: MICROS_PER_MINUTE, max: 1_440 },
  h: { length: MICROS_PER_HOUR, max: 24 },
  d: { length: MICROS_PER_DAY, max: 31 },
  w: { length: 7 * MICROS_PER_DAY, max: 4 }
} as const

export const INTERVAL_RULE =
  "a whole number of minutes up to a day (1m, 10m, 2h), of days up to 31d, or of weeks from Monday on up to 4w"

/** As a regular expression without anchors, for the contract. */
export const INTERVAL_PATTERN = "[1-9][0-9]{0,3}[mhdw]"
const PATTERN = new RegExp(`^(?:${INTERVAL_PATTERN})$`)

export const isInterval = (text: string): text is Interval => {
  const unit = UNITS[text.slice(-1) as keyof typeof UNITS]
  return PATTERN.test(text) && Number(text.slice(0, -1)) <= unit.max
}

/** Its length, µs. */
export const intervalMicros = (interval: Interval): number =>
  Number(interval.slice(0, -1)) * UNITS[interval.slice(-1) as keyof typeof UNITS].length

/** What is added to a time before it is counted in lengths, µs: 1970 began on a Thursday. */
export const intervalShift = (interval: Interval): number =>
  interval.endsWith("w") ? intervalMicros(interval) - 4 * MICROS_PER_DAY : 0

/** The start of the interval that holds this time; the first one of all begins with 1970. */
export const intervalStart = (interval: Interval, time: number): Micros =>
  micros(Math.max(0, time - ((time + intervalShift(interval)) % intervalMicros(interval))))

/** Its end, which is the start of the next one. */
export const intervalEnd = (interval: Interval, time: number): Micros =>
  micros(time - ((time + intervalShift(interval)) % intervalMicros(interval)) + intervalMicros(interval))
