/**
 * The pages beside the contract: each page for people, the files that pages ask for, and the contract to read and
 * try. They stand behind the same gate.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiSwagger from "@effect/platform/HttpApiSwagger"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { CatalogueLog } from "../../eventlog/CatalogueLog.js"
import { EventLog } from "../../eventlog/EventLog.js"
import { RejectedReplays } from "../../eventlog/RejectedReplays.js"
import * as DocumentSources from "../../http/catalogue/DocumentSources.js"
import { HttpAuth, type Page, type PageRequest, Pages } from "../../http/core/Ports.js"
import { notFound } from "../../http/core/Problems.js"
import * as Routes from "../../http/core/Routes.js"
import { answering } from "../../http/data/DataHandlers.js"
import { Catalog } from "../../projections/catalogue/Catalogue.js"
import { datasetAnswer, datasetFormAnswer } from "../catalogue/DatasetRoutes.js"
import { rejectedForm } from "../rejected/RejectedRoutes.js"
import { assetAnswer, pageAnswer, pageRequest } from "./PageAnswer.js"

const param = (name: string) => Effect.map(HttpRouter.params, (params) => params[name] ?? "")

const ForPeople = HttpApiBuilder.Router.use((router) =>
  Effect.gen(function* () {
    const pages = yield* Pages
    const documents = yield* DocumentSources.DocumentSources
    const auth = yield* HttpAuth
    const catalog = yield* Catalog
    const words = yield* CatalogueLog
    const log = yield* EventLog
    const rejected = yield* RejectedReplays
    const asked = <E, R>(page: (request: PageRequest) => Effect.Effect<Page, E, R>) =>
      Effect.flatMap(Effect.flatMap(pageRequest(auth), page), ({ html, status }) => pageAnswer(html, status))
    yield* router.get(Routes.START_PATH, answering(Effect.flatMap(pages.start, (html) => pageAnswer(html))))
    yield* router.get(Routes.CATALOG_PAGE_PATH, answering(asked(pages.catalogue)))
    yield* router.get(
      Routes.DATASET_PATH,
      answering(
        Effect.flatMap(param("dataset_name"), (name) => datasetAnswer({ pages, documents, auth }, name))
      )
    )
    yield* router.post(
      Routes.DATASET_PATH,
      answering(
        Effect.flatMap(param("dataset_name"), (name) =>
          datasetFormAnswer({ pages, documents, words, catalog, auth }, name)
        )
      )
    )
    yield* router.post(
      Routes.REJECTED_PATH,
      answering(
        Effect.flatMap(param("rejected_id"), (id) => rejectedForm({ pages, log, rejected, auth }, id))
      )
    )
    yield* router.get(Routes.EXPLORE_PATH, answering(asked(pages.explore)))
    yield* router.get(Routes.QUALITY_PATH, answering(asked(pages.quality)))
    yield* router.get(Routes.OPERATIONS_PATH, answering(asked(pages.operations)))
    yield* router.get(
      Routes.ASSETS_PATH,
      answering(
        Effect.flatMap(param("file"), (file) =>
          Option.match(pages.asset(file), {
            onNone: () => Effect.fail(notFound(`There is no file ${file}.`)),
            onSome: assetAnswer
          })
        )
      )
    )
  })
).pipe(Layer.provide(DocumentSources.layer))

/** Swagger UI, inlined whole: it works where there is no internet. */
export const PagesLive = Layer.merge(ForPeople, HttpApiSwagger.layer({ path: Routes.DOCS_PATH }))
