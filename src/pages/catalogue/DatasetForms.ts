/**
 * The forms of a data set's page: the same rules as `PUT /metadata/{dataset_name}` and `/glossary/{term}`, with each
 * error at its field.
 *
 * Invariant: what was not changed in the form is not said, so that what a form can't show (a control character, a
 * lonely carriage return) is never changed by somebody who changed something else.
 */

import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { TermPath } from "../../api/catalogue/CatalogueGroup.js"
import { DatasetInput, TermInput } from "../../api/catalogue/CatalogueWords.js"
import type { FormState } from "../../api/core/PageProblem.js"
import type { FieldError } from "../../api/core/Problem.js"
import type { CatalogueChanged } from "../../domain/catalogue/CatalogueChanged.js"
import { type CatalogDataset, findDataset } from "../../domain/catalogue/CatalogueDataset.js"
import { EDIT_TEXTS } from "../../domain/catalogue/CatalogueEdits.js"
import type { CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import { defineWord, sayOfDataset, takeWordOut } from "../../http/catalogue/CatalogueChanges.js"
import { invalidField, notFound } from "../../http/core/Problems.js"
import { decodeBody } from "../../http/core/RequestDecoding.js"
import type { CatalogService } from "../../projections/catalogue/Catalogue.js"

/** What became of a form: done, in a word that the page knows; or refused, to be shown again. */
export type FormOutcome =
  | { readonly _tag: "Done"; readonly done: "described" | "unchanged" | "defined" | "removed" }
  | { readonly _tag: "Refused"; readonly status: 400 | 412; readonly state: FormState }

export interface FormContext {
  readonly words: CatalogueLogService
  readonly catalog: CatalogService
  /** The name of the key that sends it. */
  readonly actor: string | undefined
}

const decodeDataset = decodeBody(DatasetInput)
const decodeTerm = decodeBody(TermInput)
const decodeTermName = decodeBody(TermPath)

/** Of these a form keeps the lines; of the others it has one. */
const WITH_LINES: ReadonlySet<string> = new Set(["description", "application"])

// What pages write in place of characters that HTML forbids.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g

/** A text as a form shows it and sends it back. */
const asSent = (text: string, lines: boolean): string => {
  const plain = text.replace(/\r\n?/g, "\n").replace(FORBIDDEN, "\ufffd")
  return lines ? plain : plain.replaceAll("\n", "")
}

/** What a text field says: undefined for what it showed, null for nothing. */
const saidBy = (value: string | null, now: string | null, lines: boolean): string | null | undefined => {
  if (value === null || value === asSent(now ?? "", lines)) return undefined
  return value.trim() === "" ? null : value
}

const linesOf = (text: string): ReadonlyArray<string> =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")

const reasonIn = (form: URLSearchParams) => {
  const reason = (form.get("reason") ?? "").trim()
  return reason === "" ? {} : { reason }
}

const inputOf = (form: URLSearchParams, dataset: CatalogDataset) => {
  const texts = EDIT_TEXTS.flatMap((name) => {
    const text = saidBy(form.get(name), dataset[name], WITH_LINES.has(name))
    return text === undefined ? [] : [[name, text] as const]
  })
  const tags = saidBy(form.get("tags"), dataset.tags.join("\n"), true)
  const columns = dataset.columns.flatMap(({ description, name }) => {
    const text = saidBy(form.get(`column.${name}`), description, true)
    return text === undefined ? [] : [{ name, description: text }]
  })
  return {
    ...Object.fromEntries(texts),
    ...(tags === undefined ? {} : { tags: linesOf(tags ?? "") }),
    ...(columns.length === 0 ? {} : { columns }),
    ...reasonIn(form)
  }
}

const INDEXED = /^(\w+)\[(\d+)\]/

/** An error of the body as one of the form: `columns[2].description` is at the field of that column. */
const atField =
  (columns: ReadonlyArray<{ readonly name: string }>) =>
  ({ field, message }: FieldError): FieldError => {
    const [, list, index] = INDEXED.exec(field) ?? []
    if (list === undefined) return { field, message }
    if (list === "columns") return { field: `column.${columns[Number(index)]?.name ?? ""}`, message }
    return { field: list, message: `${message}, in line ${Number(index) + 1}` }
  }

const refused = (
  form: URLSearchParams,
  errors: ReadonlyArray<FieldError>,
  message = "Nothing was saved yet. Mend what is marked, and save again."
): FormOutcome => ({
  _tag: "Refused",
  status: 400,
  state: { form: form.get("form") ?? "", values: form, errors, message }
})

/** Somebody was quicker: what was written stays, and counts against what holds now when it is sent again. */
const overtaken = (form: URLSearchParams, { position }: CatalogueChanged): FormOutcome => {
  const values = new URLSearchParams(form)
  values.set("version", String(position))
  const message = `Nothing was saved: somebody has changed it meanwhile, to version ${position}. What you wrote is kept here; see what holds now, then save again to put yours in its place.`
  return {
    _tag: "Refused",
    status: 412,
    state: { form: form.get("form") ?? "", values, errors: [], message }
  }
}

const versionIn = (form: URLSearchParams) => {
  const text = form.get("version") ?? ""
  return /^\d{1,15}$/.test(text)
    ? Effect.succeed(Number(text))
    : Effect.fail(invalidField("version", "must be the number of a version: load the page again"))
}

const describe = (context: FormContext, name: string, form: URLSearchParams) =>
  Effect.gen(function* () {
    const definition = findDataset(name)
    const dataset = yield* context.catalog.dataset(name)
    if (definition === undefined || Option.isNone(dataset)) {
      return yield* Effect.fail(notFound(`There is no data set ${name}.`))
    }
    const version = yield* versionIn(form)
    const input: { readonly columns?: ReadonlyArray<{ readonly name: string }> } = inputOf(
      form,
      dataset.value
    )
    const decoded = decodeDataset(input)
    if (Either.isLeft(decoded)) return refused(form, decoded.left.map(atField(input.columns ?? [])))
    const { reason, ...said } = decoded.right
    return yield* sayOfDataset(context.words, context.catalog, definition, said, {
      actor: context.actor,
      reason: reason ?? undefined,
      ifVersions: [version]
    }).pipe(
      Effect.map(({ made }): FormOutcome => ({ _tag: "Done", done: made ? "described" : "unchanged" })),
      Effect.catchTag("CatalogueChanged", (changed) => Effect.succeed(overtaken(form, changed)))
    )
  })

const meaningOf = (form: URLSearchParams) =>
  decodeTerm({
    definition: form.get("definition") ?? "",
    synonyms: linesOf(form.get("synonyms") ?? ""),
    see_also: linesOf(form.get("see_also") ?? ""),
    datasets: form.getAll("datasets"),
    ...reasonIn(form)
  })

const faultsOf = (decoded: Either.Either<unknown, ReadonlyArray<FieldError>>) =>
  Either.isLeft(decoded) ? decoded.left.map(atField([])) : []

const outcomeOf = (word: "defined" | "unchanged" | "removed"): FormOutcome => ({ _tag: "Done", done: word })

const define = (context: FormContext, form: URLSearchParams) =>
  Effect.gen(function* () {
    const ifVersions = [yield* versionIn(form)]
    const { actor, words } = context
    const term = (form.get("term") ?? "").trim()
    const removes = form.get("action") === "remove"
    const meaning = meaningOf(form)
    // Whoever takes a word out says nothing of what it means.
    const faults = [
      ...faultsOf(decodeTermName({ term })),
      ...faultsOf(meaning).filter(({ field }) => !removes || field === "reason")
    ]
    if (faults.length > 0) return refused(form, faults)
    if (removes) {
      yield* takeWordOut(words, term, { actor, ifVersions, ...reasonIn(form) })
      return outcomeOf("removed")
    }
    if (Either.isLeft(meaning)) return refused(form, faults)
    const { reason, ...said } = meaning.right
    const { made } = yield* defineWord(words, term, said, { actor, ifVersions, reason: reason ?? undefined })
    return outcomeOf(made ? "defined" : "unchanged")
  }).pipe(Effect.catchTag("CatalogueChanged", (changed) => Effect.succeed(overtaken(form, changed))))

/** What a form of the page of the data set `name` comes to. */
export const datasetForm = (context: FormContext, name: string, form: URLSearchParams) =>
  findDataset(name) === undefined
    ? Effect.fail(notFound(`There is no data set ${name}.`))
    : form.get("form") === "term"
      ? define(context, form)
      : form.get("form") === "words"
        ? describe(context, name, form)
        : Effect.fail(invalidField("form", "must be words or term"))
