/**
 * `/operations`: how the server does: rates, latencies, lag, warnings, and what was rejected with its bytes.
 */
import type { ParameterProblem } from "../../api/core/PageProblem.js"
import type { Health } from "../../api/system/HealthContract.js"
import type { RefusedClient } from "../../domain/dataset/RefusedDataset.js"
import { MICROS_PER_MILLI, type Micros, micros } from "../../domain/Time.js"
import { whole } from "../core/Figures.js"
import { type Html, html } from "../core/Html.js"
import { page, scrolling, timeOf } from "../core/Layout.js"
import { parameterNotice } from "../core/Notices.js"
import { ZONE_NAME } from "../core/PageZone.js"
import { duration, foreign } from "../core/Terms.js"
import { type Bar, bars, ends, sparkline } from "../plot/PlotSvg.js"
import { type RejectedView, rejectedSection, sizeText } from "../rejected/RejectedTable.js"

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
  /** Since the start of each process. */
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
  /** How many other processes the figures are of, beside this one; null: the others can't be asked. */
  readonly others: number | null
  /** MQTT clients that were turned away since the start, and the last of them, the newest first. */
  readonly refused: { readonly total: number; readonly last: ReadonlyArray<Omit<RefusedClient, "number">> }
  /** Null: the database, which holds them, is away. */
  readonly rejected: RejectedView | null
  /** Parameters that can't be followed: the list of rejected messages begins at its start then. */
  readonly problems?: ReadonlyArray<ParameterProblem>
}

const figure = (label: string, value: string, note?: string): Html =>
  html`<div class="figure"><dt>${label}</dt><dd>${value}</dd>${note !== undefined && html`<dd class="quiet">${note}</dd>`}</div>`

const rate = (perMinute: number | null): string =>
  perMinute === null ? "–" : perMinute > 0 && perMinute < 10 ? perMinute.toFixed(1) : whole(perMinute)

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
    const quantile = quantileBound(appends, share)
    return quantile === null
      ? `over ${appends.buckets.filter(([one]) => Number.isFinite(one)).at(-1)?.[0] ?? 0} s`
      : `up to ${duration(quantile * 1e6)}`
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

/** What this process is among several: nothing, where its database is a file. */
const rolesOf = ({ owns, roles = [] }: Health): ReadonlyArray<string> =>
  owns === undefined
    ? []
    : [
        `roles: ${roles.join(", ")}`,
        `at the moment its alone: ${owns.map(({ name }) => name).join(", ") || "nothing"}`
      ]

const otherRow = ({ owns, pending, roles, warnings }: NonNullable<Health["others"]>[number]): Html =>
  partRow(
    "Another process",
    warnings.length === 0 ? "ok" : "degraded",
    warnings.length === 0,
    `roles: ${roles.join(", ")}; at the moment its alone: ${owns.join(", ") || "nothing"}; ${whole(pending)} pending`
  )

const parts = ({ health }: OperationsView): Html =>
  scrolling(
    "Parts of the server",
    html`<table><thead><tr><th scope="col">Part</th><th scope="col">State</th><th scope="col">More</th></tr></thead><tbody>
${partRow("Server", health.status, health.status === "ok", [`version ${health.version ?? "?"}`, ...rolesOf(health)].join("; "))}
${(health.others ?? []).map(otherRow)}
${health.database !== undefined && partRow("Database", health.database.reachable ? "reachable" : "away", health.database.reachable, health.database.reason ?? health.database.dialect)}
${health.broker !== undefined && partRow("Broker elsewhere", health.broker.connected ? "connected" : "away", health.broker.connected, health.broker.reason ?? health.broker.address)}
${health.ingest !== undefined && partRow("Ingest", health.ingest.status, health.ingest.status === "ok", health.ingest.reason ?? `${whole(health.ingest.pending)} pending`)}
${(health.projections ?? []).map(({ lag, name, position }) => partRow(`Projection ${name}`, lag < 5_000 ? "up to date" : "behind", lag < 5_000, `${whole(lag)} events behind, at position ${whole(position)}`))}
</tbody></table>`
  )

const refusedRow = ({ address, at, clientId, reason, times }: Omit<RefusedClient, "number">): Html =>
  html`<tr><td>${timeOf(micros(at * MICROS_PER_MILLI))}</td><td>${clientId === null ? html`<span class="quiet">not told</span>` : html`<code>${foreign(clientId)}</code>`}</td>
<td>${address ?? html`<span class="quiet">not known</span>`}</td><td class="why">${foreign(reason)}</td><td class="number">${whole(times)}</td></tr>`

const refusedClients = ({ refused: { last, total } }: OperationsView): Html | false =>
  total > 0 &&
  html`<section id="refused"><h2>Refused MQTT clients</h2>
<p>${whole(total)} since the start. What they sent was not taken.</p>
${scrolling("Refused MQTT clients", html`<table><thead><tr><th scope="col">Last, ${ZONE_NAME}</th><th scope="col">Client</th><th scope="col">Address</th><th scope="col">Why</th><th scope="col" class="number">Times</th></tr></thead><tbody>${last.map(refusedRow)}</tbody></table>`)}</section>`

/** Of which processes the figures are: nothing, where there is one. */
const whose = ({ health, others }: OperationsView): Html | false =>
  health.owns !== undefined &&
  others !== 0 &&
  html`<p class="quiet">${
    others === null
      ? "Rates, times and refused clients are those of this process alone: the database can't be asked for those of the others."
      : `Rates, times and refused clients are those of all ${others + 1} processes; of the others, as each told them in the last seconds.`
  }</p>`

/** GET /operations */
export const renderOperations = (view: OperationsView): string =>
  page({
    title: "Operations",
    path: "/operations",
    refresh: 15,
    body: html`${parameterNotice(view.problems)}
<div class="title"><h1>Operations</h1><p class="links quiet"><a href="/health">JSON</a></p></div>
<div id="operations" data-renew="5">
${(view.health.warnings ?? []).map((warning) => html`<p class="trouble" role="alert">${warning}</p>`)}
${whose(view)}
${rates(view)}
<section><h2>Time to commit</h2>${latencies(view)}</section>
<section><h2>Parts</h2>${parts(view)}</section>
${refusedClients(view)}
</div>
${
  view.rejected === null
    ? html`<section id="rejected"><h2>Rejected messages</h2><p class="empty">They are in the database, which can't be asked now.</p></section>`
    : rejectedSection(view.rejected)
}`
  })
