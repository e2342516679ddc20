/**
 * `/explore`: readings of some sensors over a range, as a plot, in words and as a table. All that it shows is in its
 * address. Without scripts the plot is a picture, and the links move it.
 */
import type { ParameterProblem } from "../../api/core/PageProblem.js"
import { INTERVALS } from "../../domain/minute/Interval.js"
import { formatTime, type Micros } from "../../domain/Time.js"
import { localTime, type TimeZone } from "../../domain/TimeZone.js"
import { valueText, whole } from "../core/Figures.js"
import { type Html, type HtmlPart, html, jsonScript } from "../core/Html.js"
import { page, scrolling, time, timeOf } from "../core/Layout.js"
import { doneNotice, parameterNotice } from "../core/Notices.js"
import { ZONE_NAME } from "../core/PageZone.js"
import { type TagChoice, tagSelect } from "../core/TagChoice.js"
import { duration, foreign } from "../core/Terms.js"
import {
  figuresOf,
  marksByPoint,
  type PlotGaps,
  type PlotMark,
  type PlotPanel,
  type PlotSeries,
  panelsOf,
  plotJson
} from "../plot/PlotModel.js"
import { COLOURS, panelSvg } from "../plot/PlotSvg.js"
import { type AnnotationsView, annotationSection } from "./AnnotationList.js"
import { pinnedNote, type SavedViewsView, sharing, viewLinks } from "./SavedViews.js"

/** Ranges by name; what they mean is App's. */
export const RANGES = [
  ["15m", "15 minutes"],
  ["1h", "1 hour"],
  ["6h", "6 hours"],
  ["24h", "24 hours"],
  ["7d", "7 days"],
  ["30d", "30 days"],
  ["all", "Everything"]
] as const
export type RangeName = (typeof RANGES)[number][0]

/** What a form of this page has done, by the word in its address. */
export const EXPLORE_DONE: Readonly<Record<string, string>> = {
  annotated: "It is annotated.",
  changed: "The annotation is changed.",
  withdrawn: "The annotation is withdrawn. Its history stays.",
  saved: "The view is saved.",
  removed: "The view is removed."
}

export interface ExploreView extends AnnotationsView, SavedViewsView {
  /** All that can be chosen, chosen or not. */
  readonly choices: ReadonlyArray<{ readonly id: number; readonly label: string; readonly chosen: boolean }>
  readonly range: RangeName | "custom"
  readonly start: Micros
  readonly end: Micros
  /** What was asked for: an interval, `raw`, or `auto`. */
  readonly requestedForm: string
  /** What is shown. */
  readonly displayedForm: "raw" | (typeof INTERVALS)[number]
  readonly series: ReadonlyArray<PlotSeries>
  /** Links that go elsewhere from here. */
  readonly moves: ReadonlyArray<{ readonly label: string; readonly href: string }>
  /** What is shown, to take along. */
  readonly downloads: ReadonlyArray<{ readonly format: string; readonly href: string }>
  /** What the reader should know: an interval that was made coarser, or marks that were not looked for. */
  readonly notes: ReadonlyArray<string>
  /** There are more sensors than can be chosen from. */
  readonly choicesLeftOut?: boolean
  /** The tag by which they are chosen from, and all that there are. */
  readonly tags?: TagChoice
  /** Parameters that can't be followed: nothing is drawn then, and the form holds what could be read. */
  readonly problems?: ReadonlyArray<ParameterProblem>
  readonly fields?: { readonly start: Micros | null; readonly end: Micros | null }
  /** Whose clocks the plot and the form go by; absent: UTC. */
  readonly zone?: TimeZone | undefined
  /** What a form has done. */
  readonly done?: string | null
}

/** So many sensors can be overlooked without a field to find one by. */
const FIND_FROM = 8
/** Rows of the table of one sensor. */
const TABLE_ROWS_MAX = 300

const option = (value: string, label: string, selection: string): Html =>
  html`<option value="${value}"${value === selection && html` selected`}>${label}</option>`

/** A local time, to the second; `data-utc` has all of it. */
const timeField = (view: ExploreView, name: "start" | "end"): Html => {
  const at = view.fields === undefined ? view[name] : view.fields[name]
  const value = at === null ? "" : localTime(at, view.zone)
  return html`<input type="datetime-local" step="1" name="${name}" value="${value}"${at !== null && html` data-utc="${formatTime(at)}"`}>`
}

