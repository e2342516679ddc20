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
  html`<tr><td class="num">${whole(position)}</td><td>${timeOf(recordedAt)}</td><td>${foreign(actor ?? "–")}</td><td>${foreign(address ?? "–")}</td><td>${foreign(action)}</td><td>${foreign(object ?? "–")}</td><td>${foreign(outcome)}</td></tr>`

export const renderAudit = ({ entries, olderBefore, problems }: AuditView): string =>
  page({
    path: "/operations/audit",
    title: "Audit",
    body: html`<h1>Audit</h1>
<p>Privileged calls and logins, the newest first. Each entry holds the hash of the one before: <a href="/audit/verification">verify</a> follows them all.</p>
${parameterNotice(problems)}
${
  entries.length === 0
    ? html`<p>There are none.</p>`
    : scrolling(
        "Audit",
        html`<table><thead><tr><th>No.</th><th>Time (${ZONE_NAME})</th><th>Key</th><th>Address</th><th>What</th><th>Of</th><th>Outcome</th></tr></thead><tbody>${entries.map(row)}</tbody></table>`
      )
}
${olderBefore !== null && html`<p><a href="/operations/audit?before=${olderBefore}">Older</a></p>`}`
  })
