/** `/explain`: a form for a message, and what would become of it: stored, rejected, passed over, and by what. */
import type { ParameterProblem } from "../../api/core/PageProblem.js"
import type { ExplainedFault, ExplainedReading, Explanation } from "../../api/data/ExplainGroup.js"
import { type Html, type HtmlPart, html } from "../core/Html.js"
import { page, prose, scrolling, time } from "../core/Layout.js"
import { formField, parameterNotice } from "../core/Notices.js"
import { ZONE_NAME } from "../core/PageZone.js"
import { foreign } from "../core/Terms.js"

export interface ExplainView {
  readonly topic: string
  readonly payload: string
  readonly asHex: boolean
  /** Null: nothing is asked yet. */
  readonly explanation: Explanation | null
  readonly problems: ReadonlyArray<ParameterProblem>
}

const NOTHING = html`<span class="quiet">–</span>`
const code = (text: string | null): Html => (text === null ? NOTHING : html`<code>${foreign(text)}</code>`)

const form = ({
  asHex,
  payload,
  topic
}: ExplainView): Html => html`<form class="edit" method="get" action="/explain">
${formField({
  ...{ name: "topic", id: "topic", label: "Topic", now: topic, form: undefined },
  hint: "The MQTT topic that the message comes by. Leave it empty where the topic names no device."
})}
${formField({
  ...{
    name: "payload",
    id: "payload",
    label: "Payload",
    now: payload,
    form: undefined,
    rows: 8,
    required: true
  },
  hint: html`As the device sends it. Send a message that is too long for an address to <code>POST /explain</code>, or give it to the command <code>tidemark explain</code>.`
})}
<p class="buttons"><button type="submit" name="as" value="text">Explain the text</button> <button type="submit" class="second" name="as" value="hex"${asHex && html` aria-pressed="true"`}>Explain bytes, written as 7b 22 …</button></p></form>`

const readingRow = (reading: ExplainedReading): Html => html`<tr>
<th scope="row">${reading.sensor_id ?? code(reading.device)}</th><td>${code(reading.metric)}</td>
<td class="number">${reading.value}</td><td>${reading.unit === null ? NOTHING : foreign(reading.unit)}</td>
<td>${time(reading.timestamp)}</td><td>${reading.time_source}</td>
<td>${reading.lat === null || reading.lng === null ? NOTHING : `${reading.lat}, ${reading.lng}`}</td></tr>`

const faultRow = ({ code: name, field, mend, metric, problem }: ExplainedFault): Html => html`<tr>
<th scope="row">${metric === null ? html`<span class="quiet">all of it</span>` : code(metric)}</th>
<td>${code(name)}</td><td>${code(field)}</td><td class="why">${foreign(problem)}</td><td class="why">${prose(mend)}</td></tr>`

const table = (label: string, headings: ReadonlyArray<HtmlPart>, rows: ReadonlyArray<Html>): Html =>
  scrolling(
    label,
    html`<table><thead><tr>${headings.map((heading) => html`<th scope="col">${heading}</th>`)}</tr></thead><tbody>${rows}</tbody></table>`
  )

/** With its reason, each of what gave no reading. */
const list = (heading: string, names: ReadonlyArray<string>, reasons: Explanation["reasons"]): Html | false =>
  names.length > 0 &&
  html`<section><h2>${heading}</h2><ul>${reasons
    .filter(({ field }) => names.includes(field))
    .map(
      ({ field, found, reason }) =>
        html`<li>${code(field)} ${reason}${found !== null && html`: ${code(found)}`}</li>`
    )}</ul></section>`

const result = ({
  codec,
  ignored,
  mapping,
  passed_over,
  preset,
  readings,
  reasons,
  rejected
}: Explanation): Html => html`<div id="result">
<p>Read by ${codec === null ? "nothing" : html`the codec ${code(codec)}`}${preset !== null && html`, the preset ${code(preset)}`}${mapping !== null && html`, the mapping of ${code(mapping)}`}.</p>
<section><h2>Would be stored: ${readings.length}</h2>${
  readings.length === 0
    ? html`<p class="empty">No reading.</p>`
    : table(
        "What would be stored",
        ["Device", "Metric", "Value", "Unit", html`Time, ${ZONE_NAME}`, "Whose time", "Place"],
        readings.map(readingRow)
      )
}</section>
${
  rejected.length > 0 &&
  html`<section><h2>Would be rejected</h2>${table(
    "What would be rejected",
    ["Part", "Code", "Field", "What is wrong", "How to mend it"],
    rejected.map(faultRow)
  )}</section>`
}
${list("Passed over", passed_over, reasons)}${list("Wrong, and ignored", ignored, reasons)}</div>`

export const renderExplain = (view: ExplainView): string =>
  page({
    title: "Explain a message",
    path: "/explain",
    body: html`<h1>Explain a message</h1>
<p>What would be stored of it, what not, and why. Nothing is stored.</p>
${parameterNotice(view.problems)}${form(view)}${view.explanation !== null && result(view.explanation)}`
  })
