/**
 * How the readings of one sensor are put right: a formula from a device time on, until the next one's. It is applied
 * when they are read, and never to what is stored.
 */
import * as Schema from "effect/Schema"
import { Unit } from "../Sensor.js"
import { Micros } from "../Time.js"
import { polynomial, type ValueMap } from "./ValueMap.js"

export const SEGMENTS_MAX = 100
export const COEFFICIENTS_MAX = 10

/** Either `polynomial`, or `scale` × value + `offset`. */
export const CalibrationSegment = Schema.Struct({
  /** The first device time that it holds for; null: it holds for all before the next one. */
  from: Schema.NullOr(Micros),
  offset: Schema.NullOr(Schema.Finite),
  scale: Schema.NullOr(Schema.Finite),
  /** Coefficients of x⁰, x¹, x², … */
  polynomial: Schema.NullOr(
    Schema.Array(Schema.Finite).pipe(Schema.minItems(1), Schema.maxItems(COEFFICIENTS_MAX))
  )
})
export type CalibrationSegment = typeof CalibrationSegment.Type

export const Calibration = Schema.Struct({
  /** Of the results; null: the reading's own. */
  unit: Schema.NullOr(Unit),
  /** In the order of time, each from another one on; none: nothing is calibrated. */
  segments: Schema.Array(CalibrationSegment).pipe(Schema.maxItems(SEGMENTS_MAX))
})
export type Calibration = typeof Calibration.Type

export const NO_CALIBRATION: Calibration = { unit: null, segments: [] }

/** The calibration of a sensor, and the number by which it is named. */
export interface CalibrationVersion {
  readonly version: number
  readonly calibration: Calibration
}

export const startOf = ({ from }: Pick<CalibrationSegment, "from">): number =>
  from ?? Number.NEGATIVE_INFINITY

/** The number of the segment that holds for a device time; -1: none, as it is before the first. */
export const segmentAt = ({ segments }: Calibration, time: number): number =>
  segments.findLastIndex((segment) => startOf(segment) <= time)

export const mapOf = ({ offset, polynomial: coefficients, scale }: CalibrationSegment): ValueMap =>
  polynomial(coefficients ?? [offset ?? 0, scale ?? 1])

const canonical = Schema.encodeSync(Calibration)
export const sameCalibration = (a: Calibration, b: Calibration): boolean =>
  JSON.stringify(canonical(a)) === JSON.stringify(canonical(b))
