/**
 * The start page: is data arriving, is it fresh, can it be trusted, and where to go from here.
 */

import type { ParameterProblem } from "../../api/core/PageProblem.js"
import { DIMENSIONS } from "../../domain/quality/QualityChecks.js"
import type { QualityScores } from "../../domain/quality/QualityReport.js"
import {
  formatTime,
  MICROS_PER_MILLI,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  type Micros
} from "../../domain/Time.js"
import { unitSymbol } from "../../domain/Unit.js"
import { age, valueText, whole } from "../core/Figures.js"
import { type Html, html, query } from "../core/Html.js"
import { CATALOG_PATH, dateAt, page, scrolling, timeOf } from "../core/Layout.js"
import { parameterNotice } from "../core/Notices.js"
import { type TagChoice, tagSelect } from "../core/TagChoice.js"
import { duration, foreign, gradeOf, meter, scoreText, sensorLabel } from "../core/Terms.js"
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
  /** It has no readings: its last value is that of its newest minute. */
  readonly derived?: boolean
  /** How its simulated actor does; null for a real device. */
  readonly state: "running" | "restarting" | "parked" | null
  readonly last: { readonly value: number; readonly occurredAt: Micros } | null
  /** The means of its last minutes; empty: nobody asked. */
  readonly recent?: ReadonlyArray<readonly [at: number, value: number]>
  /** Its worst dimension in the last hour; null: nothing was looked at. */
  readonly worst?: { readonly dimension: string; readonly score: number } | null
}

/** How many sensors are in which condition, and the newest reading of all. */
export interface SensorCounts {
  readonly all: number
  readonly fresh: number
  readonly gone: number
  /** Gone or retired: nothing is expected of them. */
  readonly over: number
  /** They have no readings of their own. */
  readonly derived: number
  /** 0: there is none. */
  readonly newest: number
}

export interface NowView {
  readonly now: Micros
  /** The sensors to list, of those that match what is looked for; `sensorsTotal` says how many there are. */
  readonly sensors: ReadonlyArray<NowSensor>
  readonly list?: {
    readonly find: string
    readonly skip: number
    readonly matches: number
    readonly tags?: TagChoice
    /** Of a page. */
    readonly most: number
  }
  /** Of all sensors, whichever are listed; absent: of those that are. */
  readonly counts?: SensorCounts
  readonly sensorsTotal: number
  readonly problems?: ReadonlyArray<ParameterProblem>
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
      ? html`<time class="quiet" data-age>${sensor.derived === true ? "–" : "never"}</time>`
      : html`<time datetime="${formatTime(last.occurredAt)}" data-age>${age(now - last.occurredAt)}</time>`
  }</td>
<td class="sparks">${sparkline(recent, `${label}: its last ${recent.length} minutes, from ${valueText(recent[0]?.[1] ?? 0)} to ${valueText(recent.at(-1)?.[1] ?? 0)}`, Math.max(MICROS_PER_MINUTE, (sensor.intervalMs ?? 0) * MICROS_PER_MILLI)) || html`<span class="quiet">–</span>`}</td>
<td>${quality(sensor)}</td>
<td class="kind">${sensor.type === null ? html`<span class="quiet">–</span>` : foreign(sensor.type)}</td>
</tr>`
}

const figure = (label: string, value: string, note?: string, live?: string): Html =>
  html`<div class="figure"><dt>${label}</dt><dd${live !== undefined && html` data-live="${live}"`}>${value}</dd>${note !== undefined && html`<dd class="quiet">${note}</dd>`}</div>`

export const countsOf = (sensors: ReadonlyArray<NowSensor>, now: Micros): SensorCounts => {
  const conditions = sensors.map((sensor) => condition(sensor, now))
  const count = (...which: ReadonlyArray<Condition>) => conditions.filter((one) => which.includes(one)).length
  return {
    all: sensors.length,
    fresh: count("fresh"),
    gone: count("gone"),
    over: count("gone", "retired"),
    derived: count("derived"),
    newest: sensors.reduce((latest, { last }) => Math.max(latest, last?.occurredAt ?? 0), 0)
  }
}

/** So much may clocks differ without anybody minding, µs. */
const AHEAD_MIN = 5 * MICROS_PER_SECOND

/** A clock that is ahead is its device's: what to do about it, in words. */
const newestFigure = (newest: number, now: Micros, ahead: NowSensor | undefined): Html => {
  const isAhead = newest - now > AHEAD_MIN
  const note =
    isAhead &&
    html`<dd class="small">The clock of ${
      ahead === undefined
        ? "a device"
        : html`<a href="/sensors/${ahead.id}">${foreign(sensorLabel(ahead))}</a>`
    } is ahead: set it, or its time zone.</dd>`
  const text = newest === 0 ? "none yet" : isAhead ? `${duration(newest - now)} ahead` : age(now - newest)
  return html`<div class="figure"><dt>Last reading</dt><dd data-live="newest">${text}</dd>${note}</div>`
}

const figures = (view: NowView): Html => {
  const { now, perMinute = null, readings, rejected, sensors, sensorsTotal } = view
  const { all, derived, fresh, gone, newest, over } = view.counts ?? countsOf(sensors, now)
  const notes = [
    gone > 0 && `${whole(gone)} gone`,
    derived > 0 && `${whole(derived)} derived`,
    sensorsTotal > all && `${whole(sensorsTotal)} in all`
  ].filter((note) => note !== false)
  const ahead = sensors.find(({ last }) => last?.occurredAt === newest)
  return html`<dl class="figures">
