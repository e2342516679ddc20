/**
 * What is done to values when they are read: the calibration of their sensor, then a conversion of units. What is
 * stored stays as it was measured.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { SensorId } from "../Ids.js"
import type { Micros } from "../Time.js"
import { type Unit, unitOf } from "../Unit.js"
import { type CalibrationVersion, mapOf, segmentAt, startOf } from "./Calibration.js"
import { conversion, convertibleTo } from "./UnitConversion.js"
import { followedBy, IDENTITY, type ValueMap } from "./ValueMap.js"

/** How values of one sensor and time are shaped. Equal ones are one object. */
export interface Shape {
  readonly map: ValueMap
  /** Of the results. */
  readonly unit: string | null
  /** The version of the calibration that is applied; null: none. */
  readonly calibration: number | null
}

/** What is asked for can't be computed: of which parameter, and what may be asked for instead. */
export class ShapeRefused extends Schema.TaggedError<ShapeRefused>()("ShapeRefused", {
  sensorId: SensorId,
  parameter: Schema.Literal("convert_to", "calibrated", "group_by"),
  /** Follows the parameter's name. */
  reason: Schema.String
}) {}

const cannotConvert = (sensorId: SensorId, unit: string | null, target: Unit): ShapeRefused => {
  const here = unit === null ? null : unitOf(unit)
  const why =
    unit === null
      ? "says no unit: describe it first, or name other sensors"
      : here === null
        ? `is in ${unit}, a unit that this server can't convert`
        : `is in ${here.symbol}, which can be converted to ${convertibleTo(here).join(", ")}`
  const reason = `can't be ${target.symbol} for sensor ${sensorId}: it ${why}`
  return new ShapeRefused({ sensorId, parameter: "convert_to", reason })
}

export class Shaping {
  private readonly shapes = new Map<string, Either.Either<Shape, ShapeRefused>>()

  /** `target`: the unit that values are converted to; null: none. */
  constructor(
    private readonly calibrations: ReadonlyMap<SensorId, CalibrationVersion>,
    private readonly target: Unit | null
  ) {}

  /** The newest version of all calibrations that there are; 0: there are none. */
  get version(): number {
    return Math.max(0, ...[...this.calibrations.values()].map(({ version }) => version))
  }

  /** `unit`: of the value as it was measured. */
  shapeAt(sensor: SensorId, time: Micros, unit: string | null): Either.Either<Shape, ShapeRefused> {
    const calibrated = this.calibrations.get(sensor)
    const segment = calibrated === undefined ? -1 : segmentAt(calibrated.calibration, time)
    const key = `${sensor} ${segment} ${unit}`
    const before = this.shapes.get(key)
    if (before !== undefined) return before
    const shape = this.converted(sensor, this.calibrated(calibrated, segment, unit))
    this.shapes.set(key, shape)
    return shape
  }

  /** Whether another formula begins after `start` and before `end`. */
  changesWithin(sensor: SensorId, start: Micros, end: Micros): boolean {
    const segments = this.calibrations.get(sensor)?.calibration.segments ?? []
    return segments.some((segment) => startOf(segment) > start && startOf(segment) < end)
  }

  private calibrated(of: CalibrationVersion | undefined, index: number, unit: string | null): Shape {
    const segment = of?.calibration.segments[index]
    return of === undefined || segment === undefined
      ? { map: IDENTITY, unit, calibration: null }
      : { map: mapOf(segment), unit: of.calibration.unit ?? unit, calibration: of.version }
  }

  private converted(sensor: SensorId, shape: Shape): Either.Either<Shape, ShapeRefused> {
    const { target } = this
    if (target === null) return Either.right(shape)
    const from = shape.unit === null ? null : unitOf(shape.unit)
    const linear = from === null ? null : conversion(from, target)
    if (linear === null) return Either.left(cannotConvert(sensor, shape.unit, target))
    const map = from?.ucum === target.ucum ? shape.map : followedBy(shape.map, linear)
    return Either.right({ ...shape, map, unit: target.symbol })
  }
}
