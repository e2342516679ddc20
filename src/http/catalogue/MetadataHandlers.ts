/**
 * What there is: `/metadata/`, and the catalogue page.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import type { CatalogDataset } from "../../domain/catalogue/CatalogueDataset.js"
import { DATASETS_TABLE } from "../../domain/catalogue/CatalogueTable.js"
import { micros } from "../../domain/Time.js"
import { EventLog, type EventLogService } from "../../eventlog/EventLog.js"
import { Catalog, type CatalogService } from "../../projections/catalogue/Catalogue.js"
import { Contract } from "../core/Contract.js"
import { pageAnswer } from "../core/PageAnswer.js"
import { Pages } from "../core/Ports.js"
import { answerRows } from "../listing/Answer.js"
import type { Listing } from "../listing/Listing.js"
import { wholeListing } from "../listing/ReadingList.js"
import { datasetPageAnswer } from "./DatasetAnswer.js"
import { DocumentSources } from "./DocumentSources.js"

/** There are few: any page is read from all of them. */
const DATASETS_MAX = 1_000

const datasetList = (
  log: EventLogService,
  catalog: CatalogService,
  search: string
): Listing<CatalogDataset> => ({
  ...wholeListing(log),
  kind: "datasets",
  filter: { search },
  table: DATASETS_TABLE,
  read: ({ after, limit, skip }) =>
    Effect.map(catalog.datasets({ search, skip: 0, limit: DATASETS_MAX }), (all) =>
      all.filter(({ id }) => id > (after?.tie ?? 0)).slice(skip, skip + limit)
    ),
  place: ({ id }) => ({ time: micros(0), tie: id }),
  chunkRows: DATASETS_MAX
})

export const MetadataLive = HttpApiBuilder.group(Contract, "Metadata", (handlers) =>
  Effect.gen(function* () {
    const catalog = yield* Catalog
    const pages = yield* Pages
    const documents = yield* DocumentSources
    const log = yield* EventLog
    return handlers
      .handle("metadata", ({ urlParams }) =>
        answerRows(log, datasetList(log, catalog, urlParams.search), urlParams)
      )
      .handle("catalog", ({ urlParams }) =>
        urlParams.dataset === undefined
          ? Effect.flatMap(pages.catalog(urlParams), (html) => pageAnswer(pages, html))
          : datasetPageAnswer({ pages, documents }, urlParams.dataset)
      )
  })
)
