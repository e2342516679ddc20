/** `/views/`: plots that have a name. Who prefers a page is led to the plot. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type ViewAnswer, ViewInput } from "../../api/annotations/ViewsGroup.js"
import type { CatalogueEvent } from "../../domain/catalogue/CatalogueEdits.js"
import { VIEWS_MAX } from "../../domain/catalogue/SavedView.js"
import { CatalogueLog, type CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import { Contract } from "../core/Contract.js"
import { prefersHtml } from "../core/Negotiate.js"
import { invalid, invalidField, notFound } from "../core/Problems.js"
import { jsonBody } from "../writing/Body.js"
import { type ChangeTerms, tagged, terms, versionOf } from "../writing/ChangeTerms.js"
import { decodeKnown, strangersIn } from "../writing/UnknownFields.js"

const KNOWN = new Set(["name", "query", "href", "version", "log_position", "recorded_at", "by", "reason"])
const decodeView = decodeKnown(ViewInput, (body) => strangersIn(body, KNOWN, "a view"))

const viewJson = (event: CatalogueEvent): ViewAnswer | undefined =>
  event.type === "ViewSaved"
    ? {
        name: event.subject,
        query: event.payload.query,
        href: `/explore?${event.payload.query}`,
        ...versionOf(event)
      }
    : undefined

/** By their names. */
export const viewsOf = (words: CatalogueLogService) =>
  Effect.map(words.current("view"), (events) => events.map(viewJson).filter((view) => view !== undefined))

export const saveView = (words: CatalogueLogService, name: string, text: string, terms: ChangeTerms) =>
  Effect.gen(function* () {
    // Written alike, so that equal queries are one.
    const query = new URLSearchParams(text.replace(/^\?/, "")).toString()
    const views = yield* viewsOf(words)
    if (views.length >= VIEWS_MAX && !views.some((view) => view.name === name)) {
      return yield* invalidField("", `there are ${VIEWS_MAX} views: remove some first`)
    }
    return yield* words.change({
      kind: "view",
      subject: name,
      ...terms,
      decide: (last) =>
        last?.type === "ViewSaved" && last.payload.query === query
          ? null
          : { type: "ViewSaved", payload: { query } }
    })
  })

const noView = (name: string) => notFound(`There is no view ${JSON.stringify(name)}.`)

const one = (words: CatalogueLogService, name: string) =>
  Effect.flatMap(words.history("view", name), (events) => {
    const last = events.at(-1)
    const view = last === undefined ? undefined : viewJson(last)
    return view === undefined ? Effect.fail(noView(name)) : Effect.succeed(view)
  })

export const removeView = (words: CatalogueLogService, name: string, terms: ChangeTerms) =>
  Effect.gen(function* () {
    const view = yield* one(words, name)
    yield* words.change({
      kind: "view",
      subject: name,
      ...terms,
      ifVersions: terms.ifVersions ?? [view.version],
      decide: (last) => (last?.type === "ViewSaved" ? { type: "ViewRemoved", payload: {} } : null)
    })
    return view
  })

const save = (words: CatalogueLogService, name: string, parameter: string | undefined) =>
  Effect.gen(function* () {
    const body = yield* jsonBody
    const { query } = yield* Effect.mapError(decodeView(body), invalid)
    const { event } = yield* saveView(words, name, query, yield* terms(parameter, body))
    const view = Option.getOrUndefined(Option.map(event, viewJson))
    return view === undefined ? yield* Effect.fail(noView(name)) : yield* tagged(view, view.version)
  })

export const ViewsLive = HttpApiBuilder.group(Contract, "Views", (handlers) =>
  Effect.map(CatalogueLog, (words) =>
    handlers
      .handle("listViews", () => viewsOf(words))
      .handle("view", ({ path, request }) =>
        Effect.gen(function* () {
          const view = yield* one(words, path.view_name)
          if (!prefersHtml(request.headers.accept)) return yield* tagged(view, view.version)
          return HttpServerResponse.empty({ status: 302, headers: { location: view.href, vary: "accept" } })
        })
      )
      .handleRaw("saveView", ({ path, urlParams }) => save(words, path.view_name, urlParams.reason))
      .handle("removeView", ({ path, urlParams }) =>
        Effect.flatMap(terms(urlParams.reason, undefined), (how) => removeView(words, path.view_name, how))
      )
  )
)
