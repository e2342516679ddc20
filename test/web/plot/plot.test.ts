import { assert, describe, it } from "@effect/vitest"
import type { CatalogColumn } from "../../../src/domain/catalogue/CatalogueDataset.js"
import { DATASET_NAMES } from "../../../src/domain/catalogue/DatasetDescriptions.js"
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_SECOND, micros } from "../../../src/domain/Time.js"
import { distributionOf, nullShare } from "../../../src/web/catalogue/Distribution.js"
import { depthsOf, lineageNodes, lineageSvg } from "../../../src/web/catalogue/LineageSvg.js"
import { snippetsOf } from "../../../src/web/catalogue/UseThisData.js"
import { duration, scoreText } from "../../../src/web/core/Terms.js"
import {
  figuresOf,
  marksByPoint,
  type PlotSeries,
  panelsOf,
  plotJson,
  runsOf
} from "../../../src/web/plot/PlotModel.js"
import { scaleOf, ticksOf, timeTicks } from "../../../src/web/plot/Scale.js"
import { histogram } from "../../../src/web/sensors/SpanHistogram.js"
import { quantileBound } from "../../../src/web/system/OperationsPage.js"

const STEP = 10 * MICROS_PER_SECOND
/** Points at these multiples of a step. */
const series = (steps: ReadonlyArray<number>, part: Partial<PlotSeries> = {}): PlotSeries => ({
  sensor: { id: 1, label: "Hall", unit: "C", type: "temperature" },
  points: steps.map((n) => ({ at: micros(n * STEP), value: n, min: n - 1, max: n + 1, count: 2 })),
  marks: [],
  step: STEP,
  gaps: "not counted",
  span: null,
  ...part
})

describe("a plot", () => {
  it("draws no line where more than a step and a half lies between two points", () => {
    const one = series([0, 1, 2.4, 4, 5])
    assert.deepStrictEqual(
      runsOf(one).map((run) => run.map(({ value }) => value)),
      [
        [0, 1, 2.4],
        [4, 5]
      ]
    )
    assert.strictEqual(runsOf({ ...one, step: null }).length, 1)
    assert.deepStrictEqual(runsOf(series([])), [])
  })

  it("hands the script nulls within gaps alone", () => {
    const { panels } = JSON.parse(
      plotJson(panelsOf([series([0, 1, 4])]), { start: micros(0), end: micros(5 * STEP) })
    )
    assert.deepStrictEqual(panels[0].series[0].rows, [
      [0, 0, -1, 1],
      [10, 1, 0, 2],
      [25, null, null, null],
      [40, 4, 3, 5]
    ])
  })

  it("puts each mark to the point that holds it, whatever the interval, and both of two", () => {
    const mark = (steps: number, kind: "corrected" | "suspect") => ({
      at: micros(steps * STEP),
      value: 1,
      kind,
      why: `${kind} ${steps}`
    })
    const marks = [mark(1.5, "corrected"), mark(1, "suspect"), mark(0.2, "corrected"), mark(9, "corrected")]
    const found = marksByPoint(series([0, 1, 2], { marks }))
    assert.deepStrictEqual(
      [...found],
      [
        [micros(0), ["corrected 0.2"]],
        [micros(STEP), ["suspect 1", "corrected 1.5"]]
      ]
    )
  })

  it("weighs the mean by how many readings each point stands for", () => {
    const one = series([1, 3])
    const points = one.points.map((point, index) => ({ ...point, count: index === 0 ? 3 : 1 }))
    const found = figuresOf({ ...one, points })
    assert.deepInclude(found, { readings: 4, min: 0, max: 4, mean: 1.5 })
    assert.isNull(figuresOf(series([])))
  })

  it("puts series of one kind and unit into one panel", () => {
    const other = series([1], { sensor: { id: 2, label: "Lab", unit: "%", type: "humidity" } })
    assert.deepStrictEqual(
      panelsOf([series([1]), other, series([2])]).map(({ series: list, title }) => [title, list.length]),
      [
        ["temperature in C", 2],
        ["humidity in %", 1]
      ]
    )
  })
})

