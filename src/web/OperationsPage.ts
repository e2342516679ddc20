/**
 * `/operations`: how the server does: rates, latencies, lag, warnings, and what was rejected with its bytes.
 */
import type { Health } from "../api/Health.js"
import type { RejectedMessage } from "../domain/Rejected.js"
import type { Micros } from "../domain/Time.js"
import { type Html, html, query } from "./Html.js"
import { page, scrolling, timeOf, whole } from "./Layout.js"
import { type Bar, bars, ends, sparkline } from "./plot/PlotSvg.js"
import { duration, foreign } from "./Terms.js"

export interface OperationsView {
  readonly now: Micros
  readonly health: Health
  readonly rates: {
    readonly messagesPerMinute: number | null
    readonly storedPerMinute: number | null
    readonly repeatedPerMinute: number | null
    readonly rejectedPerMinute: number | null
    readonly history: ReadonlyArray<readonly [at: number, perSecond: number]>
  }
  /** Since the start. */
  readonly totals: {
    readonly messages: number
    readonly stored: number
    readonly repeated: number
    readonly rejected: number
    readonly dropped: number
    readonly pendingMessages: number
    readonly pendingBytes: number
    readonly connections: number
  }
  /** From the first try of an append to its commit: `[upper bound in s, how many up to it]`, bounds rising. */
  readonly appends: {
    readonly count: number
    readonly max: number
    readonly sum: number
    readonly buckets: ReadonlyArray<readonly [number, number]>
  }
  readonly rejected: {
    readonly total: number
    readonly bytes: number
    readonly skip: number
    readonly limit: number
    readonly messages: ReadonlyArray<RejectedMessage>
  }
}

/** Bytes of a rejected message that are shown. */
const BYTES_SHOWN = 512

const figure = (label: string, value: string, note?: string): Html =>
  html`<div class="figure"><dt>${label}</dt><dd>${value}</dd>${note !== undefined && html`<dd class="quiet">${note}</dd>`}</div>`

const rate = (perMinute: number | null): string =>
  perMinute === null ? "–" : perMinute > 0 && perMinute < 10 ? perMinute.toFixed(1) : whole(perMinute)

const sizeText = (bytes: number): string =>
  bytes < 1_024
    ? `${whole(bytes)} B`
    : bytes < 1_048_576
      ? `${(bytes / 1_024).toFixed(1)} KiB`
      : `${(bytes / 1_048_576).toFixed(1)} MiB`

/** The bound below which this share of them lies, in s; null: there are none, or it is above all bounds. */
export const quantileBound = ({ buckets, count }: OperationsView["appends"], share: number): number | null =>
  count === 0
    ? null
    : (buckets.find(([bound, upTo]) => Number.isFinite(bound) && upTo >= share * count)?.[0] ?? null)

const rates = ({ rates: lately, totals }: OperationsView): Html => html`<dl class="figures">
${figure("Messages a minute", rate(lately.messagesPerMinute), `${whole(totals.messages)} since the start`)}
${figure("Readings stored a minute", rate(lately.storedPerMinute), `${whole(totals.stored)} since the start`)}
${figure("Repeats a minute", rate(lately.repeatedPerMinute), `${whole(totals.repeated)} since the start`)}
${figure("Rejected a minute", rate(lately.rejectedPerMinute), `${whole(totals.rejected)} since the start`)}
${figure("Waiting to be stored", whole(totals.pendingMessages), sizeText(totals.pendingBytes))}
${figure("MQTT connections", whole(totals.connections), totals.dropped > 0 ? `${whole(totals.dropped)} messages dropped` : undefined)}
</dl>
${lately.history.length > 1 && html`<p class="trend">Readings stored a second, last ten minutes: ${sparkline(lately.history, "Readings stored a second, last ten minutes")}</p>`}`

const latencies = ({ appends }: OperationsView): Html => {
  if (appends.count === 0) return html`<p class="empty">Nothing has been stored since the start.</p>`
  const bound = (share: number) => {
    const found = quantileBound(appends, share)
    return found === null
      ? `over ${appends.buckets.filter(([one]) => Number.isFinite(one)).at(-1)?.[0] ?? 0} s`
      : `up to ${duration(found * 1e6)}`
  }
  const list = appends.buckets.map(
    ([one, upTo], index): Bar => ({
      label: Number.isFinite(one) ? `up to ${duration(one * 1e6)}` : "longer",
      count: upTo - (appends.buckets[index - 1]?.[1] ?? 0)
    })
  )
  const words = `${whole(appends.count)} appends: half ${bound(0.5)}, 99 of 100 ${bound(0.99)}, mean ${duration((appends.sum / appends.count) * 1e6)}, the longest ${duration(appends.max * 1e6)}`
  return html`<figure class="histogram"><figcaption>${words}.</figcaption>${bars(list, words, 640, 110)}${ends(list)}</figure>
<details><summary>Show as a table</summary>${scrolling("Time of an append", html`<table><thead><tr><th scope="col">Time</th><th scope="col" class="number">Appends</th></tr></thead><tbody>${list.map(({ count, label }) => html`<tr><td>${label}</td><td class="number">${whole(count)}</td></tr>`)}</tbody></table>`)}</details>`
}

