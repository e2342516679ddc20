/** The forms of the page of one data set. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import type { CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import { type DatasetPageParts, datasetPageAnswer } from "../../http/catalogue/DatasetAnswer.js"
import { CurrentPrincipal } from "../../http/core/Auth.js"
import type { CatalogService } from "../../projections/catalogue/Catalogue.js"
import { pageForm } from "../core/PageForm.js"
import { datasetForm } from "./DatasetForms.js"

export interface DatasetFormParts extends DatasetPageParts {
  readonly words: CatalogueLogService
  readonly catalog: CatalogService
}

/** POST /catalog/{dataset_name}: leads back to the page when it is done; else the page again, with what was written. */
export const datasetFormAnswer = (parts: DatasetFormParts, name: string) =>
  Effect.gen(function* () {
    const { name: actor } = yield* CurrentPrincipal
    const form = yield* pageForm
    const context = { ...parts, actor }
    const outcome = yield* datasetForm(context, name, form)
    if (outcome._tag === "Refused") {
      return yield* datasetPageAnswer(parts, name, outcome.state, outcome.status)
    }
    const location = `/catalog/${encodeURIComponent(name)}?done=${outcome.done}`
    return HttpServerResponse.empty({ status: 303, headers: { location } })
  })
