/**
 * A page as an answer: in the theme that the reader chose, so that nothing flashes, and compressed.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { mayWrite } from "../../http/core/Auth.js"
import { codingFor, compressed } from "../../http/core/Compress.js"
import { entityTag, isKnown } from "../../http/core/Conditional.js"
import { originOf } from "../../http/core/Origin.js"
import type { Asset, HttpAuthService, PageRequest } from "../../http/core/Ports.js"
import { notFound } from "../../http/core/Problems.js"

const THEME = /(?:^|;\s*)theme=(light|dark)(?:;|$)/
const ROOT = '<html lang="en">'

export const themed = (html: string, cookie: string | undefined): string => {
  const theme = THEME.exec(cookie ?? "")?.[1]
  return theme === undefined ? html : html.replace(ROOT, `<html lang="en" data-theme="${theme}">`)
}

const packed = (text: string, contentType: string, headers: Readonly<Record<string, string>>, status = 200) =>
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

/** A file of ours: asked for again, it is sent again only when it has changed. */
export const assetAnswer = ({ contentType, text }: Asset) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    // Weak: the same file, whichever way it was compressed.
    const headers = { etag: entityTag([text], true), vary: "accept-encoding" }
    return isKnown(request, headers.etag)
      ? HttpServerResponse.empty({ status: 304, headers })
      : yield* packed(text, contentType, headers)
  })

/** Where the address of this server can't be told: the one that it has by default. */
const NOWHERE = "http://localhost:8000"

export const pageRequest = (auth: HttpAuthService) =>
  Effect.map(HttpServerRequest.HttpServerRequest, (request): PageRequest => {
    const start = request.url.indexOf("?")
    return {
      origin: originOf(request) || NOWHERE,
      query: new URLSearchParams(start === -1 ? "" : request.url.slice(start + 1)),
      mayWrite: mayWrite(auth, request)
    }
  })
