/** What the catalogue's pages show. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { DATASETS } from "../domain/CatalogDatasets.js"
import type { CatalogPageQuery, DatasetPageRequest } from "../http/Ports.js"
import { Catalog } from "../projections/Catalog.js"
import { type DatasetView, lineageNodes, renderCatalog, renderDataset } from "../web/Pages.js"
import type { DailyService } from "./Daily.js"

/** The newest rows: some are shown, all are taken for how values are spread. */
const ROWS = 1_000
/** All that match a search: there are few data sets. */
const DATASETS_MAX = 1_000

/** Every column that a data set has, once. */
const COLUMNS = [...new Set(DATASETS.flatMap(({ columns }) => columns.map(({ name }) => name)))].sort()

export const catalogPage = ({ column, filled, limit, search, skip }: CatalogPageQuery) =>
  Effect.gen(function* () {
    const catalog = yield* Catalog
    const found = yield* catalog.datasets({ search, skip: 0, limit: DATASETS_MAX })
    const all = found.filter(
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
      skip,
      limit
    })
  })

const scored = (name: string): name is "sensor_data" | "aggregated_sensor_data" =>
  name === "sensor_data" || name === "aggregated_sensor_data"

const daysOf = (daily: DailyService, name: string) =>
  scored(name)
    ? Effect.map(daily.days, (days): DatasetView["days"] & {} =>
        days.map(({ day, scores }) => ({ day, scores: scores?.results[name] }))
      )
    : Effect.succeed([])

export const datasetPage = (daily: DailyService, name: string, { jsonLd, origin }: DatasetPageRequest) =>
  Effect.gen(function* () {
    const catalog = yield* Catalog
    const found = yield* catalog.dataset(name)
    if (Option.isNone(found)) return Option.none<string>()
    const rows = yield* catalog.sample(name, ROWS)
    return Option.some(
      renderDataset({
        dataset: found.value,
        rows: Option.getOrElse(rows, () => []),
        origin,
        jsonLd,
        days: yield* daysOf(daily, name),
        lineage: lineageNodes(name)
      })
    )
  })