describe("scales", () => {
  it("have round ticks, and room for a constant", () => {
    assert.deepStrictEqual(ticksOf({ low: 0, high: 10 }, 5), [0, 2, 4, 6, 8, 10])
    assert.deepStrictEqual(ticksOf({ low: -0.31, high: 0.12 }, 4), [-0.2, 0])
    assert.deepStrictEqual(scaleOf(5, 5), { low: 4.75, high: 5.25 })
    assert.deepStrictEqual(scaleOf(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY), { low: 0, high: 1 })
    assert.deepStrictEqual(ticksOf({ low: 1, high: 1 }, 5), [])
  })

  it("name times of day within days, and dates beyond", () => {
    const day = micros(Date.UTC(2026, 0, 5) * 1_000)
    assert.deepStrictEqual(
      timeTicks({ start: day, end: micros(day + 6 * MICROS_PER_HOUR) }, 6).map(({ label }) => label),
      ["2026-01-05", "01:00", "02:00", "03:00", "04:00", "05:00", "06:00"]
    )
    assert.strictEqual(
      timeTicks({ start: day, end: micros(day + 30 * MICROS_PER_DAY) }, 8)[0]?.label.length,
      10
    )
    assert.strictEqual(
      timeTicks({ start: day, end: micros(day + 5 * MICROS_PER_SECOND) }, 8)[1]?.label,
      "00:00:01"
    )
  })

  it("say spans in their largest units, and never round a score up", () => {
    assert.deepStrictEqual([12, 1_500, 999_900, 4_700_000, 200e6, 7_500e6, 93_600e6].map(duration), [
      "12 µs",
      "1.5 ms",
      "1 s",
      "4.7 s",
      "3 min 20 s",
      "2 h 5 min",
      "1 d 2 h"
    ])
    assert.deepStrictEqual([100, 99.99, 0, null].map(scoreText), ["100 %", "99.9 %", "0.0 %", "–"])
  })
})

describe("spreads", () => {
  const column = (kind: CatalogColumn["kind"]): CatalogColumn => ({
    name: "a",
    kind,
    data_type: "",
    nullable: true,
    unit: null,
    description: ""
  })

  it("count every value once, nulls apart", () => {
    const found = distributionOf(
      column("number"),
      [1, 2, 3, 4, null].map((a) => ({ a }))
    )
    if (found.kind !== "numbers") return assert.fail(found.kind)
    assert.deepInclude(found, { nulls: 1, min: 1, median: 2.5, max: 4 })
    assert.strictEqual(
      found.bins.reduce((sum, { count }) => sum + count, 0),
      4
    )
    const texts = distributionOf(
      column("text"),
      ["x", "y", "x"].map((a) => ({ a }))
    )
    assert.deepInclude(texts, {
      kind: "texts",
      distinct: 2,
      top: [
        { label: "x", count: 2 },
        { label: "y", count: 1 }
      ]
    })
    assert.deepStrictEqual(distributionOf(column("json"), [{ a: "{}" }]), { kind: "nothing", nulls: 0 })
    assert.deepStrictEqual(
      [nullShare(0, 5), nullShare(1, 5), nullShare(1, 10_000)],
      ["0 %", "20.0 %", "< 0.1 %"]
    )
  })

  it("say nothing of numbers that only name something, and keep values of several units apart", () => {
    const of = (name: string, kind: CatalogColumn["kind"], unit: string | null) => ({
      ...column(kind),
      name,
      unit
    })
    const rows = [
      { sensor_id: 1, value: 20, unit: "C", type: "temperature" },
      { sensor_id: 1, value: 24, unit: "C", type: "temperature" },
      { sensor_id: 2, value: 1_013, unit: "hPa", type: "pressure" }
    ]
    assert.deepStrictEqual(distributionOf(of("sensor_id", "integer", null), rows), {
      kind: "names",
      nulls: 0,
      distinct: 2
    })
    const value = of("value", "number", "of the sensor")
    assert.deepStrictEqual(distributionOf(value, rows), {
      kind: "mixed",
      nulls: 0,
      kinds: [
        { what: "temperature in °C", count: 2, min: 20, median: 22, max: 24 },
        { what: "pressure in hPa", count: 1, min: 1_013, median: 1_013, max: 1_013 }
      ]
    })
    assert.strictEqual(distributionOf(value, rows.slice(0, 2)).kind, "numbers")
    const bare = rows.map(({ sensor_id, value: one }) => ({ sensor_id, value: one }))
    assert.deepStrictEqual(distributionOf(value, bare), { kind: "unknown units", nulls: 0, sensors: 2 })
  })

  it("put every step into a bin, those beyond the 99th percentile into the last", () => {
    const steps = [...Array.from({ length: 199 }, (_, n) => 1_000 + n), 50_000]
    const list = histogram(steps)
    assert.strictEqual(
      list.reduce((sum, { count }) => sum + count, 0),
      200
    )
    assert.strictEqual(list.at(-1)?.count, 1)
    assert.deepStrictEqual(histogram([]), [])
  })

  it("name the bound below which a share of the appends lies", () => {
    const appends = {
      count: 10,
      max: 9,
      sum: 10,
      buckets: [
        [0.1, 5],
        [1, 9],
        [Number.POSITIVE_INFINITY, 10]
      ] as const
    }
    assert.deepStrictEqual(
      [0.5, 0.9, 0.99].map((share) => quantileBound(appends, share)),
      [0.1, 1, null]
    )
  })
})

