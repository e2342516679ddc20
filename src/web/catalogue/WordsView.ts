/** What the words of a data set's page are made of, and the field that all its forms share. */
import type { FormState } from "../../api/core/PageProblem.js"
import type { CatalogueEvent } from "../../domain/catalogue/CatalogueEdits.js"
import type { Html } from "../core/Html.js"
import { formField } from "../core/Notices.js"

export interface DatasetWordsView {
  /** Else no form is shown. */
  readonly mayWrite: boolean
  /** What was said of it, oldest first. */
  readonly history: ReadonlyArray<CatalogueEvent>
  /** The words of the glossary that are of use with it. */
  readonly terms: ReadonlyArray<CatalogueEvent>
  /** All names of data sets, to choose from. */
  readonly datasets: ReadonlyArray<string>
  readonly form?: FormState | undefined
  /** What was done before this page was shown. */
  readonly confirmation?: string | null
}

/** Longest reason, in characters. */
const REASON_LENGTH_MAX = 500

export const reasonField = (id: string, form: FormState | undefined): Html =>
  formField({
    name: "reason",
    id,
    label: "Why",
    hint: "In your words; kept in the history. May be left empty.",
    form,
    now: "",
    max: REASON_LENGTH_MAX
  })
