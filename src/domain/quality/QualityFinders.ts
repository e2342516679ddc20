/**
 * Finds the very rows that fail a check, in one pass over a sensor's rows in the order of time. What a finder finds
 * is what the check's tally counts as failed.
 */

import { MICROS_PER_MILLI, MICROS_PER_SECOND, type Micros } from "../Time.js"
import type { CheckName } from "./QualityChecks.js"
import { CLOCK_AHEAD_MAX, FLAT_RUN_MIN, TIMELY_WITHIN } from "./QualityChecks.js"
import { type SequenceEdge, skippedBetween } from "./QualityCounts.js"
import {
  isAhead,
  isInForce,
  isInside,
  isLate,
  isRanged,
  type QualityEvent,
  standing,
  undescribed,
  type VersionFacts
} from "./QualityRows.js"
import { fits, missedSlots, type Point, spikeHeight, stepBetween } from "./QualityShape.js"
import type { Bounds, Limits } from "./QualityTally.js"

export interface Finding {
  /** Device time of the row that failed; of a gap or a flat line: of the reading before it, or its first. */
  readonly at: Micros
  /** Where a gap or a flat line ends. */
  readonly until: Micros | null
  readonly readingId: number | null
  readonly value: number | null
  /** How many of the check's failures this is. */
  readonly count: number
  readonly reason: string
}

export interface FinderScope {
  readonly asOf: number
  readonly folded: number
  readonly intervalMs: number | null
  readonly limits: Limits
}

/** Rows go in, in the order (occurredAt, position); what fails comes out, a row or two later where it must. */
export interface Finder {
  readonly push: (event: QualityEvent) => ReadonlyArray<Finding>
  readonly end: () => ReadonlyArray<Finding>
}

const NONE: ReadonlyArray<Finding> = []
const seconds = (micros: number) => `${micros / MICROS_PER_SECOND} s`

const finding = (event: QualityEvent, reason: string): Finding => ({
  at: event.occurredAt,
  until: null,
  readingId: event.readingId ?? event.position,
  value: event.value,
  count: 1,
  reason
})

/** A check that each row passes or fails by itself: `null` is a pass. */
const rowFinder = (judge: (event: QualityEvent) => string | null): Finder => ({
  push: (event) => {
    const reason = judge(event)
    return reason === null ? NONE : [finding(event, reason)]
  },
  end: () => NONE
})

const rangeText = ({ max, min }: VersionFacts) => `${min ?? "-∞"} to ${max ?? "∞"}`
const outside = (value: number, { high, low }: Bounds) => value < low || value > high

/** Readings in force, of each device time the first: what gaps, steps, spikes and runs are made of. */
const pointFinder = (asOf: number, take: (event: QualityEvent, point: Point) => ReadonlyArray<Finding>) => {
  let last: Micros | null = null
  return (event: QualityEvent): ReadonlyArray<Finding> => {
    const { occurredAt, value } = event
    if (value === null || !isInForce(event, asOf) || occurredAt === last) return NONE
    last = occurredAt
    return take(event, { at: occurredAt, value })
  }
}

const gapFinder = ({ asOf, intervalMs }: FinderScope): Finder => {
  let before: Micros | null = null
  return {
    push: pointFinder(asOf, (event) => {
      const from = before
      before = event.occurredAt
      const count = from === null ? 0 : missedSlots(event.occurredAt - from, intervalMs)
      if (from === null || count === 0) return NONE
      const reason = `${count} readings are missing in ${seconds(event.occurredAt - from)}`
      return [{ ...finding(event, reason), at: from, until: event.occurredAt, count }]
    }),
    end: () => NONE
  }
}

const stepFinder = ({ asOf, intervalMs, limits: { step } }: FinderScope): Finder => {
  let before: Point | null = null
  return {
    push: pointFinder(asOf, (event, point) => {
      if (!fits(point.value)) return NONE
      const size = before === null ? null : stepBetween(before, point, intervalMs)
      const from = before
      before = point
      return size === null || step === null || size <= step
        ? NONE
        : [finding(event, `the value went from ${from?.value} to ${point.value}: at most ${step} is usual`)]
    }),
    end: () => NONE
  }
}

const spikeFinder = ({ asOf, limits: { step } }: FinderScope): Finder => {
  let before: Point | null = null
  let here: { readonly event: QualityEvent; readonly point: Point } | null = null
  return {
    push: pointFinder(asOf, (event, point) => {
      if (!fits(point.value)) return NONE
      const [first, middle] = [before, here]
      before = here?.point ?? null
      here = { event, point }
      if (first === null || middle === null || step === null) return NONE
      return spikeHeight(first.value, middle.point.value, point.value) > step
        ? [finding(middle.event, `${middle.point.value} stands between ${first.value} and ${point.value}`)]
        : NONE
    }),
    end: () => NONE
  }
}

