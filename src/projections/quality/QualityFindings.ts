/**
 * Looks again at the rows of a sensor's window for those that fail a check. Hours whose counts show that nothing
 * in them can fail are passed over; at the seam of two hours both are looked at.
 */
import * as Effect from "effect/Effect"
import type { CheckName } from "../../domain/quality/QualityChecks.js"
import { mergeParts, NO_PART, type PartCounts } from "../../domain/quality/QualityCounts.js"
import { type Finding, finderOf } from "../../domain/quality/QualityFinders.js"
import { findMinutes } from "../../domain/quality/QualityMinutesFinder.js"
import { seamSpike, seamStep } from "../../domain/quality/QualityShape.js"
import { beyond, type Limits, mayFail, type SensorFacts } from "../../domain/quality/QualityTally.js"
import { MICROS_PER_HOUR } from "../../domain/Time.js"
import { type Piece, type ReadError, readPieces } from "./QualityCounting.js"
import { type CountRequest, countsOf, type Segment, segmentsOf } from "./QualityWindow.js"
import type { Spell } from "./SqlQuality.js"

/** Does something fail at the seam of what came before and the next hour? */
const seamMayFail = (
  check: CheckName,
  before: PartCounts,
  next: PartCounts,
  limits: Limits,
  intervalMs: number | null
): boolean => {
  const [a, b] = [before.readings, next.readings]
  switch (check) {
    case "received":
    case "sequence_whole": {
      const merged = mergeParts(before, next, intervalMs).readings
      return merged.gaps > a.gaps + b.gaps || merged.skipped > a.skipped + b.skipped
    }
    case "usual_steps":
      return beyond(seamStep(a.shape, b.shape, intervalMs), limits.step)
    case "no_spikes":
      return beyond(seamSpike(a.shape, b.shape), limits.step)
    default:
      return false
  }
}

/** Which segments are to be looked at. */
const suspects = (
  check: CheckName,
  segments: ReadonlyArray<Segment>,
  limits: Limits,
  intervalMs: number | null
): ReadonlyArray<boolean> => {
  const suspect = segments.map(
    (segment) => segment._tag === "Uncounted" || mayFail(check, segment.counts, limits)
  )
  let before = NO_PART
  for (const [i, segment] of segments.entries()) {
    if (segment._tag === "Uncounted") {
      // Nothing is known of it: its neighbours are looked at with it.
      if (i > 0) suspect[i - 1] = true
      if (i + 1 < segments.length) suspect[i + 1] = true
      before = NO_PART
      continue
    }
    if (i > 0 && seamMayFail(check, before, segment.counts, limits, intervalMs)) {
      suspect[i - 1] = true
      suspect[i] = true
    }
    before = mergeParts(before, segment.counts, intervalMs)
  }
  return suspect
}

/** The end of the segment before, and the beginning of the one after, so that neighbours are seen. */
const contextOf = (segments: ReadonlyArray<Segment>, i: number, own: Spell): Spell => {
  const [before, after] = [segments[i - 1], segments[i + 1]]
  const start =
    before === undefined
      ? own.start
      : before._tag === "Uncounted"
        ? before.spell.start
        : (before.counts.readings.shape.tail[0]?.at ?? before.counts.readings.lastAt ?? own.start)
  const end =
    after === undefined
      ? own.end
      : after._tag === "Uncounted"
        ? after.spell.end
        : (after.counts.readings.shape.head.at(-1)?.at ?? after.spell.end - 1) + 1
  return { start, end }
}

const spellsOf = (
  segments: ReadonlyArray<Segment>,
  suspect: ReadonlyArray<boolean>
): ReadonlyArray<Spell> => {
  const spells: Array<Spell> = []
  for (const [i, segment] of segments.entries()) {
    if (!suspect[i]) continue
    const spell = contextOf(segments, i, segment.spell)
    const last = spells.at(-1)
    if (last !== undefined && spell.start <= last.end + MICROS_PER_HOUR)
      spells[spells.length - 1] = { start: last.start, end: Math.max(last.end, spell.end) }
    else spells.push(spell)
  }
  return spells
}

type FindingsByCheck = ReadonlyMap<CheckName, Array<Finding>>

/**
 * The findings of each of these checks in a sensor's window, in the order of time; it stops where each has more than
 * `max`. What several of them may find is read once.
 */
export const findEach = (
  request: CountRequest,
  facts: SensorFacts,
  limits: Limits,
  checks: ReadonlyArray<CheckName>,
  max: number
): Effect.Effect<FindingsByCheck, ReadError> =>
  Effect.gen(function* () {
    const { of, window } = request
    const sensor = facts.sensorId
    const own = new Map([[sensor, facts]])
    const hours = request.read?.hours?.filter(({ sensorId }) => sensorId === sensor) ?? null
    const read = request.read && { ...request.read, hours }
    const all =
      (yield* segmentsOf({ ...request, read, only: new Set([sensor]) }, own, false)).get(sensor) ?? []
    // What the measure of the same window has counted tells as much as what is stored.
    const segments = all.map((segment): Segment => {
      const counts = countsOf(of, sensor, segment)
      return counts === undefined ? segment : { _tag: "Counted", spell: segment.spell, counts }
    })
    const suspect = checks.map((check) => suspects(check, segments, limits, facts.intervalMs))
    const either = segments.map((_, i) => suspect.some((one) => one[i] === true))
    const scope = { asOf: of.asOf, folded: of.folded, intervalMs: facts.intervalMs, limits }
    const findings: FindingsByCheck = new Map(checks.map((check) => [check, []]))
    for (const spell of spellsOf(segments, either)) {
      const clip = { start: Math.max(spell.start, window.start), end: Math.min(spell.end, window.end) }
      const searches = checks.map((check) => ({
        check,
        finder: finderOf(check, scope),
        into: findings.get(check) ?? []
      }))
      const take = ({ events, minutes }: Piece) => {
        for (const { check, finder, into } of searches)
          if (finder === null) into.push(...(findMinutes(check, minutes, events, scope) ?? []))
          else
            for (const event of events)
              if (event.occurredAt >= window.start && event.occurredAt < window.end)
                into.push(...finder.push(event))
      }
      const ofMinutes = searches.some(({ finder }) => finder === null)
      yield* readPieces(of, sensor, clip, take, ofMinutes)
      for (const { finder, into } of searches) if (finder !== null) into.push(...finder.end())
      if (searches.every(({ into }) => into.length > max)) break
    }
    return findings
  })

/**
 * The findings of a check in a sensor's window, in the order of time, at most `max`. The ends of the window, before
 * the first reading and after the last, are not among them.
 */
export const findOf = (
  request: CountRequest,
  facts: SensorFacts,
  limits: Limits,
  check: CheckName,
  max: number
): Effect.Effect<ReadonlyArray<Finding>, ReadError> =>
  Effect.map(
    findEach(request, facts, limits, [check], max),
    (byCheck) => byCheck.get(check)?.slice(0, max) ?? []
  )
