/** Answers of OData: headers, representations, and its own form of errors for everything under `/odata`. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { PROBLEMS } from "../../api/core/Problem.js"
import { ODATA_CODES, type ODataError, odataError } from "../../odata/ODataError.js"
import { codingFor, compressed } from "../core/Compress.js"
import type { ErrorForm } from "../core/Gate.js"
import type { Refusal } from "../core/Problems.js"
import { pathnameOf } from "../core/Routes.js"
import type { JsonStyle } from "./ODataJson.js"

type Request = HttpServerRequest.HttpServerRequest
type Response = HttpServerResponse.HttpServerResponse

const VARY = "accept, accept-encoding"

export const VERSION = { "odata-version": "4.0" } as const

/** The parts of a path below `/odata`. */
export const odataSegments = (url: string): ReadonlyArray<string> =>
  pathnameOf(url)
    .split("/")
    .filter((part) => part !== "")
    .slice(1)

interface Detail {
  readonly code: string
  readonly message: string
  readonly target?: string | undefined
}

const errorResponse = (
  status: number,
  error: Detail & { readonly details?: ReadonlyArray<Detail> },
  headers: Readonly<Record<string, string>> = {}
): Response =>
  HttpServerResponse.text(JSON.stringify({ error }), {
    status,
    contentType: "application/json;odata.metadata=minimal",
    headers: { ...VERSION, ...headers }
  })

export const odataFailure = ({ code, message, target }: ODataError): Response =>
  errorResponse(
    ODATA_CODES[code],
    { code, message, target, details: [] },
    code === "MethodNotAllowed" ? { allow: "GET, HEAD" } : {}
  )

const pascal = (kind: string): string =>
  kind.replace(/(^|-)(\w)/g, (_, _dash, letter: string) => letter.toUpperCase())

const odataRefusal = ({ detail, errors = [], headers, kind }: Refusal): Response =>
  errorResponse(
    PROBLEMS[kind].status,
    {
      code: pascal(kind),
      message: detail,
      details: errors.map(({ field, message }) => ({ code: "InvalidField", message, target: field }))
    },
    headers
  )

/** Everything under `/odata` is refused in OData's form. */
export const odataForm: ErrorForm = {
  refused: odataRefusal,
  failed: (refusal) => HttpServerResponse.setHeader(odataRefusal(refusal), "vary", VARY)
}

interface Range {
  readonly media: string
  readonly parameters: ReadonlyMap<string, string>
  readonly quality: number
}

const rangesOf = (accept: string): ReadonlyArray<Range> =>
  accept
    .toLowerCase()
    .split(",")
    .map((range) => {
      const [media = "", ...parameters] = range.split(";").map((part) => part.trim())
      const valuesByName = new Map(
        parameters.map((parameter) => {
          const [name = "", value = ""] = parameter
            .split("=")
            .map((part) => part.trim().replace(/^"|"$/g, ""))
          return [name, value] as const
        })
      )
      const quality = Number(valuesByName.get("q") ?? 1)
      return { media, parameters: valuesByName, quality: Number.isFinite(quality) ? quality : 0 }
    })

const LEVELS = {
  minimal: "minimal",
  minimalmetadata: "minimal",
  none: "none",
  nometadata: "none",
  full: "full",
  fullmetadata: "full",
  verbose: undefined
} as const

const styleOf = ({ media, parameters }: Range): JsonStyle | undefined => {
  if (!["application/json", "application/*", "*/*"].includes(media)) return undefined
  const level = parameters.get("odata.metadata") ?? parameters.get("odata") ?? "minimal"
  const metadata = Object.entries(LEVELS).find(([name]) => name === level)?.[1]
  return metadata === undefined
    ? undefined
    : { metadata, ieee754: parameters.get("ieee754compatible") === "true" }
}

const unacceptable = odataError("NotAcceptable", "This is answered as application/json alone.", "Accept")
const SHORT: Readonly<Record<string, string>> = {
  json: "application/json",
  xml: "application/xml",
  atom: "application/atom+xml"
}

/** How the client wants JSON: by `$format`, or else by `Accept`. */
export const jsonStyle = (
  accept: string | undefined,
  format: string | undefined
): Either.Either<JsonStyle, ODataError> => {
  const preference = format === undefined ? (accept ?? "*/*") : (SHORT[format.trim().toLowerCase()] ?? format)
  const ranges = rangesOf(preference.trim() === "" ? "*/*" : preference)
  let best: { readonly style: JsonStyle; readonly quality: number } | undefined
  for (const range of ranges) {
    const style = styleOf(range)
    if (style !== undefined && range.quality > (best?.quality ?? 0)) best = { style, quality: range.quality }
  }
  return best === undefined ? Either.left(unacceptable) : Either.right(best.style)
}

/** Whether `$metadata` may be answered, which is XML. */
export const takesXml = (accept: string | undefined, format: string | undefined): boolean => {
  const preference = format === undefined ? (accept ?? "*/*") : (SHORT[format.trim().toLowerCase()] ?? format)
  return rangesOf(preference.trim() === "" ? "*/*" : preference).some(
    ({ media, quality }) =>
      quality > 0 && ["application/xml", "text/xml", "application/*", "text/*", "*/*"].includes(media)
  )
}

export const jsonResponse = (
  body: unknown,
  style: JsonStyle,
  headers: Readonly<Record<string, string>> = {}
): Response =>
  HttpServerResponse.text(JSON.stringify(body), {
    contentType: `application/json;odata.metadata=${style.metadata}${style.ieee754 ? ";IEEE754Compatible=true" : ""}`,
    headers: { ...VERSION, ...headers }
  })

/** The answer, compressed where the client takes it and its size is worth it. */
export const packed = (response: Response, request: Request): Effect.Effect<Response> => {
  const plain = HttpServerResponse.setHeader(response, "vary", VARY)
  const { body } = plain
  if (body._tag !== "Uint8Array") return Effect.succeed(plain)
  const { contentType } = body
  return Effect.map(compressed(body.body, codingFor(request, "json")), ({ bytes, coding }) => {
    if (coding === "identity") return plain
    const { "content-length": _, ...headers } = plain.headers
    return HttpServerResponse.uint8Array(bytes, {
      status: plain.status,
      contentType,
      headers: { ...headers, "content-encoding": coding }
    })
  })
}

const MAX_PAGE_SIZE = /(?:^|[,;\s])(?:odata\.)?maxpagesize\s*=\s*"?(\d{1,9})"?/i

/** Rows of a page that the client prefers; none where it says nothing. */
export const preferredPageSize = (prefer: string | undefined): number | undefined => {
  const size = Number(MAX_PAGE_SIZE.exec(prefer ?? "")?.[1] ?? 0)
  return size > 0 ? size : undefined
}

/** A client that takes no version 4.0 is told so, rather than given what it can't read. */
export const versionFault = (request: Request): ODataError | undefined => {
  const maxVersion = request.headers["odata-maxversion"]?.trim()
  return maxVersion !== undefined && /^[0-3](\.|$)/.test(maxVersion)
    ? odataError("BadRequest", `OData-MaxVersion is ${maxVersion}: this is version 4.0`, "OData-MaxVersion")
    : undefined
}
