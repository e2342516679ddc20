/** How a column's values are spread, as far as some of its rows show. */

import type { CatalogColumn } from "../../domain/catalogue/CatalogueDataset.js"
import { OF_SENSOR } from "../../domain/dataset/Column.js"
import { unitSymbol } from "../../domain/Unit.js"
import { valueText, whole } from "../core/Figures.js"
import { type Html, html } from "../core/Html.js"
import { time } from "../core/Layout.js"
import { clipped, foreign } from "../core/Terms.js"
import { type Bar, bars } from "../plot/PlotSvg.js"

export type Row = Readonly<Record<string, unknown>>

const BINS = 16
const TEXTS_NAMED = 3
/** Longest text that is named, in characters. */
const TEXT_LENGTH_MAX = 32

/** Whole numbers that name something: how they are spread says nothing. */
const NAMING: ReadonlySet<string> = new Set([
  "id",
  "sensor_id",
  "position",
  "reading_id",
  "superseded_by",
  "sensor_version",
  "version"
])
/** Kinds of values that are told apart in one column. */
const KINDS_NAMED = 4

export type Distribution =
  | {
      readonly kind: "numbers"
      readonly nulls: number
      readonly min: number
      readonly median: number
      readonly max: number
      readonly bins: ReadonlyArray<Bar>
    }
  | { readonly kind: "times"; readonly nulls: number; readonly first: string; readonly last: string }
  | {
      readonly kind: "texts"
      readonly nulls: number
      readonly distinct: number
      readonly top: ReadonlyArray<Bar>
    }
  /** Values of several units, which are not to be put together: those of each kind, the most first. */
  | { readonly kind: "mixed"; readonly nulls: number; readonly kinds: ReadonlyArray<KindOfValues> }
  /** The same, of rows that do not say their units. */
  | { readonly kind: "unknown units"; readonly nulls: number; readonly sensors: number }
  | { readonly kind: "names"; readonly nulls: number; readonly distinct: number }
  | { readonly kind: "nothing"; readonly nulls: number }

interface KindOfValues {
  /** What is measured and its unit: "temperature in °C". */
  readonly what: string
  readonly count: number
  readonly min: number
  readonly median: number
  readonly max: number
}

