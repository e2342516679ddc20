/**
 * `/sensors/{sensor_id}` for people: what it is, how its simulation does, how regularly it speaks, and what was
 * corrected.
 */
import { lackOf, lackWords } from "../../domain/quality/Quantity.js"
import type { TimeSource } from "../../domain/Reading.js"
import type { Sensor } from "../../domain/Sensor.js"
import { goneSince } from "../../domain/SensorSilence.js"
import { formatTime, MICROS_PER_MILLI, MICROS_PER_MINUTE, type Micros, micros } from "../../domain/Time.js"
import { unitSymbol } from "../../domain/Unit.js"
import { age, valueText, whole } from "../core/Figures.js"
import { type Html, html, query } from "../core/Html.js"
import { page, scrolling, timeOf } from "../core/Layout.js"
import { ZONE_NAME } from "../core/PageZone.js"
import { duration, foreign, sensorLabel } from "../core/Terms.js"
import { type AnnotationItem, annotationTable } from "../explore/AnnotationList.js"
import { sparkline } from "../plot/PlotSvg.js"
import { dateOf } from "../quality/QualityStrip.js"
import { conditionOf } from "./SensorCondition.js"
import { type DerivationView, derivationSection } from "./SensorDerivation.js"
import { type SensorEditView, sensorEdit } from "./SensorEdit.js"
import { type CalibrationView, calibrationSection, tagList } from "./SensorShaping.js"
import { spread } from "./SpanHistogram.js"

export interface SensorView extends SensorEditView {
  readonly now: Micros
  /** What it is computed by; null: it has readings of its own. */
  readonly derivation?: DerivationView | null
  /** How its readings are put right; null: nobody said. */
  readonly calibration?: CalibrationView | null
  /** How its simulated actor does; null for a real device. */
  readonly status: {
    readonly state: "running" | "restarting" | "parked"
    readonly restarts: number
    readonly lastError: string | null
    readonly lastReadingAt: Micros | null
  } | null
  /** Its newest readings, the newest first. */
  readonly newest: ReadonlyArray<{
    readonly id: number
    readonly occurredAt: Micros
    readonly recordedAt: Micros
    readonly timeSource: TimeSource
    readonly value: number
  }>
  /** What its device sent and gave no reading. */
  readonly passedOver?: ReadonlyArray<{
    readonly kind: "unread" | "wrong"
    readonly field: string
    readonly example: string
    readonly count: number
    readonly lastSeen: Micros
  }>
  /** What people said of it, the newest first. */
  readonly annotations?: ReadonlyArray<AnnotationItem>
  readonly annotationsLeftOut?: boolean
  readonly corrections: ReadonlyArray<{
    readonly readingId: number
    readonly kind: "corrected" | "deleted"
    readonly occurredAt: Micros
    readonly recordedAt: Micros
    readonly was: number | null
    readonly value: number | null
    readonly by: string | null
    readonly reason: string | null
  }>
  /** Where its corrections were looked for. */
  readonly correctionsSince: Micros | null
  /** There are more than are shown. */
  readonly correctionsLeftOut?: boolean
}

const NEWEST_SHOWN = 10
const SPARK_POINTS = 120

const nothing = html`<span class="quiet">not known</span>`
const fact = (name: string, value: Html | string | number | null): Html =>
  html`<div><dt>${name}</dt><dd>${value ?? nothing}</dd></div>`

const intervalText = ({ estimatedIntervalMs, intervalMs, status }: Sensor): string | null => {
  if (status === "derived") return `${duration(MICROS_PER_MINUTE)}, as it is derived`
  return intervalMs !== null
    ? `${duration(intervalMs * MICROS_PER_MILLI)}, declared`
    : estimatedIntervalMs !== null
      ? `${duration(estimatedIntervalMs * MICROS_PER_MILLI)}, estimated`
      : null
}

/** As people write it, then as it was given where that is another text. */
const unitText = (unit: string): Html =>
  html`${foreign(unitSymbol(unit))}${unitSymbol(unit) !== unit && html` <code>${foreign(unit)}</code>`}`

const identity = ({ sensor, tags = {} }: SensorView): Html => {
  const { lat, lng, max, min, type, unit } = sensor.metadata
  return html`<dl class="facts identity">
${fact("Number", sensor.id)}${fact("Name", sensor.name === null ? html`<span class="quiet">none</span>` : foreign(sensor.name))}
${fact("Measures", type === null ? null : foreign(type))}${fact("Unit", unit === null ? null : unitText(unit))}
${fact("Declared range", min === null && max === null ? null : `${min ?? "–"} to ${max ?? "–"}`)}
${fact("Interval", intervalText(sensor))}
${fact("Place", lat === null || lng === null ? null : `${lat}, ${lng}`)}
${fact("Version of its metadata", sensor.version)}${fact("Status", sensor.status)}${tagList(tags)}</dl>`
}

