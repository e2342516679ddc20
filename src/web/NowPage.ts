/**
 * The start page: is data arriving, is it fresh, can it be trusted, and where to go from here.
 */
import type { QualityScores } from "../domain/Quality.js"
import { DIMENSIONS } from "../domain/QualityChecks.js"
import { formatTime, MICROS_PER_MILLI, MICROS_PER_MINUTE, type Micros } from "../domain/Time.js"
import { type Html, html } from "./Html.js"
import { age, measured, page, scrolling, timeOf, whole } from "./Layout.js"

/** How often the browser loads the page again, s. */
const REFRESH = 10
/** A sensor is late after this many of its intervals, but not before a minute. */
const LATE_INTERVALS = 3

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
}

export interface NowView {
  readonly now: Micros
  /** The sensors to list; `sensorsTotal` says how many there are. */
  readonly sensors: ReadonlyArray<NowSensor>
  readonly sensorsTotal: number
  /** Readings in force, and messages rejected; null where nobody counted. */
  readonly readings: number | null
  readonly rejected: number | null
  /** Scores of the last minutes or hours; null where nobody asked. */
  readonly quality: QualityScores | null
  /** Why not all is well; null when it is. */
  readonly trouble: string | null
}

const condition = (sensor: NowSensor, now: Micros): "retired" | "parked" | "silent" | "late" | "fresh" => {
  if (sensor.retired) return "retired"
  if (sensor.state === "parked") return "parked"
  if (sensor.last === null) return "silent"
  // Nobody knows how often it should speak: it can't be late.
  if (sensor.intervalMs === null && now - sensor.last.occurredAt > MICROS_PER_MINUTE) return "silent"
  const patience = Math.max(MICROS_PER_MINUTE, LATE_INTERVALS * (sensor.intervalMs ?? 0) * MICROS_PER_MILLI)
  return now - sensor.last.occurredAt > patience ? "late" : "fresh"
}

const sensorRow = (sensor: NowSensor, now: Micros): Html => {
  const state = condition(sensor, now)
  return html`<tr>
<th scope="row"><a class="sensor" href="/sensors/${sensor.id}">${sensor.description ?? sensor.name ?? "not described"}</a>
<span class="quiet">${sensor.name !== null && sensor.description !== null && `${sensor.name} · `}${sensor.id}</span></th>
<td class="number big">${
    sensor.last === null
      ? html`<span class="quiet">–</span>`
      : html`${measured(sensor.last.value)}${sensor.unit !== null && html` <span class="quiet">${sensor.unit}</span>`}`
  }</td>
<td>${
    sensor.last === null
      ? html`<span class="quiet">never</span>`
      : html`<time datetime="${formatTime(sensor.last.occurredAt)}">${age(now - sensor.last.occurredAt)}</time>`
  }</td>
<td><span class="state ${state}">${state}</span></td>
<td>${sensor.type ?? html`<span class="quiet">–</span>`}</td>
</tr>`
}

const figure = (label: string, value: string, note?: string): Html =>
  html`<div class="figure"><dt>${label}</dt><dd>${value}</dd>${note !== undefined && html`<dd class="quiet">${note}</dd>`}</div>`

const figures = ({ now, readings, rejected, sensors, sensorsTotal }: NowView): Html => {
  const active = sensors.filter(({ retired }) => !retired)
  const fresh = active.filter((sensor) => condition(sensor, now) === "fresh").length
  const newest = sensors.reduce((latest, { last }) => Math.max(latest, last?.occurredAt ?? 0), 0)
  return html`<dl class="figures">
${figure("Sensors reporting", `${whole(fresh)} of ${whole(active.length)}`, sensorsTotal > sensors.length ? `${whole(sensorsTotal)} in all` : undefined)}
${figure("Last reading", newest === 0 ? "none yet" : age(now - newest))}
${readings !== null && figure("Readings", whole(readings))}
${rejected !== null && figure("Rejected messages", whole(rejected))}
</dl>`
}

const scores = (quality: QualityScores): Html => html`<section><h2>Quality</h2>
<dl class="scores">${DIMENSIONS.map((dimension) => {
  const score = quality[dimension]
  const shown = score === null ? "–" : score === 100 ? "100 %" : `${Math.min(99.9, score).toFixed(1)} %`
  return html`<div><dt>${dimension}</dt><dd>${shown}${
    score !== null &&
    html`<meter min="0" max="100" low="90" high="99" optimum="100" value="${score}">${shown}</meter>`
  }</dd></div>`
})}</dl>
<p><a href="/data/data-quality/">All checks of the last 24 hours as JSON</a></p></section>`

const LINKS = [
  { href: "/data/catalog/", title: "Catalogue", text: "Every data set, its columns and where it comes from" },
  { href: "/data/", title: "Readings", text: "Each single value, as JSON" },
  { href: "/aggregated_data/", title: "Aggregates", text: "One row a sensor and minute, as JSON" },
  { href: "/data/data-quality/", title: "Quality", text: "Seven dimensions, counted over the last 24 hours" },
  { href: "/docs/", title: "API", text: "Every route, to read and to try" },
  { href: "/health", title: "Health", text: "Whether each part of the server does its work" }
] as const

const sensorTable = (view: NowView): Html =>
  view.sensors.length === 0
    ? html`<p class="empty">No sensor has been seen yet. Publish to the MQTT topic <code>sensors</code>:
<code>{"sensor_id": 1, "value": 21.5}</code></p>`
    : scrolling(
        "Sensors",
        html`<table><thead><tr><th scope="col">Sensor</th><th scope="col" class="number">Last value</th>
<th scope="col">Age</th><th scope="col">State</th><th scope="col">Type</th></tr></thead>
<tbody>${view.sensors.map((sensor) => sensorRow(sensor, view.now))}</tbody></table>`
      )

/** GET / : the start page. */
export const renderNow = (view: NowView): string =>
  page({
    title: "Now",
    path: "/",
    refresh: REFRESH,
    body: html`
<div class="title"><h1>Now</h1><p class="links quiet">${timeOf(view.now)}</p></div>
${view.trouble !== null && html`<p class="trouble" role="alert">${view.trouble}</p>`}
${figures(view)}
<section><h2>Sensors</h2>${sensorTable(view)}
${
  view.sensorsTotal > view.sensors.length &&
  html`<p><a href="/sensors/">All ${whole(view.sensorsTotal)} sensors as JSON</a></p>`
}</section>
${view.quality !== null && scores(view.quality)}
<section><h2>Go on</h2><ul class="go">${LINKS.map(
      ({ href, text, title }) =>
        html`<li><a href="${href}"><strong>${title}</strong><span>${text}</span></a></li>`
    )}</ul></section>`
  })
