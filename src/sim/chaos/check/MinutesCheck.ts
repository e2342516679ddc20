/**
 * The fold, written apart from the product's: sums of doubles as whole numbers without limit, rounded once. It
 * reads the log with plain SQL, and compares every row of the aggregates to the bit.
 */
import type { Observer, Row } from "../Observer.js"

/** Relative, to the reading at the lower nearest rank. */
const PERCENTILE_ERROR = 0.01

/** Every finite double is a whole multiple of 2^-1074. */
const EXPONENT = 1_074

const bits = new DataView(new ArrayBuffer(8))

/** A double as a whole number of 2^-1074. */
const whole = (value: number): bigint => {
  bits.setFloat64(0, value)
  const word = bits.getBigUint64(0)
  const exponent = Number((word >> 52n) & 0x7ffn)
  const fraction = word & 0xf_ffff_ffff_ffffn
  const size = exponent === 0 ? fraction : (fraction | 0x10_0000_0000_0000n) << BigInt(exponent - 1)
  return word >> 63n === 0n ? size : -size
}

/** The double nearest to numerator / denominator · 2^-shift, ties to even; denominator above 0. */
const nearest = (numerator: bigint, denominator: bigint, shift: number): number => {
  if (numerator === 0n) return 0
  const size = numerator < 0n ? -numerator : numerator
  const extra = BigInt(Math.max(0, 66 - (size.toString(2).length - denominator.toString(2).length)))
  const quotient = (size << extra) / denominator
  const sticky = (quotient << 1n) | (quotient * denominator === size << extra ? 0n : 1n)
  // Down to 64 bits, whose last bit is sticky: then the conversion to a double rounds once.
  const over = BigInt(Math.max(0, sticky.toString(2).length - 64))
  const top = (sticky >> over) | ((sticky & ((1n << over) - 1n)) === 0n ? 0n : 1n)
  let result = Number(top)
  let power = Number(over) - 1 - Number(extra) - shift
  for (; power < -1_000; power += 1_000) result *= 2 ** -1_000
  result *= 2 ** power
  return numerator < 0n ? -result : result
}

interface Expected {
  readonly values: Array<number>
  first: Row
  last: Row
}

const order = (row: Row): string => `${row.occurred_at}|${row.event_id}`

const expectedOf = (observer: Observer): ReadonlyMap<string, Expected> => {
  const minutes = new Map<string, Expected>()
  const rows = observer.rows(
    `SELECT sensor_id, occurred_at, value, hex(event_id) AS event_id FROM events
      WHERE type IN ('ReadingRecorded', 'ReadingCorrected') AND superseded_by IS NULL`
  )
  for (const row of rows) {
    const key = `${row.sensor_id}|${String(row.occurred_at).slice(0, 16)}`
    const minute = minutes.get(key)
    if (minute === undefined) {
      minutes.set(key, { values: [Number(row.value)], first: row, last: row })
      continue
    }
    minute.values.push(Number(row.value))
    if (order(row) < order(minute.first)) minute.first = row
    if (order(row) > order(minute.last)) minute.last = row
  }
  return minutes
}

const differences = (row: Row, { first, last, values }: Expected): ReadonlyArray<string> => {
  const sum = values.reduce((total, value) => total + whole(value), 0n)
  const count = BigInt(values.length)
  const mean = nearest(sum, count, EXPONENT)
  // Of the population, exactly: (n·Σx² − (Σx)²) / n², before the root.
  const squares = values.reduce((total, value) => total + whole(value) ** 2n, 0n)
  const stddev = Math.sqrt(nearest(count * squares - sum ** 2n, count ** 2n, 2 * EXPONENT))
  const expected: ReadonlyArray<readonly [string, number, number]> = [
    ["count", Number(row.readings), values.length],
    ["sum", Number(row.value_sum), nearest(sum, 1n, EXPONENT)],
    ["mean", Number(row.value_mean), mean],
    ["min", Number(row.value_min), Math.min(...values)],
    ["max", Number(row.value_max), Math.max(...values)],
    ["first", Number(row.value_first), Number(first.value)],
    ["last", Number(row.value_last), Number(last.value)]
  ]
  const sorted = values.toSorted((a, b) => a - b)
  const apart = [50, 95, 99].flatMap((percent) => {
    const exact = sorted[Math.floor((percent * (sorted.length - 1)) / 100)] ?? Number.NaN
    const percentile = Number(row[`value_p${percent}`] ?? Number.NaN)
    return Math.abs(percentile - exact) <= PERCENTILE_ERROR * Math.abs(exact)
      ? []
      : [`p${percent} ${percentile}, not about ${exact}`]
  })
  const wrong = expected.filter(([, is, should]) => is !== should)
  const off = Math.abs(Number(row.value_stddev) - stddev) > 1e-9 * Math.max(stddev, 1e-9)
  return [
    ...wrong.map(([what, is, should]) => `${what} ${is}, not ${should}`),
    ...apart,
    ...(off ? [`stddev ${row.value_stddev}, not ${stddev}`] : [])
  ]
}

/** What is wrong with the aggregates; nothing when each is the fold of its readings, and there are no others. */
export const wrongMinutes = (observer: Observer): ReadonlyArray<string> => {
  const wrong: Array<string> = []
  const expected = expectedOf(observer)
  const storedRows = observer.rows(
    `SELECT m.* FROM sensor_minutes m JOIN checkpoints c ON c.generation = m.generation
      WHERE c.projection = 'minutes' AND m.readings > 0`
  )
  const storedKeys = new Set<string>()
  for (const row of storedRows) {
    const key = `${row.sensor_id}|${String(row.minute).slice(0, 16)}`
    storedKeys.add(key)
    const should = expected.get(key)
    if (should === undefined) wrong.push(`minute ${key} has a row, and no readings`)
    else wrong.push(...differences(row, should).map((what) => `minute ${key}: ${what}`))
  }
  for (const key of expected.keys())
    if (!storedKeys.has(key)) wrong.push(`minute ${key} has readings, and no row`)
  return wrong
}
