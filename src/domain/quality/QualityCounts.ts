/**
 * What is counted of a sensor's events and stored minutes in a part of a window: an hour, or less at the window's
 * edges. Parts merge in the order of time, and any split of a window gives the same counts. They are plain numbers,
 * lists and nulls, so that JSON keeps them as they are.
 */
import { type Moments, mergeMoments, NO_MOMENTS } from "../minute/Moments.js"
import type { Micros } from "../Time.js"
import { mergeShapes, missedSlots, NO_SHAPE, type Shape } from "./QualityShape.js"

/** The last number that a device counted, and since which start of it (`epoch`). */
export interface SequenceEdge {
  readonly epoch: string | null
  readonly seq: number
}

// What the counts of a part and of a whole have alike: they are added up.
const READING_SUMS = [
  "recorded",
  "unamended",
  /** Recorded too long after their device time. */
  "late",
  /** Recorded before their device time. */
  "ahead",
  "folded",
  "readings",
  /** In force, under another time than a stated one. */
  "clockless",
  /** Further values of a device time that has one already. */
  "conflicts",
  /** The same value of a device time again. */
  "repeats",
  /** Device times with more than one value, and those whose value came again. */
  "conflictTimes",
  "repeatTimes",
  "missed",
  /** Steps with at least one reading missed. */
  "gaps",
  "ranged",
  "inRange",
  "versioned",
  "described",
  "amendments",
  "attached",
  /** Readings that carry a `seq`, and numbers left out between them. */
  "numbered",
  "skipped",
  /** Values that are neither 0 nor 1: without any, the sensor is a switch. */
  "analog"
] as const

const MINUTE_SUMS = [
  "compared",
  "agreeing",
  "stored",
  /** Those that lie wholly in the window and have ended. */
  "whole",
  "coherent",
  "ranged",
  "inRange",
  "described",
  "distinct"
] as const

type Sums<Name extends string> = { readonly [One in Name]: number }

const noSums = <Name extends string>(names: ReadonlyArray<Name>) =>
  Object.fromEntries(names.map((name) => [name, 0])) as Sums<Name>

/** Adds up in place: a report merges thousands of parts, and an object made name by name is slow to read. */
const addSums = <Name extends string>(
  names: ReadonlyArray<Name>,
  to: Record<Name, number>,
  from: Sums<Name>
) => {
  for (const name of names) to[name] += from[name]
}

/** `min`, `max`, `values`, `shape`: of the readings in force. */
export interface ReadingCounts extends Sums<(typeof READING_SUMS)[number]> {
  readonly firstSeq: SequenceEdge | null
  readonly lastSeq: SequenceEdge | null
  readonly firstAt: Micros | null
  readonly lastAt: Micros | null
  readonly min: number | null
  readonly max: number | null
  readonly values: Moments
  readonly shape: Shape
}

export const NO_READINGS: ReadingCounts = {
  ...noSums(READING_SUMS),
  firstSeq: null,
  lastSeq: null,
  firstAt: null,
  lastAt: null,
  min: null,
  max: null,
  values: NO_MOMENTS,
  shape: NO_SHAPE
}

/** From so many on a device has left nothing out, but counts anew: half of what a counter of 32 bits holds. */
const SKIPPED_LIMIT = 2 ** 31

/** How many numbers are left out between two of one start of the device; none where it counts anew. */
export const skippedBetween = (a: SequenceEdge | null, b: SequenceEdge | null): number => {
  if (a === null || b === null || a.epoch !== b.epoch) return 0
  const skipped = b.seq - a.seq - 1
  return skipped < SKIPPED_LIMIT ? Math.max(0, skipped) : 0
}

const lesser = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.min(a, b))
const greater = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.max(a, b))

/** Two parts of the window, the earlier first; the gap between them misses readings too. */
export const mergeReadings = (
  a: ReadingCounts,
  b: ReadingCounts,
  intervalMs: number | null
): ReadingCounts => {
  const between = a.lastAt === null || b.firstAt === null ? 0 : missedSlots(b.firstAt - a.lastAt, intervalMs)
  const merged = {
    ...a,
    firstSeq: a.firstSeq ?? b.firstSeq,
    lastSeq: b.lastSeq ?? a.lastSeq,
    firstAt: a.firstAt ?? b.firstAt,
    lastAt: b.lastAt ?? a.lastAt,
    min: lesser(a.min, b.min),
    max: greater(a.max, b.max),
    values: mergeMoments(a.values, b.values),
    shape: mergeShapes(a.shape, b.shape, intervalMs)
  }
  addSums(READING_SUMS, merged, b)
  merged.missed += between
  merged.gaps += between > 0 ? 1 : 0
  merged.skipped += skippedBetween(a.lastSeq, b.firstSeq)
  return merged
}

export interface MinuteCounts extends Sums<(typeof MINUTE_SUMS)[number]> {
  /** Of their means, with the smallest and the largest. */
  readonly means: Moments
  readonly meanMin: number | null
  readonly meanMax: number | null
}

export const NO_MINUTES: MinuteCounts = {
  ...noSums(MINUTE_SUMS),
  means: NO_MOMENTS,
  meanMin: null,
  meanMax: null
}

export const mergeMinutes = (a: MinuteCounts, b: MinuteCounts): MinuteCounts => {
  const merged = {
    ...a,
    means: mergeMoments(a.means, b.means),
    meanMin: lesser(a.meanMin, b.meanMin),
    meanMax: greater(a.meanMax, b.meanMax)
  }
  addSums(MINUTE_SUMS, merged, b)
  return merged
}

export interface PartCounts {
  readonly readings: ReadingCounts
  readonly minutes: MinuteCounts
}
export const NO_PART: PartCounts = { readings: NO_READINGS, minutes: NO_MINUTES }

export const mergeParts = (a: PartCounts, b: PartCounts, intervalMs: number | null): PartCounts => ({
  readings: mergeReadings(a.readings, b.readings, intervalMs),
  minutes: mergeMinutes(a.minutes, b.minutes)
})
