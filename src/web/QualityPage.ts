/**
 * `/quality`: how good the data were, sensor by sensor and day by day in one dimension, and of one window every
 * check with what fails it, down to the rows.
 */

import type { QualityReport } from "../domain/Quality.js"
import { DIMENSIONS, type Dimension } from "../domain/QualityChecks.js"
import { formatTime, MICROS_PER_DAY, type Micros, micros } from "../domain/Time.js"
import { type Html, html, query } from "./Html.js"
import { page, scrolling, time, whole } from "./Layout.js"
import { strip } from "./QualityStrip.js"
import { foreign, gradeOf, meter, scoreText } from "./Terms.js"

export interface QualityView {
  readonly dimension: Dimension
  /** Oldest first; a report is undefined while it is being counted. */
  readonly days: ReadonlyArray<{ readonly day: Micros; readonly report: QualityReport | undefined }>
  /** The window whose checks are listed; undefined: it is being counted. */
  readonly report: QualityReport | undefined
  readonly sensorId: number | undefined
  readonly labels: ReadonlyMap<number, string>
  /** Rows that a check fails, for who wants to see them: by the check's name. */
  readonly rows: ReadonlyMap<string, string>
}

/** Rows of the strip: the worst sensors. */
const SENSORS_SHOWN_MAX = 100

const href = (parameters: { dimension?: string; day?: number; sensor_id?: number | undefined }) =>
  `/quality${query(parameters)}`

const tabs = ({ dimension }: QualityView): Html =>
  html`<nav class="tabs" aria-label="Dimensions">${DIMENSIONS.map(
    (one) =>
      html`<a href="${href({ dimension: one })}"${one === dimension && html` aria-current="true"`}>${one}</a>`
  )}</nav>`

const sensorsOf = ({ days, dimension }: QualityView): ReadonlyArray<number> => {
  const worst = new Map<number, number>()
  for (const { report } of days)
    for (const sensor of report?.sensors ?? [])
      worst.set(sensor.sensor_id, Math.min(worst.get(sensor.sensor_id) ?? 101, sensor[dimension] ?? 101))
  return [...worst].sort((a, b) => a[1] - b[1] || a[0] - b[0]).map(([id]) => id)
}

const strips = (view: QualityView): Html => {
  const { days, dimension, labels } = view
  const ids = sensorsOf(view)
  const reports = days.map(({ report }) => new Map(report?.sensors.map((one) => [one.sensor_id, one])))
  const all = {
    label: html`<strong>All sensors</strong>`,
    name: "All sensors",
    scores: days.map(({ report }) => report?.results.sensor_data[dimension]),
    hrefs: days.map(({ day }) => href({ dimension, day }))
  }
  const one = (id: number) => ({
    label: html`<a href="/sensors/${id}">${foreign(labels.get(id) ?? `Sensor ${id}`)}</a>`,
    name: labels.get(id) ?? `Sensor ${id}`,
    scores: days.map(({ report }, index) =>
      report === undefined ? undefined : (reports[index]?.get(id)?.[dimension] ?? null)
    ),
    hrefs: days.map(({ day }) => href({ dimension, day, sensor_id: id }))
  })
  const [first, last] = [days[0]?.day, days.at(-1)?.day]
  return html`<p class="quiet">${first !== undefined && last !== undefined && html`${time(formatTime(first).slice(0, 10))} to ${time(formatTime(last).slice(0, 10))}. A cell opens its checks.`}</p>
${strip(
  `${dimension} by sensor and day, in percent`,
  days.map(({ day }) => day),
  [all, ...ids.slice(0, SENSORS_SHOWN_MAX).map(one)]
)}
${ids.length > SENSORS_SHOWN_MAX && html`<p class="quiet">The worst ${SENSORS_SHOWN_MAX} of ${whole(ids.length)} sensors.</p>`}
<p class="key"><span class="cell good">≥ 99</span> <span class="cell fair">≥ 90</span> <span class="cell poor">below</span> <span class="cell none">– nothing to count</span></p>`
}

interface Check {
  readonly dimension: string
  readonly name: string
  readonly description: string
  readonly score: number | null
  readonly numerator: number
  readonly denominator: number
}

const checksOf = (details: QualityReport["details"]): ReadonlyArray<Check> =>
  DIMENSIONS.flatMap((dimension) => details[dimension].checks.map((check) => ({ dimension, ...check })))

const failing = ({ denominator, numerator }: Check) => denominator - numerator

