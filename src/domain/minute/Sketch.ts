/**
 * A mergeable sketch of many doubles, from which any percentile can be told: how many values lie in each of a fixed
 * grid of buckets. Each power of two is cut into 64 buckets of one width, by the leading bits of the double, as
 * DDSketch does by the logarithm.
 *
 * Invariants:
 * 1. Which bucket a value lies in follows from its bits alone, without rounding or logarithms, and counts are whole:
 *    merging is associative and commutative to the bit, and any order and any split gives the same bytes.
 * 2. A percentile is told with a relative error of at most `RELATIVE_ERROR`, of every finite double: negative, tiny
 *    (subnormal) or huge. Zero is told exactly.
 * 3. Bytes are canonical: buckets in rising order of value, none empty. No more than `BUCKETS_MAX`, some two bytes
 *    each; values that lie close together share one.
 */

/** The counts of the buckets, as bytes: see `encode`. */
export type Sketch = Uint8Array

/** What is promised; in fact it is 1/129 at most, under 0.78 %. */
export const RELATIVE_ERROR = 0.01
/** In percent. */
export const PERCENTILES = [50, 95, 99] as const

/** Leading bits of the mantissa that tell a bucket: 64 buckets for each power of two. */
const BITS = 6
const BUCKETS = 1 << BITS
/** Subnormal doubles are made normal by this power of two before their bits are read. */
const SUBNORMAL_SHIFT = 54
/** Added to a positive value's bucket, so that the lowest is 1. */
const OFFSET = (SUBNORMAL_SHIFT - 3) * BUCKETS + 1
/** Buckets that there are: of positive values, of negative ones, and zero. */
export const BUCKETS_MAX = 2 * (0x7ff * BUCKETS - 1 + OFFSET) + 1

export const empty: Sketch = new Uint8Array(0)

const view = new DataView(new ArrayBuffer(8))
const MAKE_NORMAL = 2 ** SUBNORMAL_SHIFT
const LEAST_NORMAL = 2 ** -1022

const bucketOfPositive = (value: number): number => {
  const normal = value >= LEAST_NORMAL
  view.setFloat64(0, normal ? value : value * MAKE_NORMAL)
  const leading = view.getUint32(0) >>> (20 - BITS)
  return leading + OFFSET - (normal ? 0 : SUBNORMAL_SHIFT * BUCKETS)
}

/** The bucket of a finite value; buckets rise with the values, and that of zero is 0. */
export const bucketOf = (value: number): number =>
  value === 0 ? 0 : value > 0 ? bucketOfPositive(value) : -bucketOfPositive(-value)

/** mantissa × 2^(octave - 1023), rounded once. */
const scaled = (mantissa: number, octave: number): number => {
  const shift = octave < 1 ? 200 : 0
  view.setUint32(0, (octave + shift) << 20)
  view.setUint32(4, 0)
  const size = mantissa * view.getFloat64(0)
  return shift === 0 ? size : size * 2 ** -200
}

/** What stands for the values of a bucket: no value of it is further away than 1/129 of itself. */
export const valueOf = (bucket: number): number => {
  if (bucket === 0) return 0
  const leading = Math.abs(bucket) - OFFSET
  const octave = Math.floor(leading / BUCKETS)
  const low = 1 + (leading - octave * BUCKETS) / BUCKETS
  const high = low + 1 / BUCKETS
  const size = scaled((2 * low * high) / (low + high), octave)
  return bucket > 0 ? size : -size
}

// Bytes: for each bucket the step from the one before, the first one from 0 in zigzag, times two, plus one where
// the count is not 1 and follows. Numbers as LEB128: seven bits a byte, the lowest first.

class Writer {
  private bytes = new Uint8Array(32)
  private size = 0

  number(n: number): void {
    if (this.size + 10 > this.bytes.length) {
      const more = new Uint8Array(2 * this.bytes.length)
      more.set(this.bytes)
      this.bytes = more
    }
    let rest = n
    // Divided, not shifted: counts may go beyond 32 bits.
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.bytes[this.size++] = (rest % 128) | 0x80
    this.bytes[this.size++] = rest
  }

