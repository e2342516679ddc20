/**
 * A page as an answer: in the theme and by the clocks that the reader chose, so that nothing flashes, with who they are,
 * and compressed.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { PageReader, ZoneChoice } from "../../api/core/PageProblem.js"
import type { Principal } from "../../domain/access/Principal.js"
import { isZone, zoneNamed } from "../../domain/minute/LocalInterval.js"
import { DefaultZone } from "../../projections/intervals/DefaultZone.js"
import { CurrentPrincipal } from "./Auth.js"
import { codingFor, compressed } from "./Compress.js"
import { originOf } from "./Origin.js"
import { OutsideAuth, type PageRequest, type PagesService } from "./Ports.js"
import { notFound } from "./Problems.js"

const THEME = /(?:^|;\s*)theme=(light|dark)(?:;|$)/
const ZONE = /(?:^|;\s*)zone=([\w+:/-]{1,64})(?:;|$)/
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

const queryOf = ({ url }: HttpServerRequest.HttpServerRequest): URLSearchParams => {
  const start = url.indexOf("?")
  return new URLSearchParams(start === -1 ? "" : url.slice(start + 1))
}

/** Whose clocks the reader goes by: those that the address names, that were chosen, else the server's own. */
const zoneChoice = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  const { name: configured } = yield* DefaultZone
  const query = queryOf(request)
  const wanted = [query.get("tz"), ZONE.exec(request.headers.cookie ?? "")?.[1]]
  const name = wanted.find((one) => one != null && isZone(one)) ?? configured
  const parameters = [...query].filter(([parameter]) => parameter !== "tz")
  return { zone: zoneNamed(name), configured, parameters } satisfies ZoneChoice
})

/** Whom a page is for, where people sign in; the way in leads back to it, where it can be asked for again. */
export const pageReader = (
  { headers, method, originalUrl }: HttpServerRequest.HttpServerRequest,
  caller: Principal | undefined
): PageReader => ({
  name: caller?.name,
  isSession: caller?.source === "oidc" && headers.authorization === undefined,
  place: method !== "GET" || originalUrl.startsWith("/sign-") ? "/" : originalUrl
})

/** Who reads the page at hand; null: nobody signs in here. */
const readerAtHand = Effect.gen(function* () {
  const outside = yield* OutsideAuth
  if (outside?.signsIn !== true) return null
  return pageReader(yield* HttpServerRequest.HttpServerRequest, yield* CurrentPrincipal)
})

export const pageAnswer = ({ forReader, inZone }: PagesService, html: string, status = 200) =>
  Effect.gen(function* () {
    const { headers } = yield* HttpServerRequest.HttpServerRequest
    const local = inZone(html, yield* zoneChoice)
    const text = themed(forReader(local, yield* readerAtHand), headers.cookie)
    return yield* packed(text, "text/html", { vary: "accept, accept-encoding, cookie" }, status)
  })

/** The page, or 404 with this reason. */
export const pageFound = <E, R>(
  pages: PagesService,
  page: Effect.Effect<Option.Option<string>, E, R>,
  missing: string,
  status = 200
) =>
  Effect.flatMap(
    page,
    Option.match({
      onNone: () => Effect.fail(notFound(missing)),
      onSome: (html) => pageAnswer(pages, html, status)
    })
  )

/** Where the address of this server can't be told: the one that it has by default. */
const NOWHERE = "http://localhost:8000"

/** Who asks for the page at hand, and for what of it. */
export const pageRequest = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  const { permissions } = yield* CurrentPrincipal
  const { zone } = yield* zoneChoice
  return {
    origin: originOf(request) || NOWHERE,
    query: queryOf(request),
    mayWrite: permissions.has("write"),
    zone
  } satisfies PageRequest
})
