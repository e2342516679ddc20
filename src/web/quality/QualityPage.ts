/**
 * `/quality`: how good the data were, sensor by sensor and day by day in one dimension, and of one window every
 * check with what fails it, down to the rows.
 */

import type { ParameterProblem } from "../../api/core/PageProblem.js"
import { DIMENSIONS, type Dimension } from "../../domain/quality/QualityChecks.js"
import type { QualityReport, QualityScores } from "../../domain/quality/QualityReport.js"
import { formatTime, MICROS_PER_DAY, type Micros, micros } from "../../domain/Time.js"
import { whole } from "../core/Figures.js"
import { type Html, html, query } from "../core/Html.js"
import { page, time } from "../core/Layout.js"
import { parameterNotice } from "../core/Notices.js"
import { foreign, hasWords } from "../core/Terms.js"
import { checks } from "./CheckList.js"
import { type FailingRows, failingRows } from "./FailureRows.js"
import { dateOf, dayHref, strip } from "./QualityStrip.js"

interface DayScores {
  readonly results: { readonly sensor_data: QualityScores }
  readonly sensors: ReadonlyArray<{ readonly sensor_id: number } & QualityScores>
}

export interface QualityView {
  readonly dimension: Dimension
  /** Oldest first; scores are undefined while they are being counted. */
  readonly days: ReadonlyArray<{ readonly day: Micros; readonly scores: DayScores | undefined }>
  /** The day whose checks are listed. */
  readonly day: Micros
  /** Of that day; undefined: it is being counted. */
  readonly report: QualityReport | undefined
  readonly sensorId: number | undefined
  /** The check whose rows are shown, a page of them; `rows` are undefined while they are looked for. */
  readonly failures?: Omit<FailingRows, "api" | "hrefAt">
  readonly labels: ReadonlyMap<number, string>
  /** Words that the listed sensors have; absent: all are. */
  readonly find?: string
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

const sensorsOf = ({ days, dimension, find = "", labels }: QualityView): ReadonlyArray<number> => {
  const worst = new Map<number, number>()
  for (const { scores } of days)
    for (const sensor of scores?.sensors ?? [])
      worst.set(sensor.sensor_id, Math.min(worst.get(sensor.sensor_id) ?? 101, sensor[dimension] ?? 101))
  return [...worst]
    .filter(([id]) => hasWords(find, [labels.get(id) ?? null]) || String(id) === find.trim())
    .sort((a, b) => a[1] - b[1] || a[0] - b[0])
    .map(([id]) => id)
}

/** Other days than those of the strip: the ones before it, the ones behind, or any. */
const choice = ({ day, days, dimension, find = "", sensorId }: QualityView): Html => {
  const [first = day, last = day] = [days[0]?.day, days.at(-1)?.day]
  const to = (there: number) => dayHref(dimension, micros(there), sensorId)
  const step = days.length * MICROS_PER_DAY
  return html`<form class="choice" action="/quality" method="get"><p class="quiet">${time(dateOf(first))} to ${time(dateOf(last))}. Days are those of UTC. A cell opens its checks.
${first > 0 && html`<a href="${to(Math.max(0, first - MICROS_PER_DAY))}">← Earlier</a>`} <a href="${to(last + step)}">Later →</a></p>
<input type="hidden" name="dimension" value="${dimension}">${sensorId !== undefined && html`<input type="hidden" name="sensor_id" value="${sensorId}">`}
<label>Sensor <input type="search" name="find" value="${find}" placeholder="Name or number" autocomplete="off"></label> <label>Day, UTC <input type="date" name="day" value="${dateOf(day)}" min="1970-01-01"></label> <button type="submit">Show</button>
<a href="/data/data-quality/history/?interval=1d">Up to 400 days as JSON</a></form>`
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
  return html`${strip(
    `${dimension} by sensor and day, in percent`,
    days.map(({ day }) => day),
    [all, ...ids.slice(0, SENSORS_SHOWN_MAX).map(one)]
  )}
${ids.length > SENSORS_SHOWN_MAX && html`<p class="quiet">The worst ${SENSORS_SHOWN_MAX} of ${whole(ids.length)} sensors: others are found by their name or number above.</p>`}
${ids.length === 0 && view.find !== undefined && html`<p class="quiet">No sensor with readings on these days has <strong>${foreign(view.find)}</strong>.</p>`}
<p class="key"><span class="cell good">≥ 99</span> <span class="cell fair">≥ 90</span> <span class="cell poor">below</span> <span class="cell none">– nothing to count</span></p>`
}

const windowOf = (view: QualityView): Html => {
  const { day, dimension, failures, labels, report, sensorId } = view
  const rowsHref = (check: string, skip?: number) =>
    `/quality${query({ dimension, day: dateOf(day), sensor_id: sensorId, check, skip })}#rows`
  const { end, start } = dayWindow(day)
  const [start_time, end_time] = [formatTime(start), formatTime(end)]
  return html`${checks({ report, sensorId, labels, rowsHref })}
${
  failures !== undefined &&
  failingRows(
    {
      ...failures,
      api: `/data/data-quality/failures/${query({ check: failures.check, start_time, end_time, sensor_id: sensorId })}`,
      hrefAt: (skip) => rowsHref(failures.check, skip)
    },
    labels
  )
}`
}

/** GET /quality */
export const renderQuality = (view: QualityView): string =>
  page({
    title: "Quality",
    path: "/quality",
    body: html`${parameterNotice(view.problems)}
<div class="title"><h1>Quality</h1><p class="links"><a href="/data/data-quality/">JSON</a></p></div>
<p class="lead">Each cell is one day of UTC: the percentage of what was checked that was right. The worst sensors come first.</p>
${tabs(view)}
${choice(view)}
<div id="strips" data-renew="6">${strips(view)}</div>
${(view.problems ?? []).length === 0 && windowOf(view)}`
  })

/** The whole day that a cell stands for. */
export const dayWindow = (day: Micros) => ({ start: day, end: micros(day + MICROS_PER_DAY) })
