/**
 * From what the database counted of one sensor to its tallies. A window is counted in parts, and the parts are
 * merged here: any split of the window gives the same counts.
 */
import { type Moments, mergeMoments, NO_MOMENTS, plausibleBounds } from "./Moments.js"
import { NOTHING, noTallies, type Tallies, type Tally } from "./Quality.js"
import { EVERY_MINUTE_INTERVAL_MAX, JITTER } from "./QualityChecks.js"
import { MICROS_PER_MILLI, MICROS_PER_MINUTE, type Micros, minuteOf } from "./Time.js"

/** What was counted of a sensor's events in a part of the window. `min`, `max`: of the readings in force. */
export interface ReadingCounts {
  readonly recorded: number
  readonly unamended: number
  readonly timely: number
  readonly folded: number
  readonly readings: number
  readonly conflicts: number
  readonly missed: number
  readonly ranged: number
  readonly inRange: number
  readonly versioned: number
  readonly described: number
  readonly amendments: number
  readonly attached: number
  readonly firstAt: Micros | null
  readonly lastAt: Micros | null
  readonly min: number | null
  readonly max: number | null
}

export const NO_READINGS: ReadingCounts = {
  recorded: 0,
  unamended: 0,
  timely: 0,
  folded: 0,
  readings: 0,
  conflicts: 0,
  missed: 0,
  ranged: 0,
  inRange: 0,
  versioned: 0,
  described: 0,
  amendments: 0,
  attached: 0,
  firstAt: null,
  lastAt: null,
  min: null,
  max: null
}

/** How many readings would have fitted between two that are `gap` µs apart, with half an interval to spare. */
export const missedSlots = (gap: number, intervalMs: number | null): number =>
  intervalMs === null ? 0 : Math.max(0, Math.floor(gap / (intervalMs * MICROS_PER_MILLI) - JITTER))

const lesser = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.min(a, b))
const greater = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.max(a, b))

/** Two parts of the window, the earlier first; the gap between them misses readings too. */
export const mergeReadings = (
  a: ReadingCounts,
  b: ReadingCounts,
  intervalMs: number | null
): ReadingCounts => ({
  recorded: a.recorded + b.recorded,
  unamended: a.unamended + b.unamended,
  timely: a.timely + b.timely,
  folded: a.folded + b.folded,
  readings: a.readings + b.readings,
  conflicts: a.conflicts + b.conflicts,
  missed:
    a.missed +
    b.missed +
    (a.lastAt === null || b.firstAt === null ? 0 : missedSlots(b.firstAt - a.lastAt, intervalMs)),
  ranged: a.ranged + b.ranged,
  inRange: a.inRange + b.inRange,
  versioned: a.versioned + b.versioned,
  described: a.described + b.described,
  amendments: a.amendments + b.amendments,
  attached: a.attached + b.attached,
  firstAt: a.firstAt ?? b.firstAt,
  lastAt: b.lastAt ?? a.lastAt,
  min: lesser(a.min, b.min),
  max: greater(a.max, b.max)
})

/** What was counted of a sensor's stored minutes in a part of the window. */
export interface MinuteCounts {
  readonly compared: number
  readonly agreeing: number
  readonly stored: number
  /** Those that lie wholly in the window and have ended. */
  readonly whole: number
  readonly coherent: number
  readonly ranged: number
  readonly inRange: number
  readonly described: number
  readonly distinct: number
  /** Of the readings in them. */
  readonly values: Moments
  /** Of their means, with the smallest and the largest. */
  readonly means: Moments
  readonly meanMin: number | null
  readonly meanMax: number | null
}

export const NO_MINUTES: MinuteCounts = {
  compared: 0,
  agreeing: 0,
  stored: 0,
  whole: 0,
  coherent: 0,
  ranged: 0,
  inRange: 0,
  described: 0,
  distinct: 0,
  values: NO_MOMENTS,
  means: NO_MOMENTS,
  meanMin: null,
  meanMax: null
}

export const mergeMinutes = (a: MinuteCounts, b: MinuteCounts): MinuteCounts => ({
  compared: a.compared + b.compared,
  agreeing: a.agreeing + b.agreeing,
  stored: a.stored + b.stored,
  whole: a.whole + b.whole,
  coherent: a.coherent + b.coherent,
  ranged: a.ranged + b.ranged,
  inRange: a.inRange + b.inRange,
  described: a.described + b.described,
  distinct: a.distinct + b.distinct,
  values: mergeMoments(a.values, b.values),
  means: mergeMoments(a.means, b.means),
  meanMin: lesser(a.meanMin, b.meanMin),
  meanMax: greater(a.meanMax, b.meanMax)
})

