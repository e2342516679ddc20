import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import {
  bucketsFor,
  type Grid,
  largestTriangle,
  METHODS,
  type Method,
  minMax,
  Outlines,
  type PointOf
} from "../../src/domain/Downsample.js"

interface Row {
  readonly sensor: number
  readonly time: number
  readonly tie: number
  readonly value: number
}
const OF: PointOf<Row> = {
  sensor: (row) => row.sensor,
  time: (row) => row.time,
  tie: (row) => row.tie,
  value: (row) => row.value,
  low: (row) => row.value,
  high: (row) => row.value
}

const inOrder = (rows: ReadonlyArray<Row>) => rows.toSorted((a, b) => a.time - b.time || a.tie - b.tie)

const value = FastCheck.oneof(
  FastCheck.integer({ min: -5, max: 5 }),
  FastCheck.double({ noNaN: true, noDefaultInfinity: true })
)
const rows = FastCheck.array(
  FastCheck.record({ sensor: FastCheck.integer({ min: 1, max: 3 }), time: FastCheck.nat(500), value }),
  { minLength: 1, maxLength: 200 }
).map((list) => inOrder(list.map((row, tie) => ({ ...row, tie }))))

const gridOf = (list: ReadonlyArray<Row>, descending: boolean): Grid => ({
  from: list[0]?.time ?? 0,
  to: list.at(-1)?.time ?? 0,
  descending
})

/** As a listing does it, row by row. */
const thinned = (sorted: ReadonlyArray<Row>, method: Method, points: number, descending = false) => {
  const list = descending ? sorted.toReversed() : sorted
  const grid = gridOf(sorted, descending)
  const outlines = new Outlines(OF, grid, points)
  if (method === "lttb") for (const row of list) outlines.add(row)
  const sampler = method === "lttb" ? largestTriangle(outlines) : minMax(OF, grid, points)
  return [...list.flatMap((row) => sampler.add(row)), ...sampler.end()]
}

const of = (list: ReadonlyArray<Row>, sensor: number) => list.filter((row) => row.sensor === sensor)
const extremes = (list: ReadonlyArray<Row>) => {
  const values = list.map((row) => row.value)
  return [list[0], list.at(-1), Math.min(...values), Math.max(...values)]
}

const points = FastCheck.integer({ min: 4, max: 40 })

describe("down-sampling", () => {
  for (const method of METHODS) {
    it(`keeps first, last, lowest and highest of each sensor, in order, and no more than asked for: ${method}`, () => {
      FastCheck.assert(
        FastCheck.property(rows, points, FastCheck.boolean(), (list, most, descending) => {
          const out = thinned(list, method, most, descending)
          const forwards = descending ? out.toReversed() : out
          assert.deepStrictEqual(inOrder(forwards), forwards)
          assert.strictEqual(new Set(out).size, out.length)
          for (const row of out) assert.include(list, row)
          for (const sensor of [1, 2, 3]) {
            const [all, some] = [of(list, sensor), of(forwards, sensor)]
            assert.isAtMost(some.length, most)
            assert.deepStrictEqual(extremes(some), extremes(all))
          }
        }),
        { numRuns: 500 }
      )
    })
  }

  it("by minmax keeps the same rows whichever way they come", () => {
    FastCheck.assert(
      FastCheck.property(rows, points, (list, most) => {
        assert.deepStrictEqual(
          thinned(list, "minmax", most, true).toReversed(),
          thinned(list, "minmax", most)
        )
      })
    )
  })

  it("by minmax keeps the extremes of each bucket", () => {
    FastCheck.assert(
      FastCheck.property(rows, points, (list, most) => {
        const out = thinned(list, "minmax", most)
        const buckets = bucketsFor("minmax", most)
        const [from = 0, to = 0] = [list[0]?.time, list.at(-1)?.time]
        const within = (some: ReadonlyArray<Row>, bucket: number) =>
          some.filter((row) => Math.floor(((row.time - from) / (to - from + 1)) * buckets) === bucket)
        for (const sensor of [1, 2, 3]) {
          for (let bucket = 0; bucket < buckets; bucket++) {
            const all = within(of(list, sensor), bucket)
            assert.deepStrictEqual(extremes(within(of(out, sensor), bucket)), extremes(all))
          }
        }
      })
    )
  })

  it("by lttb chooses what a plain LTTB over the same buckets chooses", () => {
    const line = Array.from({ length: 600 }, (_, n): Row => {
      const spike = n % 97 === 0 ? 9 : 0
      return { sensor: 1, time: 1_000 * n, tie: n, value: Math.sin(n / 30) + spike + (n % 7) / 20 }
    })
    const most = 44
    const buckets = most - 4
    const parts: Array<Array<Row>> = Array.from({ length: buckets }, () => [])
    const last = line.at(-1)?.time ?? 0
    for (const row of line) parts[Math.floor((row.time / (last + 1)) * buckets)]?.push(row)
    const forced = new Set([line[0], line.at(-1)])
    for (const by of [1, -1])
      forced.add(line.toSorted((a, b) => by * (a.value - b.value) || a.time - b.time)[0])
    const expected = new Set(forced)
    let corner = line[0]
    for (const [index, part] of parts.entries()) {
      const next = parts[index + 1] ?? line.slice(-1)
      const mean = (get: (row: Row) => number) => next.reduce((sum, row) => sum + get(row), 0) / next.length
      const [cx, cy] = [mean((row) => row.time), mean((row) => row.value)]
      let best: Row | undefined
      let area = -1
      for (const row of part) {
        if (forced.has(row) || corner === undefined) continue
        const { time: ax, value: ay } = corner
        const size = Math.abs((ax - cx) * (row.value - ay) - (ax - row.time) * (cy - ay))
        if (size <= area) continue
        area = size
        best = row
      }
      if (best !== undefined) expected.add(best)
      corner = best ?? corner
    }
    const out = thinned(line, "lttb", most)
    assert.deepStrictEqual(
      out,
      line.filter((row) => expected.has(row))
    )
    assert.isAtLeast(out.length, 40)
  })

  it("takes values at the ends of the doubles", () => {
    const list = Array.from({ length: 100 }, (_, n): Row => {
      return { sensor: 1, time: n, tie: n, value: n % 2 === 0 ? Number.MAX_VALUE : -Number.MAX_VALUE }
    })
    assert.isAtLeast(thinned(list, "lttb", 20).length, 18)
    // First and last of a bucket of 20 are its extremes, but for one.
    assert.isAtLeast(thinned(list, "minmax", 20).length, 10)
  })
})
