/** What fires, the rules, what was, who was told, and what is silenced or planned; with the forms for what people do. */
import type { FormState, ParameterProblem } from "../../api/core/PageProblem.js"
import { ALERT_KINDS, type AlertKind } from "../../domain/alert/AlertKinds.js"
import { ALERT_NAME_MAX, type AlertRule } from "../../domain/alert/AlertRule.js"
import type { Micros } from "../../domain/Time.js"
import { type Html, type HtmlPart, html } from "../core/Html.js"
import { page, scrolling, time, timeOf } from "../core/Layout.js"
import { doneNotice, formField, formNotice, parameterNotice, valueIn } from "../core/Notices.js"
import { ZONE_NAME } from "../core/PageZone.js"
import { foreign } from "../core/Terms.js"

export interface AlertItem {
  readonly id: string
  readonly rule: string
  readonly severity: string
  readonly phase: "pending" | "firing" | "resolved"
  readonly summary: string
  readonly since: Micros
  readonly raisedAt: Micros | null
  readonly resolvedAt: Micros | null
  readonly told: boolean
  readonly acknowledgedAt: Micros | null
  readonly acknowledgedBy: string | null
  readonly note: string | null
}

interface Selection {
  readonly ids: ReadonlyArray<number>
  readonly name: string | null
  readonly tags: Readonly<Record<string, string>>
}

export interface RuleItem extends Pick<AlertRule, "kind" | "severity" | "min" | "max" | "enabled"> {
  readonly sensors: Selection
  readonly name: string
  readonly firing: number
  readonly pending: number
}

export interface NoticeItem {
  readonly id: string
  readonly channel: string
  readonly state: "waiting" | "sent" | "dead"
  readonly summary: string
  readonly createdAt: Micros
  readonly nextAt: Micros
  readonly attempts: number
  readonly lastError: string | null
}

export interface AlertsView {
  readonly problems: ReadonlyArray<ParameterProblem>
  /** Pending and firing. */
  readonly open: ReadonlyArray<AlertItem>
  readonly past: ReadonlyArray<AlertItem>
  readonly rules: ReadonlyArray<RuleItem>
  /** That wait after a failure, or are dead. */
  readonly unsent: ReadonlyArray<NoticeItem>
  readonly silences: ReadonlyArray<{
    readonly name: string
    readonly rules: ReadonlyArray<string>
    readonly sensors: Selection
    readonly until: string
    readonly reason: string | null
  }>
  readonly downtimes: ReadonlyArray<{
    readonly id: number
    readonly start: Micros
    readonly end: Micros | null
    readonly sensors: ReadonlyArray<number>
    readonly text: string
  }>
  /** What was just done; null: nothing. */
  readonly done: AlertsDone | null
  readonly mayWrite: boolean
  readonly form?: FormState | undefined
}

export const ALERTS_DONE = {
  acknowledged: "It is noted that you know.",
  sent: "It is sent again.",
  silenced: "Nobody is told of these until then.",
  ended: "The silence is over.",
  planned: "It is planned: nobody is alerted for it."
} as const
export type AlertsDone = keyof typeof ALERTS_DONE

const quiet = (text: string): Html => html`<span class="quiet">${text}</span>`
const count = (number: number, word: string) => `${number} ${word}`

/** A form of one button; what it does is named, and of what. */
const button = (form: string, id: string, label: string, of: string): Html =>
  html`<form method="post" action="/alerts/"><input type="hidden" name="form" value="${form}"><input type="hidden" name="id" value="${id}"><button type="submit" class="second">${label}<span class="unseen"> ${of}</span></button></form>`

const table = (label: string, head: ReadonlyArray<HtmlPart>, rows: ReadonlyArray<Html>): Html =>
  scrolling(
    label,
    html`<table class="stack"><thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${rows}</tbody></table>`
  )

const CLASSES = { firing: "late", pending: "", resolved: "fresh" } as const
const stateOf = ({ phase }: AlertItem): Html => html`<span class="state ${CLASSES[phase]}">${phase}</span>`

const known = (alert: AlertItem, mayWrite: boolean): Html => {
  if (alert.acknowledgedAt !== null) {
    return html`${timeOf(alert.acknowledgedAt)} ${foreign(alert.acknowledgedBy ?? "")} ${alert.note !== null && foreign(alert.note)}`
  }
  return mayWrite && alert.phase !== "pending"
    ? button("acknowledge", alert.id, "I know", `of ${alert.summary}`)
    : quiet("–")
}