const form = (
  view: ExploreView
): Html => html`<form class="explore" action="/explore" method="get" data-explore>
<fieldset class="sensors"><legend>Sensors: ${whole(view.choices.length)} to choose from</legend>
${view.tags !== undefined && tagSelect(view.tags)}
${
  view.choices.length > FIND_FROM &&
  html`<div class="find" data-find hidden><input type="search" aria-label="Find a sensor" placeholder="Find a sensor by name or number" autocomplete="off"><p class="hint" role="status"></p></div>`
}
<div class="choices" role="group" aria-label="Sensors to plot" tabindex="0">${view.choices.map(
  ({ chosen, id, label }) =>
    html`<label title="${label}"><input type="checkbox" name="sensor" value="${id}"${chosen && html` checked`}> ${foreign(label)} <span class="quiet">${id}</span></label>`
)}</div>${view.choicesLeftOut === true && html`<p class="hint">Cut off: the first ${view.choices.length} sensors can be chosen here; others by their number in the address: <code>sensor=</code></p>`}</fieldset>
<div class="fields"><input type="hidden" name="tz" value="${view.zone?.name ?? "UTC"}">
<label>Range <select name="range">${RANGES.map(([value, label]) => option(value, label, view.range))}${option("custom", "From … to", view.range)}</select></label>
<label><span>From, ${ZONE_NAME}</span> ${timeField(view, "start")}</label>
<label><span>To, ${ZONE_NAME}</span> ${timeField(view, "end")}</label>
<label>Interval <select name="interval">${option("auto", "Automatic", view.requestedForm)}${option("raw", "Each reading", view.requestedForm)}${INTERVALS.map((name) => option(name, name, view.requestedForm))}</select></label>
<button type="submit">Show</button>
</div><noscript><p class="hint">From and To count with the range “From … to”.</p></noscript></form>`

const gapsText = (spells: Exclude<PlotGaps, "derived">): string => {
  if (spells === "not counted") return "gaps are counted in shorter ranges alone"
  if (spells === "interval not known") return "gaps can't be told: how often it measures is not known yet"
  if (spells.gaps === 0) return "no gaps"
  const count = `${whole(spells.gaps)} ${spells.gaps === 1 ? "gap" : "gaps"}`
  return `${count}, the longest of ${duration(spells.longest)}`
}

const sentence = (series: PlotSeries): Html => {
  const seriesFigures = figuresOf(series)
  const unit = series.sensor.unit === null ? "" : ` ${series.sensor.unit}`
  const name = html`<a href="/sensors/${series.sensor.id}">${foreign(series.sensor.label)}</a>`
  const what = series.gaps === "derived" ? "minute" : "reading"
  if (seriesFigures === null) return html`${name}: no ${what}s in this range.`
  const { span } = series
  return html`${name}: ${whole(seriesFigures.readings)} ${what}${seriesFigures.readings !== 1 && "s"}${
    span !== null &&
    (span.first === span.last
      ? html` at ${timeOf(span.first)}`
      : html` from ${timeOf(span.first)} to ${timeOf(span.last)}`)
  }, between ${valueText(seriesFigures.min)} and ${valueText(seriesFigures.max)}${unit}, mean ${valueText(seriesFigures.mean)}${unit}${series.gaps !== "derived" && `; ${gapsText(series.gaps)}`}${
    seriesFigures.corrected > 0 && `; ${whole(seriesFigures.corrected)} corrected`
  }${seriesFigures.suspect > 0 && `; ${whole(seriesFigures.suspect)} suspect`}.`
}

const legend = (panel: PlotPanel): Html =>
  html`<ul class="legend">${panel.series.map(
    ({ sensor }, index) =>
      html`<li class="s${index % COLOURS}"><span class="swatch" aria-hidden="true"></span>${foreign(sensor.label)}</li>`
  )}${panel.series.some(({ marks }) => marks.some(({ kind }) => kind === "corrected")) && html`<li><span class="sign corrected" aria-hidden="true">○</span> corrected</li>`}${panel.series.some(({ marks }) => marks.some(({ kind }) => kind === "suspect")) && html`<li><span class="sign suspect" aria-hidden="true">▲</span> suspect</li>`}</ul>`

const table = (series: PlotSeries, raw: boolean): Html => {
  const unit = series.sensor.unit === null ? "" : ` (${series.sensor.unit})`
  const marksOfPoint = marksByPoint(series)
  const rows = series.points.slice(0, TABLE_ROWS_MAX)
  const number = (value: number) => html`<td class="number">${valueText(value)}</td>`
  return html`${scrolling(
    `Values of ${series.sensor.label}`,
    html`<table><caption>${foreign(series.sensor.label)}${unit}${series.points.length > rows.length && html`. Cut off: the first ${rows.length} of ${whole(series.points.length)} rows; a download has all of them`}</caption>
<thead><tr><th scope="col">Time, ${ZONE_NAME}</th><th scope="col" class="number">${raw ? "Value" : "Mean"}</th>${!raw && html`<th scope="col" class="number">Least</th><th scope="col" class="number">Greatest</th><th scope="col" class="number">Readings</th>`}<th scope="col">Mark</th></tr></thead>
<tbody>${rows.map(
      ({ at, count, max, min, value }) =>
        html`<tr><td>${timeOf(at)}</td>${number(value)}${!raw && html`${number(min)}${number(max)}<td class="number">${whole(count)}</td>`}<td>${(marksOfPoint.get(at) ?? []).join("; ")}</td></tr>`
    )}</tbody></table>`
  )}`
}

