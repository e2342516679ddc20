/**
 * `/rejected/{rejected_id}` for people: what came, where from, why it was refused, and a form that sends it through
 * again, as it is or mended; then what became of it.
 */

import type { FormState } from "../../api/core/PageProblem.js"
import type { RejectedMessage } from "../../domain/rejected/RejectedMessage.js"
import { explainRejected, type RejectedFault } from "../../domain/rejected/RejectedReasons.js"
import type { Micros } from "../../domain/Time.js"
import { hexDump, hexPairs, writableText } from "../core/Bytes.js"
import { whole } from "../core/Figures.js"
import { type Html, html } from "../core/Html.js"
import { page, prose, scrolling, timeOf } from "../core/Layout.js"
import { formField, formNotice } from "../core/Notices.js"
import { ZONE_NAME } from "../core/PageZone.js"
import { foreign } from "../core/Terms.js"
import { sizeText } from "./RejectedTable.js"

export interface ReplayView {
  readonly attempt: number
  readonly at: Micros
  readonly actor: string | null
  readonly reason: string | null
  /** What was sent in place of the message's own bytes; null: those. */
  readonly bytes: Uint8Array | null
  readonly results: ReadonlyArray<{
    readonly status: "stored" | "repeated" | "rejected"
    readonly reading: number | null
    readonly metric: string | null
    readonly reason: string | null
  }>
}

export interface RejectedPageView {
  readonly message: RejectedMessage
  /** Why it can't be sent through again in any form; null: it can. */
  readonly whyNot: string | null
  /** Only with a payload in its place. */
  readonly needsPayload: boolean
  /** Each time that it was sent through again, oldest first. */
  readonly replays: ReadonlyArray<ReplayView>
  readonly mayWrite: boolean
  readonly form?: FormState | undefined
}

/** Bytes that are shown as text, and as a dump. */
const TEXT_SHOWN = 16_384
const DUMP_SHOWN = 4_096
const REASON_LENGTH_MAX = 500
const EXAMPLE = '{"sensor_id": 1, "value": 21.5}'

const fact = (name: string, value: Html | string): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`

const cameBy = (topic: string): Html => {
  const [, method, address] = /^(POST|PUT|GET) (.*)$/s.exec(topic) ?? []
  return method === undefined || address === undefined
    ? html`MQTT, topic <code>${foreign(topic)}</code>`
    : html`HTTP, <code>${method} ${foreign(address)}</code>`
}

const origin = ({ message }: RejectedPageView): Html => html`<dl class="facts">
${fact("Came by", cameBy(message.topic))}
${fact("Part of it", message.metric === null ? "all of it" : html`<code>${foreign(message.metric)}</code>`)}
${fact("First seen", timeOf(message.firstSeen))}${fact("Came", message.deliveries === 1 ? "once" : `${whole(message.deliveries)} times`)}
${fact("Size", sizeText(message.size))}</dl>`

const faultRow = ({ field, found, mend, problem }: RejectedFault): Html => html`<tr>
<th scope="row">${field === null ? html`<span class="quiet">all of it</span>` : html`<code>${foreign(field)}</code>`}</th>
<td class="why">${foreign(problem)}</td><td>${found === null ? html`<span class="quiet">–</span>` : html`<code>${foreign(found)}</code>`}</td><td class="why">${prose(mend)}</td></tr>`

const why = ({ message }: RejectedPageView): Html => html`<section><h2>Why it was rejected</h2>
${scrolling(
  "What is wrong with it",
  html`<table class="faults"><thead><tr><th scope="col">Field</th><th scope="col">What is wrong</th><th scope="col">Found</th><th scope="col">How to mend it</th></tr></thead><tbody>${explainRejected(message).map(faultRow)}</tbody></table>`
)}</section>`

const cutOff = (shownBytes: number, { bytes, size, truncated }: RejectedMessage): Html | false =>
  bytes !== null &&
  (bytes.length > shownBytes || truncated) &&
  html`<p class="note">Cut off: the first ${whole(Math.min(shownBytes, bytes.length))} of ${whole(size)} bytes${truncated && `, of which ${whole(bytes.length)} were kept`}.</p>`

const block = (label: string, text: string): Html =>
  html`<pre class="bytes" tabindex="0" role="region" aria-label="${label}"><bdi>${text}</bdi></pre>`

const content = ({ message }: RejectedPageView): Html => {
  const { bytes } = message
  if (bytes === null)
    return html`<section><h2>Bytes</h2><p class="empty">They were not kept: the room for rejected messages was used up.</p></section>`
  if (bytes.length === 0) return html`<section><h2>Bytes</h2><p class="empty">It is empty.</p></section>`
  const text = new TextDecoder().decode(bytes.subarray(0, TEXT_SHOWN))
  return html`<section><h2>Bytes</h2>
