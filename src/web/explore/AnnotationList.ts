/** What people said of the spells that a plot shows, with the forms that say, change and withdraw it. */
import type { FormState } from "../../api/core/PageProblem.js"
import { ANNOTATION_KINDS, ANNOTATION_TEXT_MAX } from "../../domain/catalogue/Annotation.js"
import { formatTime, type Micros } from "../../domain/Time.js"
import { localTime, type TimeZone } from "../../domain/TimeZone.js"
import { type Html, html } from "../core/Html.js"
import { scrolling, timeOf } from "../core/Layout.js"
import { formField, formNotice, valueIn } from "../core/Notices.js"
import { ZONE_NAME } from "../core/PageZone.js"
import { foreign } from "../core/Terms.js"
import type { PlotSpell } from "../plot/PlotModel.js"

export interface AnnotationItem extends PlotSpell {
  readonly id: number
  readonly version: number
  /** The name of the key that said it; null: without a key. */
  readonly actor: string | null
}

export interface AnnotationsView {
  readonly annotations?: ReadonlyArray<AnnotationItem>
  readonly start: Micros
  readonly end: Micros
  readonly zone?: TimeZone | undefined
  /** The query of this page, where its forms come back to. */
  readonly address?: string
  readonly mayWrite?: boolean
  readonly form?: FormState | undefined
}

export interface NamedSensor {
  readonly id: number
  readonly label: string
}

const SIGNS: Readonly<Record<string, string>> = {
  note: "●",
  maintenance: "◆",
  fault: "▲",
  change: "■",
  downtime: "▬"
}

const EMPTY = { id: 0, version: 0, kind: "note", text: "" }

const formFor = (
  view: AnnotationsView,
  plotted: ReadonlyArray<NamedSensor>,
  item: AnnotationItem | undefined
): Html => {
  const { form: sent, zone } = view
  const { id, kind, text, version } = item ?? EMPTY
  const form = sent?.form === "annotation" && sent.values.get("id") === String(id) ? sent : undefined
  const [start, end] = item === undefined ? [view.start, view.end] : [item.start, item.end]
  const others = (item?.sensors ?? []).filter((one) => !plotted.some((sensor) => sensor.id === one))
  const sensors = [...plotted, ...others.map((one) => ({ id: one, label: `Sensor ${one}` }))]
  const ticked =
    form?.values.getAll("sensor_ids") ?? (item?.sensors ?? sensors.map((one) => one.id)).map(String)
  const time = (name: string, label: string, at: Micros | null) => {
    const value = at === null ? "" : localTime(at, zone)
    return html`<div class="field"><label>${label}, ${ZONE_NAME}<input type="datetime-local" step="1" name="${name}" value="${valueIn(form, name, value)}"></label>${
      at !== null &&
      html`<input type="hidden" name="${name}.was" value="${value}"><input type="hidden" name="${name}.utc" value="${formatTime(at)}">`
    }</div>`
  }
  const chosenKind = valueIn(form, "kind", kind)
  const open = form === undefined ? item !== undefined && end === null : form.values.has("open")
  return html`<form class="edit" method="post" action="/explore?${view.address ?? ""}">
${formNotice(form)}
<input type="hidden" name="form" value="annotation"><input type="hidden" name="id" value="${id}"><input type="hidden" name="version" value="${version}"><input type="hidden" name="tz" value="${zone?.name ?? "UTC"}">
<div class="pair">${time("start_time", "From", start)}${time("end_time", "To", end)}</div>
<label class="check"><input type="checkbox" name="open" value="1"${open && html` checked`}> It goes on: it has no end yet</label>
<div class="field"><label for="kind-${id}">Kind</label> <select id="kind-${id}" name="kind">${ANNOTATION_KINDS.map(
    (one) => html`<option value="${one}"${one === chosenKind && html` selected`}>${one}</option>`
  )}</select></div>
${formField({ name: "text", id: `text-${id}`, label: "What happened", form, now: text, rows: 2, max: ANNOTATION_TEXT_MAX, required: true })}
<fieldset class="boxes"><legend>Sensors</legend>${sensors.map(
    (one) =>
      html`<label class="check"><input type="checkbox" name="sensor_ids" value="${one.id}"${ticked.includes(String(one.id)) && html` checked`}> ${foreign(one.label)}</label>`
  )}<p class="hint">None ticked: it is of all sensors.</p></fieldset>
<p class="buttons"><button type="submit">${item === undefined ? "Annotate" : "Save"}</button>${
    item !== undefined &&
    html` <button type="submit" class="second" name="action" value="withdraw" formnovalidate>Withdraw it</button>`
  }</p></form>`
}

const row = (
  view: AnnotationsView,
  plotted: ReadonlyArray<NamedSensor>,
  item: AnnotationItem,
  index: number
): Html => {
  const { actor, end, id, kind, sensors, start, text } = item
  const label = (one: number) => plotted.find((sensor) => sensor.id === one)?.label ?? `Sensor ${one}`
  const opened = view.form?.form === "annotation" && view.form.values.get("id") === String(id)
  return html`<tr><td data-label="No.">${index + 1}</td><td data-label="From">${timeOf(start)}</td><td data-label="To">${end === null ? "goes on" : end === start ? "the same moment" : timeOf(end)}</td><td data-label="Kind"><span class="sign spell spell-${kind}" aria-hidden="true">${SIGNS[kind] ?? "●"}</span> ${kind}</td><td class="why"><span class="long">${foreign(text)}</span>${
    view.mayWrite === true &&
    html`<details${opened && html` open`}><summary>Change<span class="unseen"> annotation ${index + 1}</span></summary>${formFor(view, plotted, item)}</details>`
  }</td><td data-label="Sensors">${
    sensors.length === 0
      ? "all sensors"
      : sensors.map(
          (one, nth) => html`${nth > 0 && ", "}<a href="/sensors/${one}">${foreign(label(one))}</a>`
        )
  }</td><td data-label="By">${actor === null ? html`<span class="quiet">–</span>` : foreign(actor)} <a class="small" href="/annotations/${id}/history">History<span class="unseen"> of annotation ${index + 1}, as JSON</span></a></td></tr>`
}

export const annotationTable = (view: AnnotationsView, plotted: ReadonlyArray<NamedSensor>): Html =>
  scrolling(
    "Annotations",
    html`<table class="annotations stack"><thead><tr><th scope="col">No.</th><th scope="col">From, ${ZONE_NAME}</th><th scope="col">To, ${ZONE_NAME}</th><th scope="col">Kind</th><th scope="col">What happened</th><th scope="col">Sensors</th><th scope="col">By</th></tr></thead><tbody>${(
      view.annotations ?? []
    ).map((item, index) => row(view, plotted, item, index))}</tbody></table>`
  )

/** Below the plot: the list, and the form that annotates what is shown. */
export const annotationSection = (
  view: AnnotationsView,
  plotted: ReadonlyArray<NamedSensor>
): Html | false => {
  const { annotations = [], form, mayWrite = false } = view
  if (annotations.length === 0 && !mayWrite) return false
  const opened = form?.form === "annotation" && form.values.get("id") === "0"
  return html`<section id="annotations"><h2>Annotations</h2>
${
  annotations.length === 0
    ? html`<p class="quiet">Nobody has said anything of this range.</p>`
    : annotationTable(view, plotted)
}
${mayWrite && html`<details${opened && html` open`}><summary>Annotate this range</summary>${formFor(view, plotted, undefined)}</details>`}</section>`
}
