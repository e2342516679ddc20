/**
 * The pages beside the contract: the start page, its style sheet, and the contract to read and try. They stand
 * behind the same gate.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiSwagger from "@effect/platform/HttpApiSwagger"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { answering } from "./DataHandlers.js"
import { Pages } from "./Ports.js"
import { DOCS_PATH, START_PATH, STYLES_PATH } from "./Routes.js"

const StartLive = HttpApiBuilder.Router.use((router) =>
  Effect.gen(function* () {
    const pages = yield* Pages
    const styles = HttpServerResponse.text(pages.styles, { contentType: "text/css" })
    yield* router.get(START_PATH, answering(Effect.map(pages.start, (html) => HttpServerResponse.html(html))))
    yield* router.get(STYLES_PATH, Effect.succeed(styles))
  })
)

/** Swagger UI, inlined whole: it works where there is no internet. */
export const PagesLive = Layer.merge(StartLive, HttpApiSwagger.layer({ path: DOCS_PATH }))
