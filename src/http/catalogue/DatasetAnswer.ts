/** The page of one data set, at whichever address it is asked for: it holds its own JSON-LD. */

import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { FormState } from "../../api/core/PageProblem.js"
import { pageFound, pageRequest } from "../core/PageAnswer.js"
import type { PagesService } from "../core/Ports.js"
import type { DocumentSourcesService } from "./DocumentSources.js"

export interface DatasetPageParts {
  readonly pages: PagesService
  readonly documents: DocumentSourcesService
}

export const datasetPageAnswer = (
  { documents, pages }: DatasetPageParts,
  name: string,
  form?: FormState,
  status = 200
) =>
  Effect.gen(function* () {
    const request = yield* pageRequest
    const jsonLd = Option.getOrUndefined(yield* documents.script(name))
    return yield* pageFound(
      pages,
      pages.dataset(name, { ...request, jsonLd, form }),
      `There is no data set ${name}.`,
      status
    )
  })
