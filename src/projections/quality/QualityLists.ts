/** What fails, row by row; and the gaps. */
import * as Effect from "effect/Effect"
import type { CheckName } from "../../domain/quality/QualityChecks.js"
import type { Finding } from "../../domain/quality/QualityFinders.js"
import { missedSlots } from "../../domain/quality/QualityShape.js"
import { type ExpectedPart, expectedSpan, type SensorFacts } from "../../domain/quality/QualityTally.js"
import { MICROS_PER_MINUTE, MICROS_PER_SECOND, type Micros, micros } from "../../domain/Time.js"
import * as Rows from "./QualityCells.js"
import { findOf } from "./QualityFindings.js"
import { measure, type SensorMeasure } from "./QualityMeasure.js"
import type { CountRequest } from "./QualityWindow.js"

export interface Page<A> {
  readonly rows: ReadonlyArray<A>
  readonly more: boolean
  readonly position: number
}

export interface PageBounds {
  readonly skip: number
  readonly limit: number
}

export interface FailuresQuestion extends PageBounds {
  readonly check: CheckName
}
/** What failed; `sensorId` is null for a rejected message. */
export interface Failure extends Finding {
  readonly check: CheckName
  readonly sensorId: number | null
}

const pageOf = <A>(rows: ReadonlyArray<A>, { limit, skip }: PageBounds, position: number): Page<A> => ({
  rows: rows.slice(skip, skip + limit),
  more: rows.length > skip + limit,
  position
})

const rejected = ({ of, only, window }: CountRequest, { limit, skip }: PageBounds) =>
  Effect.gen(function* () {
    if (only !== undefined) return { rows: [], more: false, position: of.asOf }
    const query = of.ask.rejected(window, skip, limit + 1)
    const rows = (yield* Effect.flatMap(query, Rows.rejected)).map(
      ({ firstSeen, reason, topic }): Failure => ({
        check: "accepted",
        sensorId: null,
        at: firstSeen,
        until: null,
        readingId: null,
        value: null,
        count: 1,
        reason: `${topic}: ${reason}`
      })
    )
    return { rows: rows.slice(0, limit), more: rows.length > limit, position: of.asOf }
  })

/** Silence before the first reading and after the last, as `received` counts it. */
const edgeGaps = (facts: SensorFacts, { counts, window }: ExpectedPart) => {
  const span = expectedSpan(facts, window)
  const { firstAt, lastAt } = counts.readings
  const gap = (from: number, to: number): ReadonlyArray<Finding> => {
    const count = missedSlots(to - from, facts.intervalMs)
    const reason = `${count} readings are missing in ${(to - from) / MICROS_PER_SECOND} s`
    return count === 0
      ? []
      : [
          {
            at: micros(from),
            until: micros(to),
            readingId: null,
            value: null,
            count: count,
            reason
          }
        ]
  }
  if (span === null || facts.intervalMs === null) return { before: [], after: [] }
  if (firstAt === null || lastAt === null) return { before: gap(span.from, span.to), after: [] }
  return { before: gap(span.from, firstAt), after: gap(lastAt, span.to) }
}

/** What `find` gives of each part in which the sensor is expected to report, one behind the other. */
const inParts = <E, R>(
  { expected }: SensorMeasure,
  find: (part: ExpectedPart) => Effect.Effect<ReadonlyArray<Finding>, E, R>
) => Effect.map(Effect.forEach(expected, find), (findings) => findings.flat())

/** Spells without readings, those at the edges of what is expected among them. */
export const gapsOf = (request: CountRequest, sensor: SensorMeasure, max: number) =>
  inParts(sensor, (part) =>
    Effect.gen(function* () {
      const { after, before } = edgeGaps(sensor.facts, part)
      const ofPart = { ...request, window: part.window }
      const inside =
        part.counts.readings.gaps === 0
          ? []
          : yield* findOf(ofPart, sensor.facts, sensor.limits, "received", max)
      return [...before, ...inside, ...after]
    })
  )

