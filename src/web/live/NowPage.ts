/**
 * The start page: is data arriving, is it fresh, can it be trusted, and where to go from here.
 */

import { DIMENSIONS } from "../../domain/quality/QualityChecks.js"
import type { QualityScores } from "../../domain/quality/QualityReport.js"
import { formatTime, MICROS_PER_MILLI, MICROS_PER_MINUTE, type Micros } from "../../domain/Time.js"
import { unitSymbol } from "../../domain/Unit.js"
import { age, valueText, whole } from "../core/Figures.js"
import { type Html, html } from "../core/Html.js"
import { CATALOG_PATH, dateAt, page, scrolling, timeOf } from "../core/Layout.js"
import { foreign, gradeOf, meter, scoreText, sensorLabel } from "../core/Terms.js"
import { sparkline } from "../plot/PlotSvg.js"
import { type Condition, conditionOf, RANK } from "../sensors/SensorCondition.js"

/** How often a browser without scripts loads the page again, s. */
const REFRESH = 10
/** How often what does not come by the live stream is looked at again, s. */
const RENEWED = 10
export interface NowSensor {
  readonly id: number
  readonly name: string | null
  readonly type: string | null
  readonly description: string | null
  readonly unit: string | null
  readonly intervalMs: number | null
  readonly retired: boolean
  /** How its simulated actor does; null for a real device. */
  readonly state: "running" | "restarting" | "parked" | null
  readonly last: { readonly value: number; readonly occurredAt: Micros } | null
  /** The means of its last minutes; empty: nobody asked. */
  readonly recent?: ReadonlyArray<readonly [at: number, value: number]>
  /** Its worst dimension in the last hour; null: nothing was looked at. */
  readonly worst?: { readonly dimension: string; readonly score: number } | null
}

export interface NowView {
  readonly now: Micros
  /** The sensors to list; `sensorsTotal` says how many there are. */
  readonly sensors: ReadonlyArray<NowSensor>
  readonly sensorsTotal: number
  /** Readings in force, and messages rejected; null where nobody counted. */
  readonly readings: number | null
  readonly rejected: number | null
  /** Readings that the log took in a minute, lately; null: not known yet. */
  readonly perMinute?: number | null
  /** Scores of the last minutes or hours; null where nobody asked. */
  readonly quality: QualityScores | null
  /** Why not all is well; null when it is. */
  readonly trouble: string | null
}

const condition = (sensor: NowSensor, now: Micros): Condition =>
  conditionOf({ ...sensor, lastAt: sensor.last?.occurredAt ?? null }, now)

/** Worst first; alike: by the worst score, then by number. */
export const worstFirst = (sensors: ReadonlyArray<NowSensor>, now: Micros): ReadonlyArray<NowSensor> =>
  [...sensors].sort(
    (a, b) =>
      RANK[condition(a, now)] - RANK[condition(b, now)] ||
      Math.floor(a.worst?.score ?? 101) - Math.floor(b.worst?.score ?? 101) ||
      a.id - b.id
  )

const quality = ({ worst }: NowSensor): Html =>
  worst === null || worst === undefined
    ? html`<span class="quiet">–</span>`
    : worst.score === 100
      ? html`<span class="grade good">100 %</span>`
      : html`<span class="grade ${gradeOf(worst.score)}">${scoreText(worst.score)}</span> <span class="quiet">${worst.dimension}</span>`

const sensorRow = (sensor: NowSensor, now: Micros): Html => {
  const state = condition(sensor, now)
  const label = sensorLabel(sensor)
  const { last, recent = [] } = sensor
  return html`<tr data-sensor="${sensor.id}">
<th scope="row"><a class="sensor" href="/sensors/${sensor.id}">${foreign(label)}</a>
<span class="quiet">${sensor.name !== null && sensor.description !== null && html`${foreign(sensor.name)} · `}${sensor.id}</span></th>
<td><span class="state ${state}" data-state>${state}</span>${state === "gone" && last !== null && html` <span class="small quiet">since ${dateAt(last.occurredAt)}</span>`}</td>
<td class="number big"><span data-value>${last === null ? "–" : valueText(last.value)}</span>${sensor.unit !== null && html` <span class="quiet">${foreign(unitSymbol(sensor.unit))}</span>`}</td>
<td>${
    last === null
      ? html`<time class="quiet" data-age>never</time>`
      : html`<time datetime="${formatTime(last.occurredAt)}" data-age>${age(now - last.occurredAt)}</time>`
  }</td>
<td class="sparks">${sparkline(recent, `${label}: its last ${recent.length} minutes, from ${valueText(recent[0]?.[1] ?? 0)} to ${valueText(recent.at(-1)?.[1] ?? 0)}`, Math.max(MICROS_PER_MINUTE, (sensor.intervalMs ?? 0) * MICROS_PER_MILLI)) || html`<span class="quiet">–</span>`}</td>
<td>${quality(sensor)}</td>
<td class="kind">${sensor.type === null ? html`<span class="quiet">–</span>` : foreign(sensor.type)}</td>
</tr>`
}

