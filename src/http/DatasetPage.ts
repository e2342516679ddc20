/** The page of one data set, at whichever address it is asked for: it holds its own JSON-LD. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { DocumentSourcesService } from "./DocumentSources.js"
import { pageFound, pageRequest } from "./PageAnswer.js"
import type { PagesService } from "./Ports.js"

export const datasetAnswer = (pages: PagesService, documents: DocumentSourcesService, name: string) =>
  Effect.gen(function* () {
    const request = yield* pageRequest
    const jsonLd = Option.getOrUndefined(yield* documents.script(name))
    return yield* pageFound(pages.dataset(name, { ...request, jsonLd }), `There is no data set ${name}.`)
  })
