/** Rejected messages with their bytes: why each was rejected, how to mend it, and how to send it through again. */
import type { RejectedMessage } from "../../domain/rejected/RejectedMessage.js"
import { explainRejected, type RejectedFault } from "../../domain/rejected/RejectedReasons.js"
import { formatTime } from "../../domain/Time.js"
import { whole } from "../core/Figures.js"
import { type Html, type HtmlPart, html, query } from "../core/Html.js"
import { prose, scrolling, timeOf } from "../core/Layout.js"
import { ZONE_NAME } from "../core/PageZone.js"
import { foreign } from "../core/Terms.js"

export interface RejectedShown {
  readonly message: RejectedMessage
  /** Why it can't be sent through again in any form; null: it can. */
  readonly whyNot: string | null
  /** Only with a payload in its place. */
  readonly needsPayload: boolean
}

export interface RejectedView {
  readonly total: number
  readonly bytes: number
  readonly skip: number
  readonly limit: number
  readonly messages: ReadonlyArray<RejectedShown>
  /** There are others behind them. */
  readonly more: boolean
  /** The filter that the listed messages' topics are under; empty: all messages are listed. */
  readonly topic: string
  /** How the client reaches this server. */
  readonly origin: string
}

const BYTES_SHOWN = 512

export const sizeText = (bytes: number): string =>
  bytes < 1_024
    ? `${whole(bytes)} B`
    : bytes < 1_048_576
      ? `${(bytes / 1_024).toFixed(1)} KiB`
      : `${(bytes / 1_048_576).toFixed(1)} MiB`

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes.subarray(0, BYTES_SHOWN))
const hex = (bytes: Uint8Array): string =>
  [...bytes.subarray(0, BYTES_SHOWN)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")

const bytesOf = ({ bytes, size, truncated }: RejectedMessage): Html =>
  bytes === null
    ? html`<span class="quiet">not kept: the quota was used up</span>`
    : bytes.length === 0
      ? html`<span class="quiet">empty</span>`
      : html`<details><summary>${sizeText(size)}</summary><p class="small quiet">As text</p><pre tabindex="0" role="region" aria-label="As text"><bdi>${text(bytes)}</bdi></pre><p class="small quiet">As bytes</p><pre tabindex="0" role="region" aria-label="As bytes">${hex(bytes)}</pre>${bytes.length > BYTES_SHOWN && html`<p class="small quiet">The first ${BYTES_SHOWN} of ${whole(bytes.length)} bytes kept${truncated && `; the message had ${whole(size)}`}.</p>`}</details>`

/** The line that sends it through again. Neither the id nor the address can hold anything that a shell reads. */
const replayLine = ({ message, needsPayload }: RejectedShown, origin: string): string =>
  needsPayload
    ? `curl -H 'Content-Type: application/json' -d '{"payload": {"sensor_id": 1, "value": 21.5}}' ${origin}/rejected/${message.id}/replay`
    : `curl -X POST ${origin}/rejected/${message.id}/replay`

const again = (rejected: RejectedShown, origin: string): Html =>
  rejected.whyNot !== null
    ? html`<p class="small">It can't be sent through again. ${rejected.whyNot}</p>`
    : html`<p class="small"><a href="/rejected/${rejected.message.id}#again">Send it through again</a> on its page, or by the API: ${
        rejected.needsPayload
          ? prose("it is a row of a file, and goes as `payload`, mended.")
          : prose("as it is, or mended, with `payload`.")
      } Where keys are set, a writer's goes with it.</p>
<pre tabindex="0" role="region" aria-label="Send it through again">${replayLine(rejected, origin)}</pre>`

const faultLine = ({ field, found, mend }: RejectedFault): Html =>
  html`<li>${field !== null && html`<code>${foreign(field)}</code> `}${prose(mend)}${found !== null && html` <span class="quiet">Found: <code>${foreign(found)}</code></span>`}</li>`

const explained = (
  rejected: RejectedShown,
  origin: string
): Html => html`<details><summary>How to mend it</summary>
<ul class="small">${explainRejected(rejected.message).map(faultLine)}</ul>
${again(rejected, origin)}</details>`

const rejectedRow = (rejected: RejectedShown, origin: string): Html => {
  const { message: one } = rejected
  return html`<tr>
<td>${timeOf(one.firstSeen)}<p class="small"><a href="/rejected/${one.id}">Open<span class="unseen"> the message of ${formatTime(one.firstSeen)}</span></a></p></td>
<td class="why">${foreign(one.reason)}${explained(rejected, origin)}</td>
<td class="topic" data-label="Topic"><code>${foreign(one.topic)}</code>${one.metric !== null && html` <span class="quiet">${foreign(one.metric)}</span>`}</td>
<td class="number" data-label="Times">${whole(one.deliveries)}</td>
<td class="bytes" data-label="Bytes">${bytesOf(one)}</td></tr>`
}

const filterForm = (topic: string): Html =>
  html`<form class="choice" action="/operations#rejected" method="get"><label>Topic <input type="search" name="topic" value="${topic}" placeholder="sensors/+/power or plant/#" autocomplete="off" spellcheck="false"></label> <button type="submit">Show</button>${
    topic !== "" && html` <a href="/operations#rejected">All topics</a>`
  }</form>`

const nothing = ({ skip, topic, total }: RejectedView): HtmlPart =>
  total === 0
    ? "None: everything that came could be read."
    : skip > 0 || topic === ""
      ? "None on this page."
      : html`No rejected message came by <code>${foreign(topic)}</code>.`

const paging = ({ limit, messages, more, skip, topic, total }: RejectedView): Html | false => {
  const to = (at: number) => `/operations${query({ topic, skip: at === 0 ? undefined : at })}#rejected`
  // How many are under a filter, nobody has counted.
  const of = topic === "" && html` of ${whole(total)}`
  return (
    (more || skip > 0) &&
    html`<nav class="paging" aria-label="Pages">${skip > 0 ? html`<a rel="prev" href="${to(Math.max(0, skip - limit))}">← Newer</a>` : html`<span class="quiet">← Newer</span>`}<span>${messages.length > 0 && html`${whole(skip + 1)}–${whole(skip + messages.length)}${of}`}</span>${more ? html`<a rel="next" href="${to(skip + limit)}">Older →</a>` : html`<span class="quiet">Older →</span>`}</nav>`
  )
}

export const rejectedSection = (view: RejectedView): Html => {
  const { bytes, messages, origin, topic, total } = view
  return html`<section id="rejected"><h2>Rejected messages</h2>
<p>${whole(total)} in all, ${sizeText(bytes)} kept. <a href="/rejected/${query({ topic })}">JSON</a> · <a href="/rejected/${query({ topic, format: "csv" })}">CSV</a></p>
${total > 0 && filterForm(topic)}
${
  messages.length === 0
    ? html`<p class="empty">${nothing(view)}</p>`
    : scrolling(
        "Rejected messages",
        html`<table class="rejected stack"><thead><tr><th scope="col">First seen, ${ZONE_NAME}</th><th scope="col">Why</th><th scope="col">Topic</th><th scope="col" class="number">Times</th><th scope="col">Bytes</th></tr></thead><tbody>${messages.map((one) => rejectedRow(one, origin))}</tbody></table>`
      )
}
${paging(view)}</section>`
}
