/**
 * The rows that quality is judged by, and what is judged of one row alone: the same words count a check and list
 * what failed it.
 */

import type { Micros } from "../Time.js"
import { CLOCK_AHEAD_MAX, TIMELY_WITHIN } from "./QualityChecks.js"
import type { SequenceEdge } from "./QualityCounts.js"
import { type Lack, lackWords } from "./Quantity.js"

/** What is known of a version of a sensor's metadata, as far as quality is concerned. */
export interface VersionFacts {
  /** What is not known of it; null: it is described. */
  readonly lack: Lack | null
  /** The declared range, in the unit of the values; null: open. */
  readonly min: number | null
  readonly max: number | null
}

/** Why a version does not count as described; null: it does. */
export const undescribed = (version: VersionFacts | null): string | null =>
  version === null
    ? "the sensor, or this version of it, does not exist"
    : version.lack === null
      ? null
      : lackWords(version.lack)

/** An event about a reading, in the order (occurredAt, position). */
export interface QualityEvent {
  readonly position: number
  readonly type: "ReadingRecorded" | "ReadingCorrected" | "ReadingDeleted"
  readonly occurredAt: Micros
  readonly recordedAt: Micros
  /** No time was stated for it that can't be meant. */
  readonly clockSet: boolean
  readonly value: number | null
  readonly readingId: number | null
  readonly supersededBy: number | null
  /** Of a correction or deletion: its reading was recorded. */
  readonly attached: boolean
  /** Null: the version, or the sensor, does not exist. */
  readonly version: VersionFacts | null
  readonly sequence: SequenceEdge | null
}

export interface QualityMinute {
  readonly minute: Micros
  readonly id: number
  readonly readings: number
  readonly min: number
  readonly max: number
  readonly mean: number | null
  readonly stddev: number | null
  readonly first: number
  readonly last: number
  readonly version: VersionFacts | null
}

export const standing = (event: QualityEvent, asOf: number): boolean =>
  event.supersededBy === null || event.supersededBy > asOf

export const isInForce = (event: QualityEvent, asOf: number): boolean =>
  event.type !== "ReadingDeleted" && event.position <= asOf && standing(event, asOf)

export const isLate = ({ occurredAt, recordedAt }: QualityEvent): boolean =>
  recordedAt - occurredAt > TIMELY_WITHIN
export const isAhead = ({ occurredAt, recordedAt }: QualityEvent): boolean =>
  occurredAt - recordedAt > CLOCK_AHEAD_MAX

export const isRanged = (version: VersionFacts | null): version is VersionFacts =>
  version !== null && (version.min !== null || version.max !== null)

export const isInside = (low: number, high: number, { max, min }: VersionFacts): boolean =>
  (min === null || low >= min) && (max === null || high <= max)

const DOUBLE_SLACK = 1e-9
const HUGE = 1e300

/** The mean may leave its minimum and maximum by the rounding of a double, no more. */
const within = (mean: number, min: number, max: number): boolean =>
  (mean >= min || Math.abs(min) >= HUGE || min - mean <= DOUBLE_SLACK * Math.abs(min)) &&
  (mean <= max || Math.abs(max) >= HUGE || mean - max <= DOUBLE_SLACK * Math.abs(max))

export const isCoherent = ({ first, last, max, mean, min, stddev }: QualityMinute): boolean =>
  (stddev === null || stddev >= 0) &&
  min <= max &&
  first >= min &&
  first <= max &&
  last >= min &&
  last <= max &&
  (mean === null || within(mean, min, max))
