/** What people say of a data set: who answers for it, the form that changes it, its words, and its history. */
import type { FormState } from "../../api/core/PageProblem.js"
import type { CatalogDataset } from "../../domain/catalogue/CatalogueDataset.js"
import {
  type EditText,
  LABEL_LENGTH_MAX,
  LINK_LENGTH_MAX,
  PROSE_LENGTH_MAX,
  TAG_LENGTH_MAX,
  TAGS_MAX,
  TITLE_LENGTH_MAX
} from "../../domain/catalogue/CatalogueEdits.js"
import { type Html, type HtmlPart, html } from "../core/Html.js"
import { doneNotice, formField, formNotice, valueIn } from "../core/Notices.js"
import { foreign } from "../core/Terms.js"
import { glossary } from "./Glossary.js"
import { historyTable } from "./WordHistory.js"
import { type DatasetWordsView, reasonField } from "./WordsView.js"

const CONFIRMATIONS: Readonly<Record<string, string>> = {
  described: "Saved: what you wrote holds from now on, and stands in the history.",
  unchanged: "Nothing was changed: it said just that already.",
  defined: "Saved: the word means that from now on.",
  removed: "The word was taken out of the glossary; its history stays."
}

/** Above all else; `done` that is not known says nothing. */
export const wordsDone = ({ confirmation: done }: DatasetWordsView): Html | false => {
  const text =
    typeof done === "string" && Object.hasOwn(CONFIRMATIONS, done) ? CONFIRMATIONS[done] : undefined
  return text !== undefined && doneNotice(text)
}

const fact = (name: string, value: string | null): Html =>
  html`<div><dt>${name}</dt><dd>${value === null ? html`<span class="quiet">not said</span>` : foreign(value)}</dd></div>`

/** Owner, licence and tags in a line. */
export const sayings = (dataset: CatalogDataset): Html => html`<dl class="facts said">
${fact("Owner", dataset.owner)}${fact("Contact", dataset.contact)}${fact("Publisher", dataset.publisher)}${fact("Licence", dataset.licence)}
<div><dt>Tags</dt><dd>${
  dataset.tags.length === 0
    ? html`<span class="quiet">none</span>`
    : dataset.tags.map((tag) => html`<span class="tag">${foreign(tag)}</span> `)
}</dd></div></dl>`

const own = "Empty: the program’s own words again."

const columnFields = (dataset: CatalogDataset, form: FormState | undefined): Html => {
  const isWrong = (form?.errors ?? []).some(({ field }) => field.startsWith("column."))
  return html`<details${isWrong && html` open`}><summary>Meaning of its ${dataset.columns.length} columns</summary><p class="hint">${own}</p>${dataset.columns.map(
    ({ description, name }) => {
      const field = `column.${name}`
      return formField({
        name: field,
        id: `edit-${field}`,
        label: html`<code>${name}</code>`,
        form,
        now: description,
        rows: 2,
        max: PROSE_LENGTH_MAX
      })
    }
  )}</details>`
}

const editForm = (dataset: CatalogDataset, form: FormState | undefined): Html => {
  const field = (name: EditText, label: HtmlPart, max: number, hint: HtmlPart, rows?: number) =>
    formField({
      name,
      id: `edit-${name}`,
      label,
      hint,
      form,
      now: dataset[name] ?? "",
      max,
      ...(rows === undefined ? {} : { rows })
    })
  return html`<form class="edit" method="post" action="/catalog/${encodeURIComponent(dataset.dataset_name)}">
${formNotice(form)}
<input type="hidden" name="form" value="words"><input type="hidden" name="version" value="${valueIn(form, "version", String(dataset.version))}">
${field("title", "Title", TITLE_LENGTH_MAX, own)}
${field("description", "Description: what a row is", PROSE_LENGTH_MAX, own, 5)}
${field("application", "What it is for", PROSE_LENGTH_MAX, own, 3)}
<div class="pair">${field("owner", "Owner", LABEL_LENGTH_MAX, "Who answers for it.")}
${field("contact", "Contact", LABEL_LENGTH_MAX, "An address or a link.")}
${field("publisher", "Publisher", LABEL_LENGTH_MAX, "Who makes it available.")}
${field("licence", "Licence", LINK_LENGTH_MAX, "An SPDX identifier such as CC-BY-4.0, a link, or words.")}</div>
${formField({
  name: "tags",
  id: "edit-tags",
  label: "Tags",
  hint: `One a line: at most ${TAGS_MAX}, of ${TAG_LENGTH_MAX} characters each.`,
  form,
  now: dataset.tags.join("\n"),
  rows: 3
})}
${columnFields(dataset, form)}
${reasonField("edit-reason", form)}
<p><button type="submit">Save</button></p></form>`
}

/** The section of the page: form, words, history. */
export const wordsSection = (dataset: CatalogDataset, view: DatasetWordsView): Html => {
  const form = view.form?.form === "words" ? view.form : undefined
  return html`<section id="words"><h2>What people say of it</h2>
${sayings(dataset)}
${
  view.mayWrite
    ? html`<details id="edit"${form !== undefined && html` open`}><summary>Edit what is said of it</summary>${editForm(dataset, form)}</details>`
    : html`<p class="quiet">Your key is a reader’s: a writer’s may change this.</p>`
}
${glossary(dataset.dataset_name, view)}
<h3 id="history">History</h3>${historyTable(dataset.dataset_name, view.history)}</section>`
}