const partRow = (name: string, state: string, good: boolean, note: Html | string): Html =>
  html`<tr><th scope="row">${name}</th><td><span class="state ${good ? "fresh" : "late"}">${state}</span></td><td>${note}</td></tr>`

const parts = ({ health }: OperationsView): Html =>
  scrolling(
    "Parts of the server",
    html`<table><thead><tr><th scope="col">Part</th><th scope="col">State</th><th scope="col">More</th></tr></thead><tbody>
${partRow("Server", health.status, health.status === "ok", `version ${health.version ?? "?"}`)}
${health.database !== undefined && partRow("Database", health.database.reachable ? "reachable" : "away", health.database.reachable, health.database.reason ?? health.database.dialect)}
${health.broker !== undefined && partRow("Broker elsewhere", health.broker.connected ? "connected" : "away", health.broker.connected, health.broker.reason ?? health.broker.address)}
${health.ingest !== undefined && partRow("Ingest", health.ingest.status, health.ingest.status === "ok", health.ingest.reason ?? `${whole(health.ingest.pending)} pending`)}
${(health.projections ?? []).map(({ lag, name, position }) => partRow(`Projection ${name}`, lag < 5_000 ? "up to date" : "behind", lag < 5_000, `${whole(lag)} events behind, at position ${whole(position)}`))}
</tbody></table>`
  )

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes.subarray(0, BYTES_SHOWN))
const hex = (bytes: Uint8Array): string =>
  [...bytes.subarray(0, BYTES_SHOWN)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")

const bytesOf = ({ bytes, size, truncated }: RejectedMessage): Html =>
  bytes === null
    ? html`<span class="quiet">not kept: the quota was used up</span>`
    : bytes.length === 0
      ? html`<span class="quiet">empty</span>`
      : html`<details><summary>${sizeText(size)}</summary><p class="small quiet">As text</p><pre tabindex="0" role="region" aria-label="As text"><bdi>${text(bytes)}</bdi></pre><p class="small quiet">As bytes</p><pre tabindex="0" role="region" aria-label="As bytes">${hex(bytes)}</pre>${bytes.length > BYTES_SHOWN && html`<p class="small quiet">The first ${BYTES_SHOWN} of ${whole(bytes.length)} bytes kept${truncated && `; the message had ${whole(size)}`}.</p>`}</details>`

const rejectedRow = (one: RejectedMessage): Html => html`<tr>
<td>${timeOf(one.firstSeen)}</td>
<td class="why">${foreign(one.reason)}</td>
<td><code>${foreign(one.topic)}</code>${one.metric !== null && html` <span class="quiet">${foreign(one.metric)}</span>`}</td>
<td class="number">${whole(one.deliveries)}</td>
<td class="bytes">${bytesOf(one)}</td></tr>`

const rejected = ({ rejected: found }: OperationsView): Html => {
  const { bytes, limit, messages, skip, total } = found
  const to = (at: number) => `/operations${query({ skip: at })}#rejected`
  return html`<section id="rejected"><h2>Rejected messages</h2>
<p>${whole(total)} in all, ${sizeText(bytes)} kept. <a href="/rejected/">JSON</a> · <a href="/rejected/?format=csv">CSV</a></p>
${
  messages.length === 0
    ? html`<p class="empty">${total === 0 ? "None: everything that came could be read." : "None on this page."}</p>`
    : scrolling(
        "Rejected messages",
        html`<table class="rejected"><thead><tr><th scope="col">First seen, UTC</th><th scope="col">Why</th><th scope="col">Topic</th><th scope="col" class="number">Times</th><th scope="col">Bytes</th></tr></thead><tbody>${messages.map(rejectedRow)}</tbody></table>`
      )
}
${
  total > limit &&
  html`<nav class="paging" aria-label="Pages">${skip > 0 ? html`<a rel="prev" href="${to(Math.max(0, skip - limit))}">← Newer</a>` : html`<span class="quiet">← Newer</span>`}<span>${whole(skip + 1)}–${whole(Math.min(total, skip + limit))} of ${whole(total)}</span>${skip + limit < total ? html`<a rel="next" href="${to(skip + limit)}">Older →</a>` : html`<span class="quiet">Older →</span>`}</nav>`
}</section>`
}

/** GET /operations */
export const renderOperations = (view: OperationsView): string =>
  page({
    title: "Operations",
    path: "/operations",
    refresh: 15,
    body: html`
<div class="title"><h1>Operations</h1><p class="links quiet"><a href="/health">JSON</a></p></div>
<div id="operations" data-renew="5">
${(view.health.warnings ?? []).map((warning) => html`<p class="trouble" role="alert">${warning}</p>`)}
${rates(view)}
<section><h2>Time to commit</h2>${latencies(view)}</section>
<section><h2>Parts</h2>${parts(view)}</section>
</div>
${rejected(view)}`
  })
