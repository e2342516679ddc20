/**
 * The pages beside the contract: each page for people, the files that pages ask for, and the contract to read and try.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { KeyBook } from "../access/KeyBook.js"
import { AlertStore } from "../alerts/AlertStore.js"
import { administers, reads, writes } from "../api/core/Access.js"
import { CatalogueLog } from "../eventlog/CatalogueLog.js"
import { EventLog } from "../eventlog/EventLog.js"
import { RejectedReplays } from "../eventlog/RejectedReplays.js"
import { datasetPageAnswer } from "../http/catalogue/DatasetAnswer.js"
import { DocumentSources } from "../http/catalogue/DocumentSources.js"
import { pageAnswer, pageRequest } from "../http/core/PageAnswer.js"
import { type Page, type PageRequest, Pages } from "../http/core/Ports.js"
import { notFound } from "../http/core/Problems.js"
import { type Route, routeBeside } from "../http/core/Routes.js"
import { answeredBy } from "../http/core/Serving.js"
import { Catalog } from "../projections/catalogue/Catalogue.js"
import { alertsForm } from "./alerts/AlertsRoutes.js"
import { datasetFormAnswer } from "./catalogue/DatasetRoutes.js"
import { assetAnswer } from "./core/Assets.js"
import { DOCS_PATH, docsAnswer } from "./core/DocsPage.js"
import { exploreForm } from "./explore/ExploreRoutes.js"
import { rejectedForm } from "./rejected/RejectedRoutes.js"
import { sensorForm } from "./sensors/SensorRoutes.js"
import { keyForm, revocationForm } from "./system/KeyRoutes.js"

const START = routeBeside("GET", "/", reads("everything"))
const CATALOGUE = routeBeside("GET", "/catalog", reads("everything"))
const DATASET = routeBeside("GET", "/catalog/:dataset_name", reads("everything"))
const DATASET_FORM = routeBeside("POST", "/catalog/:dataset_name", writes("everything"))
/** Their pages are endpoints of the contract: here are their forms. */
const REJECTED_FORM = routeBeside("POST", "/rejected/:rejected_id", writes("everything"))
const SENSOR_FORM = routeBeside("POST", "/sensors/:sensor_id", writes("everything"))
const KEY_FORM = routeBeside("POST", "/keys/new", administers("everything"))
const REVOCATION_FORM = routeBeside("POST", "/keys/:key_id/revoke", administers("everything"))
const ALERTS_FORM = routeBeside("POST", "/alerts", writes("everything"))
const EXPLORE = routeBeside("GET", "/explore", reads("everything"))
const EXPLORE_FORM = routeBeside("POST", "/explore", writes("everything"))
const EXPLAIN = routeBeside("GET", "/explain", reads("nothing"))
const QUALITY = routeBeside("GET", "/quality", reads("everything"))
const OPERATIONS = routeBeside("GET", "/operations", reads("everything"))
/** Each file has a type of its own, and browsers ask for it as for any. */
const ASSET = routeBeside("GET", "/assets/:file", reads("nothing"), "*/*")
const DOCS = routeBeside("GET", DOCS_PATH, reads("nothing"))

export const PAGE_ROUTES: ReadonlyArray<Route> = [
  ...[START, CATALOGUE, DATASET, DATASET_FORM, REJECTED_FORM, SENSOR_FORM, ALERTS_FORM],
  ...[KEY_FORM, REVOCATION_FORM],
  ...[EXPLORE, EXPLORE_FORM, EXPLAIN, QUALITY, OPERATIONS, ASSET, DOCS]
]

export const pageAnswers = Effect.gen(function* () {
  const pages = yield* Pages
  const book = yield* KeyBook
  const documents = yield* DocumentSources
  const catalog = yield* Catalog
  const words = yield* CatalogueLog
  const log = yield* EventLog
  const rejected = yield* RejectedReplays
  const store = yield* AlertStore
  const docs = yield* docsAnswer
  const pageHandler = <E, R>(page: (request: PageRequest) => Effect.Effect<Page, E, R>) =>
    Effect.flatMap(Effect.flatMap(pageRequest, page), ({ html, status }) => pageAnswer(pages, html, status))
  return [
    answeredBy(START, () => pageHandler(pages.start)),
    answeredBy(CATALOGUE, () => pageHandler(pages.catalogue)),
    answeredBy(DATASET, ({ dataset_name: name = "" }) => datasetPageAnswer({ pages, documents }, name)),
    answeredBy(DATASET_FORM, ({ dataset_name: name = "" }) =>
      datasetFormAnswer({ pages, documents, words, catalog }, name)
    ),
    answeredBy(REJECTED_FORM, ({ rejected_id: id = "" }) => rejectedForm({ pages, log, rejected }, id)),
    answeredBy(SENSOR_FORM, ({ sensor_id: id = "" }) => sensorForm({ pages, log, words }, id)),
    answeredBy(KEY_FORM, () => keyForm(pages, book)),
    answeredBy(REVOCATION_FORM, ({ key_id: id = "" }) => revocationForm(book, id)),
    answeredBy(ALERTS_FORM, () => alertsForm({ pages, log, words, store })),
    answeredBy(EXPLORE, () => pageHandler(pages.explore)),
    answeredBy(EXPLORE_FORM, () => exploreForm({ pages, log, words })),
    answeredBy(EXPLAIN, () => pageHandler(pages.explain)),
    answeredBy(QUALITY, () => pageHandler(pages.quality)),
    answeredBy(OPERATIONS, () => pageHandler(pages.operations)),
    answeredBy(DOCS, () => docs),
    answeredBy(ASSET, ({ file = "" }) =>
      Option.match(pages.asset(file), {
        onNone: () => Effect.fail(notFound(`There is no file ${file}.`)),
        onSome: assetAnswer
      })
    )
  ]
})
