/**
 * Measures a window: what is counted, what is usual, what lies outside of it, and the tallies of each sensor.
 */
import * as Effect from "effect/Effect"
import { CHECK_NAMES, type CheckName } from "../../domain/quality/QualityChecks.js"
import { NO_PART, type PartCounts } from "../../domain/quality/QualityCounts.js"
import { noTallies, type Tallies } from "../../domain/quality/QualityReport.js"
import * as Tally from "../../domain/quality/QualityTally.js"
import * as Rows from "./QualityCells.js"
import { findEach } from "./QualityFindings.js"
import { type Asked, countWindow, sensorFacts } from "./QualityWindow.js"

/** One sensor of a window. */
export interface Measured {
  readonly facts: Tally.SensorFacts
  readonly counts: PartCounts
  readonly limits: Tally.Limits
  readonly tallies: Tallies
}

export const unregistered = (sensorId: number): Tally.SensorFacts => ({
  sensorId,
  intervalMs: null,
  retired: false,
  firstEver: null,
  lastEver: null
})

/** Only a sensor that is constant in the window is looked at before it. */
export const variedBefore = ({ of, window }: Asked, facts: Tally.SensorFacts, { readings }: PartCounts) =>
  Effect.gen(function* () {
    const value = readings.shape.head[0]?.value
    if (value === undefined || !Tally.isConstant(readings)) return false
    const asked = of.ask.variedBefore(facts.sensorId, window.start, value)
    return (yield* asked).length > 0
  })

const outside = (bounds: Tally.Bounds | null, min: number | null, max: number | null) =>
  bounds !== null && min !== null && max !== null && (min < bounds.low || max > bounds.high)

/** Looks again only where the extremes are outside what is usual, once for all that is to be looked for. */
const outliersOf = (
  asked: Asked,
  facts: Tally.SensorFacts,
  { minutes, readings }: PartCounts,
  limits: Tally.Limits
) =>
  Effect.gen(function* () {
    const over = (size: number) => limits.step !== null && size > limits.step
    const needed: Partial<Record<CheckName, boolean>> = {
      plausible: outside(limits.values, readings.min, readings.max),
      no_spikes: over(readings.shape.spikeMax),
      usual_steps: over(readings.shape.stepMax),
      minutes_plausible: outside(limits.means, minutes.meanMin, minutes.meanMax)
    }
    const checks = CHECK_NAMES.filter((check) => needed[check] === true)
    if (checks.length === 0) return Tally.NO_OUTLIERS
    const found = yield* findEach(asked, facts, limits, checks, Number.POSITIVE_INFINITY)
    const count = (check: CheckName) => found.get(check)?.reduce((sum, one) => sum + one.count, 0) ?? 0
    const outliers: Tally.Outliers = {
      implausible: count("plausible"),
      spikes: count("no_spikes"),
      jumps: count("usual_steps"),
      implausibleMinutes: count("minutes_plausible")
    }
    return outliers
  })

/** Every sensor that was asked for, and any that has readings without being registered. */
export const measure = (asked: Asked, known?: ReadonlyMap<number, Tally.SensorFacts>) =>
  Effect.gen(function* () {
    const facts = known ?? (yield* sensorFacts(asked))
    const counted = yield* countWindow(asked, facts)
    const measured: Array<Measured> = []
    for (const id of new Set([...facts.keys(), ...counted.keys()])) {
      const sensor = facts.get(id) ?? unregistered(id)
      const counts = counted.get(id) ?? NO_PART
      const limits = Tally.limitsOf(counts, yield* variedBefore(asked, sensor, counts))
      const outliers = yield* outliersOf(asked, sensor, counts, limits)
      measured.push({
        facts: sensor,
        counts,
        limits,
        tallies: Tally.sensorTallies(sensor, counts, limits, outliers, asked.window)
      })
    }
    return measured
  })

/** Checks of what belongs to no sensor: asked for one sensor, there are none. */
export const othersOf = ({ of, sensorId, window }: Asked, measured: ReadonlyArray<Measured>) =>
  Effect.gen(function* () {
    if (sensorId !== undefined) return noTallies
    const rejected = yield* Effect.flatMap(of.ask.rejectedCount(window), Rows.rejectedCount)
    const accepted = measured.reduce((sum, { counts }) => sum + counts.readings.readings, 0)
    const others: Tallies = {
      ...noTallies,
      accepted: { numerator: accepted, denominator: accepted + rejected }
    }
    return others
  })
