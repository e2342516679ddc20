/** The rows that one check of a window finds, a page at a time: each with its reason, and the way to the reading. */
import type { Finding } from "../../domain/quality/QualityFinders.js"
import { formatTime, MICROS_PER_MINUTE, micros } from "../../domain/Time.js"
import { valueText, whole } from "../core/Figures.js"
import { type Html, html, query } from "../core/Html.js"
import { scrolling, timeOf } from "../core/Layout.js"
import { ZONE_NAME } from "../core/PageZone.js"
import { duration, foreign } from "../core/Terms.js"

export interface FailingRow extends Omit<Finding, "count"> {
  /** Null: a rejected message, which belongs to no sensor. */
  readonly sensorId: number | null
}

export interface FailingRows {
  readonly check: string
  /** Undefined: they are not found yet. */
  readonly rows: ReadonlyArray<FailingRow> | undefined
  readonly more: boolean
  readonly skip: number
  readonly limit: number
  /** The same from the API. */
  readonly api: string
  /** The page with these rows, from the row after so many on. */
  readonly hrefAt: (skip: number) => string
}

/** What of a plot is shown before and after a row. */
const AROUND = 15 * MICROS_PER_MINUTE

const plotHref = (sensor: number, { at, until }: FailingRow): string =>
  `/explore${query({
    sensor,
    range: "custom",
    start: formatTime(micros(Math.max(0, at - AROUND))),
    end: formatTime(micros((until ?? at) + AROUND))
  })}`

const ways = (row: FailingRow): Html =>
  row.sensorId === null
    ? html`<a href="/operations">Rejected messages</a>`
    : html`<a href="${plotHref(row.sensorId, row)}">Plot</a>${row.readingId !== null && html` · <a href="/data/${row.readingId}/history">Reading ${row.readingId}</a>`}`

const tableRow = (row: FailingRow, labels: ReadonlyMap<number, string>): Html => {
  const { at, reason, sensorId, until, value } = row
  return html`<tr><td>${timeOf(at)}${until !== null && html` <span class="quiet">for ${duration(until - at)}</span>`}</td>
<td class="who">${sensorId === null ? html`<span class="quiet">–</span>` : html`<a href="/sensors/${sensorId}">${foreign(labels.get(sensorId) ?? `Sensor ${sensorId}`)}</a>`}</td>
<td class="number">${value === null ? "–" : valueText(value)}</td><td class="why">${foreign(reason)}</td><td>${ways(row)}</td></tr>`
}

const table = (check: string, rows: ReadonlyArray<FailingRow>, labels: ReadonlyMap<number, string>): Html =>
  scrolling(
    `Rows that ${check} finds`,
    html`<table class="failing"><thead><tr><th scope="col">Time, ${ZONE_NAME}</th><th scope="col">Sensor</th><th scope="col" class="number">Value</th><th scope="col">Why</th><th scope="col">See</th></tr></thead>
<tbody>${rows.map((row) => tableRow(row, labels))}</tbody></table>`
  )

const paging = ({ hrefAt, limit, more, skip }: FailingRows, count: number): Html | false =>
  (more || skip > 0) &&
  html`<nav class="paging" aria-label="Pages of rows">
${skip > 0 ? html`<a rel="prev" href="${hrefAt(Math.max(0, skip - limit))}">← Previous</a>` : html`<span class="quiet">← Previous</span>`}
<span>${count === 0 ? "none" : `${whole(skip + 1)}–${whole(skip + count)}`}</span>
${more ? html`<a rel="next" href="${hrefAt(skip + limit)}">Next →</a>` : html`<span class="quiet">Next →</span>`}
</nav>`

export const failingRows = (failures: FailingRows, labels: ReadonlyMap<number, string>): Html => {
  const { api, check, rows } = failures
  return html`<section id="rows"><h2>Rows that <code>${check}</code> finds</h2>
<p><a href="${api}">JSON</a></p>
${
  rows === undefined
    ? html`<p class="note" data-pending>They are still being looked for: load the page again in a moment.</p>`
    : rows.length === 0
      ? html`<p class="empty">None in this window.</p>`
      : table(check, rows, labels)
}${rows !== undefined && paging(failures, rows.length)}</section>`
}
