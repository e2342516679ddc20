/** The forms of `/explore`: annotations, and views that get a name. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import type { FormState } from "../../api/core/PageProblem.js"
import { PROBLEMS } from "../../api/core/Problem.js"
import { isViewName, VIEW_NAME_MAX } from "../../domain/catalogue/SavedView.js"
import type { CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import type { AnnotationParts } from "../../http/annotations/AnnotationChanges.js"
import { removeView, saveView } from "../../http/annotations/ViewHandlers.js"
import { CurrentPrincipal } from "../../http/core/Auth.js"
import { pageAnswer, pageRequest } from "../../http/core/PageAnswer.js"
import type { PagesService } from "../../http/core/Ports.js"
import { invalidField, Refusal } from "../../http/core/Problems.js"
import { pageForm } from "../core/PageForm.js"
import { annotationForm } from "./ExploreAnnotations.js"

const OWN = ["done", "only"]

/** The address of what is shown, without what is of one answer alone. */
export const plainQuery = (query: URLSearchParams): URLSearchParams =>
  new URLSearchParams([...query].filter(([name]) => !OWN.includes(name)))

const viewForm = (
  words: CatalogueLogService,
  form: URLSearchParams,
  query: string,
  actor: string | undefined
) =>
  Effect.gen(function* () {
    const name = (form.get("name") ?? "").trim()
    if (form.get("action") === "remove") {
      yield* removeView(words, name, { actor })
      return "removed" as const
    }
    if (!isViewName(name)) {
      return yield* invalidField("name", `must have 1 to ${VIEW_NAME_MAX} characters, and no slash`)
    }
    yield* saveView(words, name, query, { actor })
    return "saved" as const
  })

const overtaken = "Nothing was saved: somebody has changed it meanwhile. See what holds now, then save again."

/** POST /explore: leads back to the plot when it is done; else the page again, with what was written. */
export const exploreForm = (parts: AnnotationParts & { readonly pages: PagesService }) =>
  Effect.gen(function* () {
    const { name: actor } = yield* CurrentPrincipal
    const form = yield* pageForm
    const request = yield* pageRequest
    const query = plainQuery(request.query)
    const again = (status: 400 | 412, message: string, errors: FormState["errors"] = []) =>
      Effect.flatMap(
        parts.pages.explore({
          ...request,
          form: { form: form.get("form") ?? "", values: form, errors, message }
        }),
        ({ html }) => pageAnswer(parts.pages, html, status)
      )
    const done = Effect.gen(function* () {
      return form.get("form") === "view"
        ? yield* viewForm(parts.words, form, query.toString(), actor)
        : yield* annotationForm(parts, form, actor)
    })
    return yield* done.pipe(
      Effect.map((word) => {
        query.set("done", word)
        const part = form.get("form") === "view" ? "" : "#annotations"
        return HttpServerResponse.empty({ status: 303, headers: { location: `/explore?${query}${part}` } })
      }),
      Effect.catchTag("CatalogueChanged", () => again(412, overtaken)),
      Effect.catchIf(
        (error): error is Refusal => error instanceof Refusal && PROBLEMS[error.kind].status === 400,
        ({ detail, errors }) => again(400, `Nothing was saved: ${detail}.`, errors)
      )
    )
  })
