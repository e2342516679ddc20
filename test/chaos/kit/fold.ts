/**
 * The minute's figures, by arithmetic of whole numbers: every double is a whole multiple of 2^-1074, so sums of them
 * are exact as bigints, and each figure is rounded once. Written apart from what it checks.
 */

const UNIT_BITS = 1_074n
const UNIT = 1n << UNIT_BITS
const MANTISSA_BITS = 52n

const view = new DataView(new ArrayBuffer(8))

/** The double in units of 2^-1074. */
const unitsOf = (value: number): bigint => {
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const exponent = (bits >> MANTISSA_BITS) & 0x7ffn
  const fraction = bits & ((1n << MANTISSA_BITS) - 1n)
  if (exponent === 0x7ffn) throw new RangeError(`${value} is no finite number`)
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << MANTISSA_BITS)) << (exponent - 1n)
  return bits >> 63n === 1n ? -magnitude : magnitude
}

const bitLength = (n: bigint): bigint => BigInt(n.toString(16).length * 4)

/** The double nearest to numerator / denominator, ties to even; exact for results in the range of normal doubles. */
export const nearest = (numerator: bigint, denominator: bigint): number => {
  if (numerator < 0n) return -nearest(-numerator, denominator)
  if (numerator === 0n) return 0
  // 64 bits or more of the quotient, and a last one for what is left: Number() then rounds as if it saw all.
  const shift = bitLength(denominator) - bitLength(numerator) + 72n
  const [top, bottom] = shift > 0n ? [numerator << shift, denominator] : [numerator, denominator << -shift]
  const quotient = top / bottom
  const sticky = top % bottom === 0n ? quotient << 1n : (quotient << 1n) | 1n
  return Number(sticky) * 2 ** -Number(shift + 1n)
}

export interface MinuteFigures {
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly mean: number
  readonly stddev: number
}

/** The readings of a sensor's minute, in any order. */
export class Fold {
  private count = 0n
  private sum = 0n
  private squares = 0n
  private min = Number.POSITIVE_INFINITY
  private max = Number.NEGATIVE_INFINITY

  add(value: number): void {
    const units = unitsOf(value)
    this.count += 1n
    this.sum += units
    this.squares += units * units
    this.min = Math.min(this.min, value)
    this.max = Math.max(this.max, value)
  }

  figures(): MinuteFigures {
    const { count, max, min, squares, sum } = this
    const variance = nearest(count * squares - sum * sum, count * count * UNIT * UNIT)
    return {
      count: Number(count),
      sum: nearest(sum, UNIT),
      mean: nearest(sum, count * UNIT),
      stddev: Math.sqrt(variance),
      min,
      max
    }
  }
}