/** Minutes of the window that are missing among those stored, as spells. */
const missingMinutes = (request: CountRequest, sensor: SensorMeasure) =>
  inParts(sensor, ({ window }) =>
    Effect.gen(function* () {
      const { facts } = sensor
      const span = expectedSpan(facts, window)
      if (span === null) return []
      const from = Math.max(
        Math.ceil(window.start / MICROS_PER_MINUTE) * MICROS_PER_MINUTE,
        Math.floor(span.from / MICROS_PER_MINUTE) * MICROS_PER_MINUTE
      )
      const to = Math.floor(span.to / MICROS_PER_MINUTE) * MICROS_PER_MINUTE
      const rows = yield* Effect.flatMap(
        request.of.ask.minutes([facts.sensorId], { start: from, end: to }),
        Rows.minutes(new Map())
      )
      const findings: Array<Finding> = []
      let next = from
      for (const minute of [...rows.map((row): number => row.minute), to]) {
        const count = (minute - next) / MICROS_PER_MINUTE
        if (count > 0) {
          findings.push({
            at: micros(next),
            until: micros(minute),
            readingId: null,
            value: null,
            count,
            reason: `${count} minutes are not stored`
          })
        }
        next = minute + MICROS_PER_MINUTE
      }
      return findings
    })
  )

const failuresOf = (request: CountRequest, sensor: SensorMeasure, check: CheckName, max: number) => {
  const { denominator, numerator } = sensor.tallies[check]
  if (numerator === denominator) return Effect.succeed<ReadonlyArray<Finding>>([])
  if (check === "received") return gapsOf(request, sensor, max)
  if (check === "minutes_present") return missingMinutes(request, sensor)
  return findOf(request, sensor.facts, sensor.limits, check, max)
}

const bySensor = (measures: ReadonlyArray<SensorMeasure>) =>
  [...measures].sort((a, b) => a.facts.sensorId - b.facts.sensorId)

export const failures = (request: CountRequest, question: FailuresQuestion) =>
  Effect.gen(function* () {
    const { check, limit, skip } = question
    if (check === "accepted") return yield* rejected(request, question)
    const rowsMax = skip + limit + 1
    const rows: Array<Failure> = []
    for (const sensor of bySensor(yield* measure(request))) {
      const findings = yield* failuresOf(request, sensor, check, rowsMax - rows.length)
      rows.push(...findings.map((one) => ({ ...one, check, sensorId: sensor.facts.sensorId })))
      if (rows.length >= rowsMax) break
    }
    return pageOf(rows, question, request.of.asOf)
  })

export interface GapsQuestion extends PageBounds {
  /** Only gaps longer than this, µs. */
  readonly longerThan: number
}
export interface Gap {
  readonly sensorId: number
  /** The last reading before, and the first after, or the edge of what is expected. */
  readonly start: Micros
  readonly end: Micros
  readonly missing: number
  /** It reaches the edge of what is expected: there is no reading before it, or none after it yet. */
  readonly open: boolean
  /** The interval that the estimate is made by, ms. */
  readonly intervalMs: number
}

export const gaps = (request: CountRequest, question: GapsQuestion) =>
  Effect.gen(function* () {
    const rowsMax = question.skip + question.limit + 1
    const rows: Array<Gap> = []
    for (const sensor of bySensor(yield* measure(request))) {
      const { intervalMs, sensorId } = sensor.facts
      if (intervalMs === null) continue
      const findings = yield* gapsOf(request, sensor, Number.POSITIVE_INFINITY)
      for (const { at, count, readingId, until } of findings) {
        const end = until ?? at
        if (end - at > question.longerThan)
          rows.push({ sensorId, start: at, end, missing: count, open: readingId === null, intervalMs })
      }
      if (rows.length >= rowsMax) break
    }
    return pageOf(rows, question, request.of.asOf)
  })
