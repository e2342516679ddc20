/**
 * From a value as it was measured to the one that is asked for: a polynomial of it over a whole number.
 *
 * Invariants:
 * 1. All of it is computed exactly, on integers, and rounded once, to the nearest double, ties to even.
 * 2. A result beyond the range of doubles is the largest one, with its sign; there is no -0.
 * 3. So the double of a linear map never falls as the value rises, or never rises: order is kept, or mirrored.
 */
import * as ExactSum from "../minute/ExactSum.js"
import { normalValue } from "../Reading.js"

export interface ValueMap {
  /** Of the numerator, from x⁰ up; at least one. */
  readonly coefficients: ReadonlyArray<ExactSum.ExactSum>
  /** Positive. */
  readonly divisor: bigint
}

const ONE = ExactSum.ofInteger(1n)

export const IDENTITY: ValueMap = { coefficients: [ExactSum.zero, ONE], divisor: 1n }

/** What coefficients come to, each a finite double; zeros at the end say nothing. */
export const polynomial = (coefficients: ReadonlyArray<number>): ValueMap => {
  const last = coefficients.findLastIndex((coefficient) => coefficient !== 0)
  return { coefficients: coefficients.slice(0, Math.max(1, last + 1)).map(ExactSum.ofDouble), divisor: 1n }
}

/** (scale × y + offset) / divisor of the result y: a conversion of units. */
export interface Linear {
  readonly scale: bigint
  readonly offset: bigint
  readonly divisor: bigint
}

/** First `map`, then `linear`. */
export const followedBy = (map: ValueMap, { divisor, offset, scale }: Linear): ValueMap => ({
  coefficients: map.coefficients.map((coefficient, power) => {
    const product = ExactSum.times(coefficient, ExactSum.ofInteger(scale))
    return power === 0 ? ExactSum.plus(product, ExactSum.ofInteger(offset * map.divisor)) : product
  }),
  divisor: map.divisor * divisor
})

export const isLinear = ({ coefficients }: ValueMap): boolean => coefficients.length <= 2

/** At most the largest double, and no -0. */
export const bounded = (value: number): number =>
  normalValue(Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, value)))

export const mapped = (map: ValueMap, value: number): number => {
  if (map === IDENTITY) return value
  const x = ExactSum.ofDouble(value)
  const numerator = map.coefficients.reduceRight(
    (sum, coefficient) => ExactSum.plus(ExactSum.times(sum, x), coefficient),
    ExactSum.zero
  )
  return bounded(ExactSum.quotient(numerator, map.divisor))
}