const figure = (panel: PlotPanel, index: number, view: ExploreView): Html => {
  const names = panel.series.map(({ sensor }) => sensor.label).join(", ")
  const what =
    view.displayedForm === "raw"
      ? "each reading"
      : `the mean of each ${view.displayedForm}, in a band from least to greatest`
  return html`<figure class="plot" data-plot="${index}">
<figcaption><strong>${foreign(panel.title)}</strong> <span class="quiet">${what}, ${time(formatTime(view.start))} to ${time(formatTime(view.end))}</span></figcaption>
${legend(panel)}
<div class="canvas" data-canvas></div><p class="readout" data-readout hidden></p>
<div class="drawing" role="region" aria-label="Plot of ${panel.title}" tabindex="0">${panelSvg(panel, view, `${panel.title}: ${names}. The figures stand below.`)}</div>
</figure>`
}

/** Each check with a way to all that fail it. */
const reasons = ({ checks, why }: Omit<PlotMark, "kind">): HtmlPart =>
  checks === undefined
    ? why
    : checks.map(
        ({ check, href, reason }, index) =>
          html`${index > 0 && "; "}<a href="${href}"><code>${check}</code></a>: ${reason}`
      )

const markRow = (sensor: PlotSeries["sensor"], mark: PlotMark): Html => {
  const { at, kind, value } = mark
  return html`<tr><td>${timeOf(at)}</td><td><a href="/sensors/${sensor.id}">${foreign(sensor.label)}</a></td><td class="number">${valueText(value)}</td><td><span class="sign ${kind}" aria-hidden="true">${kind === "corrected" ? "○" : "▲"}</span> ${kind}</td><td class="why">${reasons(mark)}</td></tr>`
}

const markTable = (view: ExploreView): Html | false => {
  const rows = view.series.flatMap(({ marks, sensor }) => marks.map((mark) => ({ ...mark, sensor })))
  return (
    rows.length > 0 &&
    html`<section id="marks"><h2>Marked values</h2>${scrolling(
      "Marked values",
      html`<table class="marked"><thead><tr><th scope="col">Time, ${ZONE_NAME}</th><th scope="col">Sensor</th><th scope="col" class="number">Value</th><th scope="col">Mark</th><th scope="col">Why</th></tr></thead><tbody>${rows
        .sort((a, b) => a.at - b.at)
        .map(({ sensor, ...mark }) => markRow(sensor, mark))}</tbody></table>`
    )}</section>`
  )
}

const nothing = ({ choices, series }: ExploreView): HtmlPart => {
  if (choices.length === 0)
    return html`No sensor has sent anything yet: there is one to choose as soon as the first reading is stored. How to send one: <a href="/docs/">API</a>.`
  return series.length === 0 ? "Choose a sensor." : "No readings of these sensors in this range."
}

const result = (view: ExploreView): Html => {
  if ((view.problems ?? []).length > 0)
    return html`<div id="result"><p class="empty">Nothing is shown until that is mended: change the address, or what is chosen above.</p></div>`
  const panels = panelsOf(view.series.filter(({ points }) => points.length > 0))
  return html`<div id="result" data-shown="${view.displayedForm}">
${view.choices.length > 0 && html`<nav class="moves" aria-label="Move the plot">${view.moves.map(({ href, label }) => html`<a href="${href}" data-move>${label}</a>`)}</nav>`}
${pinnedNote(view)}${view.notes.map((note) => html`<p class="note">${note}</p>`)}
${
  panels.length === 0
    ? html`<p class="empty">${nothing(view)}</p>`
    : panels.map((panel, index) => figure(panel, index, view))
}
${panels.length > 0 && html`<p class="hint" data-hint hidden>Drag over the plot to zoom in; a double click zooms out. Keys on the plot: ← → move, + − zoom.</p>`}
${view.series.length > 0 && html`<section aria-label="In words"><h2>In words</h2><ul class="words">${view.series.map((series) => html`<li>${sentence(series)}</li>`)}</ul></section>`}
${markTable(view)}
${
  view.series.length > 0 &&
  annotationSection(
    // As of then, one that is made now is not there.
    view.pinned === undefined ? view : { ...view, mayWrite: false },
    view.series.map(({ sensor }) => sensor)
  )
}
${
  panels.length > 0 &&
  html`<section><h2>Take it along</h2><p class="downloads">${view.downloads.map(({ format, href }) => html`<a href="${href}" download>${format}</a> `)}</p>
<p class="quiet">Exactly the rows that are shown: the sensors, range and interval, as of this position of the log.</p></section>
${sharing(view)}
<details class="tables"><summary>Show as a table</summary>${view.series.filter(({ points }) => points.length > 0).map((series) => table(series, view.displayedForm === "raw"))}</details>
${jsonScript({ id: "plot-data" }, plotJson(panels, view))}`
}</div>`
}

/** GET /explore */
export const renderExplore = (view: ExploreView): string =>
  page({
    title: "Explore",
    path: "/explore",
    scripts: ["explore.js"],
    sheets: ["explore.css"],
    body: html`<div id="notice">${parameterNotice(view.problems)}${view.done != null && Object.hasOwn(EXPLORE_DONE, view.done) && doneNotice(EXPLORE_DONE[view.done])}</div>
<div class="title"><h1>Explore</h1><p class="links quiet">Times: ${ZONE_NAME}</p></div>
${viewLinks(view)}
${form(view)}
${result(view)}`
  })
