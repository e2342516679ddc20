/** How a column's values are spread, as far as some of its rows show. */
import type { CatalogColumn } from "../../domain/Catalog.js"
import { type Html, html } from "../Html.js"
import { measured, time } from "../Layout.js"
import { type Bar, bars } from "../plot/PlotSvg.js"
import { foreign } from "../Terms.js"

export type Row = Readonly<Record<string, unknown>>

const BINS = 16
/** Texts that are named. */
const TEXTS_NAMED = 3
/** Longest text that is named, in characters. */
const TEXT_LENGTH_MAX = 24

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
  | { readonly kind: "nothing"; readonly nulls: number }

const binsOf = (sorted: ReadonlyArray<number>, min: number, max: number): ReadonlyArray<Bar> => {
  if (max <= min) return [{ label: measured(min), count: sorted.length }]
  const width = (max - min) / BINS
  const counts = new Array<number>(BINS).fill(0)
  for (const value of sorted) {
    const bin = Math.min(BINS - 1, Math.floor((value - min) / width))
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  return counts.map((count, bin) => ({
    label: `${measured(min + bin * width)} to ${measured(min + (bin + 1) * width)}`,
    count
  }))
}

/** What these rows show of a column. */
export const distributionOf = (column: CatalogColumn, rows: ReadonlyArray<Row>): Distribution => {
  const values = rows.map((row) => row[column.name]).filter((value) => value !== null && value !== undefined)
  const nulls = rows.length - values.length
  if (values.length === 0 || column.kind === "binary" || column.kind === "json")
    return { kind: "nothing", nulls }
  if (column.kind === "integer" || column.kind === "number") {
    const sorted = values.map(Number).sort((a, b) => a - b)
    const [min = 0] = sorted
    const max = sorted.at(-1) ?? 0
    const middle = sorted.length / 2
    const median =
      sorted.length % 2 === 1
        ? (sorted[Math.floor(middle)] ?? 0)
        : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
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

const short = (text: string): string => {
  const characters = [...text]
  return characters.length > TEXT_LENGTH_MAX ? `${characters.slice(0, TEXT_LENGTH_MAX).join("")}…` : text
}

/** Share of null, never rounded to none. */
export const nullShare = (nulls: number, rows: number): string =>
  nulls === 0 ? "0 %" : nulls < rows * 0.001 ? "< 0.1 %" : `${((100 * nulls) / rows).toFixed(1)} %`

/** The spread of a column in a cell. */
export const distributionCell = (column: CatalogColumn, rows: ReadonlyArray<Row>): Html => {
  const found = distributionOf(column, rows)
  switch (found.kind) {
    case "numbers": {
      const shown = column.kind === "integer" ? String : measured
      const words = `${shown(found.min)} to ${shown(found.max)}, median ${shown(found.median)}`
      return html`${found.bins.length > 1 && bars(found.bins, `${column.name}: ${words}`)}<span class="small">${words}</span>`
    }
    case "times":
      return html`<span class="small">${time(found.first)} to ${time(found.last)}</span>`
    case "texts":
      return html`<span class="small">${found.distinct} different: ${found.top.map(
        ({ count, label }, index) => html`${index > 0 && ", "}${foreign(short(label))} (${count})`
      )}${found.distinct > found.top.length && " …"}</span>`
    case "nothing":
      return html`<span class="quiet">–</span>`
  }
}