const clock = ({ newest }: SensorView, rows: string): Html | false => {
  const all = newest.length
  const without = newest.filter(({ timeSource }) => timeSource !== "device").length
  const words =
    all === 1
      ? "Its one reading has the time of its arrival"
      : `${whole(without)} of its ${whole(all)} newest readings ${without === 1 ? "has the time of its" : "have the time of their"} arrival`
  return (
    without > 0 &&
    html`<p class="quiet">${words}: the device stated none, or <a href="${rows}">one that can't be meant</a>.</p>`
  )
}

const simulation = ({ now, status }: SensorView): Html | false =>
  status !== null &&
  html`<section><h2>Simulation</h2><dl class="facts">${fact("State", html`<span class="state ${status.state === "running" ? "fresh" : status.state}">${status.state}</span>`)}
${fact("Restarts", whole(status.restarts))}
${fact("Last acknowledged", status.lastReadingAt === null ? "none yet" : age(now - status.lastReadingAt))}
${fact("Last error", status.lastError ?? html`<span class="quiet">none</span>`)}</dl></section>`

const readings = ({ newest, sensor }: SensorView): Html =>
  newest.length === 0
    ? html`<p class="empty">It has sent nothing yet.</p>`
    : scrolling(
        "Newest readings",
        html`<table class="plain"><thead><tr><th scope="col">Time, ${ZONE_NAME}</th><th scope="col" class="number">Value</th><th scope="col" class="number">Stored after</th><th scope="col">History</th></tr></thead><tbody>${newest
          .slice(0, NEWEST_SHOWN)
          .map(
            ({ id, occurredAt, recordedAt, value }) =>
              html`<tr><td>${timeOf(occurredAt)}</td><td class="number">${valueText(value)}${sensor.metadata.unit !== null && html` <span class="quiet">${foreign(unitSymbol(sensor.metadata.unit))}</span>`}</td><td class="number">${recordedAt >= occurredAt ? duration(recordedAt - occurredAt) : `${duration(occurredAt - recordedAt)} before`}</td><td><a href="/data/${id}/history">Reading ${id}</a></td></tr>`
          )}</tbody></table>`
      )

const corrections = ({
  corrections: list,
  correctionsLeftOut,
  correctionsSince
}: SensorView): Html => html`<section id="corrections"><h2>Corrections</h2>
${
  list.length === 0
    ? html`<p class="empty">Nobody corrected or deleted a reading${correctionsSince !== null && html` of ${timeOf(correctionsSince)} or later`}.</p>`
    : scrolling(
        "Corrections",
        html`<table><thead><tr><th scope="col">Reading of, ${ZONE_NAME}</th><th scope="col">What</th><th scope="col" class="number">Was</th><th scope="col" class="number">Is</th><th scope="col">When, ${ZONE_NAME}</th><th scope="col">By</th><th scope="col">Why</th></tr></thead><tbody>${list.map(
          (one) =>
            html`<tr><td><a href="/data/${one.readingId}/history">${timeOf(one.occurredAt)}</a></td><td>${one.kind}</td><td class="number">${one.was === null ? "–" : valueText(one.was)}</td><td class="number">${one.value === null ? "–" : valueText(one.value)}</td><td>${timeOf(one.recordedAt)}</td><td>${one.by === null ? html`<span class="quiet">–</span>` : foreign(one.by)}</td><td>${one.reason === null ? html`<span class="quiet">–</span>` : foreign(one.reason)}</td></tr>`
        )}</tbody></table>`
      )
}${correctionsLeftOut === true && html`<p class="note">Cut off: the ${list.length} of the newest readings are shown, and there are more.</p>`}</section>`

const annotations = ({
  annotations: list = [],
  annotationsLeftOut,
  now,
  sensor
}: SensorView): Html | false => {
  const own = { id: sensor.id, label: sensorLabel({ ...sensor, description: sensor.metadata.description }) }
  return (
    list.length > 0 &&
    html`<section id="annotations"><h2>Annotations</h2>${annotationTable({ annotations: list, start: now, end: now }, [own])}${
      annotationsLeftOut === true &&
      html`<p class="note">Cut off: the ${list.length} newest are shown. <a href="/annotations/${query({ sensor_id: sensor.id })}">All of them</a></p>`
    }</section>`
  )
}

const PASSED_OVER_WORDS = { unread: "no number that could be read", wrong: "a field that is wrong" } as const

const passedOver = ({ passedOver: list = [] }: SensorView): Html | false =>
  list.length > 0 &&
  html`<section id="passed-over"><h2>Passed over</h2>
<p class="note">What its device sent, and what gave no reading.</p>
${scrolling(
  "Passed over",
  html`<table><thead><tr><th scope="col">Field</th><th scope="col">Is</th><th scope="col">Last</th><th scope="col" class="number">How often</th><th scope="col">Last came, ${ZONE_NAME}</th></tr></thead><tbody>${list.map(
    ({ count, example, field, kind, lastSeen }) =>
      html`<tr><td>${foreign(field)}</td><td>${PASSED_OVER_WORDS[kind]}</td><td>${foreign(example)}</td><td class="number">${whole(count)}</td><td>${timeOf(lastSeen)}</td></tr>`
  )}</tbody></table>`
)}</section>`

