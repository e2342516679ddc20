/**
 * Exact sums of doubles. A double is an integer times a power of two, and so is every finite sum of doubles or
 * of their squares: it is kept as that, without rounding.
 *
 * Invariants:
 * 1. Canonical: the mantissa is odd, or both fields are zero. Equal sums are equal states, so adding in any order
 *    and in any grouping gives the same state, the same text and the same rounded figures.
 * 2. Rounding happens once, at the end, to the nearest double, ties to even. Sum, mean and deviation are each
 *    *correctly rounded*: the double nearest to the true figure, subnormal or not.
 * 3. A figure beyond the range of doubles is ±Infinity, as in IEEE 754. (Only sums can be: mean and deviation lie
 *    within the range of their values.)
 */

/** `mantissa` × 2^`exponent`. */
export interface ExactSum {
  readonly mantissa: bigint
  readonly exponent: number
}

export const zero: ExactSum = { mantissa: 0n, exponent: 0 }

const view = new DataView(new ArrayBuffer(8))

// The last double that `split` took apart: an integer of at most 53 bits, and its exponent.
let splitMantissa = 0
let splitExponent = 0

const split = (value: number): void => {
  view.setFloat64(0, value)
  const high = view.getUint32(0)
  const biased = (high >>> 20) & 0x7ff
  if (biased === 0x7ff) throw new RangeError(`${value} has no exact sum`)
  const fraction = (high & 0xfffff) * 0x1_0000_0000 + view.getUint32(4)
  const magnitude = biased === 0 ? fraction : fraction + 0x10_0000_0000_0000
  splitMantissa = high >>> 31 === 0 ? magnitude : -magnitude
  splitExponent = (biased === 0 ? 1 : biased) - 1075
}

/** The state of mantissa × 2^exponent: trailing zeros go from the mantissa to the exponent. */
const canonical = (mantissa: bigint, exponent: number): ExactSum => {
  if (mantissa === 0n) return zero
  let zeros = 0
  let low = Number(BigInt.asUintN(32, mantissa))
  while (low === 0) {
    zeros += 32
    low = Number(BigInt.asUintN(32, mantissa >> BigInt(zeros)))
  }
  zeros += 31 - Math.clz32(low & -low)
  return zeros === 0
    ? { mantissa, exponent }
    : { mantissa: mantissa >> BigInt(zeros), exponent: exponent + zeros }
}

/** The integer that `sum` is in units of 2^exponent; `exponent` is at most the sum's own. */
const scaled = (sum: ExactSum, exponent: number): bigint => sum.mantissa << BigInt(sum.exponent - exponent)

export const equals = (a: ExactSum, b: ExactSum): boolean =>
  a.mantissa === b.mantissa && a.exponent === b.exponent

/** Compact text, `-1a3p-48` for -0x1a3 × 2^-48; equal sums have equal text. At most some 1,100 characters. */
export const encode = (sum: ExactSum): string => `${sum.mantissa.toString(16)}p${sum.exponent}`

const ENCODED = /^(-?)([0-9a-f]+)p(-?\d{1,9})$/

/** The inverse of `encode`. Throws a RangeError on any other text. */
export const decode = (text: string): ExactSum => {
  const match = ENCODED.exec(text)
  if (match === null) throw new RangeError(`not an exact sum: ${text.slice(0, 80)}`)
  const magnitude = BigInt(`0x${match[2]}`)
  return canonical(match[1] === "-" ? -magnitude : magnitude, Number(match[3]))
}

/** Of a positive integer. */
const bitLength = (n: bigint): number => {
  const nearest = Number(n)
  if (nearest === Number.POSITIVE_INFINITY) {
    const hex = n.toString(16)
    return 4 * hex.length - (Math.clz32(Number.parseInt(hex.charAt(0), 16)) - 28)
  }
  view.setFloat64(0, nearest)
  const bits = (view.getUint32(0) >>> 20) - 1022
  // It may have been rounded up to a power of two.
  return bits > 53 && n >> BigInt(bits - 1) === 0n ? bits - 1 : bits
}

/** 2^exponent for a normal double: -1022 to 1023. */
const powerOfTwo = (exponent: number): number => {
  view.setUint32(0, (exponent + 1023) << 20)
  view.setUint32(4, 0)
  return view.getFloat64(0)
}

/** n × 2^exponent, where that is a double or beyond their range. */
const assemble = (n: number, exponent: number): number =>
  exponent < -1022
    ? n * powerOfTwo(exponent + 1022) * powerOfTwo(-1022)
    : exponent > 1023
      ? Number.POSITIVE_INFINITY
      : n * powerOfTwo(exponent)

/**
 * The double nearest to n × 2^exponent, for n of at least 55 bits; `sticky` says that the true n is a little more
 * (by less than one).
 */
const round = (n: bigint, exponent: number, sticky: boolean): number => {
  const size = bitLength(n)
  // The unit of the result's last place: never below that of the subnormals.
  const unit = Math.max(size - 53 + exponent, -1074)
  const drop = unit - exponent
  if (drop > size + 1) return 0
  const quotient = n >> BigInt(drop)
  const rest = n - (quotient << BigInt(drop))
  const half = 1n << BigInt(drop - 1)
  const up = rest > half || (rest === half && (sticky || (quotient & 1n) === 1n))
  return assemble(Number(up ? quotient + 1n : quotient), unit)
}

