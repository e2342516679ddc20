/** Every check of a window, what fails it first, each with its figure and the way to the rows. */

import { DIMENSIONS } from "../../domain/quality/QualityChecks.js"
import type { QualityReport, QualityScores } from "../../domain/quality/QualityReport.js"
import { MICROS_PER_SECOND } from "../../domain/Time.js"
import { spanText, whole } from "../core/Figures.js"
import { type Html, html, query } from "../core/Html.js"
import { scrolling, time } from "../core/Layout.js"
import { foreign, gradeOf, meter, scoreText } from "../core/Terms.js"

export interface ChecksView {
  /** Undefined: it is being counted. */
  readonly report: QualityReport | undefined
  readonly sensorId: number | undefined
  readonly labels: ReadonlyMap<number, string>
  /** The page with the rows that a check finds. */
  readonly rowsHref: (check: string) => string
}

interface Check {
  /** What it looks at. */
  readonly of: string
  readonly dimension: string
  readonly name: string
  readonly description: string
  readonly score: number | null
  readonly numerator: number
  readonly denominator: number
}

const checksOf = (of: string, details: QualityReport["details"]): ReadonlyArray<Check> =>
  DIMENSIONS.flatMap((dimension) => details[dimension].checks.map((check) => ({ of, dimension, ...check })))

const failing = ({ denominator, numerator }: Check) => denominator - numerator

/** Of one sensor alone: what it is that fails, and where it is mended. */
const reasonOf = ({ name }: Check, { report, sensorId }: ChecksView): Html | false => {
  const own = report?.sensors.find((sensor) => sensor.sensor_id === sensorId)
  const reason = own?.failing.find(({ check }) => check === name)?.reason ?? null
  return reason !== null && html`<strong>Why: <a href="/sensors/${sensorId ?? 0}">${reason}</a>.</strong> `
}

const checkRow = (check: Check, view: ChecksView): Html => html`<tr>
<th scope="row"><code>${check.name}</code><span class="small quiet">${check.dimension} of the ${check.of}</span></th>
<td class="number"><span class="grade ${gradeOf(check.score)}">${scoreText(check.score)}</span></td>
<td class="number">${whole(failing(check))} of ${whole(check.denominator)}</td>
<td>${failing(check) > 0 ? html`<a href="${view.rowsHref(check.name)}">Rows<span class="unseen"> that ${check.name} finds</span></a>` : html`<span class="quiet">–</span>`}</td>
<td class="why">${reasonOf(check, view)}${check.description}</td>
</tr>`

const checkTable = (label: string, checks: ReadonlyArray<Check>, view: ChecksView): Html =>
  scrolling(
    label,
    html`<table class="checks"><thead><tr><th scope="col">Check</th><th scope="col" class="number">Score</th><th scope="col" class="number">Failing</th><th scope="col">See</th><th scope="col">What is looked at</th></tr></thead>
<tbody>${checks.map((check) => checkRow(check, view))}</tbody></table>`
  )

const folded = (summary: string, checks: ReadonlyArray<Check>, view: ChecksView): Html | false =>
  checks.length > 0 &&
  html`<details><summary>${summary}</summary>${checkTable(summary, checks, view)}</details>`

const counted = ({ length }: ReadonlyArray<Check>, that: string): string =>
  `${length} ${length === 1 ? "check" : "checks"} that ${that}`

const scores = (title: string, of: QualityScores): Html =>
  html`<h3>${title}</h3><dl class="scores">${DIMENSIONS.map(
    (dimension) =>
      html`<div><dt>${dimension}</dt><dd>${scoreText(of[dimension])}${meter(of[dimension])}</dd></div>`
  )}</dl>`

const plotLink = (sensor: number | undefined, { end_time: end, start_time: start }: QualityReport) =>
  sensor !== undefined &&
  html` · <a href="/explore${query({ sensor, range: "custom", start, end })}">Plot</a>`

const NAMED_MAX = 20

/** Some sensors by their names, each with what is said of it. */
const named = <A extends { readonly sensor_id: number }>(
  sensors: ReadonlyArray<A>,
  labels: ChecksView["labels"],
  words: (sensor: A) => Html
): Html =>
  html`${sensors
    .slice(0, NAMED_MAX)
    .map(
      (sensor, index) =>
        html`${index > 0 && ", "}<a href="/sensors/${sensor.sensor_id}">${foreign(labels.get(sensor.sensor_id) ?? `Sensor ${sensor.sensor_id}`)}</a> (${words(sensor)})`
    )}${sensors.length > NAMED_MAX && html`, and ${whole(sensors.length - NAMED_MAX)} more`}`

const goneSensors = ({ gone }: QualityReport, labels: ChecksView["labels"]): Html | false =>
  gone.length > 0 &&
  html`<p class="note">Nothing is expected any more of ${named(gone, labels, ({ gone_since }) => html`gone since ${time(gone_since)}`)}.</p>`

const downSensors = ({ downtime }: QualityReport, labels: ChecksView["labels"]): Html | false =>
  downtime.length > 0 &&
  html`<p class="note">Completeness leaves out <a href="/alerts/#downtime">planned downtime</a> of ${named(downtime, labels, ({ seconds }) => html`${spanText(seconds * MICROS_PER_SECOND)}`)}.</p>`

const listed = (report: QualityReport, view: ChecksView): Html => {
  const list = [...checksOf("readings", report.details), ...checksOf("aggregates", report.aggregated_details)]
  const wrong = list.filter((check) => failing(check) > 0).sort((a, b) => (a.score ?? 100) - (b.score ?? 100))
  const right = list.filter((check) => check.denominator > 0 && failing(check) === 0)
  const idle = list.filter(({ denominator }) => denominator === 0)
  const nothing =
    right.length === 0 ? "There is nothing to look at in this window." : "Nothing fails in this window."
  return html`<h3>Failing</h3>
${wrong.length === 0 ? html`<p class="empty">${nothing}</p>` : checkTable("Failing checks", wrong, view)}
${folded(counted(right, "nothing fails"), right, view)}
${folded(counted(idle, "had nothing to look at"), idle, view)}`
}

export const checks = (view: ChecksView): Html => {
  const { labels, report, sensorId } = view
  if (report === undefined)
    return html`<section id="checks" data-renew="6"><h2>Checks</h2><p class="note" data-pending>They are still being counted: load the page again in a moment.</p></section>`
  const { end_time, position, results, start_time } = report
  const who =
    sensorId === undefined
      ? "all sensors"
      : html`<a href="/sensors/${sensorId}">${foreign(labels.get(sensorId) ?? `sensor ${sensorId}`)}</a>`
  const api = `/data/data-quality/${query({ start_time, end_time, sensor_id: sensorId })}`
  return html`<section id="checks" data-renew="20"><h2>Checks</h2>
<p>Of ${who}, ${time(start_time)} to ${time(end_time)}, as of position ${whole(position)}. <a href="${api}">JSON</a>${plotLink(sensorId, report)}</p>
${goneSensors(report, labels)}
${downSensors(report, labels)}
${scores("Readings", results.sensor_data)}
${scores("Aggregates", results.aggregated_sensor_data)}
${listed(report, view)}</section>`
}
