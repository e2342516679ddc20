/** The form by which people say what a sensor measures, and where it belongs. */
import type { FormState } from "../../api/core/PageProblem.js"
import { DESCRIPTION_LENGTH_MAX, type Sensor, TYPE_LENGTH_MAX, UNIT_LENGTH_MAX } from "../../domain/Sensor.js"
import type { Tags } from "../../domain/shaping/Tags.js"
import { type Html, type HtmlPart, html } from "../core/Html.js"
import { formField, formNotice } from "../core/Notices.js"

export interface SensorEditView {
  readonly sensor: Sensor
  readonly tags?: Tags["tags"]
  readonly tagsVersion?: number
  readonly mayWrite?: boolean
  readonly form?: FormState | undefined
}

/** Outside of what is renewed while somebody writes. */
export const sensorEdit = (view: SensorEditView): Html | false => {
  const { form, sensor, tags = {}, tagsVersion = 0 } = view
  if (view.mayWrite !== true) return false
  const { description, type, unit } = sensor.metadata
  const field = (name: string, label: HtmlPart, now: string | null, max: number, hint: HtmlPart) =>
    html`<input type="hidden" name="${name}.was" value="${now ?? ""}">${formField({ ...{ name, id: name, label, hint, form, max }, now: now ?? "" })}`
  const own =
    sensor.status !== "derived" &&
    html`<div class="pair">${field("type", "Measures", type, TYPE_LENGTH_MAX, "The quantity, such as temperature")}${field("unit", "Unit", unit, UNIT_LENGTH_MAX, "Such as °C, %, hPa, kWh. It holds for readings from now on")}</div>
${field("description", "Description", description, DESCRIPTION_LENGTH_MAX, "In words, often its place")}`
  const lines = Object.entries(tags).map(([key, value]) => `${key}=${value}`)
  return html`<section id="said"><details${form !== undefined && html` open`}><summary>Say what it is</summary>
<form class="edit" method="post" action="/sensors/${sensor.id}">${formNotice(form)}
<input type="hidden" name="version" value="${tagsVersion}">${own}
${formField({ name: "tags", id: "tags", label: "Tags", hint: html`Where it belongs, a line each: <code>site=berlin</code>. Sensors are chosen and merged by them.`, form, now: lines.join("\n"), rows: 3 })}
<p class="buttons"><button type="submit">Save</button></p></form></details></section>`
}