/** The double nearest to numerator / denominator × 2^exponent; both are integers, the denominator positive. */
const roundQuotient = (numerator: bigint, denominator: bigint, exponent: number): number => {
  if (numerator === 0n) return 0
  const magnitude = numerator < 0n ? -numerator : numerator
  const shift = Math.max(0, 56 + bitLength(denominator) - bitLength(magnitude))
  const dividend = magnitude << BigInt(shift)
  const quotient = dividend / denominator
  const rounded = round(quotient, exponent - shift, quotient * denominator !== dividend)
  return numerator < 0n ? -rounded : rounded
}

/** The double nearest to the sum; ±Infinity when it is beyond their range. */
export const toNumber = (sum: ExactSum): number => roundQuotient(sum.mantissa, 1n, sum.exponent)

/** The double nearest to sum / divisor, which is positive. */
export const quotient = (sum: ExactSum, divisor: bigint): number =>
  roundQuotient(sum.mantissa, divisor, sum.exponent)

/** The double nearest to sum / count; `count` is a positive integer. */
export const mean = (sum: ExactSum, count: number): number => quotient(sum, BigInt(count))

/** A whole number. */
export const ofInteger = (n: bigint): ExactSum => canonical(n, 0)

/** A double as it is. Throws a RangeError on NaN and the infinities. */
export const ofDouble = (value: number): ExactSum => {
  split(value)
  return canonical(BigInt(splitMantissa), splitExponent)
}

export const plus = (a: ExactSum, b: ExactSum): ExactSum => {
  const exponent = Math.min(a.exponent, b.exponent)
  return canonical(scaled(a, exponent) + scaled(b, exponent), exponent)
}

export const times = (a: ExactSum, b: ExactSum): ExactSum =>
  canonical(a.mantissa * b.mantissa, a.exponent + b.exponent)

/** floor(√n), for n of at most 120 bits: Newton's method from the double's root, then the last unit. */
const integerRoot = (n: bigint): bigint => {
  let root = BigInt(Math.floor(Math.sqrt(Number(n))))
  root = (root + n / root) >> 1n
  while (root * root > n) root -= 1n
  while ((root + 1n) * (root + 1n) <= n) root += 1n
  return root
}

/**
 * The population's standard deviation, √(count × squares - sum²) / count, computed on integers: the double nearest
 * to the true figure. 0 for fewer than two values; `count` is a positive integer. `unit`: each value is that many
 * times what it stands for.
 */
export const deviation = (sum: ExactSum, squares: ExactSum, count: number, unit = 1n): number => {
  const exponent = Math.min(squares.exponent, 2 * sum.exponent)
  const n = BigInt(count)
  const spread =
    n * scaled(squares, exponent) - ((sum.mantissa * sum.mantissa) << BigInt(2 * sum.exponent - exponent))
  if (spread <= 0n) return 0
  // √(spread / n² × 2^exponent), scaled so that the root has at least 55 bits and the power of two is even:
  // floor(√floor(x)) = floor(√x), so the root is exact but for the sticky remainder.
  const divisor = n * n * unit * unit
  let shift = 114 + bitLength(divisor) - bitLength(spread)
  if (((exponent - shift) & 1) !== 0) shift -= 1
  const up = BigInt(Math.max(0, shift))
  const down = BigInt(Math.max(0, -shift))
  const dividend = spread << up
  const scaledDivisor = divisor << down
  const root = integerRoot(dividend / scaledDivisor)
  return round(root, (exponent - shift) / 2, root * root * scaledDivisor !== dividend)
}

/** A sum that is added to in place. Not canonical until it is asked. */
class Running {
  private mantissa = 0n
  private exponent = 0

  add(mantissa: bigint, exponent: number): void {
    if (exponent === this.exponent) this.mantissa += mantissa
    else if (exponent > this.exponent) this.mantissa += mantissa << BigInt(exponent - this.exponent)
    else {
      this.mantissa = (this.mantissa << BigInt(this.exponent - exponent)) + mantissa
      this.exponent = exponent
    }
  }

  get value(): ExactSum {
    return canonical(this.mantissa, this.exponent)
  }
}

/** Sum and sum of squares of many doubles: about 0.3 µs a value. */
export class Moments {
  private readonly values = new Running()
  private readonly squared = new Running()

  /** Throws a RangeError on NaN and the infinities. */
  add(value: number): void {
    split(value)
    const mantissa = BigInt(splitMantissa)
    this.values.add(mantissa, splitExponent)
    this.squared.add(mantissa * mantissa, 2 * splitExponent)
  }

  merge(sum: ExactSum, squares: ExactSum): void {
    this.values.add(sum.mantissa, sum.exponent)
    this.squared.add(squares.mantissa, squares.exponent)
  }

  get sum(): ExactSum {
    return this.values.value
  }

  get squares(): ExactSum {
    return this.squared.value
  }
}