  done(): Uint8Array {
    return this.bytes.slice(0, this.size)
  }
}

const MALFORMED = "not a sketch"

/** Calls back with each bucket and its count, in rising order. Throws a RangeError on bytes that are no sketch. */
export const forEach = (sketch: Sketch, each: (bucket: number, count: number) => void): void => {
  let at = 0
  const number = (): number => {
    let n = 0
    for (let unit = 1; ; unit *= 128) {
      const byte = sketch[at++]
      if (byte === undefined || unit > Number.MAX_SAFE_INTEGER) throw new RangeError(MALFORMED)
      n += (byte & 0x7f) * unit
      if (byte < 0x80) return n
    }
  }
  let bucket = 0
  for (let first = true; at < sketch.length; first = false) {
    const head = number()
    const step = Math.floor(head / 2)
    if (!first && step === 0) throw new RangeError(MALFORMED)
    bucket += first && step % 2 === 1 ? -(step + 1) / 2 : first ? step / 2 : step
    each(bucket, head % 2 === 0 ? 1 : number())
  }
}

const encode = (counts: ReadonlyMap<number, number>): Sketch => {
  const writer = new Writer()
  let before: number | null = null
  for (const bucket of [...counts.keys()].sort((a, b) => a - b)) {
    const count = counts.get(bucket) ?? 0
    const step: number = before === null ? (bucket < 0 ? -2 * bucket - 1 : 2 * bucket) : bucket - before
    writer.number(2 * step + (count === 1 ? 0 : 1))
    if (count !== 1) writer.number(count)
    before = bucket
  }
  return writer.done()
}

export class SketchBuilder {
  private counts: Map<number, number> | null = null
  /** What was merged first: taken apart only when something is added to it. */
  private base: Sketch = empty

  /** A finite value. */
  add(value: number): void {
    const bucket = bucketOf(value)
    const counts = this.open()
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
  }

  merge(sketch: Sketch): void {
    if (sketch.length === 0) return
    if (this.counts === null && this.base.length === 0) {
      this.base = sketch
      return
    }
    const counts = this.open()
    forEach(sketch, (bucket, count) => counts.set(bucket, (counts.get(bucket) ?? 0) + count))
  }

  done(): Sketch {
    return this.counts === null ? this.base : encode(this.counts)
  }

  private open(): Map<number, number> {
    if (this.counts !== null) return this.counts
    const counts = new Map<number, number>()
    forEach(this.base, (bucket, count) => counts.set(bucket, count))
    this.counts = counts
    return counts
  }
}

export const ofValues = (values: Iterable<number>): Sketch => {
  const builder = new SketchBuilder()
  for (const value of values) builder.add(value)
  return builder.done()
}

export const merge = (a: Sketch, b: Sketch): Sketch => {
  const builder = new SketchBuilder()
  builder.merge(a)
  builder.merge(b)
  return builder.done()
}

/** The place of a percentile among n values in rising order, from 0: ⌊percent × (n - 1) / 100⌋, never between two. */
export const rankOf = (percent: number, n: number): number => Math.floor((percent * (n - 1)) / 100)

/**
 * The values of these percentiles, which rise, of the `n` values of the sketch, n > 0: of each the value at its rank
 * (lower nearest rank), within `RELATIVE_ERROR`, and never outside of `min` and `max`, which are exact.
 */
export const percentiles = (
  sketch: Sketch,
  n: number,
  min: number,
  max: number,
  percents: ReadonlyArray<number> = PERCENTILES
): ReadonlyArray<number> => {
  const quantiles: Array<number> = []
  let total = 0
  forEach(sketch, (bucket, count) => {
    total += count
    for (
      let percent = percents[quantiles.length];
      percent !== undefined;
      percent = percents[quantiles.length]
    ) {
      if (rankOf(percent, n) >= total) break
      quantiles.push(Math.min(max, Math.max(min, valueOf(bucket))))
    }
  })
  return quantiles
}
