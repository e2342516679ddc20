/**
 * What readings come to after each of them is shaped: computed from what is kept of them as they were measured.
 *
 * Invariants:
 * 1. Count, sum, mean and deviation are those of the exact results of linear maps, rounded once, whatever the split into
 *    minutes. Least, greatest, first and last are the doubles that the readings themselves are answered as.
 * 2. A percentile is the result of what the sketch tells of the value as it was measured: its error is the sketch's,
 *    times the scale. Where a map mirrors the order, ranks are taken in the order of the results.
 * 3. A map that is no line is applied reading by reading: what its results come to is exact of their doubles.
 */
import * as Either from "effect/Either"
import type { SensorId } from "../Ids.js"
import * as ExactSum from "../minute/ExactSum.js"
import { before, type Figures, type Minute, MinuteBuilder, type MinuteReading } from "../minute/Minute.js"
import * as Sketch from "../minute/Sketch.js"
import { unitSymbol } from "../Unit.js"
import { type Shape, ShapeRefused } from "./Shaping.js"
import { bounded, IDENTITY, isLinear, mapped, type ValueMap } from "./ValueMap.js"

/** Readings that one linear map is for, as they were measured. */
export interface Part {
  readonly shape: Shape
  readonly minute: Minute
}

/** Readings of one interval, by the shape that each has. */
export class PartsBuilder {
  private readonly builders = new Map<Shape, MinuteBuilder>()

  /** All of a minute, whose shape is linear. */
  merge(shape: Shape, minute: Minute): void {
    this.of(shape).merge(minute)
  }

  add(shape: Shape, reading: MinuteReading): void {
    const value = isLinear(shape.map) ? reading.value : mapped(shape.map, reading.value ?? 0)
    this.of(shape).add({ ...reading, value })
  }

  done(): ReadonlyArray<Part> {
    return [...this.builders].map(([shape, builder]) => ({
      shape: isLinear(shape.map) ? shape : { ...shape, map: IDENTITY },
      minute: builder.done()
    }))
  }

  private of(shape: Shape): MinuteBuilder {
    const builder = this.builders.get(shape) ?? new MinuteBuilder()
    this.builders.set(shape, builder)
    return builder
  }
}

const { ofInteger, plus, times } = ExactSum

/** Sum and squares of a part's results, in units of 1 / divisor. */
const momentsOf = ({ minute: { count, squares, sum }, shape: { map } }: Part, divisor: bigint) => {
  const unit = ofInteger(divisor / map.divisor)
  const [offset = ExactSum.zero, scale = ExactSum.zero] = map.coefficients.map((each) => times(each, unit))
  const n = ofInteger(BigInt(count))
  const scaled = times(scale, sum)
  const twice = times(times(ofInteger(2n), offset), scaled)
  return {
    sum: plus(scaled, times(offset, n)),
    squares: plus(plus(times(times(scale, scale), squares), twice), times(times(offset, offset), n))
  }
}

const isFalling = ({ coefficients: [, scale = ExactSum.zero] }: ValueMap): boolean => scale.mantissa < 0n

const boundsOf = ({ minute: { max, min }, shape: { map } }: Part) => {
  const [low, high] = [mapped(map, min), mapped(map, max)]
  return isFalling(map) ? { min: high, max: low } : { min: low, max: high }
}

const percentilesOf = (parts: ReadonlyArray<Part>, count: number): ReadonlyArray<number> => {
  const spread: Array<{ readonly value: number; readonly count: number }> = []
  for (const { minute, shape } of parts) {
    Sketch.forEach(minute.sketch, (bucket, count) => {
      const value = Math.min(minute.max, Math.max(minute.min, Sketch.valueOf(bucket)))
      spread.push({ value: mapped(shape.map, value), count })
    })
  }
  spread.sort((a, b) => a.value - b.value)
  return Sketch.PERCENTILES.map((percent) => {
    const rank = Sketch.rankOf(percent, count)
    let total = 0
    const at = spread.find((one) => {
      total += one.count
      return total > rank
    })
    return at?.value ?? 0
  })
}

const edgeOf = (parts: ReadonlyArray<Part>, which: "first" | "last"): number => {
  const edges = parts.flatMap(({ minute, shape }) =>
    minute[which] === null ? [] : [{ edge: minute[which], map: shape.map }]
  )
  const [edge] = edges.sort((a, b) => (before(a.edge, b.edge) === (which === "first") ? -1 : 1))
  return edge === undefined ? 0 : mapped(edge.map, edge.edge.value)
}

/** Of parts that hold readings. */
export const shapedFigures = (parts: ReadonlyArray<Part>): Figures => {
  const count = parts.reduce((sum, { minute }) => sum + minute.count, 0)
  const divisor = [...new Set(parts.map(({ shape }) => shape.map.divisor))].reduce((a, b) => a * b, 1n)
  const moments = parts
    .map((part) => momentsOf(part, divisor))
    .reduce((a, b) => ({ sum: plus(a.sum, b.sum), squares: plus(a.squares, b.squares) }))
  const bounds = parts.map(boundsOf)
  const [p50 = 0, p95 = 0, p99 = 0] = percentilesOf(parts, count)
  const sum = ExactSum.quotient(moments.sum, divisor)
  return {
    count,
    sum: Number.isFinite(sum) ? sum : null,
    mean: bounded(ExactSum.quotient(moments.sum, divisor * BigInt(count))),
    stddev: bounded(ExactSum.deviation(moments.sum, moments.squares, count, divisor)),
    min: Math.min(...bounds.map(({ min }) => min)),
    max: Math.max(...bounds.map(({ max }) => max)),
    first: edgeOf(parts, "first"),
    last: edgeOf(parts, "last"),
    p50,
    p95,
    p99
  }
}

/** The unit that all of the parts have; refused where they have several: their figures would mean nothing. */
export const unitOfParts = (
  sensorId: SensorId,
  parts: ReadonlyArray<Part>
): Either.Either<string | null, ShapeRefused> => {
  const [first, other] = new Map(
    parts.map(({ shape: { unit } }) => [unit === null ? null : unitSymbol(unit), unit])
  ).keys()
  return other === undefined
    ? Either.right(parts[0]?.shape.unit ?? null)
    : Either.left(
        new ShapeRefused({
          sensorId,
          parameter: "calibrated",
          reason:
            `has an interval of sensor ${sensorId} with values in ${first ?? "no unit"} and in ${other ?? "no unit"}: ` +
            "ask for shorter intervals, or for one unit by convert_to"
        })
      )
}

/** The newest calibration that any of them went through; null: none. */
export const calibrationOfParts = (parts: ReadonlyArray<Part>): number | null => {
  const versions = parts.flatMap(({ shape }) => shape.calibration ?? [])
  return versions.length === 0 ? null : Math.max(...versions)
}
