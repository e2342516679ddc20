/**
 * Down-sampling of series for plots: of the rows of each sensor, real ones alone are kept, at most so many.
 *
 * The time from the first row to the last is cut into buckets of one length, the same for all sensors. Rows come in
 * the order of time (or all in the opposite one), and go out in it, when their bucket has ended.
 *
 * Invariants:
 * 1. Of each sensor its first and last rows are kept, and a row with its lowest and one with its highest value; of
 *    rows with one value the earliest.
 * 2. What is held does not grow with the rows: a few of each sensor, and for LTTB a few numbers for each bucket.
 */

/** How a row is seen as a point. Of an aggregate, the lowest and highest value are not those of the line. */
export interface PointOf<Row> {
  readonly sensor: (row: Row) => number
  /** µs. */
  readonly time: (row: Row) => number
  /** What orders rows of one time. */
  readonly tie: (row: Row) => number
  readonly value: (row: Row) => number
  readonly low: (row: Row) => number
  readonly high: (row: Row) => number
}

export const METHODS = ["minmax", "lttb"] as const
export type Method = (typeof METHODS)[number]

/** First, lowest, highest and last: so many rows are kept in any case. */
export const POINTS_MIN = 4

export interface Grid {
  /** Times of the earliest and the latest row, µs. */
  readonly from: number
  readonly to: number
  readonly descending: boolean
}

/** Rows go in one by one; what may go out comes back. */
export interface Sampler<Row> {
  readonly add: (row: Row) => ReadonlyArray<Row>
  readonly end: () => ReadonlyArray<Row>
}

/** How many buckets there are for so many points of a sensor. */
export const bucketsFor = (method: Method, points: number): number =>
  method === "minmax" ? Math.max(1, Math.floor(points / POINTS_MIN)) : Math.max(1, points - POINTS_MIN)

/** The bucket of a time, in the order in which rows come. */
const bucketAt = ({ descending, from, to }: Grid, buckets: number, time: number): number => {
  const bucket = Math.min(buckets - 1, Math.floor(((time - from) / (to - from + 1)) * buckets))
  return descending ? buckets - 1 - bucket : bucket
}

interface Extremes<Row> {
  readonly first: Row
  low: Row
  high: Row
  last: Row
}

/** Takes the next row in the order of arrival; of equal values the earliest by time stays, or comes. */
const keep = <Row>(extremes: Extremes<Row> | undefined, row: Row, of: PointOf<Row>, descending: boolean) => {
  if (extremes === undefined) return { first: row, low: row, high: row, last: row }
  const [below, above] = [of.low(row) - of.low(extremes.low), of.high(row) - of.high(extremes.high)]
  if (below < 0 || (descending && below === 0)) extremes.low = row
  if (above > 0 || (descending && above === 0)) extremes.high = row
  extremes.last = row
  return extremes
}

/** Each row once, in the order of the whole. */
const inOrder = <Row>(rows: Iterable<Row>, of: PointOf<Row>, descending: boolean): ReadonlyArray<Row> => {
  const sign = descending ? -1 : 1
  return [...new Set(rows)].sort((a, b) => sign * (of.time(a) - of.time(b) || of.tie(a) - of.tie(b)))
}

/** Of each bucket the first, the lowest, the highest and the last row: lines drawn through them lose nothing. */
export const minMax = <Row>(of: PointOf<Row>, grid: Grid, points: number): Sampler<Row> => {
  const buckets = bucketsFor("minmax", points)
  let bucket = 0
  let bySensor = new Map<number, Extremes<Row>>()
  const end = (): ReadonlyArray<Row> => {
    const rows = [...bySensor.values()].flatMap(({ first, high, last, low }) => [first, low, high, last])
    bySensor = new Map()
    return inOrder(rows, of, grid.descending)
  }
  return {
    add: (row) => {
      const at = bucketAt(grid, buckets, of.time(row))
      const out = at === bucket ? [] : end()
      bucket = at
      const sensor = of.sensor(row)
      bySensor.set(sensor, keep(bySensor.get(sensor), row, of, grid.descending))
      return out
    },
    end
  }
}

/** Values are summed as so small a part of them that no sum of them is beyond a double. */
const SMALL = 2 ** -60

interface Outline<Row> {
  kept: Extremes<Row>
  /** Of each bucket: rows, and the sums of times (as parts of the whole) and of values (SMALL). */
  readonly counts: Float64Array
  readonly times: Float64Array
  readonly values: Float64Array
}

