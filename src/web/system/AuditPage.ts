/** `/operations/audit`: who did what. */
import type { ParameterProblem } from "../../api/core/PageProblem.js"
import type { AuditEntry } from "../../domain/access/AuditDataset.js"
import { whole } from "../core/Figures.js"
import { type Html, html } from "../core/Html.js"
import { page, scrolling, timeOf } from "../core/Layout.js"
import { parameterNotice } from "../core/Notices.js"
import { ZONE_NAME } from "../core/PageZone.js"
import { foreign } from "../core/Terms.js"

export interface AuditView {
  readonly problems: ReadonlyArray<ParameterProblem>
  readonly entries: ReadonlyArray<AuditEntry>
  /** The page of older ones begins before this position; null: there are none. */
  readonly olderBefore: number | null
}

const row = ({ action, actor, address, object, outcome, position, recordedAt }: AuditEntry): Html =>
  html`<tr><td class="number" data-label="No.">${whole(position)}</td><td>${timeOf(recordedAt)}</td><td data-label="Key">${foreign(actor ?? "–")}</td><td data-label="Address">${foreign(address ?? "–")}</td><td class="why" data-label="What">${foreign(action)}</td><td class="why" data-label="Of">${foreign(object ?? "–")}</td><td class="why" data-label="Outcome">${foreign(outcome)}</td></tr>`

export const renderAudit = ({ entries, olderBefore, problems }: AuditView): string =>
  page({
    path: "/operations",
    title: "Audit",
    body: html`<p class="crumbs"><a href="/operations">Operations</a> <span aria-hidden="true">/</span> Audit</p>
<div class="title"><h1>Audit</h1><p class="links"><a href="/audit/">JSON</a></p></div>
<p>Privileged calls and logins, the newest first. Each entry holds the hash of the one before: <a href="/audit/verification">verify</a> follows them all.</p>
${parameterNotice(problems)}
${
  entries.length === 0
    ? html`<p>There are none.</p>`
    : scrolling(
        "Audit",
        html`<table class="stack"><thead><tr><th scope="col" class="number">No.</th><th scope="col">Time, ${ZONE_NAME}</th><th scope="col">Key</th><th scope="col">Address</th><th scope="col">What</th><th scope="col">Of</th><th scope="col">Outcome</th></tr></thead><tbody>${entries.map(row)}</tbody></table>`
      )
}
${olderBefore !== null && html`<p><a href="/operations/audit?before=${olderBefore}">Older</a></p>`}`
  })