const figure = (label: string, value: string, note?: string, live?: string): Html =>
  html`<div class="figure"><dt>${label}</dt><dd${live !== undefined && html` data-live="${live}"`}>${value}</dd>${note !== undefined && html`<dd class="quiet">${note}</dd>`}</div>`

const figures = ({ now, perMinute = null, readings, rejected, sensors, sensorsTotal }: NowView): Html => {
  const count = (...which: ReadonlyArray<Condition>) =>
    sensors.filter((sensor) => which.includes(condition(sensor, now))).length
  const [fresh, gone, over] = [count("fresh"), count("gone"), count("gone", "retired")]
  const notes = [
    gone > 0 && `${whole(gone)} gone`,
    sensorsTotal > sensors.length && `${whole(sensorsTotal)} in all`
  ].filter((note) => note !== false)
  const newest = sensors.reduce((latest, { last }) => Math.max(latest, last?.occurredAt ?? 0), 0)
  return html`<dl class="figures">
${figure("Sensors reporting", `${whole(fresh)} of ${whole(sensors.length - over)}`, notes.length > 0 ? notes.join(", ") : undefined)}
${figure("Last reading", newest === 0 ? "none yet" : age(now - newest), undefined, "newest")}
${readings !== null && figure("Readings", whole(readings), perMinute === null ? undefined : `${whole(perMinute)} a minute`, "readings")}
${rejected !== null && figure("Rejected messages", whole(rejected))}
</dl>`
}

const scores = (quality: QualityScores): Html => html`<section><h2>Quality of the last hour</h2>
<dl class="scores">${DIMENSIONS.map(
  (dimension) =>
    html`<div><dt>${dimension}</dt><dd>${scoreText(quality[dimension])}${meter(quality[dimension])}</dd></div>`
)}</dl>
<p><a href="/quality">What is wrong, and where</a></p></section>`

const LINKS = [
  { href: "/explore", title: "Explore", text: "Readings over any range, as a plot, a table or a file" },
  {
    href: CATALOG_PATH,
    title: "Catalogue",
    text: "Every data set, its columns, and lines of code that read it"
  },
  { href: "/quality", title: "Quality", text: "Seven dimensions, day by day, down to the rows" },
  { href: "/operations", title: "Operations", text: "Rates, latencies, and what was rejected" },
  { href: "/data/", title: "Readings", text: "Each single value, as JSON" },
  { href: "/aggregated_data/", title: "Aggregates", text: "One row a sensor and minute, as JSON" },
  { href: "/docs/", title: "API", text: "Every route, to read and to try" },
  { href: "/health", title: "Health", text: "Whether each part of the server does its work" }
] as const

const table = (label: string, sensors: ReadonlyArray<NowSensor>, now: Micros): Html =>
  scrolling(
    label,
    html`<table><thead><tr><th scope="col">Sensor</th><th scope="col">State</th><th scope="col" class="number">Last value</th>
<th scope="col">Age</th><th scope="col">Last minutes</th><th scope="col">Worst score</th>
<th scope="col">Type</th></tr></thead>
<tbody>${sensors.map((sensor) => sensorRow(sensor, now))}</tbody></table>`
  )

/** Those of which nothing is expected any more stand apart, folded away where others report. */
const sensorTable = ({ now, sensors }: NowView): Html => {
  if (sensors.length === 0)
    return html`<p class="empty">No sensor has been seen yet. Publish to the MQTT topic <code>sensors</code>:
<code>{"sensor_id": 1, "value": 21.5}</code></p>`
  const isOver = (sensor: NowSensor) => ["gone", "retired"].includes(condition(sensor, now))
  const over = sensors.filter(isOver)
  const rest = sensors.filter((sensor) => !isOver(sensor))
  return html`${rest.length > 0 && table("Sensors", rest, now)}${
    over.length > 0 &&
    html`<details${rest.length === 0 && html` open`}><summary>${whole(over.length)} gone or retired</summary>${table("Sensors that are gone or retired", over, now)}</details>`
  }`
}

/** GET / : the start page. */
export const renderNow = (view: NowView): string =>
  page({
    title: "Now",
    path: "/",
    refresh: REFRESH,
    body: html`
<div class="title"><h1>Now</h1><p class="links quiet"><span class="pulse" data-pulse hidden>live</span> ${timeOf(view.now)}</p></div>
<div id="now" data-now data-renew="${RENEWED}">
${view.trouble !== null && html`<p class="trouble" role="alert">${view.trouble}</p>`}
${figures(view)}
<section><h2>Sensors</h2>${sensorTable(view)}
${
  view.sensorsTotal > view.sensors.length &&
  html`<p>The worst ${whole(view.sensors.length)} of them. <a href="/sensors/">All ${whole(view.sensorsTotal)} sensors as JSON</a></p>`
}</section>
${view.quality !== null && scores(view.quality)}
</div>
<section><h2>Go on</h2><ul class="go">${LINKS.map(
      ({ href, text, title }) =>
        html`<li><a href="${href}"><strong>${title}</strong><span>${text}</span></a></li>`
    )}</ul></section>`
  })
