/** The words of the glossary that are of use with a data set, with the forms that define, change and remove them. */
import type { FormState } from "../../api/core/PageProblem.js"
import {
  type CatalogueEvent,
  LABEL_LENGTH_MAX,
  LINK_LENGTH_MAX,
  PROSE_LENGTH_MAX
} from "../../domain/catalogue/CatalogueEdits.js"
import { type Html, html } from "../core/Html.js"
import { timeOf } from "../core/Layout.js"
import { formField, formNotice, valueIn } from "../core/Notices.js"
import { foreign } from "../core/Terms.js"
import { type DatasetWordsView, reasonField } from "./WordsView.js"

type Defined = Extract<CatalogueEvent, { readonly type: "TermDefined" }>

/** The form that was sent was about this word; undefined: about a new one. */
const stateOf = ({ form }: DatasetWordsView, term: string | undefined): FormState | undefined =>
  form?.form === "term" && (form.values.get("of") ?? "") === (term ?? "") ? form : undefined

/** Which boxes are ticked. */
const selection = (form: FormState | undefined, now: ReadonlyArray<string>): ReadonlySet<string> =>
  new Set(form === undefined ? now : form.values.getAll("datasets"))

const boxes = (view: DatasetWordsView, form: FormState | undefined, now: ReadonlyArray<string>): Html => {
  const ticked = selection(form, now)
  return html`<fieldset class="boxes"><legend>Of use with</legend>${view.datasets.map(
    (one) =>
      html`<label class="check"><input type="checkbox" name="datasets" value="${one}"${ticked.has(one) && html` checked`}> ${one}</label>`
  )}</fieldset>`
}

const termForm = (name: string, view: DatasetWordsView, event: Defined | undefined, nth: number): Html => {
  const form = stateOf(view, event?.subject)
  const id = (field: string) => `term-${nth}-${field}`
  const text = (
    field: string,
    label: string,
    now: string,
    rows: number,
    max: number | undefined,
    hint?: string
  ) =>
    formField({
      name: field,
      id: id(field),
      label,
      ...(hint === undefined ? {} : { hint }),
      form,
      now: now,
      rows,
      ...(max === undefined ? {} : { max })
    })
  return html`<form class="edit" method="post" action="/catalog/${encodeURIComponent(name)}">
${formNotice(form)}
<input type="hidden" name="form" value="term"><input type="hidden" name="version" value="${valueIn(form, "version", String(event?.position ?? 0))}">
${
  event === undefined
    ? formField({
        name: "term",
        id: id("term"),
        label: "Word",
        hint: "As people say it, such as “dew point”.",
        form,
        now: "",
        max: LABEL_LENGTH_MAX,
        required: true
      })
    : html`<input type="hidden" name="of" value="${event.subject}"><input type="hidden" name="term" value="${event.subject}">`
}
${text("definition", "What it means here", event?.payload.definition ?? "", 3, PROSE_LENGTH_MAX)}
${text("synonyms", "Other words for the same", (event?.payload.synonyms ?? []).join("\n"), 2, undefined, "One a line.")}
${text("see_also", "Links to more about it", (event?.payload.see_also ?? []).join("\n"), 2, undefined, `One a line, each beginning with http:// or https://, of at most ${LINK_LENGTH_MAX} characters.`)}
${boxes(view, form, event?.payload.datasets ?? [name])}
${reasonField(id("reason"), form)}
<p class="buttons"><button type="submit" name="action" value="define">${event === undefined ? "Add the word" : "Save"}</button>${
    event !== undefined &&
    html` <button type="submit" class="second" name="action" value="remove">Take it out</button>`
  }</p></form>`
}

const link = (address: string): Html =>
  /^https?:\/\//i.test(address)
    ? html`<a href="${address}" rel="noopener noreferrer nofollow">${foreign(address)}</a> `
    : html`${foreign(address)} `

const entry = (name: string, view: DatasetWordsView, event: Defined, nth: number): Html => {
  const { definition, see_also, synonyms } = event.payload
  return html`<div><dt>${foreign(event.subject)}${synonyms.length > 0 && html` <span class="quiet">also ${synonyms.map((one, index) => html`${index > 0 && ", "}${foreign(one)}`)}</span>`}</dt>
<dd><p class="long"><bdi>${definition}</bdi></p>${see_also.length > 0 && html`<p class="small">See ${see_also.map(link)}</p>`}
<p class="small quiet">${timeOf(event.recordedAt)}${event.actor !== null && html` by ${foreign(event.actor)}`} · <a href="/glossary/${encodeURIComponent(event.subject)}/history">History<span class="unseen"> of ${event.subject}, as JSON</span></a></p>
${view.mayWrite && html`<details${stateOf(view, event.subject) !== undefined && html` open`}><summary>Change<span class="unseen"> ${event.subject}</span></summary>${termForm(name, view, event, nth)}</details>`}</dd></div>`
}

export const glossary = (name: string, view: DatasetWordsView): Html => {
  const terms = view.terms.flatMap((event) => (event.type === "TermDefined" ? [event] : []))
  return html`<h3 id="glossary">Glossary</h3>
${
  terms.length === 0
    ? html`<p class="quiet">No word of the glossary is marked as of use with it.</p>`
    : html`<dl class="terms">${terms.map((event, index) => entry(name, view, event, index + 1))}</dl>`
}
<p class="small"><a href="/glossary/">The whole glossary as JSON</a></p>
${view.mayWrite && html`<details${stateOf(view, undefined) !== undefined && html` open`}><summary>Add a word</summary>${termForm(name, view, undefined, 0)}</details>`}`
}