const measured = (
  view: SensorView,
  steps: ReadonlyArray<number>,
  delays: ReadonlyArray<number>
): Html => html`
${simulation(view)}
${spread("Time between readings", steps, "steps of its newest readings")}
${spread("Time to be stored", delays, "delays between the time of a reading and that of its storage")}
<section><h2>Newest readings</h2>${readings(view)}</section>
${passedOver(view)}
${annotations(view)}
${corrections(view)}`

interface Newest {
  readonly occurredAt: Micros
  readonly value: number
}

/** Its newest values, the newest first: those of its readings, or of its minutes where it is derived. */
const newestOf = ({ derivation, newest }: SensorView): ReadonlyArray<Newest> =>
  derivation == null
    ? newest
    : derivation.minutes.map(([at, value]) => ({ occurredAt: micros(at), value })).reverse()

const latest = (view: SensorView, condition: string): Html | false => {
  const { derivation, now, sensor } = view
  const newest = newestOf(view)
  const [last] = newest
  const points = newest
    .slice(0, SPARK_POINTS)
    .reverse()
    .map(({ occurredAt, value }) => [occurredAt, value] as const)
  const what = derivation == null ? "readings" : "minutes"
  const state = html`<span class="state ${condition}" data-state>${condition}</span>`
  if (last === undefined) return derivation != null && html`<p class="latest">${state}</p>`
  return html`<p class="latest">${state} <strong data-value>${valueText(last.value)}</strong> ${sensor.metadata.unit !== null && foreign(unitSymbol(sensor.metadata.unit))} <time class="quiet" datetime="${formatTime(last.occurredAt)}" data-age>${age(now - last.occurredAt)}</time> ${sparkline(points, `Its last ${points.length} ${what}`)}</p>`
}

/** The day of its last readings: of a device that is long gone, today has nothing to show. */
const qualityOf = ({ newest: [last], sensor }: SensorView, check?: string): string =>
  `/quality${query({ sensor_id: sensor.id, day: last && dateOf(last.occurredAt), check })}${check === undefined ? "" : "#rows"}`

const undescribed = ({ mayWrite, sensor }: SensorView): Html | false => {
  const lack = lackOf(sensor.metadata.type, sensor.metadata.unit)
  const where =
    mayWrite === true
      ? html`<a href="#said">Say it below</a>`
      : html`<code>PATCH /sensors/${sensor.id}</code> says it`
  return (
    lack !== null &&
    html`<p class="note">What it measures is not fully known: ${lackWords(lack)}, which counts against its integrity. ${where}.</p>`
  )
}

/** A derived sensor has minutes alone, and no readings that checks could look at. */
const links = (view: SensorView): Html => {
  const { id } = view.sensor
  const plot = html`<a href="/explore${query({ sensor: id, range: "24h" })}">Plot</a>`
  return view.derivation == null
    ? html`${plot} · <a href="${qualityOf(view)}">Quality</a> · <a href="${qualityOf(view, "received")}">Gaps</a> · <a href="/data/${id}?format=csv">CSV</a>`
    : html`${plot} · <a href="/aggregated_data/${id}">JSON</a> · <a href="/aggregated_data/${id}?format=csv">CSV</a>`
}

/** GET /sensors/{sensor_id}, where HTML is asked for. */
export const renderSensor = (view: SensorView): string => {
  const { derivation = null, newest, now, sensor } = view
  const label = sensorLabel({ id: sensor.id, name: sensor.name, description: sensor.metadata.description })
  const steps = newest
    .slice(1)
    .map(({ occurredAt }, index) => (newest[index]?.occurredAt ?? occurredAt) - occurredAt)
  const delays = newest.map(({ occurredAt, recordedAt }) => Math.max(0, recordedAt - occurredAt))
  const observed = {
    retired: sensor.status === "retired",
    derived: sensor.status === "derived",
    state: view.status?.state ?? null,
    lastAt: newest[0]?.occurredAt ?? null,
    intervalMs: sensor.intervalMs ?? sensor.estimatedIntervalMs
  }
  const since = goneSince(observed, now)
  return page({
    title: label,
    path: `/sensors/${sensor.id}`,
    refresh: 30,
    body: html`
<p class="crumbs"><a href="/">Now</a> <span aria-hidden="true">/</span> Sensor ${sensor.id}</p>
<div class="title"><h1>${foreign(label)}</h1><p class="links">${links(view)}</p></div>
${sensor.metadata.description !== null && sensor.metadata.description !== label && html`<p class="lead long">${foreign(sensor.metadata.description)}</p>`}
<div id="sensor" data-sensor-page="${sensor.id}" data-renew="10">
${latest(view, conditionOf(observed, now))}
${since !== null && html`<p class="note">Gone since ${timeOf(since)}: nothing is expected of it any more. Its next reading brings it back.</p>`}
${clock(view, qualityOf(view, "clock_set"))}
${derivation === null && undescribed(view)}
${identity(view)}
${calibrationSection(sensor.id, view.calibration ?? null)}
${derivation === null ? measured(view, steps, delays) : html`${derivationSection(derivation)}${annotations(view)}`}</div>
${sensorEdit(view)}`
  })
}