const openSection = ({ mayWrite, open }: AlertsView): Html => html`<section id="firing"><h2>Now</h2>
${
  open.length === 0
    ? html`<p class="empty">Nothing fires.</p>`
    : table(
        "Alerts that fire or are pending",
        [html`Since, ${ZONE_NAME}`, "State", "Severity", "What", "Rule", "Somebody knows"],
        open.map(
          (alert) =>
            html`<tr id="alert-${alert.id}"><td data-label="Since">${timeOf(alert.since)}</td><td>${stateOf(alert)}${alert.phase === "firing" && !alert.told && html` ${quiet("silenced")}`}</td><td data-label="Severity">${alert.severity}</td><td class="why">${foreign(alert.summary === "" ? "–" : alert.summary)}</td><td data-label="Rule"><code>${alert.rule}</code></td><td data-label="Somebody knows">${known(alert, mayWrite)}</td></tr>`
        )
      )
}</section>`

const boundsOf = ({ max, min }: Pick<RuleItem, "min" | "max">): string =>
  [min === null ? "" : `below ${min}`, max === null ? "" : `above ${max}`].filter(Boolean).join(" or ")

const selectionOf = ({ ids, name, tags }: Selection): string => {
  const parts = [
    ...(ids.length > 0 ? [`sensors ${ids.join(", ")}`] : []),
    ...(name === null ? [] : [`named ${name}`]),
    ...Object.entries(tags).map(([key, value]) => `${key}=${value}`)
  ]
  return parts.length === 0 ? "all" : parts.join(", ")
}

const watchedBy = (kind: AlertKind, sensors: Selection): string =>
  ALERT_KINDS[kind].watches === "devices" ? selectionOf(sensors) : "this installation"

const rulesSection = ({ rules }: AlertsView): Html => html`<section id="rules"><h2>Rules</h2>
<p class="quiet">Rules are made by the API: a PUT of <code>{"kind": "range", "max": 80}</code> to <code>/alerts/rules/too-hot</code> alerts above 80. <a href="/docs/#/AlertRules">All fields</a> · <a href="/alerts/rules/">JSON</a></p>
${
  rules.length === 0
    ? html`<p class="empty">There is no rule yet: nothing is looked for.</p>`
    : table(
        "Rules",
        ["Rule", "It alerts when", "Of", "Severity", "State"],
        rules.map(
          (rule) =>
            html`<tr><th scope="row"><a href="/alerts/rules/${rule.name}/history">${rule.name}</a></th><td class="why">${ALERT_KINDS[rule.kind].words}: ${boundsOf(rule)}</td><td class="why" data-label="Of">${foreign(watchedBy(rule.kind, rule.sensors))}</td><td data-label="Severity">${rule.severity}</td><td data-label="State">${
              !rule.enabled
                ? quiet("switched off")
                : rule.firing > 0
                  ? html`<span class="state late">${count(rule.firing, "firing")}</span>`
                  : rule.pending > 0
                    ? count(rule.pending, "pending")
                    : "well"
            }</td></tr>`
        )
      )
}</section>`

const pastSection = ({ mayWrite, past }: AlertsView): Html => html`<section id="history"><h2>History</h2>
${
  past.length === 0
    ? html`<p class="empty">No alert is over yet.</p>`
    : table(
        "Alerts that are over",
        [html`Raised, ${ZONE_NAME}`, html`Over, ${ZONE_NAME}`, "Severity", "What", "Rule", "Somebody knows"],
        past.map(
          (alert) =>
            html`<tr id="alert-${alert.id}"><td data-label="Raised">${alert.raisedAt !== null && timeOf(alert.raisedAt)}</td><td data-label="Over">${alert.resolvedAt !== null && timeOf(alert.resolvedAt)}</td><td data-label="Severity">${alert.severity}</td><td class="why">${foreign(alert.summary)}</td><td data-label="Rule"><code>${alert.rule}</code></td><td data-label="Somebody knows">${known(alert, mayWrite)}</td></tr>`
        )
      )
}</section>`

const unsentSection = ({
  mayWrite,
  unsent
}: AlertsView): Html => html`<section id="notices"><h2>Notices that are not sent</h2>
${
  unsent.length === 0
    ? html`<p class="empty">All were taken. <a href="/alerts/notices/">All notices, as JSON</a></p>`
    : table(
        "Notices that are not sent",
        [html`Made, ${ZONE_NAME}`, "By", "State", "What", "Why not", "Again"],
        unsent.map(
          (notice) =>
            html`<tr id="notice-${notice.id}"><td data-label="Made">${timeOf(notice.createdAt)}</td><td data-label="By">${notice.channel}</td><td>${notice.state === "dead" ? html`<span class="state late">given up</span>` : html`tried again ${timeOf(notice.nextAt)}`}</td><td class="why">${foreign(notice.summary)}</td><td class="why">${notice.lastError === null ? quiet("–") : foreign(notice.lastError)} ${notice.attempts > 0 && quiet(count(notice.attempts, "tries"))}</td><td>${mayWrite ? button("send", notice.id, "Send it again", notice.summary) : quiet("–")}</td></tr>`
        )
      )
}</section>`

