/** What the catalogue's pages show. */

import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { PAGE_LIMIT_DEFAULT } from "../../api/core/ContractParameters.js"
import type { ParameterProblem } from "../../api/core/PageProblem.js"
import { DATASETS } from "../../domain/catalogue/DatasetDescriptions.js"
import { NAME_LENGTH_MAX } from "../../domain/Sensor.js"
import { fileColumnsOf } from "../../domain/standards/Document.js"
import { CatalogueLog } from "../../eventlog/CatalogueLog.js"
import type { CatalogPageQuery, DatasetPageRequest, PageRequest } from "../../http/core/Ports.js"
import { Catalog } from "../../projections/catalogue/Catalogue.js"
import { type DatasetView, lineageNodes, renderCatalog, renderDataset } from "../../web/Pages.js"
import {
  oneOf,
  type ParameterRule,
  pageOf,
  parameterProblems,
  textUpTo,
  wholeNumber
} from "../core/PageParameters.js"
import type { DailyService } from "../quality/DailyScores.js"

/** The newest rows: some are shown, all are taken for how values are spread. */
const ROWS = 1_000
/** All that match a search: there are few data sets. */
const DATASETS_MAX = 1_000

/** Every column that a data set has, once. */
const COLUMNS = [...new Set(DATASETS.flatMap(({ columns }) => columns.map(({ name }) => name)))].sort()

const RULES: Readonly<Record<string, ParameterRule>> = {
  search: textUpTo(NAME_LENGTH_MAX),
  column: oneOf(COLUMNS),
  filled: oneOf(["1"]),
  skip: wholeNumber(0, Number.MAX_SAFE_INTEGER)
}

/** `/catalog`, by an address that people type. */
export const cataloguePage = ({ query }: PageRequest) => {
  const problems = parameterProblems(query, RULES)
  const valid = (name: string) =>
    problems.some((problem) => problem.name === name) ? "" : (query.get(name) ?? "")
  const filters = {
    search: (query.get("search") ?? "").slice(0, NAME_LENGTH_MAX),
    column: valid("column") || undefined,
    filled: valid("filled") !== "",
    skip: Number(valid("skip")),
    limit: PAGE_LIMIT_DEFAULT
  }
  return Effect.map(catalogPage(filters, problems), (html) => pageOf(html, problems))
}

export const catalogPage = (
  { column, filled, limit, search, skip }: CatalogPageQuery,
  problems: ReadonlyArray<ParameterProblem> = []
) =>
  Effect.gen(function* () {
    const catalog = yield* Catalog
    const matches = yield* catalog.datasets({ search, skip: 0, limit: DATASETS_MAX })
    const all = matches.filter(
      ({ columns, row_count }) =>
        (column === undefined || columns.some(({ name }) => name === column)) &&
        (filled !== true || row_count > 0)
    )
    return renderCatalog({
      datasets: all.slice(skip, skip + limit),
      total: all.length,
      search,
      column,
      filled,
      columns: COLUMNS,
      problems,
      skip,
      limit
    })
  })

const scored = (name: string): name is "sensor_data" | "aggregated_sensor_data" =>
  name === "sensor_data" || name === "aggregated_sensor_data"

const daysOf = (daily: DailyService, name: string) =>
  scored(name)
    ? Effect.map(daily.days(), (days): DatasetView["days"] & {} =>
        days.map(({ day, scores }) => ({ day, scores: scores?.results[name] }))
      )
    : Effect.succeed([])

/** What people say of it, and what the form that was sent came to. */
const wordsOf = (name: string, { form, mayWrite, query }: DatasetPageRequest) =>
  Effect.gen(function* () {
    const words = yield* CatalogueLog
    const terms = yield* words.current("term")
    return {
      mayWrite,
      history: yield* words.history("dataset", name),
      terms: terms.filter(
        (event) => event.type === "TermDefined" && event.payload.datasets.some((one) => one === name)
      ),
      datasets: DATASETS.map((one) => one.name),
      form,
      confirmation: query.get("done")
    }
  })

export const datasetPage = (daily: DailyService, name: string, request: DatasetPageRequest) =>
  Effect.gen(function* () {
    const catalog = yield* Catalog
    const entry = yield* catalog.dataset(name)
    if (Option.isNone(entry)) return Option.none<string>()
    const rows = yield* catalog.sample(name, ROWS)
    const { jsonLd, origin } = request
    return Option.some(
      renderDataset({
        dataset: entry.value,
        rows: Option.getOrElse(rows, () => []),
        fileColumns: fileColumnsOf(entry.value),
        origin,
        jsonLd,
        days: yield* daysOf(daily, name),
        words: yield* wordsOf(name, request),
        lineage: lineageNodes(name)
      })
    )
  })