describe("lineage and lines of code", () => {
  it("stand as far from the source as their longest way, circles cut", () => {
    const depths = depthsOf([
      { name: "a", madeFrom: [] },
      { name: "b", madeFrom: ["a"] },
      { name: "c", madeFrom: ["a", "b"] },
      { name: "x", madeFrom: ["y"] },
      { name: "y", madeFrom: ["x"] }
    ])
    assert.deepStrictEqual([...depths].slice(0, 3), [
      ["a", 0],
      ["b", 1],
      ["c", 2]
    ])
    assert.strictEqual(depths.size, 5)
  })

  it("draws each stage of the pipeline from the sensor to the data set's own files", () => {
    const nodes = lineageNodes("aggregated_sensor_data")
    const depths = depthsOf(nodes)
    const way = ["devices", "stage:receive", "messages", "stage:decode", "items", "stage:append", "events"]
    const rest = ["stage:minutes", "sensor_minutes", "stage:aggregated_sensor_data", "aggregated_sensor_data"]
    const path = [...way, ...rest, "export:aggregated_sensor_data:CSV"]
    for (const [index, name] of path.entries()) {
      const node = nodes.find((one) => one.name === name)
      assert.isDefined(node, name)
      if (index > 0) assert.include(node?.madeFrom, path[index - 1])
      assert.isAtLeast(depths.get(name) ?? -1, index)
    }
    const drawn = lineageSvg(nodes, "aggregated_sensor_data").text
    assert.include(drawn, ">Fold minutes</text>")
    assert.include(drawn, `href="/aggregated_data/?format=csv"`)
    assert.include(drawn, `href="/catalog/events"`)
    // As wide as a page of 1280 px, for every data set.
    for (const name of DATASET_NAMES) {
      const width = / width="([\d.]+)"/.exec(lineageSvg(lineageNodes(name), name).text)?.[1]
      assert.isBelow(Number(width), 1_140, name)
    }
    // Files of others are on the pages of others.
    assert.isFalse(lineageNodes("events").some(({ name }) => name.startsWith("export:sensor_data")))
  })

  it("name this server, and every tool", () => {
    const formats = [{ format: "JSON", href: "/data/" }]
    const dataset = { dataset_name: "sensor_data", formats } as never
    const snippets = snippetsOf(dataset, "https://tidemark.example:8443")
    assert.deepStrictEqual(
      snippets.map(({ tool }) => tool),
      ["pandas", "polars", "DuckDB", "R", "Power BI", "Excel", "Grafana", "curl"]
    )
    for (const { code } of snippets) assert.include(code, "https://tidemark.example:8443/")
    assert.match(
      snippets.find(({ tool }) => tool === "Grafana")?.code ?? "",
      /start_time=\$\{__from:date:iso\}/
    )
  })
})
