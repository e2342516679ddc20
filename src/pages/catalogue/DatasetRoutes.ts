/** The page of one data set, at whichever address it is asked for: it holds its own JSON-LD; and its forms. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import type { DocumentSourcesService } from "../../http/catalogue/DocumentSources.js"
import { actorOf } from "../../http/core/Auth.js"
import type { FormState, HttpAuthService, PagesService } from "../../http/core/Ports.js"
import type { CatalogService } from "../../projections/catalogue/Catalogue.js"
import { pageFound, pageRequest } from "../core/PageAnswer.js"
import { pageForm } from "../core/PageForm.js"
import { datasetForm } from "./DatasetForms.js"

export interface DatasetPageParts {
  readonly pages: PagesService
  readonly documents: DocumentSourcesService
  readonly auth: HttpAuthService
}

export const datasetAnswer = (
  { auth, documents, pages }: DatasetPageParts,
  name: string,
  form?: FormState,
  status = 200
) =>
  Effect.gen(function* () {
    const request = yield* pageRequest(auth)
    const jsonLd = Option.getOrUndefined(yield* documents.script(name))
    return yield* pageFound(
      pages.dataset(name, { ...request, jsonLd, form }),
      `There is no data set ${name}.`,
      status
    )
  })

export interface DatasetFormParts extends DatasetPageParts {
  readonly words: CatalogueLogService
  readonly catalog: CatalogService
}

/** POST /catalog/{dataset_name}: leads back to the page when it is done; else the page again, with what was written. */
export const datasetFormAnswer = (parts: DatasetFormParts, name: string) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const form = yield* pageForm
    const context = { ...parts, actor: actorOf(parts.auth, request) }
    const outcome = yield* datasetForm(context, name, form)
    if (outcome._tag === "Refused") {
      return yield* datasetAnswer(parts, name, outcome.state, outcome.status)
    }
    const location = `/catalog/${encodeURIComponent(name)}?done=${outcome.done}`
    return HttpServerResponse.empty({ status: 303, headers: { location } })
  })