<h3>As text</h3>${writableText(bytes) === undefined && html`<p class="quiet">Not all of them are text: what can’t be shown is �.</p>`}${block("As text", text)}${cutOff(TEXT_SHOWN, message)}
<h3>As bytes</h3>${block("As bytes", hexDump(bytes, DUMP_SHOWN))}${cutOff(DUMP_SHOWN, message)}</section>`
}

const became = ({ metric, reading, reason, status }: ReplayView["results"][number]): Html => {
  const what = metric === null ? "" : html` <code>${foreign(metric)}</code>`
  const link = reading !== null && html` as <a href="/data/${reading}/history">reading ${reading}</a>`
  switch (status) {
    case "stored":
      return html`<span class="state fresh">stored</span>${what}${link}`
    case "repeated":
      return html`<span class="state">repeated</span>${what}: the log had it already${link}`
    case "rejected":
      return html`<span class="state late">rejected again</span>${what}: ${foreign(reason ?? "for no reason that was kept")}`
  }
}

const list = (results: ReplayView["results"]): Html =>
  html`<ul class="plainly">${results.map((result) => html`<li>${became(result)}</li>`)}</ul>`

const outcome = ({ replays }: RejectedPageView): Html => {
  const last = replays.at(-1)
  return last === undefined
    ? html`<p class="lead">It is kept as it came, and has not been sent through again.</p>`
    : html`<div class="done" role="status"><p>Sent through again ${timeOf(last.at)}, ${last.bytes === null ? "as it is" : "with another payload"}:</p>${list(last.results)}</div>`
}

const attempts = ({ replays }: RejectedPageView): Html | false =>
  replays.length > 0 &&
  html`<section><h2>Sent through again</h2>${scrolling(
    "Each time that it was sent through again",
    html`<table><thead><tr><th scope="col">Try</th><th scope="col">When, ${ZONE_NAME}</th><th scope="col">What was sent</th><th scope="col">What became of it</th><th scope="col">By</th><th scope="col">Why</th></tr></thead><tbody>${[
      ...replays
    ]
      .reverse()
      .map(
        ({ actor, at, attempt, bytes, reason, results }) =>
          html`<tr id="attempt-${attempt}"><td class="number">${attempt}</td><td>${timeOf(at)}</td><td>${bytes === null ? "its own bytes" : html`<details><summary>${sizeText(bytes.length)}</summary>${block(`Payload of try ${attempt}`, writableText(bytes) ?? hexDump(bytes, DUMP_SHOWN))}</details>`}</td><td class="why">${list(results)}</td><td>${actor === null ? html`<span class="quiet">–</span>` : foreign(actor)}</td><td>${reason === null ? html`<span class="quiet">–</span>` : foreign(reason)}</td></tr>`
      )}</tbody></table>`
  )}</section>`

const payloadField = ({ form, message, needsPayload }: RejectedPageView): Html => {
  const bytes = message.bytes ?? new Uint8Array()
  const text = needsPayload ? "" : writableText(bytes)
  const asHex = form === undefined ? text === undefined : form.values.get("as") === "hex"
  return html`${asHex && html`<input type="hidden" name="as" value="hex">`}${formField({
    name: "payload",
    id: "payload",
    label: asHex ? "Payload, as pairs of hexadecimal digits" : "Payload",
    hint: needsPayload
      ? html`It was a row of a file: write the reading as JSON, such as <code>${EXAMPLE}</code>.`
      : "Edit it, then send what is written here. The message itself is kept as it came.",
    form,
    now: text ?? hexPairs(bytes),
    rows: 8
  })}`
}

const again = (view: RejectedPageView): Html => {
  const { form, message, needsPayload, whyNot } = view
  const body =
    whyNot !== null
      ? html`<p class="note">It can’t be sent through again. ${whyNot}</p>`
      : !view.mayWrite
        ? html`<p class="quiet">Your key is a reader’s: a writer’s may send it through again.</p>`
        : html`<form class="edit" method="post" action="/rejected/${message.id}">${formNotice(form)}
${payloadField(view)}
${formField({
  name: "reason",
  id: "reason",
  label: "Why",
  hint: "In your words; kept with the try. May be left empty.",
  form,
  now: "",
  max: REASON_LENGTH_MAX
})}
<p class="buttons">${!needsPayload && html`<button type="submit" name="how" value="same">Send it as it is</button> `}<button type="submit" class="${needsPayload ? "first" : "second"}" name="how" value="edited">Send what is written above</button></p></form>`
  return html`<section id="again"><h2>Send it through again</h2>
<p class="quiet">It is decoded and stored as at its first arrival: sent twice, it is stored once.</p>${body}</section>`
}

/** GET /rejected/{rejected_id}, where HTML is asked for. */
export const renderRejected = (view: RejectedPageView): string =>
  page({
    title: "Rejected message",
    path: "/operations",
    body: html`
<p class="crumbs"><a href="/operations#rejected">Operations</a> <span aria-hidden="true">/</span> Rejected message</p>
<div class="title"><h1>Rejected message</h1><p class="links quiet"><a href="/rejected/?limit=100">All, as JSON</a></p></div>
${outcome(view)}
${origin(view)}
${why(view)}
${content(view)}
${again(view)}
${attempts(view)}`
  })
