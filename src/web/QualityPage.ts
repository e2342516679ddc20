/**
 * `/quality`: how good the data were, sensor by sensor and day by day in one dimension, and of one window every
 * check with what fails it, down to the rows.
 */

import type { QualityReport, QualityScores } from "../domain/Quality.js"
import { DIMENSIONS, type Dimension } from "../domain/QualityChecks.js"
import { MICROS_PER_DAY, type Micros, micros } from "../domain/Time.js"
import { type Html, html, query } from "./Html.js"
import { page, scrolling, time, whole } from "./Layout.js"
import { type ParameterProblem, parameterNotice } from "./Notices.js"
import { dateOf, dayHref, strip } from "./QualityStrip.js"
import { foreign, gradeOf, meter, scoreText } from "./Terms.js"

/** A day of the history. */
interface DayScores {
  readonly results: { readonly sensor_data: QualityScores }
  readonly sensors: ReadonlyArray<{ readonly sensor_id: number } & QualityScores>
}

export interface QualityView {
  readonly dimension: Dimension
  /** Oldest first; scores are undefined while they are being counted. */
  readonly days: ReadonlyArray<{ readonly day: Micros; readonly scores: DayScores | undefined }>
  /** The window whose checks are listed; undefined: it is being counted. */
  readonly report: QualityReport | undefined
  readonly sensorId: number | undefined
  readonly labels: ReadonlyMap<number, string>
  /** Parameters that can't be followed: no checks are listed then. */
  readonly problems?: ReadonlyArray<ParameterProblem>
}

/** Rows of the strip: the worst sensors. */
const SENSORS_SHOWN_MAX = 100

const tabs = ({ dimension }: QualityView): Html =>
  html`<nav class="tabs" aria-label="Dimensions">${DIMENSIONS.map(
    (one) =>
      html`<a href="/quality${query({ dimension: one })}"${one === dimension && html` aria-current="true"`}>${one}</a>`
  )}</nav>`

const sensorsOf = ({ days, dimension }: QualityView): ReadonlyArray<number> => {
  const worst = new Map<number, number>()
  for (const { scores } of days)
    for (const sensor of scores?.sensors ?? [])
      worst.set(sensor.sensor_id, Math.min(worst.get(sensor.sensor_id) ?? 101, sensor[dimension] ?? 101))
  return [...worst].sort((a, b) => a[1] - b[1] || a[0] - b[0]).map(([id]) => id)
}

const strips = (view: QualityView): Html => {
  const { days, dimension, labels } = view
  const ids = sensorsOf(view)
  const bySensor = days.map(({ scores }) => new Map(scores?.sensors.map((one) => [one.sensor_id, one])))
  const all = {
    label: html`<strong>All sensors</strong>`,
    name: "All sensors",
    scores: days.map(({ scores }) => scores?.results.sensor_data[dimension]),
    hrefs: days.map(({ day }) => dayHref(dimension, day))
  }
  const one = (id: number) => ({
    label: html`<a href="/sensors/${id}">${foreign(labels.get(id) ?? `Sensor ${id}`)}</a>`,
    name: labels.get(id) ?? `Sensor ${id}`,
    scores: days.map(({ scores }, index) =>
      scores === undefined ? undefined : (bySensor[index]?.get(id)?.[dimension] ?? null)
    ),
    hrefs: days.map(({ day }) => dayHref(dimension, day, id))
  })
  const [first, last] = [days[0]?.day, days.at(-1)?.day]
  return html`<p class="quiet">${first !== undefined && last !== undefined && html`${time(dateOf(first))} to ${time(dateOf(last))}. A cell opens its checks. Cut off: the last ${days.length} days; <a href="/data/data-quality/history/?interval=1d">up to 400 days as JSON</a>.`}</p>
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
  /** Where the rows that fail it are listed. */
  readonly link: string
}

const checksOf = (details: QualityReport["details"]): ReadonlyArray<Check> =>
  DIMENSIONS.flatMap((dimension) => details[dimension].checks.map((check) => ({ dimension, ...check })))

const failing = ({ denominator, numerator }: Check) => denominator - numerator

const checkRow = (check: Check): Html => html`<tr>
<th scope="row"><code>${check.name}</code><span class="small quiet">${check.dimension}</span></th>
<td class="number"><span class="grade ${gradeOf(check.score)}">${scoreText(check.score)}</span></td>
<td class="number">${whole(failing(check))} of ${whole(check.denominator)}</td>
<td class="why">${check.description}</td>
<td>${failing(check) > 0 ? html`<a href="${check.link}">Rows<span class="unseen"> that ${check.name} finds</span></a>` : html`<span class="quiet">–</span>`}</td>
</tr>`

const checkTable = (label: string, checks: ReadonlyArray<Check>): Html =>
  scrolling(
    label,
    html`<table class="checks"><thead><tr><th scope="col">Check</th><th scope="col" class="number">Score</th><th scope="col" class="number">Failing</th><th scope="col">What is looked at</th><th scope="col">See</th></tr></thead>
<tbody>${checks.map(checkRow)}</tbody></table>`
  )

const plotLink = (sensor: number | undefined, { end_time: end, start_time: start }: QualityReport) =>
  sensor !== undefined &&
  html` · <a href="/explore${query({ sensor, range: "custom", start, end })}">Plot</a>`

const checks = (view: QualityView): Html => {
  const { report } = view
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
  )}">JSON</a>${plotLink(view.sensorId, report)}</p>
<dl class="scores">${DIMENSIONS.map(
    (dimension) =>
      html`<div><dt>${dimension}</dt><dd>${scoreText(report.results.sensor_data[dimension])}${meter(report.results.sensor_data[dimension])}</dd></div>`
  )}</dl>
<h3>Failing</h3>
${wrong.length === 0 ? html`<p class="empty">Nothing fails in this window.</p>` : checkTable("Failing checks", wrong)}
<details><summary>${right.length} checks that nothing fails</summary>${checkTable("Other checks", right)}</details></section>`
}

/** GET /quality */
export const renderQuality = (view: QualityView): string =>
  page({
    title: "Quality",
    path: "/quality",
    body: html`${parameterNotice(view.problems)}
<div class="title"><h1>Quality</h1><p class="links"><a href="/data/data-quality/">JSON</a></p></div>
<p class="lead">Of 100 things looked at, how many were right: a day a cell, the worst sensors first.</p>
${tabs(view)}
<div id="strips" data-renew="6">${strips(view)}</div>
${(view.problems ?? []).length === 0 && checks(view)}`
  })

/** The whole day that a cell stands for. */
export const dayWindow = (day: Micros) => ({ start: day, end: micros(day + MICROS_PER_DAY) })
