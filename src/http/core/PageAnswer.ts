/**
 * A page as an answer: in the theme that the reader chose, so that nothing flashes, and compressed.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { CurrentPrincipal } from "./Auth.js"
import { codingFor, compressed } from "./Compress.js"
import { originOf } from "./Origin.js"
import type { PageRequest } from "./Ports.js"
import { notFound } from "./Problems.js"

const THEME = /(?:^|;\s*)theme=(light|dark)(?:;|$)/
const ROOT = '<html lang="en">'

export const themed = (html: string, cookie: string | undefined): string => {
  const theme = THEME.exec(cookie ?? "")?.[1]
  return theme === undefined ? html : html.replace(ROOT, `<html lang="en" data-theme="${theme}">`)
}

/** A text of ours, compressed where the client takes it so. */
export const packed = (
  text: string,
  contentType: string,
  headers: Readonly<Record<string, string>>,
  status = 200
) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { bytes, coding } = yield* compressed(Buffer.from(text), codingFor(request, "json"))
    return HttpServerResponse.uint8Array(bytes, {
      status,
      contentType,
      headers: coding === "identity" ? headers : { ...headers, "content-encoding": coding }
    })
  })

export const pageAnswer = (html: string, status = 200) =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) =>
    packed(themed(html, headers.cookie), "text/html", { vary: "accept, accept-encoding, cookie" }, status)
  )

/** The page, or 404 with this reason. */
export const pageFound = <E, R>(
  page: Effect.Effect<Option.Option<string>, E, R>,
  missing: string,
  status = 200
) =>
  Effect.flatMap(
    page,
    Option.match({
      onNone: () => Effect.fail(notFound(missing)),
      onSome: (html) => pageAnswer(html, status)
    })
  )

/** Where the address of this server can't be told: the one that it has by default. */
const NOWHERE = "http://localhost:8000"

/** Who asks for the page at hand, and for what of it. */
export const pageRequest = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  const { permissions } = yield* CurrentPrincipal
  const start = request.url.indexOf("?")
  return {
    origin: originOf(request) || NOWHERE,
    query: new URLSearchParams(start === -1 ? "" : request.url.slice(start + 1)),
    mayWrite: permissions.has("write")
  } satisfies PageRequest
})
