/**
 * Swagger UI, inlined whole: it works where there is no internet. The platform makes it, and it knows one theme: in the
 * dark it is shown with its lightness turned over. It is loaded when somebody asks for it, as its text takes 8 MB.
 */
import { Api } from "@effect/platform/HttpApi"
import { Router } from "@effect/platform/HttpApiBuilder"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerRespondable from "@effect/platform/HttpServerRespondable"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TidemarkApi } from "../../api/TidemarkApi.js"
import { themed } from "../../http/core/PageAnswer.js"

export const DOCS_PATH = "/docs/"

const GROUND = "background: #14191e; color-scheme: dark"
const TURNED = "filter: invert(0.9) hue-rotate(180deg)"
const dark = (root: string): string => `${root} { ${GROUND}; } ${root} #swagger-ui { ${TURNED}; }`
const STYLE = `<link rel="icon" href="data:,"><style>body { margin: 0; } @media (prefers-color-scheme: dark) { ${dark(':root:not([data-theme="light"])')} }
${dark(':root[data-theme="dark"]')}</style></head>`

/** The platform's own word for any contract, which ours does not fit by its types alone. */
type PlatformApi = Context.Tag.Service<typeof Api>["api"]

const router = Effect.map(
  Effect.promise(() => import("@effect/platform/HttpApiSwagger")),
  ({ layer }) =>
    layer({ path: DOCS_PATH }).pipe(
      Layer.provideMerge(Router.Live),
      Layer.provide(
        Layer.succeed(Api, { api: TidemarkApi as unknown as PlatformApi, context: Context.empty() })
      )
    )
)

/** The page as the platform makes it. Its handler asks for nothing: it has its answer. */
const platformPage = Effect.gen(function* () {
  const built = yield* Layer.build(yield* router)
  const { routes } = yield* Context.get(built, Router).router
  const { handler } = Chunk.unsafeHead(routes)
  const answer = Effect.flatMap(handler, HttpServerRespondable.toResponse)
  const { body } = yield* answer as Effect.Effect<HttpServerResponse.HttpServerResponse>
  return body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""
})

/** The page, made once. */
const docsHtml = Effect.map(Effect.scoped(platformPage), (html) =>
  html.replace("<!DOCTYPE", "<!doctype").replace("</head>", STYLE)
)

/** An answer a theme, always the same one: its 1.7 MB are hashed and packed once. */
export const docsAnswer = Effect.map(Effect.cached(docsHtml), (page) => {
  const answers = new Map<string, HttpServerResponse.HttpServerResponse>()
  return Effect.gen(function* () {
    const html = yield* page
    const { headers } = yield* HttpServerRequest.HttpServerRequest
    const text = themed(html, headers.cookie)
    const key = text === html ? "" : text.slice(0, 100)
    const answer =
      answers.get(key) ?? HttpServerResponse.setHeader(HttpServerResponse.html(text), "vary", "cookie")
    answers.set(key, answer)
    return answer
  })
})
