/**
 * From the rows of a part of one sensor's window to what is counted of it. Pure, and the same on every database.
 */
import { type Moments, mergeMoments, NO_MOMENTS } from "../minute/Moments.js"
import { MICROS_PER_MINUTE, type Micros, minuteOf } from "../Time.js"
import {
  type MinuteCounts,
  NO_MINUTES,
  NO_READINGS,
  type ReadingCounts,
  type SequenceEdge,
  skippedBetween
} from "./QualityCounts.js"
import {
  isAhead,
  isCoherent,
  isInForce,
  isInside,
  isLate,
  isRanged,
  type QualityEvent,
  type QualityMinute,
  standing
} from "./QualityRows.js"
import { fits, missedSlots, type Point, shapeOf } from "./QualityShape.js"

export interface FoldScope {
  /** The position of the log that the readings are counted as of. */
  readonly asOf: number
  /** The position that the stored minutes are folded up to. */
  readonly folded: number
  readonly intervalMs: number | null
  /** Minutes from `wholeFrom` to before `wholeTo` lie wholly in the window and have ended. */
  readonly wholeFrom: number
  readonly wholeTo: number
}

type Counting = { -readonly [K in keyof ReadingCounts]: ReadingCounts[K] }

const countEvent = (counts: Counting, event: QualityEvent, { asOf, folded }: FoldScope): void => {
  if (event.type === "ReadingRecorded") {
    counts.recorded += 1
    if (standing(event, asOf)) counts.unamended += 1
    if (isLate(event)) counts.late += 1
    if (isAhead(event)) counts.ahead += 1
    if (event.position <= folded) counts.folded += 1
  } else {
    counts.amendments += 1
    if (event.attached) counts.attached += 1
  }
}

const countSequence = (counts: Counting, sequence: SequenceEdge): void => {
  counts.numbered += 1
  counts.skipped += skippedBetween(counts.lastSeq, sequence)
  counts.firstSeq ??= sequence
  counts.lastSeq = sequence
}

const countReading = (counts: Counting, event: QualityEvent, value: number): void => {
  counts.readings += 1
  if (!event.clockSet) counts.clockless += 1
  if (event.version !== null) counts.versioned += 1
  if (event.version?.lack === null) counts.described += 1
  if (isRanged(event.version)) {
    counts.ranged += 1
    if (isInside(value, value, event.version)) counts.inRange += 1
  }
  if (event.sequence !== null) countSequence(counts, event.sequence)
  if (value !== 0 && value !== 1) counts.analog += 1
  if (counts.min === null || value < counts.min) counts.min = value
  if (counts.max === null || value > counts.max) counts.max = value
}

/** Mean and squared distances of values in one pass, after Welford. */
const momentsOf = () => {
  let [n, mean, m2] = [0, 0, 0]
  return {
    add: (value: number): void => {
      n += 1
      const delta = value - mean
      mean += delta / n
      m2 += delta * (value - mean)
    },
    get: (): Moments => (n === 0 ? NO_MOMENTS : { n, mean, m2 })
  }
}

/** `events` in the order (occurredAt, position), all of the part. */
export const foldReadings = (events: ReadonlyArray<QualityEvent>, scope: FoldScope): ReadingCounts => {
  const counts: Counting = { ...NO_READINGS }
  const moments = momentsOf()
  const points: Array<Point> = []
  const ofTime = new Set<number>()
  let [conflicting, repeated] = [false, false]
  for (const event of events) {
    if (event.position > scope.asOf) continue
    countEvent(counts, event, scope)
    const { occurredAt, value } = event
    if (value === null || !isInForce(event, scope.asOf)) continue
    countReading(counts, event, value)
    if (fits(value)) moments.add(value)
    if (counts.lastAt === occurredAt) {
      if (ofTime.has(value)) {
        counts.repeats += 1
        if (!repeated) counts.repeatTimes += 1
        repeated = true
      } else {
        counts.conflicts += 1
        if (!conflicting) counts.conflictTimes += 1
        conflicting = true
      }
      ofTime.add(value)
      continue
    }
    const slots = counts.lastAt === null ? 0 : missedSlots(occurredAt - counts.lastAt, scope.intervalMs)
    counts.missed += slots
    if (slots > 0) counts.gaps += 1
    counts.firstAt ??= occurredAt
    counts.lastAt = occurredAt
    ofTime.clear()
    ofTime.add(value)
    conflicting = false
    repeated = false
    if (fits(value)) points.push({ at: occurredAt, value })
  }
  return { ...counts, values: moments.get(), shape: shapeOf(points, scope.intervalMs) }
}

interface RawMinute {
  count: number
  min: number
  max: number
}

/** The minutes that the readings give as of `folded`. */
export const rawMinutes = (
  events: ReadonlyArray<QualityEvent>,
  folded: number
): ReadonlyMap<Micros, RawMinute> => {
  const byMinute = new Map<Micros, RawMinute>()
  for (const event of events) {
    const { occurredAt, value } = event
    if (value === null || !isInForce(event, folded)) continue
    const minute = minuteOf(occurredAt)
    const raw = byMinute.get(minute)
    if (raw === undefined) byMinute.set(minute, { count: 1, min: value, max: value })
    else {
      raw.count += 1
      if (value < raw.min) raw.min = value
      if (value > raw.max) raw.max = value
    }
  }
  return byMinute
}

/** A stored minute is what the readings of its minute give. */
export const agrees = (minute: QualityMinute, raw: RawMinute | undefined): boolean =>
  raw !== undefined && raw.count === minute.readings && raw.min === minute.min && raw.max === minute.max

type CountingMinutes = { -readonly [K in keyof MinuteCounts]: MinuteCounts[K] }

const countMinute = (counts: CountingMinutes, row: QualityMinute, scope: FoldScope): void => {
  const { max, mean, min, minute, version } = row
  counts.stored += 1
  if (minute >= scope.wholeFrom && minute + MICROS_PER_MINUTE <= scope.wholeTo) counts.whole += 1
  if (isCoherent(row)) counts.coherent += 1
  if (version?.lack === null) counts.described += 1
  if (isRanged(version)) {
    counts.ranged += 1
    if (isInside(min, max, version)) counts.inRange += 1
  }
  if (mean === null) return
  if (fits(mean)) counts.means = mergeMoments(counts.means, { n: 1, mean, m2: 0 })
  counts.meanMin = counts.meanMin === null ? mean : Math.min(counts.meanMin, mean)
  counts.meanMax = counts.meanMax === null ? mean : Math.max(counts.meanMax, mean)
}

/** Stored minutes beside those of `events`, which must be all events of these minutes. */
export const foldMinutes = (
  minutes: ReadonlyArray<QualityMinute>,
  events: ReadonlyArray<QualityEvent>,
  scope: FoldScope
): MinuteCounts => {
  const counts: CountingMinutes = { ...NO_MINUTES }
  const raw = rawMinutes(events, scope.folded)
  let matched = 0
  for (const row of minutes) {
    countMinute(counts, row, scope)
    if (agrees(row, raw.get(row.minute))) counts.agreeing += 1
    if (raw.has(row.minute)) matched += 1
  }
  counts.distinct = new Set(minutes.map(({ id }) => id)).size
  counts.compared = minutes.length + raw.size - matched
  return counts
}