${figure("Sensors reporting", `${whole(fresh)} of ${whole(all - over - derived)}`, notes.length > 0 ? notes.join(", ") : undefined)}
${newestFigure(newest, now, ahead)}
${readings !== null && figure("Readings", whole(readings), perMinute === null ? undefined : `${whole(perMinute)} a minute over MQTT`, "readings")}
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

/** So many sensors can be overlooked without a field to find one by. */
const FIND_FROM = 12

const NO_LIST: NonNullable<NowView["list"]> = { find: "", skip: 0, matches: 0, most: 0 }

const pageHref = (find: string, tag: string, skip: number): string =>
  `/${query({ find, tag, skip: skip === 0 ? undefined : skip })}`

/** The field to find sensors by, and the page of them. */
const sensorList = (view: NowView): Html => {
  const { counts, list, sensors } = view
  const { find, matches, most, skip, tags = { tag: "", offered: [] } } = list ?? NO_LIST
  if (list === undefined || ((counts?.all ?? 0) <= FIND_FROM && tags.offered.length === 0))
    return sensorTable(view)
  const last = skip + sensors.length
  return html`<form class="search" action="/" method="get" role="search" data-filter="sensors"><div><input type="search" name="find" value="${find}" aria-label="Find a sensor" placeholder="Find a sensor by name, number or type" autocomplete="off">${tagSelect(tags)}<noscript><button type="submit">Find</button></noscript></div></form>
<div id="sensors">${
    sensors.length === 0
      ? html`<p class="empty">No sensor has ${find === "" ? "this place in the list" : html`<strong>${foreign(find)}</strong>`}${tags.tag !== "" && html` and the tag <strong>${foreign(tags.tag)}</strong>`}. <a href="/">All sensors</a></p>`
      : sensorTable(view)
  }${
    matches > most &&
    html`<nav class="paging" aria-label="Pages of sensors"><span>${skip > 0 && html`<a href="${pageHref(find, tags.tag, Math.max(0, skip - most))}">← Worse</a>`}</span><span class="quiet">${whole(skip + 1)} to ${whole(last)} of ${whole(matches)}, the worst first</span><span>${last < matches && html`<a href="${pageHref(find, tags.tag, last)}">Better →</a>`}</span></nav>`
  }</div>`
}

/** GET / : the start page. */
export const renderNow = (view: NowView): string =>
  page({
    title: "Now",
    path: "/",
    refresh: REFRESH,
    body: html`${parameterNotice(view.problems)}
<div class="title"><h1>Now</h1><p class="links quiet"><span class="pulse" data-pulse hidden>live</span> ${timeOf(view.now)}</p></div>
<div id="now" data-now data-renew="${RENEWED}">
${view.trouble !== null && html`<p class="trouble" role="alert">${view.trouble}</p>`}
${figures(view)}
<section><h2>Sensors</h2>${sensorList(view)}
${view.sensorsTotal > view.sensors.length && html`<p class="small"><a href="/sensors/">All ${whole(view.sensorsTotal)} sensors as JSON</a></p>`}</section>
${view.quality !== null && scores(view.quality)}
</div>
<section><h2>Go on</h2><ul class="go">${LINKS.map(
      ({ href, text, title }) =>
        html`<li><a href="${href}"><strong>${title}</strong><span>${text}</span></a></li>`
    )}</ul></section>`
  })