/** When a sensor is expected to report; its first and last reading ever, as of the report. */
export interface SensorFacts {
  readonly sensorId: number
  readonly intervalMs: number | null
  readonly retired: boolean
  readonly firstEver: Micros | null
  readonly lastEver: Micros | null
}

/** The window, cut off at the present: nobody is late with a reading of tomorrow. */
export interface Window {
  readonly start: Micros
  readonly end: Micros
  readonly now: Micros
}

const expectedSpan = ({ firstEver, lastEver, retired }: SensorFacts, { end, now, start }: Window) => {
  if (firstEver === null || lastEver === null) return null
  const from = Math.max(start, firstEver)
  const to = Math.min(end, now, retired ? lastEver : Number.POSITIVE_INFINITY)
  return from < to ? { from, to } : null
}

/**
 * Readings received against those expected. By its length the span has room for `expected`; gaps missed `missed`
 * of them. What is short by one beyond that is the phase of the edges; short by more, the device is slower than
 * its interval.
 */
export const completeness = (facts: SensorFacts, counts: ReadingCounts, window: Window): Tally => {
  const span = expectedSpan(facts, window)
  if (span === null || facts.intervalMs === null) return NOTHING
  const slots = (span.to - span.from) / (facts.intervalMs * MICROS_PER_MILLI)
  const expected = Math.ceil(slots)
  const received = counts.readings - counts.conflicts
  const { firstAt, lastAt } = counts
  if (firstAt === null || lastAt === null) return { numerator: 0, denominator: Math.floor(slots) }
  const missed =
    counts.missed +
    missedSlots(firstAt - span.from, facts.intervalMs) +
    missedSlots(span.to - lastAt, facts.intervalMs)
  if (received + missed < expected - 1) return { numerator: received, denominator: expected }
  const denominator = Math.min(expected, received + missed)
  return { numerator: Math.max(0, denominator - missed), denominator }
}

const minutesPresent = (facts: SensorFacts, counts: MinuteCounts, window: Window): Tally => {
  const span = expectedSpan(facts, window)
  if (span === null || facts.intervalMs === null || facts.intervalMs > EVERY_MINUTE_INTERVAL_MAX)
    return NOTHING
  const first = Math.max(Math.ceil(window.start / MICROS_PER_MINUTE) * MICROS_PER_MINUTE, minuteOf(span.from))
  const denominator = Math.max(0, (minuteOf(span.to) - first) / MICROS_PER_MINUTE)
  return { numerator: Math.min(counts.whole, denominator), denominator }
}

/** How many of a sensor's readings and minutes lie outside what is plausible. */
export interface Implausible {
  readonly readings: number
  readonly minutes: number
}

/** All checks of one sensor. `accepted` is not among them: rejected messages belong to no sensor. */
export const sensorTallies = (
  facts: SensorFacts,
  readings: ReadingCounts,
  minutes: MinuteCounts,
  implausible: Implausible,
  window: Window
): Tallies => {
  const tally = (numerator: number, denominator: number): Tally => ({ numerator, denominator })
  const judged = plausibleBounds(minutes.values) === null ? 0 : readings.readings
  const judgedMinutes = plausibleBounds(minutes.means) === null ? 0 : minutes.stored
  const agreeing = tally(minutes.agreeing, minutes.compared)
  return {
    ...noTallies,
    received: completeness(facts, readings, window),
    in_range: tally(readings.inRange, readings.ranged),
    unamended: tally(readings.unamended, readings.recorded),
    plausible: tally(Math.max(0, judged - implausible.readings), judged),
    minutes_match: agreeing,
    recorded_in_time: tally(readings.timely, readings.recorded),
    one_value_a_time: tally(readings.readings - readings.conflicts, readings.readings),
    described: tally(readings.described, readings.readings),
    version_exists: tally(readings.versioned, readings.readings),
    amendments_attached: tally(readings.attached, readings.amendments),
    minutes_present: minutesPresent(facts, minutes, window),
    minutes_in_range: tally(minutes.inRange, minutes.ranged),
    minutes_plausible: tally(Math.max(0, judgedMinutes - implausible.minutes), judgedMinutes),
    minutes_agree: agreeing,
    minutes_coherent: tally(minutes.coherent, minutes.stored),
    readings_folded: tally(readings.folded, readings.recorded),
    one_row_a_minute: tally(minutes.distinct, minutes.stored),
    minutes_described: tally(minutes.described, minutes.stored)
  }
}
