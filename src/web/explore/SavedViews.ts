/** Plots that have a name, and the address that shows this one again. */
import type { FormState } from "../../api/core/PageProblem.js"
import { VIEW_NAME_MAX } from "../../domain/catalogue/SavedView.js"
import type { Micros } from "../../domain/Time.js"
import { type Html, html } from "../core/Html.js"
import { timeOf } from "../core/Layout.js"
import { formField, formNotice } from "../core/Notices.js"
import { foreign } from "../core/Terms.js"

export interface SavedViewsView {
  readonly views?: ReadonlyArray<{ readonly name: string }>
  /** The query of this page, without what is of one answer alone. */
  readonly address?: string
  /** The address of exactly what is shown, as of its position of the log. */
  readonly share?: string
  /** The position that the address names. */
  readonly pinned?: { readonly position: number; readonly at: Micros } | undefined
  readonly mayWrite?: boolean
  readonly form?: FormState | undefined
}

/** Views that are links at once: more are behind a summary. */
const LINKS_MAX = 12

const link = ({ name }: { readonly name: string }): Html =>
  html`<a href="/views/${encodeURIComponent(name)}">${foreign(name)}</a> `

export const viewLinks = ({ views = [] }: SavedViewsView): Html | false =>
  views.length > 0 &&
  html`<nav class="moves views" aria-label="Saved views"><span class="label">Saved views</span> ${views.slice(0, LINKS_MAX).map(link)}${
    views.length > LINKS_MAX &&
    html`<details><summary>${views.length - LINKS_MAX} more</summary>${views.slice(LINKS_MAX).map(link)}</details>`
  }</nav>`

export const pinnedNote = ({ address = "", pinned }: SavedViewsView): Html | false => {
  if (pinned === undefined) return false
  const query = new URLSearchParams(address)
  query.delete("as_of")
  return html`<p class="note">The data as they were at position ${pinned.position} of the log, recorded ${timeOf(pinned.at)}: what came or was corrected later is not shown. <a href="/explore?${query.toString()}">Show them as they are now</a></p>`
}

const saveForm = ({ address = "", form: sent }: SavedViewsView): Html => {
  const form = sent?.form === "view" ? sent : undefined
  return html`<details${form !== undefined && html` open`}><summary>Save this view under a name</summary><form class="edit" method="post" action="/explore?${address}">
${formNotice(form)}<input type="hidden" name="form" value="view">
${formField({ name: "name", id: "view-name", label: "Name", hint: "A name that is taken shows this view from now on.", form, now: "", max: VIEW_NAME_MAX, required: true })}
<p class="buttons"><button type="submit">Save</button> <button type="submit" class="second" name="action" value="remove">Remove the view of this name</button></p></form></details>`
}

export const sharing = (view: SavedViewsView): Html | false =>
  view.share !== undefined &&
  html`<section id="share"><h2>Share it</h2>
<p><a href="${view.share}">Link to exactly these numbers</a> <span class="quiet">It names the position of the log: whoever follows it sees the same, whatever comes or is corrected later.</span></p>
${view.mayWrite === true && saveForm(view)}</section>`
