/**
 * The oracle: rationals as BigInts in units of 2^-2200, computed without looking at a double's bits. A double is
 * doubled until it is whole, which is exact.
 */
export const UNIT = 2_200n
export const exact = (value: number): bigint => {
  let whole = value
  let doublings = 0n
  while (!Number.isInteger(whole)) {
    whole *= 2
    doublings += 1n
  }
  return BigInt(whole) << (UNIT - doublings)
}
const abs = (n: bigint): bigint => (n < 0n ? -n : n)

const bits = new DataView(new ArrayBuffer(8))
/** The next double away from zero (by 1) or towards it (by -1). */
export const neighbour = (value: number, by: 1n | -1n): number => {
  bits.setFloat64(0, value)
  bits.setBigUint64(0, bits.getBigUint64(0) + by)
  return bits.getFloat64(0)
}
const isEven = (value: number): boolean => {
  bits.setFloat64(0, value)
  return (bits.getUint32(4) & 1) === 0
}
// What stands above the largest double when rounding: 2^1024.
const BEYOND = 1n << (1024n + UNIT)
export const exactOrBeyond = (value: number): bigint =>
  Number.isFinite(value) ? exact(value) : value > 0 ? BEYOND : -BEYOND

/** Whether `rounded` is the double nearest to numerator / denominator (in units), ties to even. */
export const isNearest = (rounded: number, numerator: bigint, denominator: bigint): boolean => {
  const magnitude = Math.abs(rounded)
  const target = abs(numerator)
  if (rounded !== 0 && rounded < 0 !== numerator < 0n) return false
  const here = exactOrBeyond(magnitude)
  // Twice the distance to the midpoints on either side.
  if (magnitude !== 0) {
    const below = (here + exactOrBeyond(neighbour(magnitude, -1n))) * denominator - 2n * target
    if (below > 0n || (below === 0n && !isEven(magnitude))) return false
  }
  if (Number.isFinite(magnitude)) {
    const above = (here + exactOrBeyond(neighbour(magnitude, 1n))) * denominator - 2n * target
    if (above < 0n || (above === 0n && !isEven(magnitude))) return false
  }
  return true
}