const flatFinder = ({ asOf, limits: { flat, rests } }: FinderScope): Finder => {
  let run: { readonly first: QualityEvent; last: Micros; count: number } | null = null
  const close = (): ReadonlyArray<Finding> => {
    if (run === null || flat === null || run.count < Math.max(flat, FLAT_RUN_MIN)) return NONE
    if (rests && run.first.value === 0) return NONE
    const reason = `${run.count} readings in a row show ${run.first.value}`
    return [{ ...finding(run.first, reason), until: run.last, count: run.count }]
  }
  return {
    push: pointFinder(asOf, (event, point) => {
      if (!fits(point.value)) return NONE
      if (run?.first.value === point.value) {
        run.last = point.at
        run.count += 1
        return NONE
      }
      const findings = close()
      run = { first: event, last: point.at, count: 1 }
      return findings
    }),
    end: close
  }
}

/** Device times with another value (`same` false), or with the same value again (`same` true): the first such row. */
const duplicateFinder = ({ asOf }: FinderScope, same: boolean): Finder => {
  let last: Micros | null = null
  let hasReported = false
  const values = new Set<number>()
  return {
    push: (event) => {
      const { occurredAt, value } = event
      if (value === null || !isInForce(event, asOf)) return NONE
      if (occurredAt !== last) {
        values.clear()
        hasReported = false
      }
      const [known, first] = [values.has(value), values.size === 0]
      last = occurredAt
      values.add(value)
      if (first || hasReported || known !== same) return NONE
      hasReported = true
      return [
        finding(event, same ? "this value was told for this time before" : "this time has another value")
      ]
    },
    end: () => NONE
  }
}

const sequenceFinder = ({ asOf }: FinderScope): Finder => {
  let last: SequenceEdge | null = null
  return {
    push: (event) => {
      if (event.sequence === null || !isInForce(event, asOf)) return NONE
      const [before, skipped] = [last, skippedBetween(last, event.sequence)]
      last = event.sequence
      return skipped === 0
        ? NONE
        : [
            {
              ...finding(event, `seq went from ${before?.seq} to ${event.sequence.seq}`),
              count: skipped
            }
          ]
    },
    end: () => NONE
  }
}

const inForceFinder = (asOf: number, judge: (event: QualityEvent, value: number) => string | null) =>
  rowFinder((event) => (event.value === null || !isInForce(event, asOf) ? null : judge(event, event.value)))
const recordedFinder = (judge: (event: QualityEvent) => string | null) =>
  rowFinder((event) => (event.type === "ReadingRecorded" ? judge(event) : null))

const lag = ({ occurredAt, recordedAt }: QualityEvent) => seconds(recordedAt - occurredAt)

/** How the failures of the checks of readings are found. */
const FINDERS: Partial<Record<CheckName, (scope: FinderScope) => Finder>> = {
  received: gapFinder,
  in_range: ({ asOf }) =>
    inForceFinder(asOf, ({ version }, value) =>
      isRanged(version) && !isInside(value, value, version) ? `outside ${rangeText(version)}` : null
    ),
  usual_steps: stepFinder,
  not_stuck: flatFinder,
  unamended: ({ asOf }) =>
    recordedFinder((event) =>
      standing(event, asOf) ? null : `corrected or deleted at position ${event.supersededBy}`
    ),
  plausible: ({ asOf, limits }) =>
    inForceFinder(asOf, (_, value) =>
      limits.values !== null && outside(value, limits.values)
        ? `outside ${limits.values.low} to ${limits.values.high}, as the sensor's other values are`
        : null
    ),
  no_spikes: spikeFinder,
  recorded_in_time: () =>
    recordedFinder((event) =>
      isLate(event) ? `recorded ${lag(event)} later: at most ${seconds(TIMELY_WITHIN)} is in time` : null
    ),
  not_ahead: () =>
    recordedFinder((event) =>
      isAhead(event)
        ? `${seconds(event.occurredAt - event.recordedAt)} after it was recorded: more than ${CLOCK_AHEAD_MAX / MICROS_PER_MILLI} ms`
        : null
    ),
  clock_set: ({ asOf }) =>
    inForceFinder(asOf, ({ clockSet }) =>
      clockSet ? null : "its clock stated a time that can't be meant: it has the time of its arrival"
    ),
  one_value_a_time: (scope) => duplicateFinder(scope, false),
  told_once: (scope) => duplicateFinder(scope, true),
  described: ({ asOf }) => inForceFinder(asOf, ({ version }) => undescribed(version)),
  version_exists: ({ asOf }) =>
    inForceFinder(asOf, ({ version }) =>
      version === null ? "the sensor, or this version of it, does not exist" : null
    ),
  amendments_attached: () =>
    rowFinder((event) =>
      event.type === "ReadingRecorded" || event.attached ? null : "points at no recorded reading"
    ),
  sequence_whole: sequenceFinder,
  readings_folded: ({ folded }) =>
    recordedFinder((event) => (event.position > folded ? "not folded into its minute yet" : null))
}

/** The finder of a check of readings; null where the check has none: its failures are minutes, or messages. */
export const finderOf = (check: CheckName, scope: FinderScope): Finder | null =>
  FINDERS[check]?.(scope) ?? null
