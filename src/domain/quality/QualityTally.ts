/**
 * From what was counted of one sensor to its tallies: what is expected of it, and what is usual for it.
 */
import * as Record from "effect/Record"
import { plausibleBounds } from "../minute/Moments.js"
import { goneSince, silenceAllowed } from "../SensorSilence.js"
import { MICROS_PER_MILLI, MICROS_PER_MINUTE, type Micros, minuteOf } from "../Time.js"
import { type CheckName, EVERY_MINUTE_INTERVAL_MAX, FLAT_RUN_MIN } from "./QualityChecks.js"
import type { MinuteCounts, PartCounts, ReadingCounts } from "./QualityCounts.js"
import { flatFrom, flatReadings, missedSlots, usualStep, zeroRunMax } from "./QualityShape.js"
import { addTally, NOTHING, noTallies, type Tallies, type Tally } from "./Tally.js"

/** When a sensor is expected to report; its first and last reading ever, as of the report. */
export interface SensorFacts {
  readonly sensorId: number
  readonly intervalMs: number | null
  readonly retired: boolean
  readonly firstEver: Micros | null
  readonly lastEver: Micros | null
  /** What it measures, as it says. */
  readonly type: string | null
  /** Of its values, as it says. */
  readonly unit: string | null
}

/** The window, cut off at the present: nobody is late with a reading of tomorrow. */
export interface Window {
  readonly start: Micros
  readonly end: Micros
  readonly now: Micros
}

/** From when to when readings are expected; null: none are. */
export const expectedSpan = (
  facts: Omit<SensorFacts, "sensorId" | "type" | "unit">,
  { end, now, start }: Window
): { readonly from: number; readonly to: number } | null => {
  const { firstEver, lastEver } = facts
  if (firstEver === null || lastEver === null) return null
  const from = Math.max(start, firstEver)
  const to = Math.min(end, now, lastEver + silenceAllowed(facts))
  return from < to ? { from, to } : null
}

/** Its last reading, where the sensor is gone by the end of the window; null: it is not. */
export const goneInWindow = (facts: SensorFacts, { end, now }: Window): Micros | null =>
  goneSince({ ...facts, lastAt: facts.lastEver }, Math.min(end, now))

/** Device times of the readings: a conflict or a repeat is of a time that is counted already. */
const timesOf = ({ conflicts, readings, repeats }: ReadingCounts) => readings - conflicts - repeats

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
  const received = timesOf(counts)
  const { firstAt, lastAt } = counts
  if (firstAt === null || lastAt === null) return { numerator: 0, denominator: Math.floor(slots) }
  const gapSlots =
    counts.missed +
    missedSlots(firstAt - span.from, facts.intervalMs) +
    missedSlots(span.to - lastAt, facts.intervalMs)
  if (received + gapSlots < expected - 1) return { numerator: received, denominator: expected }
  const denominator = Math.min(expected, received + gapSlots)
  return { numerator: Math.max(0, denominator - gapSlots), denominator }
}

const minutesPresent = (facts: SensorFacts, counts: MinuteCounts, window: Window): Tally => {
  const span = expectedSpan(facts, window)
  if (span === null || facts.intervalMs === null || facts.intervalMs > EVERY_MINUTE_INTERVAL_MAX)
    return NOTHING
  const first = Math.max(Math.ceil(window.start / MICROS_PER_MINUTE) * MICROS_PER_MINUTE, minuteOf(span.from))
  const denominator = Math.max(0, (minuteOf(span.to) - first) / MICROS_PER_MINUTE)
  return { numerator: Math.min(counts.whole, denominator), denominator }
}

/** A part of the window in which the sensor is expected to report, and what is counted in it: all of it, but for planned downtime. */
export interface ExpectedPart {
  readonly window: Window
  readonly counts: PartCounts
}

/** Each part is judged as a window of its own: what came in between was not expected. */
const ofParts = (parts: ReadonlyArray<ExpectedPart>, tally: (part: ExpectedPart) => Tally): Tally =>
  parts.map(tally).reduce(addTally, NOTHING)

export interface Bounds {
  readonly low: number
  readonly high: number
}

/** What is usual for a sensor in the window; null: there is nothing to judge by. */
export interface Limits {
  readonly values: Bounds | null
  readonly means: Bounds | null
  /** The largest step and the highest spike. */
  readonly step: number | null
  /** From what length on a run of equal values is a flat line. */
  readonly flat: number | null
  /** It rests at 0: zeros are no flat line. */
  readonly rests: boolean
}

/** What is known of a sensor from before: the counts of the window do not tell it. */
export interface Habits {
  /** One that is constant in the window showed other values in the days before it. */
  readonly variedBefore: boolean
  readonly rests: boolean
}

/** It shows 0 or 1 alone: how long it stays, and how seldom it is on, says nothing about it. */
export const isSwitch = ({ analog }: ReadingCounts): boolean => analog === 0

/** One value over the whole window, long enough to be a flat line and not that of a switch. */
export const isConstant = (readings: ReadingCounts): boolean =>
  readings.shape.points >= FLAT_RUN_MIN &&
  readings.shape.headRun === readings.shape.points &&
  !isSwitch(readings)

const flatLimit = (readings: ReadingCounts, { rests, variedBefore }: Habits): number | null => {
  if (!isConstant(readings)) return flatFrom(readings.shape, rests)
  return variedBefore ? FLAT_RUN_MIN : null
}