/** What LTTB must know before it can choose: the mean of each bucket. A walk over all rows gives it. */
export class Outlines<Row> {
  readonly buckets: number
  private readonly outlines = new Map<number, Outline<Row>>()

  constructor(
    readonly of: PointOf<Row>,
    readonly grid: Grid,
    readonly points: number
  ) {
    this.buckets = bucketsFor("lttb", points)
  }

  add(row: Row): void {
    const { buckets, grid, of } = this
    const sensor = of.sensor(row)
    const existing = this.outlines.get(sensor)
    const outline = existing ?? {
      kept: keep(undefined, row, of, grid.descending),
      counts: new Float64Array(buckets),
      times: new Float64Array(buckets),
      values: new Float64Array(buckets)
    }
    if (existing === undefined) this.outlines.set(sensor, outline)
    else outline.kept = keep(outline.kept, row, of, grid.descending)
    const at = bucketAt(grid, buckets, of.time(row))
    outline.counts[at] = (outline.counts[at] ?? 0) + 1
    outline.times[at] = (outline.times[at] ?? 0) + this.x(row)
    outline.values[at] = (outline.values[at] ?? 0) + of.value(row) * SMALL
  }

  get(sensor: number): Outline<Row> | undefined {
    return this.outlines.get(sensor)
  }

  /** The time as a part of the whole, 0 to 1. */
  x(row: Row): number {
    return (this.of.time(row) - this.grid.from) / (this.grid.to - this.grid.from + 1)
  }

  /** The mean of the next bucket that has rows, or the last row. */
  after(outline: Outline<Row>, bucket: number): readonly [x: number, y: number] {
    for (let next = bucket + 1; next < this.buckets; next++) {
      const count = outline.counts[next] ?? 0
      if (count > 0) {
        return [(outline.times[next] ?? 0) / count, (outline.values[next] ?? 0) / count]
      }
    }
    return [this.x(outline.kept.last), this.of.value(outline.kept.last) * SMALL]
  }
}

interface Corner<Row> {
  /** What was chosen before: the left corner of the triangles. */
  x: number
  y: number
  /** The right corner. */
  readonly next: readonly [x: number, y: number]
  best: Row | null
  area: number
}

/**
 * Largest triangle, three buckets: of each bucket the row that spans the largest triangle with the one chosen before
 * and the mean of the next bucket; and the first, lowest, highest and last row of the sensor. Rows come a second
 * time, the same ones in the same order.
 */
export const largestTriangle = <Row>(outlines: Outlines<Row>): Sampler<Row> => {
  const { buckets, grid, of, points } = outlines
  let bucket = 0
  const corners = new Map<number, readonly [x: number, y: number]>()
  let cornerBySensor = new Map<number, Corner<Row>>()
  let forced: Array<Row> = []
  const isKept = (row: Row, { first, high, last, low }: Extremes<Row>): boolean =>
    [first, low, high, last].some((one) => of.time(one) === of.time(row) && of.tie(one) === of.tie(row))
  const end = (): ReadonlyArray<Row> => {
    const rows = forced
    for (const [sensor, { best, x, y }] of cornerBySensor) {
      corners.set(sensor, [x, y])
      if (best !== null) {
        rows.push(best)
        corners.set(sensor, [outlines.x(best), of.value(best) * SMALL])
      }
    }
    cornerBySensor = new Map()
    forced = []
    return inOrder(rows, of, grid.descending)
  }
  return {
    add: (row) => {
      const at = bucketAt(grid, buckets, of.time(row))
      const out = at === bucket ? [] : end()
      bucket = at
      const sensor = of.sensor(row)
      const outline = outlines.get(sensor)
      if (outline === undefined) return out
      const [x, y] = [outlines.x(row), of.value(row) * SMALL]
      const [left, right] = corners.get(sensor) ?? [x, y]
      const one = cornerBySensor.get(sensor) ?? {
        ...{ x: left, y: right, best: null, area: -1 },
        next: outlines.after(outline, at)
      }
      cornerBySensor.set(sensor, one)
      if (isKept(row, outline.kept)) forced.push(row)
      else if (points > POINTS_MIN) {
        const area = Math.abs((one.x - one.next[0]) * (y - one.y) - (one.x - x) * (one.next[1] - one.y))
        if (area > one.area) {
          one.area = area
          one.best = row
        }
      }
      return out
    },
    end
  }
}
