/** What people say of data sets and words, put into the log of the catalogue: the same by the API and by the pages. */
import * as Effect from "effect/Effect"
import type { TermInput } from "../../api/catalogue/CatalogueWords.js"
import type { FieldError } from "../../api/core/Problem.js"
import {
  type CatalogueEvent,
  type DatasetSaying,
  mergeEdit,
  NO_EDIT,
  sameEdit,
  type TermMeaning
} from "../../domain/catalogue/CatalogueEdits.js"
import type { DatasetDefinition } from "../../domain/catalogue/DatasetDescriptions.js"
import type { CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import type { CatalogService } from "../../projections/catalogue/Catalogue.js"
import type { ChangeTerms } from "../writing/ChangeTerms.js"

/** Columns that the data set does not have. */
export const strangeColumns = (
  definition: DatasetDefinition,
  columns: ReadonlyArray<{ readonly name: string }> = []
): ReadonlyArray<FieldError> => {
  const names = new Set(definition.columns.map((column) => column.name))
  return columns.flatMap((column, i) =>
    names.has(column.name)
      ? []
      : [{ field: `columns[${i}].name`, message: `is no column of ${definition.name}` }]
  )
}

export const sayOfDataset = (
  words: CatalogueLogService,
  catalog: CatalogService,
  definition: DatasetDefinition,
  saying: DatasetSaying,
  terms: ChangeTerms
) =>
  words
    .change({
      kind: "dataset",
      subject: definition.name,
      ...terms,
      decide: (last) => {
        const before = last?.type === "DatasetDescribed" ? last.payload : NO_EDIT
        const payload = mergeEdit(definition, before, saying)
        return sameEdit(before, payload) ? null : { type: "DatasetDescribed", payload }
      }
    })
    // The words are stored; the table for SQL follows at the latest with the next start.
    .pipe(Effect.tap(Effect.ignoreLogged(catalog.publish)))

export const defineWord = (
  words: CatalogueLogService,
  term: string,
  input: Omit<TermInput, "reason">,
  terms: ChangeTerms
) => {
  const payload: TermMeaning = {
    definition: input.definition,
    synonyms: [...new Set(input.synonyms ?? [])],
    see_also: [...new Set(input.see_also ?? [])],
    datasets: [...new Set(input.datasets ?? [])]
  }
  return words.change({
    kind: "term",
    subject: term,
    ...terms,
    decide: (last) =>
      last?.type === "TermDefined" && JSON.stringify(last.payload) === JSON.stringify(payload)
        ? null
        : { type: "TermDefined", payload }
  })
}

/** The word as it was; undefined: the glossary has none such. */
export const takeWordOut = (words: CatalogueLogService, term: string, terms: ChangeTerms) =>
  Effect.suspend(() => {
    const removed: Array<CatalogueEvent> = []
    return Effect.map(
      words.change({
        kind: "term",
        subject: term,
        ...terms,
        decide: (last) => {
          removed.length = 0
          if (last?.type !== "TermDefined") return null
          removed.push(last)
          return { type: "TermRemoved", payload: {} }
        }
      }),
      () => removed[0]
    )
  })
