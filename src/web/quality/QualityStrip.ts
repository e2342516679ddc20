/** Scores day by day, as a strip of cells: each with its figure, so that no colour tells it alone. */
import { formatTime, type Micros } from "../../domain/Time.js"
import { type Html, html, query } from "../core/Html.js"
import { scrolling } from "../core/Layout.js"
import { gradeOf } from "../core/Terms.js"

export interface StripRow {
  readonly label: Html
  /** For who can't see the row's head. */
  readonly name: string
  /** A score a day; null: nothing was looked at; undefined: not counted yet. */
  readonly scores: ReadonlyArray<number | null | undefined>
  /** Where a day's cell leads. */
  readonly hrefs: ReadonlyArray<string>
}

export const dateOf = (day: Micros): string => formatTime(day).slice(0, 10)

/** Where a day's checks are. */
export const dayHref = (dimension: string, day: Micros, sensor_id?: number): string =>
  `/quality${query({ dimension, day: dateOf(day), sensor_id })}`

const cellText = (score: number | null | undefined): string =>
  score === undefined
    ? "…"
    : score === null
      ? "–"
      : score === 100
        ? "100"
        : Math.min(99.9, score).toFixed(score >= 99 ? 1 : 0)

const cell = (row: StripRow, index: number, day: string): Html => {
  const score = row.scores[index]
  const grade = gradeOf(score ?? null)
  const text = cellText(score)
  const scoreText =
    score === undefined ? "not counted yet" : score === null ? "nothing to count" : `${text} percent`
  return html`<td class="cell ${grade}"><a href="${row.hrefs[index] ?? ""}" aria-label="${row.name}, ${day}: ${scoreText}">${text}</a></td>`
}

export const strip = (label: string, days: ReadonlyArray<Micros>, rows: ReadonlyArray<StripRow>): Html => {
  const dates = days.map(dateOf)
  const pending = rows.some(({ scores }) => scores.includes(undefined))
  return html`${scrolling(
    label,
    html`<table class="strip"><caption class="unseen">${label}</caption><thead><tr><th scope="col">${""}<span class="unseen">What</span></th>${dates.map(
      (date) => html`<th scope="col"><time datetime="${date}">${date.slice(5)}</time></th>`
    )}</tr></thead><tbody>${rows.map(
      (row) =>
        html`<tr><th scope="row">${row.label}</th>${days.map((_, index) => cell(row, index, dates[index] ?? ""))}</tr>`
    )}</tbody></table>`
  )}${pending && html`<p class="note" data-pending>Days with … are still being counted: they are there when the page is loaded again.</p>`}`
}