const nameAndUntil = (view: AlertsView, form: FormState | undefined): Html => html`
${formField({ name: "name", id: "silence-name", label: "Name", hint: "Letters, digits, “_”, “.” or “-”.", form, now: "", max: ALERT_NAME_MAX, required: true })}
<div class="field"><label for="silence-rule">Of which rule</label> <select id="silence-rule" name="rule"><option value="">all rules</option>${view.rules.map(
  ({ name }) =>
    html`<option value="${name}"${valueIn(form, "rule", "") === name && html` selected`}>${name}</option>`
)}</select></div>
${formField({ name: "sensors", id: "silence-sensors", label: "Pattern of sensors’ names", hint: "* is any text. Empty: whatever an alert is of.", form, now: "", max: 190 })}
${formField({ name: "until", id: "silence-until", label: "Until, RFC 3339", hint: "2026-11-30T18:00:00Z", form, now: "", max: 40, required: true })}`

const silencesSection = (view: AlertsView): Html => {
  const form = view.form?.form === "silence" ? view.form : undefined
  return html`<section id="silences"><h2>Silences</h2>
<p class="quiet">Alerts are raised and kept all the same; nobody is told of them.</p>
${
  view.silences.length === 0
    ? html`<p class="empty">None holds.</p>`
    : table(
        "Silences",
        ["Silence", "Rules", "Of", html`Until, ${ZONE_NAME}`, "Why", "End"],
        view.silences.map(
          ({ name, reason, rules, sensors, until }) =>
            html`<tr><th scope="row">${name}</th><td data-label="Rules">${rules.length === 0 ? "all" : rules.join(", ")}</td><td class="why" data-label="Of">${foreign(selectionOf(sensors))}</td><td data-label="Until">${time(until)}</td><td data-label="Why">${reason === null ? quiet("–") : foreign(reason)}</td><td>${view.mayWrite ? button("end", name, "End it", `the silence ${name}`) : quiet("–")}</td></tr>`
        )
      )
}
${
  view.mayWrite &&
  html`<details${form !== undefined && html` open`}><summary>Silence something</summary><form class="edit" method="post" action="/alerts/">${formNotice(form)}<input type="hidden" name="form" value="silence">${nameAndUntil(view, form)}
${formField({ name: "reason", id: "silence-reason", label: "Why", form, now: "", max: 500 })}<p class="buttons"><button type="submit">Silence</button></p></form></details>`
}</section>`
}

const downtimeSection = (view: AlertsView): Html => {
  const form = view.form?.form === "downtime" ? view.form : undefined
  return html`<section id="downtime"><h2>Planned downtime</h2>
<p class="quiet">No alert is raised of these sensors meanwhile, and <a href="/quality">completeness</a> leaves it out. It is an annotation of kind <code>downtime</code>, and shows on the plots of <a href="/explore">Explore</a>.</p>
${
  view.downtimes.length === 0
    ? html`<p class="empty">None is planned.</p>`
    : table(
        "Planned downtime",
        [html`From, ${ZONE_NAME}`, html`To, ${ZONE_NAME}`, "Sensors", "Why"],
        view.downtimes.map(
          ({ end, id, sensors, start, text }) =>
            html`<tr><td data-label="From">${timeOf(start)}</td><td data-label="To">${end === null ? "goes on" : timeOf(end)}</td><td data-label="Sensors">${sensors.length === 0 ? "all" : sensors.join(", ")}</td><td class="why">${foreign(text)} <a class="small" href="/annotations/${id}/history">History</a></td></tr>`
        )
      )
}
${
  view.mayWrite &&
  html`<details${form !== undefined && html` open`}><summary>Plan a downtime</summary><form class="edit" method="post" action="/alerts/">${formNotice(form)}<input type="hidden" name="form" value="downtime">
${formField({ name: "start_time", id: "downtime-start", label: "From, RFC 3339", form, now: "", max: 40, required: true })}
${formField({ name: "end_time", id: "downtime-end", label: "To, RFC 3339", hint: "Empty: it goes on.", form, now: "", max: 40 })}
${formField({ name: "sensor_ids", id: "downtime-sensors", label: "Numbers of sensors, comma-separated", hint: "Empty: all sensors.", form, now: "", max: 1_000 })}
${formField({ name: "text", id: "downtime-text", label: "Why", form, now: "", max: 2_000, required: true })}<p class="buttons"><button type="submit">Plan it</button></p></form></details>`
}</section>`
}

/** GET /alerts/, where HTML is asked for. */
export const renderAlerts = (view: AlertsView): string =>
  page({
    title: "Alerts",
    path: "/alerts/",
    refresh: 60,
    body: html`${parameterNotice(view.problems)}${view.done !== null && doneNotice(ALERTS_DONE[view.done])}
<div class="title"><h1>Alerts</h1><p class="links quiet"><a href="/alerts/?limit=100">JSON</a></p></div>
${openSection(view)}
${rulesSection(view)}
${pastSection(view)}
${unsentSection(view)}
${silencesSection(view)}
${downtimeSection(view)}`
  })
