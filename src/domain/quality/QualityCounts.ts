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

/** `min`, `max`, `values`, `shape`: of the readings in force. */
export interface ReadingCounts {
  readonly recorded: number
  readonly unamended: number
  /** Recorded too long after their device time. */
  readonly late: number
  /** Recorded before their device time. */
  readonly ahead: number
  readonly folded: number
  readonly readings: number
  /** In force, under another time than a stated one; absent from hours that were counted before any was told. */
  readonly clockless?: number
  /** Further values of a device time that has one already. */
  readonly conflicts: number
  /** The same value of a device time again. */
  readonly repeats: number
  /** Device times with more than one value, and those whose value came again. */
  readonly conflictTimes: number
  readonly repeatTimes: number
  readonly missed: number
  /** Steps with at least one reading missed. */
  readonly gaps: number
  readonly ranged: number
  readonly inRange: number
  readonly versioned: number
  readonly described: number
  readonly amendments: number
  readonly attached: number
  /** Readings that carry a `seq`, and numbers left out between them. */
  readonly numbered: number
  readonly skipped: number
  readonly firstSeq: SequenceEdge | null
  readonly lastSeq: SequenceEdge | null
  readonly firstAt: Micros | null
  readonly lastAt: Micros | null
  readonly min: number | null
  readonly max: number | null
  /** Values that are neither 0 nor 1: without any, the sensor is a switch. */
  readonly analog: number
  readonly values: Moments
  readonly shape: Shape
}

export const NO_READINGS: ReadingCounts = {
  recorded: 0,
  unamended: 0,
  late: 0,
  ahead: 0,
  folded: 0,
  readings: 0,
  clockless: 0,
  conflicts: 0,
  repeats: 0,
  conflictTimes: 0,
  repeatTimes: 0,
  missed: 0,
  gaps: 0,
  ranged: 0,
  inRange: 0,
  versioned: 0,
  described: 0,
  amendments: 0,
  attached: 0,
  numbered: 0,
  skipped: 0,
  firstSeq: null,
  lastSeq: null,
  firstAt: null,
  lastAt: null,
  min: null,
  max: null,
  analog: 0,
  values: NO_MOMENTS,
  shape: NO_SHAPE
}

/** How many numbers are left out between two of one start of the device; none where it counts anew. */
export const skippedBetween = (a: SequenceEdge | null, b: SequenceEdge | null): number =>
  a === null || b === null || a.epoch !== b.epoch ? 0 : Math.max(0, b.seq - a.seq - 1)

const lesser = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.min(a, b))
const greater = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.max(a, b))

/** Two parts of the window, the earlier first; the gap between them misses readings too. */
export const mergeReadings = (
  a: ReadingCounts,
  b: ReadingCounts,
  intervalMs: number | null
): ReadingCounts => {
  const between = a.lastAt === null || b.firstAt === null ? 0 : missedSlots(b.firstAt - a.lastAt, intervalMs)
  return {
    recorded: a.recorded + b.recorded,
    unamended: a.unamended + b.unamended,
    late: a.late + b.late,
    ahead: a.ahead + b.ahead,
    folded: a.folded + b.folded,
    readings: a.readings + b.readings,
    clockless: (a.clockless ?? 0) + (b.clockless ?? 0),
    conflicts: a.conflicts + b.conflicts,
    repeats: a.repeats + b.repeats,
    conflictTimes: a.conflictTimes + b.conflictTimes,
    repeatTimes: a.repeatTimes + b.repeatTimes,
    missed: a.missed + b.missed + between,
    gaps: a.gaps + b.gaps + (between > 0 ? 1 : 0),
    ranged: a.ranged + b.ranged,
    inRange: a.inRange + b.inRange,
    versioned: a.versioned + b.versioned,
    described: a.described + b.described,
    amendments: a.amendments + b.amendments,
    attached: a.attached + b.attached,
    numbered: a.numbered + b.numbered,
    skipped: a.skipped + b.skipped + skippedBetween(a.lastSeq, b.firstSeq),
    firstSeq: a.firstSeq ?? b.firstSeq,
    lastSeq: b.lastSeq ?? a.lastSeq,
    firstAt: a.firstAt ?? b.firstAt,
    lastAt: b.lastAt ?? a.lastAt,
    min: lesser(a.min, b.min),
    max: greater(a.max, b.max),
    analog: a.analog + b.analog,
    values: mergeMoments(a.values, b.values),
    shape: mergeShapes(a.shape, b.shape, intervalMs)
  }
}

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
  means: mergeMoments(a.means, b.means),
  meanMin: lesser(a.meanMin, b.meanMin),
  meanMax: greater(a.meanMax, b.meanMax)
})

/** Both of one part. */
export interface PartCounts {
  readonly readings: ReadingCounts
  readonly minutes: MinuteCounts
}
export const NO_PART: PartCounts = { readings: NO_READINGS, minutes: NO_MINUTES }

export const mergeParts = (a: PartCounts, b: PartCounts, intervalMs: number | null): PartCounts => ({
  readings: mergeReadings(a.readings, b.readings, intervalMs),
  minutes: mergeMinutes(a.minutes, b.minutes)
})
