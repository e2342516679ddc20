/**
 * What stands out in one sensor's window: the readings that fail a check of single readings, each once with all that
 * is wrong with it, and the gaps.
 *
 * Invariant: they are the failures and the gaps that the lists of the same window name, whatever they are shown with.
 */
import * as Effect from "effect/Effect"
import type { CheckName } from "../../domain/quality/QualityChecks.js"
import { NO_PART } from "../../domain/quality/QualityCounts.js"
import * as Tally from "../../domain/quality/QualityTally.js"
import type { Micros } from "../../domain/Time.js"
import { expectedParts } from "./QualityDowntime.js"
import { findEach } from "./QualityFindings.js"
import { gapsOf } from "./QualityLists.js"
import { habitsOf, type SensorMeasure, unregistered } from "./QualityMeasure.js"
import { type CountRequest, countWindow, sensorFacts } from "./QualityWindow.js"

/**
 * The checks that say of a reading that its value, or its time, may be wrong. Others name rows too, and say nothing of
 * that: a reading that came late, was told twice, or was corrected is right all the same.
 */
export const REMARK_CHECKS = [
  "in_range",
  "usual_steps",
  "not_stuck",
  "plausible",
  "no_spikes",
  "not_ahead",
  "one_value_a_time"
] as const satisfies ReadonlyArray<CheckName>
export type RemarkCheck = (typeof REMARK_CHECKS)[number]

export interface Remark {
  /** Device time of the reading; of a flat line: of its first. */
  readonly at: Micros
  readonly readingId: number | null
  readonly value: number | null
  readonly reasons: ReadonlyArray<{ readonly check: RemarkCheck; readonly reason: string }>
}

export interface GapTotals {
  readonly gaps: number
  /** The longest of them, µs. */
  readonly longest: number
}

export interface Remarks {
  /** In the order of time, at most `max`. */
  readonly failing: ReadonlyArray<Remark>
  readonly more: boolean
  /** Those at the window's edges among them; null: the sensor's interval is not known. */
  readonly gaps: GapTotals | null
}

/** What is counted of the window, and what is usual in it: without a look at what is not, which comes after. */
const countedOf = (request: CountRequest, sensorId: number) =>
  Effect.gen(function* () {
    const factsById = yield* sensorFacts(request)
    const facts = factsById.get(sensorId) ?? unregistered(sensorId)
    const counted = yield* countWindow(request, factsById)
    const counts = counted.get(sensorId) ?? NO_PART
    const limits = Tally.limitsOf(counts, yield* habitsOf(request, facts, counts))
    const parts = yield* expectedParts(request, factsById, counted)
    const expected = parts.get(sensorId) ?? []
    const tallies = Tally.sensorTallies(facts, counts, limits, Tally.NO_OUTLIERS, expected)
    const sensor: SensorMeasure = { facts, counts, limits, expected, tallies }
    return sensor
  })

/** What the counts of the window do not rule out. A flat line is in the tally already, and costs all rows to find. */
const mayFailOf = ({ counts, limits, tallies: { not_stuck } }: SensorMeasure): ReadonlyArray<RemarkCheck> =>
  REMARK_CHECKS.filter((check) =>
    check === "not_stuck" ? not_stuck.numerator < not_stuck.denominator : Tally.mayFail(check, counts, limits)
  )

/** At most `max` readings are named. */
export const remarks = (request: CountRequest, sensorId: number, max: number) =>
  Effect.gen(function* () {
    const sensor = yield* countedOf(request, sensorId)
    const { facts, limits } = sensor
    const failing = mayFailOf(sensor)
    const findings = failing.length === 0 ? new Map() : yield* findEach(request, facts, limits, failing, max)
    const byReading = new Map<string, Remark>()
    for (const check of failing) {
      for (const { at, readingId, reason, value } of findings.get(check) ?? []) {
        const key = `${at} ${readingId}`
        const reasons = [...(byReading.get(key)?.reasons ?? []), { check, reason }]
        byReading.set(key, { at, readingId, value, reasons })
      }
    }
    const gaps = yield* gapsOf(request, sensor, Number.POSITIVE_INFINITY)
    const result: Remarks = {
      failing: [...byReading.values()].sort((a, b) => a.at - b.at).slice(0, max),
      more: byReading.size > max,
      gaps:
        facts.intervalMs === null
          ? null
          : {
              gaps: gaps.length,
              longest: gaps.reduce((most, { at, until }) => Math.max(most, (until ?? at) - at), 0)
            }
    }
    return result
  })