/** Whether zeros stand in it that would be a flat line, unless it rests: who asks looks at more than the window. */
export const mayRest = (readings: ReadingCounts, variedBefore: boolean): boolean => {
  const flat = flatLimit(readings, { variedBefore, rests: false })
  return flat !== null && readings.min === 0 && !isSwitch(readings) && zeroRunMax(readings.shape) >= flat
}

export const limitsOf = ({ minutes, readings }: PartCounts, habits: Habits): Limits =>
  isSwitch(readings)
    ? { values: null, means: null, step: null, flat: null, rests: false }
    : {
        values: plausibleBounds(readings.values),
        means: plausibleBounds(minutes.means),
        step: usualStep(readings.shape),
        flat: flatLimit(readings, habits),
        rests: habits.rests
      }

/** What is outside the limits: found by looking at the rows again, where the extremes say that there are any. */
export interface Outliers {
  readonly implausible: number
  readonly spikes: number
  readonly jumps: number
  readonly implausibleMinutes: number
}
export const NO_OUTLIERS: Outliers = { implausible: 0, spikes: 0, jumps: 0, implausibleMinutes: 0 }

const of = (numerator: number, denominator: number): Tally => ({ numerator, denominator })
const without = (failed: number, judged: number): Tally => of(Math.max(0, judged - failed), judged)
const agreeing = ({ minutes }: PartCounts) => of(minutes.agreeing, minutes.compared)

/** Checks whose tally is in the counts, whatever is usual for the sensor. */
const COUNTED = {
  in_range: ({ readings }) => of(readings.inRange, readings.ranged),
  unamended: ({ readings }) => of(readings.unamended, readings.recorded),
  minutes_match: agreeing,
  recorded_in_time: ({ readings }) => without(readings.late, readings.recorded),
  not_ahead: ({ readings }) => without(readings.ahead, readings.recorded - readings.late),
  clock_set: ({ readings }) => without(readings.clockless, readings.readings),
  one_value_a_time: ({ readings }) => without(readings.conflictTimes, timesOf(readings)),
  told_once: ({ readings }) => without(readings.repeatTimes, timesOf(readings)),
  described: ({ readings }) => of(readings.described, readings.readings),
  version_exists: ({ readings }) => of(readings.versioned, readings.readings),
  amendments_attached: ({ readings }) => of(readings.attached, readings.amendments),
  sequence_whole: ({ readings }) => without(readings.skipped, readings.numbered + readings.skipped),
  minutes_in_range: ({ minutes }) => of(minutes.inRange, minutes.ranged),
  minutes_agree: agreeing,
  minutes_coherent: ({ minutes }) => of(minutes.coherent, minutes.stored),
  readings_folded: ({ readings }) => of(readings.folded, readings.recorded),
  one_row_a_minute: ({ minutes }) => of(minutes.distinct, minutes.stored),
  minutes_described: ({ minutes }) => of(minutes.described, minutes.stored)
} satisfies Partial<Record<CheckName, (counts: PartCounts) => Tally>>

export const beyond = (size: number | null, limit: number | null) =>
  size !== null && limit !== null && size > limit
const outside = (bounds: Bounds | null, min: number | null, max: number | null) =>
  bounds !== null && (beyond(max, bounds.high) || (min ?? 0) < bounds.low)

/** Checks of what is usual for the sensor: what of the counts hints at a failure. */
const HINTS: Partial<Record<CheckName, (counts: PartCounts, limits: Limits) => boolean>> = {
  received: ({ readings }) => readings.gaps > 0,
  usual_steps: ({ readings }, { step }) => beyond(readings.shape.stepMax, step),
  plausible: ({ readings: { max, min } }, { values }) => outside(values, min, max),
  no_spikes: ({ readings }, { step }) => beyond(readings.shape.spikeMax, step),
  minutes_plausible: ({ minutes }, { means }) => outside(means, minutes.meanMin, minutes.meanMax)
}

/** Can anything of these counts fail the check? A run of equal values, or of missing minutes, may cross any hours. */
export const mayFail = (check: CheckName, counts: PartCounts, limits: Limits): boolean => {
  const tallies: Partial<Record<CheckName, (counts: PartCounts) => Tally>> = COUNTED
  const tally = tallies[check]?.(counts)
  return HINTS[check]?.(counts, limits) ?? (tally === undefined || tally.numerator < tally.denominator)
}

/**
 * All checks of one sensor; of `expected` what should be there, of `counts` all else. `accepted` is not among them:
 * rejected messages belong to no sensor.
 */
export const sensorTallies = (
  facts: SensorFacts,
  counts: PartCounts,
  limits: Limits,
  outliers: Outliers,
  expected: ReadonlyArray<ExpectedPart>
): Tallies => {
  const { minutes, readings } = counts
  const { shape } = readings
  const counted = Record.map(COUNTED, (tally) => tally(counts))
  return {
    ...noTallies,
    ...counted,
    received: ofParts(expected, (part) => completeness(facts, part.counts.readings, part.window)),
    usual_steps: without(outliers.jumps, limits.step === null ? 0 : shape.steps),
    not_stuck: without(
      flatReadings(shape, limits.flat, limits.rests),
      limits.flat === null ? 0 : shape.points
    ),
    plausible: without(outliers.implausible, limits.values === null ? 0 : readings.readings),
    no_spikes: without(outliers.spikes, limits.step === null ? 0 : shape.points),
    minutes_present: ofParts(expected, (part) => minutesPresent(facts, part.counts.minutes, part.window)),
    minutes_plausible: without(outliers.implausibleMinutes, limits.means === null ? 0 : minutes.stored)
  }
}