const checkRow = (check: Check, rows: string | undefined): Html => html`<tr>
<th scope="row"><code>${check.name}</code><span class="small quiet">${check.dimension}</span></th>
<td class="number"><span class="grade ${gradeOf(check.score)}">${scoreText(check.score)}</span></td>
<td class="number">${whole(failing(check))} of ${whole(check.denominator)}</td>
<td class="why">${check.description}</td>
<td>${failing(check) > 0 && rows !== undefined ? html`<a href="${rows}">Rows<span class="unseen"> that ${check.name} finds</span></a>` : html`<span class="quiet">–</span>`}</td>
</tr>`

const checkTable = (label: string, checks: ReadonlyArray<Check>, rows: QualityView["rows"]): Html =>
  scrolling(
    label,
    html`<table class="checks"><thead><tr><th scope="col">Check</th><th scope="col" class="number">Score</th><th scope="col" class="number">Failing</th><th scope="col">What is looked at</th><th scope="col">See</th></tr></thead>
<tbody>${checks.map((check) => checkRow(check, rows.get(check.name)))}</tbody></table>`
  )

const checks = (view: QualityView): Html => {
  const { report, rows } = view
  if (report === undefined)
    return html`<section id="checks" data-renew="6"><h2>Checks</h2><p class="note" data-pending>They are still being counted: load the page again in a moment.</p></section>`
  const list = [...checksOf(report.details), ...checksOf(report.aggregated_details)]
  const wrong = list.filter((check) => failing(check) > 0).sort((a, b) => (a.score ?? 100) - (b.score ?? 100))
  const right = list.filter((check) => failing(check) === 0)
  const who =
    view.sensorId === undefined
      ? "all sensors"
      : html`<a href="/sensors/${view.sensorId}">${foreign(view.labels.get(view.sensorId) ?? `sensor ${view.sensorId}`)}</a>`
  return html`<section id="checks" data-renew="20"><h2>Checks</h2>
<p>Of ${who}, ${time(report.start_time)} to ${time(report.end_time)}, as of position ${whole(report.position)}. <a href="/data/data-quality/${query(
    {
      start_time: report.start_time,
      end_time: report.end_time,
      sensor_id: view.sensorId
    }
  )}">JSON</a></p>
<dl class="scores">${DIMENSIONS.map(
    (dimension) =>
      html`<div><dt>${dimension}</dt><dd>${scoreText(report.results.sensor_data[dimension])}${meter(report.results.sensor_data[dimension])}</dd></div>`
  )}</dl>
<h3>Failing</h3>
${wrong.length === 0 ? html`<p class="empty">Nothing fails in this window.</p>` : checkTable("Failing checks", wrong, rows)}
<details><summary>${right.length} checks that nothing fails</summary>${checkTable("Other checks", right, rows)}</details></section>`
}

/** GET /quality */
export const renderQuality = (view: QualityView): string =>
  page({
    title: "Quality",
    path: "/quality",
    body: html`
<div class="title"><h1>Quality</h1><p class="links"><a href="/data/data-quality/">JSON</a></p></div>
<p class="lead">Of 100 things looked at, how many were right: a day a cell, the worst sensors first.</p>
${tabs(view)}
<div id="strips" data-renew="6">${strips(view)}</div>
${checks(view)}`
  })

/** The whole day that a cell stands for. */
export const dayWindow = (day: Micros) => ({ start: day, end: micros(day + MICROS_PER_DAY) })

/** Where rows of a window are to be seen, for checks that name none of their own. */
export const rowLinks = (
  { end, start }: { readonly start: Micros; readonly end: Micros },
  sensorId: number | undefined
): ReadonlyMap<string, string> => {
  const window = { start_time: formatTime(start), end_time: formatTime(end) }
  const readings = `/data/range/${query({ sensor_id: sensorId, ...window })}`
  const minutes = `/aggregated_data/range/${query({ sensor_id: sensorId, ...window })}`
  const plot =
    sensorId === undefined
      ? readings
      : `/explore${query({ sensor: sensorId, range: "custom", start: window.start_time, end: window.end_time })}`
  const changed = sensorId === undefined ? readings : `/sensors/${sensorId}#corrections`
  return new Map([
    ...["received", "in_range", "plausible"].map((name) => [name, plot] as const),
    ...["minutes_match", "recorded_in_time", "one_value_a_time", "described", "version_exists"].map(
      (name) => [name, readings] as const
    ),
    ["accepted", "/operations#rejected"],
    ["unamended", changed],
    ["amendments_attached", changed],
    ...[
      "minutes_present",
      "minutes_in_range",
      "minutes_plausible",
      "minutes_agree",
      "minutes_coherent",
      "readings_folded",
      "one_row_a_minute",
      "minutes_described"
    ].map((name) => [name, minutes] as const)
  ])
}
