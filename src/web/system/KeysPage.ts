/** `/keys/` for people: every key that was ever made, and a form that makes one or revokes one. */
import type { FormState } from "../../api/core/PageProblem.js"
import type { KeyFacts } from "../../api/system/KeysGroup.js"
import { KEY_NAME_LENGTH_MAX } from "../../domain/access/Key.js"
import { Role } from "../../domain/access/Roles.js"
import { type Html, html } from "../core/Html.js"
import { page, scrolling, time } from "../core/Layout.js"
import { formField, formNotice, valueIn } from "../core/Notices.js"
import { ZONE_NAME } from "../core/PageZone.js"
import { foreign } from "../core/Terms.js"

export interface KeysView {
  readonly keys: ReadonlyArray<KeyFacts>
  /** A key that was just made: it is shown this once. */
  readonly created?: string | undefined
  readonly form?: FormState | undefined
}

const NONE = html`<span class="quiet">–</span>`
const names = (all: ReadonlyArray<string> | null, otherwise: string): Html | string =>
  all === null ? otherwise : html`${foreign(all.join(", "))}`

const STATES = { active: "fresh", expired: "late", revoked: "late" } as const

const keyRow = (
  key: KeyFacts
): Html => html`<tr><th scope="row">${foreign(key.name)}</th><td data-label="Id"><code>${key.id}</code></td><td data-label="Role">${key.role}</td>
<td data-label="Sensors">${names(key.sensors, key.role === "device" ? "its own" : "all")}</td><td data-label="Data sets">${names(key.datasets, "all")}</td>
<td data-label="State"><span class="state ${STATES[key.state]}">${key.state}</span></td><td data-label="Made">${time(key.created_at)}</td><td data-label="Expires">${key.expires_at === null ? NONE : time(key.expires_at)}</td>
<td data-label="Revoked">${
  key.revoked_at !== null
    ? time(key.revoked_at)
    : html`<form method="post" action="/keys/${key.id}/revoke"><button type="submit" class="second">Revoke<span class="unseen"> ${foreign(key.name)}</span></button></form>`
}</td></tr>`

const list = ({ keys }: KeysView): Html =>
  keys.length === 0
    ? html`<p class="empty">There are none in the database. From the first one on, nobody comes in without a key.</p>`
    : scrolling(
        "Keys",
        html`<table class="stack"><thead><tr><th scope="col">Name</th><th scope="col">Id</th><th scope="col">Role</th><th scope="col">Sensors</th><th scope="col">Data sets</th><th scope="col">State</th><th scope="col">Made, ${ZONE_NAME}</th><th scope="col">Expires</th><th scope="col">Revoked</th></tr></thead><tbody>${keys.map(keyRow)}</tbody></table>`
      )

const shown = ({ created }: KeysView): Html | false =>
  created !== undefined &&
  html`<div class="done" role="status"><p>The key is made. It is shown this once:</p>
<pre class="bytes" tabindex="0" role="region" aria-label="The key">${created}</pre></div>`

const roleField = ({ form }: KeysView): Html =>
  html`<div class="field"><label for="role">Role</label> <select id="role" name="role">${Role.literals.map(
    (role) => html`<option${role === valueIn(form, "role", "reader") && html` selected`}>${role}</option>`
  )}</select></div>`

const creation = (view: KeysView): Html => {
  const { form } = view
  const field = (name: string, label: string, hint: string, max?: number) =>
    formField({ name, id: name, label, hint, form, now: "", ...(max === undefined ? {} : { max }) })
  return html`<section id="new"><h2>Make a key</h2><form class="edit" method="post" action="/keys/new">${formNotice(form)}
${field("name", "Name", "Whose it is.", KEY_NAME_LENGTH_MAX)}
${roleField(view)}
${field("sensors", "Sensors", "Numbers, ranges and names, with commas between them: 42, 1-10, boiler/*. Empty: all; of a device its own.")}
${field("datasets", "Data sets", "Names, with commas between them. Empty: all.")}
${field("expires_at", "Expires", "As 2030-01-01T00:00:00Z. Empty: never.")}
<p class="buttons"><button type="submit" class="first">Make it</button></p></form></section>`
}

/** GET /keys/, where HTML is asked for. */
export const renderKeys = (view: KeysView): string =>
  page({
    title: "Keys",
    path: "/operations",
    body: html`
<p class="crumbs"><a href="/operations">Operations</a> <span aria-hidden="true">/</span> Keys</p>
<h1>Keys</h1>
${shown(view)}
<section><h2>All keys</h2>${list(view)}</section>
${creation(view)}`
  })
