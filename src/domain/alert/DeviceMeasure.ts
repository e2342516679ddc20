/** What is measured of a sensor by its last minutes, for each kind of rule. */
import {
  MICROS_PER_HOUR,
  MICROS_PER_MILLI,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  type Micros
} from "../Time.js"
import type { AlertRule } from "./AlertRule.js"

/** How far back a value is looked at, µs: a spike between two looks is seen. */
export const VALUES_SPAN = 2 * MICROS_PER_MINUTE
/** The window of a score of quality, µs. */
export const QUALITY_SPAN = MICROS_PER_HOUR
/** A reading is not missed before: it may be on its way, or not be folded yet. µs. */
export const SILENCE_GRACE = 10 * MICROS_PER_SECOND

/** A reading's time and value. */
export interface Edge {
  readonly at: Micros
  readonly value: number
}

/** A sensor's last minutes, as one. */
export interface RecentValues {
  readonly first: Edge
  readonly last: Edge
  readonly low: number
  readonly high: number
}

export const joined = (before: RecentValues | undefined, next: RecentValues): RecentValues =>
  before === undefined
    ? next
    : {
        first: next.first.at < before.first.at ? next.first : before.first,
        last: next.last.at >= before.last.at ? next.last : before.last,
        low: Math.min(before.low, next.low),
        high: Math.max(before.high, next.high)
      }

interface Extent {
  readonly low: number
  readonly high: number
}

/** Where the rule waits, the last value is what must stay bad; else each value of the last minutes counts. */
export const rangeOf = ({ for_seconds }: AlertRule, { high, last, low }: RecentValues): Extent =>
  for_seconds > 0 ? { low: last.value, high: last.value } : { low, high }

/** `before`: the last reading of an earlier look, for sensors that speak less often than that. */
export const rateOf = ({ first, last }: RecentValues, before: Edge | undefined): Extent | null => {
  const from = first.at < last.at ? first : before
  if (from === undefined || from.at >= last.at) return null
  const rate = Math.abs(last.value - from.value) / ((last.at - from.at) / MICROS_PER_MINUTE)
  return { low: rate, high: rate }
}

/** Intervals since the last reading, or since the end of a planned downtime. */
export const silenceOf = (lastAt: Micros, intervalMs: number, now: Micros): Extent => {
  const count = Math.max(0, now - lastAt - SILENCE_GRACE) / (intervalMs * MICROS_PER_MILLI)
  return { low: count, high: count }
}