const binsOf = (sorted: ReadonlyArray<number>, min: number, max: number): ReadonlyArray<Bar> => {
  if (max <= min) return [{ label: valueText(min), count: sorted.length }]
  const width = (max - min) / BINS
  const counts = new Array<number>(BINS).fill(0)
  for (const value of sorted) {
    const bin = Math.min(BINS - 1, Math.floor((value - min) / width))
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  return counts.map((count, bin) => ({
    label: `${valueText(min + bin * width)} to ${valueText(min + (bin + 1) * width)}`,
    count
  }))
}

const figures = (values: ReadonlyArray<number>) => {
  const sorted = [...values].sort((a, b) => a - b)
  const [min = 0] = sorted
  const middle = sorted.length / 2
  const median =
    sorted.length % 2 === 1
      ? (sorted[Math.floor(middle)] ?? 0)
      : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
  return { sorted, min, median, max: sorted.at(-1) ?? 0 }
}

const whatOf = ({ type, unit }: Row): string =>
  [
    type ?? "of no type",
    unit === null || unit === "" ? "without a unit" : `in ${unitSymbol(String(unit))}`
  ].join(" ")

/** Values of several sensors with units of their own; undefined: they are all of one kind. */
const mixedOf = (
  column: CatalogColumn,
  rows: ReadonlyArray<Row>,
  nulls: number
): Distribution | undefined => {
  if (column.unit !== OF_SENSOR) return undefined
  const rowsWithValue = rows.filter((row) => row[column.name] !== null && row[column.name] !== undefined)
  if (!rowsWithValue.some((row) => "unit" in row)) {
    const sensors = new Set(rowsWithValue.map((row) => row.sensor_id)).size
    return sensors > 1 ? { kind: "unknown units", nulls, sensors } : undefined
  }
  const kinds = new Map<string, Array<number>>()
  for (const row of rowsWithValue) {
    const what = whatOf(row)
    const values = kinds.get(what)
    if (values === undefined) kinds.set(what, [Number(row[column.name])])
    else values.push(Number(row[column.name]))
  }
  if (kinds.size < 2) return undefined
  const groups = [...kinds].map(([what, values]): KindOfValues => {
    const { max, median, min } = figures(values)
    return { what, count: values.length, min, median, max }
  })
  return { kind: "mixed", nulls, kinds: groups.sort((a, b) => b.count - a.count) }
}

/** What these rows show of a column. */
export const distributionOf = (column: CatalogColumn, rows: ReadonlyArray<Row>): Distribution => {
  const values = rows.map((row) => row[column.name]).filter((value) => value !== null && value !== undefined)
  const nulls = rows.length - values.length
  if (values.length === 0 || column.kind === "binary" || column.kind === "json")
    return { kind: "nothing", nulls }
  if (column.kind === "integer" && NAMING.has(column.name))
    return { kind: "names", nulls, distinct: new Set(values).size }
  if (column.kind === "integer" || column.kind === "number") {
    const mixed = mixedOf(column, rows, nulls)
    if (mixed !== undefined) return mixed
    const { max, median, min, sorted } = figures(values.map(Number))
    return { kind: "numbers", nulls, min, median, max, bins: binsOf(sorted, min, max) }
  }
  const texts = values.map(String)
  if (column.kind === "time") {
    const sorted = [...texts].sort()
    return { kind: "times", nulls, first: sorted[0] ?? "", last: sorted.at(-1) ?? "" }
  }
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  const top = [...counts].sort((a, b) => b[1] - a[1]).slice(0, TEXTS_NAMED)
  return { kind: "texts", nulls, distinct: counts.size, top: top.map(([label, count]) => ({ label, count })) }
}

const short = (text: string): string => clipped(text, TEXT_LENGTH_MAX + 1)

/** Share of null, never rounded to none. */
export const nullShare = (nulls: number, rows: number): string =>
  nulls === 0 ? "0 %" : nulls < rows * 0.001 ? "< 0.1 %" : `${((100 * nulls) / rows).toFixed(1)} %`

export const distributionCell = (column: CatalogColumn, rows: ReadonlyArray<Row>): Html => {
  const distribution = distributionOf(column, rows)
  switch (distribution.kind) {
    case "numbers": {
      const format = column.kind === "integer" ? String : valueText
      const words = `${format(distribution.min)} to ${format(distribution.max)}, median ${format(distribution.median)}`
      return html`${distribution.bins.length > 1 && bars(distribution.bins, `${column.name}: ${words}`)}<span class="small">${words}</span>`
    }
    case "times":
      return html`<span class="small">${time(distribution.first)} to ${time(distribution.last)}</span>`
    case "texts":
      return html`<span class="small">${distribution.distinct} different: ${distribution.top.map(
        ({ count, label }, index) => html`${index > 0 && ", "}${foreign(short(label))} (${count})`
      )}${distribution.distinct > distribution.top.length && " …"}</span>`
    case "mixed":
      return html`<span class="small">Units are mixed:</span>${distribution.kinds
        .slice(0, KINDS_NAMED)
        .map(
          ({ max, median, min, what }) =>
            html`<span class="small">${foreign(short(what))}: ${valueText(min)} to ${valueText(max)}, median ${valueText(median)}</span>`
        )}${distribution.kinds.length > KINDS_NAMED && html`<span class="small">and ${distribution.kinds.length - KINDS_NAMED} kinds more</span>`}`
    case "unknown units":
      return html`<span class="small">of ${distribution.sensors} sensors, each in its own unit</span>`
    case "names":
      return html`<span class="small">${whole(distribution.distinct)} different</span>`
    case "nothing":
      return html`<span class="quiet">–</span>`
  }
}
