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
import { PAGE_LIMIT_DEFAULT } from "../api/Parameters.js"
import { NAME_LENGTH_MAX } from "../domain/Sensor.js"
import { answering } from "./DataHandlers.js"
import { datasetAnswer } from "./DatasetPage.js"
import * as DocumentSources from "./DocumentSources.js"
import { assetAnswer, pageAnswer, pageRequest } from "./PageAnswer.js"
import { type CatalogPageQuery, type PageRequest, Pages } from "./Ports.js"
import { notFound } from "./Problems.js"
import * as Routes from "./Routes.js"

/** What can't be understood is as if it were not said: these addresses are typed and shared by people. */
const catalogQuery = ({ query }: PageRequest): CatalogPageQuery => {
  const skip = Number(query.get("skip") ?? 0)
  return {
    search: (query.get("search") ?? "").slice(0, NAME_LENGTH_MAX),
    column: query.get("column") || undefined,
    filled: query.has("filled"),
    skip: Number.isSafeInteger(skip) && skip > 0 ? skip : 0,
    limit: PAGE_LIMIT_DEFAULT
  }
}

const param = (name: string) => Effect.map(HttpRouter.params, (params) => params[name] ?? "")

const ForPeople = HttpApiBuilder.Router.use((router) =>
  Effect.gen(function* () {
    const pages = yield* Pages
    const documents = yield* DocumentSources.DocumentSources
    const asked = <E, R>(page: (request: PageRequest) => Effect.Effect<string, E, R>) =>
      Effect.flatMap(Effect.flatMap(pageRequest, page), pageAnswer)
    yield* router.get(Routes.START_PATH, answering(Effect.flatMap(pages.start, pageAnswer)))
    yield* router.get(
      Routes.CATALOG_PAGE_PATH,
      answering(asked((request) => pages.catalog(catalogQuery(request))))
    )
    yield* router.get(
      Routes.DATASET_PATH,
      answering(Effect.flatMap(param("dataset_name"), (name) => datasetAnswer(pages, documents, name)))
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
