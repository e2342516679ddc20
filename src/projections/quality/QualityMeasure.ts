/**
 * Measures a window: what is counted, what is usual, what lies outside of it, and the tallies of each sensor.
 */
import * as Effect from "effect/Effect"
import { CHECK_NAMES, type CheckName } from "../../domain/quality/QualityChecks.js"
import { NO_PART, type PartCounts } from "../../domain/quality/QualityCounts.js"
import { restByType, restsByHistory } from "../../domain/quality/QualityRest.js"
import * as Tally from "../../domain/quality/QualityTally.js"
import { noTallies, type Tallies } from "../../domain/quality/Tally.js"
import * as Rows from "./QualityCells.js"
import { expectedParts } from "./QualityDowntime.js"
import { findEach } from "./QualityFindings.js"
import { type CountRequest, countWindow, sensorFacts } from "./QualityWindow.js"

export interface SensorMeasure {
  readonly facts: Tally.SensorFacts
  readonly counts: PartCounts
  readonly limits: Tally.Limits
  /** The parts of the window in which it is expected to report. */
  readonly expected: ReadonlyArray<Tally.ExpectedPart>
  readonly tallies: Tallies
}

export const unregistered = (sensorId: number): Tally.SensorFacts => ({
  sensorId,
  intervalMs: null,
  retired: false,
  firstEver: null,
  lastEver: null,
  type: null,
  unit: null
})

/** Only a sensor that is constant in the window is looked at before it. */
const variedBefore = ({ of, past, window }: CountRequest, sensorId: number, { readings }: PartCounts) =>
  Effect.gen(function* () {
    const value = readings.shape.head[0]?.value
    if (value === undefined || !Tally.isConstant(readings)) return false
    const query = of.ask.variedBefore(sensorId, window.start, value, past && of.asOf)
    return (yield* query).length > 0
  })

/** Only one whose zeros would else be a flat line is asked whether it rests at 0. */
const rests = (
  { of, past, window }: CountRequest,
  { sensorId, type }: Tally.SensorFacts,
  { readings }: PartCounts,
  varied: boolean
) =>
  Effect.gen(function* () {
    const byType = restByType(type)
    if (byType !== "unknown" || !Tally.mayRest(readings, varied)) return byType === "rests"
    const asOf = past && of.asOf
    const zeros = yield* Effect.flatMap(of.ask.zeros(sensorId, window.end, asOf), Rows.zeros)
    const { first, last, ...rest } = zeros
    const returned =
      first !== null && last !== null && (yield* of.ask.zeroLeft(sensorId, first, last, asOf)).length > 0
    return restsByHistory({ ...rest, returned })
  })

export const habitsOf = (request: CountRequest, facts: Tally.SensorFacts, counts: PartCounts) =>
  Effect.gen(function* () {
    const varied = yield* variedBefore(request, facts.sensorId, counts)
    return { variedBefore: varied, rests: yield* rests(request, facts, counts, varied) }
  })

const outside = (bounds: Tally.Bounds | null, min: number | null, max: number | null) =>
  bounds !== null && min !== null && max !== null && (min < bounds.low || max > bounds.high)

/** Looks again only where the extremes are outside what is usual, once for all that is to be looked for. */
const outliersOf = (
  request: CountRequest,
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
    const findings = yield* findEach(request, facts, limits, checks, Number.POSITIVE_INFINITY)
    const count = (check: CheckName) => findings.get(check)?.reduce((sum, one) => sum + one.count, 0) ?? 0
    const outliers: Tally.Outliers = {
      implausible: count("plausible"),
      spikes: count("no_spikes"),
      jumps: count("usual_steps"),
      implausibleMinutes: count("minutes_plausible")
    }
    return outliers
  })

/** Every sensor that was asked for, and any that has readings without being registered. */
export const measure = (request: CountRequest, knownFacts?: ReadonlyMap<number, Tally.SensorFacts>) =>
  Effect.gen(function* () {
    const facts = knownFacts ?? (yield* sensorFacts(request))
    const counted = yield* countWindow(request, facts)
    const unjudged: Array<
      Omit<SensorMeasure, "expected" | "tallies"> & { readonly outliers: Tally.Outliers }
    > = []
    for (const id of new Set([...facts.keys(), ...counted.keys()])) {
      const sensor = facts.get(id) ?? unregistered(id)
      const counts = counted.get(id) ?? NO_PART
      const limits = Tally.limitsOf(counts, yield* habitsOf(request, sensor, counts))
      const outliers = yield* outliersOf(request, sensor, counts, limits)
      unjudged.push({ facts: sensor, counts, limits, outliers })
    }
    // Last: what the log said of the whole window is forgotten by it.
    const parts = yield* expectedParts(request, facts, counted)
    return unjudged.map(({ outliers, ...sensor }): SensorMeasure => {
      const expected = parts.get(sensor.facts.sensorId) ?? []
      const tallies = Tally.sensorTallies(sensor.facts, sensor.counts, sensor.limits, outliers, expected)
      return { ...sensor, expected, tallies }
    })
  })

/** Checks of what belongs to no sensor: asked for some sensors, there are none. */
export const othersOf = (
  { of, only, past, read, window }: CountRequest,
  measures: ReadonlyArray<SensorMeasure>
) =>
  Effect.gen(function* () {
    if (only !== undefined || past !== null) return noTallies
    const rejected =
      read?.rejected ?? (yield* Effect.flatMap(of.ask.rejectedCount(window), Rows.rejectedCount))
    const accepted = measures.reduce((sum, { counts }) => sum + counts.readings.readings, 0)
    const others: Tallies = {
      ...noTallies,
      accepted: { numerator: accepted, denominator: accepted + rejected }
    }
    return others
  })
