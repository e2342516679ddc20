/** What a page says of the request itself: parameters that it can't follow, forms that were refused, and what was done. */
import type { FormState, ParameterProblem } from "../../api/core/PageProblem.js"
import { type Html, type HtmlPart, html } from "./Html.js"
import { clipped, foreign } from "./Terms.js"

/** Longest value that is shown, in characters. */
const VALUE_SHOWN_MAX = 100

/** At the top of a page: each parameter, what was given, and what is allowed. Nothing where all can be followed. */
export const parameterNotice = (problems: ReadonlyArray<ParameterProblem> = []): Html | false =>
  problems.length > 0 &&
  html`<div class="trouble" role="alert" id="problems"><p>${problems.length === 1 ? "A parameter of this address can't be followed" : "Parameters of this address can't be followed"}:</p>
<ul>${problems.map(
    ({ allowed, name, value }) =>
      html`<li><code>${foreign(clipped(name, VALUE_SHOWN_MAX))}</code>${
        value === null
          ? ""
          : html` was given as <code>${foreign(clipped(value, VALUE_SHOWN_MAX))}</code>, but`
      } ${allowed}.</li>`
  )}</ul></div>`

export const doneNotice = (text: HtmlPart): Html => html`<p class="done" role="status">${text}</p>`

/** What a field of a form holds: what was sent, where it was this form, else what holds now. */
export const valueIn = (state: FormState | undefined, name: string, now: string): string =>
  state?.values.get(name) ?? now

export interface FieldParts {
  readonly name: string
  readonly id: string
  readonly label: HtmlPart
  /** What may stand there, and what an empty field means. */
  readonly hint?: HtmlPart
  readonly form: FormState | undefined
  /** What it holds where it was not sent. */
  readonly now: string
  /** Lines of a text area; absent: one line. */
  readonly rows?: number
  readonly max?: number
  readonly required?: boolean
}

/** A field with its label, hint and errors, which are read out with it. */
export const formField = ({ form, hint, id, label, max, name, now, required, rows }: FieldParts): Html => {
  const value = valueIn(form, name, now)
  const errors = (form?.errors ?? []).filter(({ field }) => field === name).map(({ message }) => message)
  const descriptionIds = [hint !== undefined && `${id}-hint`, errors.length > 0 && `${id}-error`].filter(
    (one) => one !== false
  )
  const more = html` id="${id}" name="${name}"${descriptionIds.length > 0 && html` aria-describedby="${descriptionIds.join(" ")}"`}${
    errors.length > 0 && html` aria-invalid="true"`
  }${max !== undefined && html` maxlength="${max}"`}${required === true && html` required`}`
  return html`<div class="field"><label for="${id}">${label}</label>
${
  rows === undefined
    ? html`<input type="text" dir="auto" value="${value}"${more}>`
    : html`<textarea dir="auto" rows="${rows}"${more}>
${value}</textarea>`
}
${hint !== undefined && html`<p class="hint" id="${id}-hint">${hint}</p>`}${
  errors.length > 0 &&
  html`<p class="wrong" id="${id}-error">${errors.map((one) => `This ${one}.`).join(" ")}</p>`
}</div>`
}

export const formNotice = (state: FormState | undefined): Html | false =>
  state !== undefined &&
  html`<div class="trouble" role="alert"><p>${state.message}</p>${
    state.errors.length > 0 &&
    html`<ul>${state.errors.map(({ field, message }) => html`<li><code>${field}</code> ${message}</li>`)}</ul>`
  }</div>`
