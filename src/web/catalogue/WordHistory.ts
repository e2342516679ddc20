/** What people said of a data set, change by change: when, by whom, what, and why. */
import { type CatalogueEvent, type DatasetEdit, NO_EDIT } from "../../domain/catalogue/CatalogueEdits.js"
import { whole } from "../core/Figures.js"
import { type Html, html } from "../core/Html.js"
import { scrolling, timeOf } from "../core/Layout.js"
import { ZONE_NAME } from "../core/PageZone.js"
import { clipped, foreign } from "../core/Terms.js"

/** Changes that are shown, the newest. */
const CHANGES_SHOWN = 20
/** Longest text of a change that is shown, in characters. */
const TEXT_SHOWN = 160

export interface FieldChange {
  readonly field: string
  /** Null: the program's own words, or nothing. */
  readonly was: string | null
  readonly is: string | null
}

/** Each text of an edit by the name of its field. */
const textsOf = ({ columns, tags, ...texts }: DatasetEdit): ReadonlyMap<string, string> =>
  new Map([
    ...Object.entries(texts).flatMap(([field, text]) => (text === null ? [] : [[field, text] as const])),
    ...(tags.length === 0 ? [] : [["tags", tags.join(", ")] as const]),
    ...Object.entries(columns).map(([name, text]) => [`column ${name}`, text] as const)
  ])

export const changesBetween = (before: DatasetEdit, after: DatasetEdit): ReadonlyArray<FieldChange> => {
  const [was, is] = [textsOf(before), textsOf(after)]
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((field) => was.get(field) !== is.get(field))
    .map((field) => ({ field, was: was.get(field) ?? null, is: is.get(field) ?? null }))
}

const quotation = (text: string | null): Html =>
  text === null ? html`<span class="quiet">the default</span>` : html`“${foreign(clipped(text, TEXT_SHOWN))}”`

const changeLine = ({ field, is, was }: FieldChange): Html =>
  html`<li><code>${field}</code> ${quotation(is)} <span class="quiet">before:</span> ${quotation(was)}</li>`

const quiet = (text: string | null): Html =>
  text === null ? html`<span class="quiet">–</span>` : foreign(text)

/** `events` of one data set, oldest first. */
export const historyTable = (name: string, events: ReadonlyArray<CatalogueEvent>): Html => {
  const described = events.flatMap((event) => (event.type === "DatasetDescribed" ? [event] : []))
  const json = html`<a href="/metadata/${encodeURIComponent(name)}/history">JSON</a>`
  if (described.length === 0) return html`<p class="quiet">Nobody has changed a word yet. ${json}</p>`
  const rows = described.map((event, index) => ({
    ...event,
    changes: changesBetween(described[index - 1]?.payload ?? NO_EDIT, event.payload)
  }))
  const latest = rows.slice(-CHANGES_SHOWN).reverse()
  return html`${scrolling(
    "History of what was said",
    html`<table class="history"><thead><tr><th scope="col">Version</th><th scope="col">When, ${ZONE_NAME}</th><th scope="col">What</th><th scope="col">By</th><th scope="col">Why</th></tr></thead><tbody>${latest.map(
      ({ actor, changes, position, reason, recordedAt }) =>
        html`<tr><td class="number">${position}</td><td>${timeOf(recordedAt)}</td><td class="why"><ul>${changes.map(changeLine)}</ul></td><td>${quiet(actor)}</td><td>${quiet(reason)}</td></tr>`
    )}</tbody></table>`
  )}<p class="quiet">${rows.length > latest.length && `The newest ${latest.length} of ${whole(rows.length)} changes. `}All of them in full: ${json}</p>`
}
