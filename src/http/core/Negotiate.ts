/**
 * Which format an answer comes in: `format=`, else an ending (`/data.csv`), else `Accept`. It is settled before a
 * handler is found, by writing it into the request's address: there it is a parameter like any other.
 */
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as Either from "effect/Either"
import { FORMATS, type Format } from "../../api/core/ListParameters.js"
import { Refusal } from "./Problems.js"
import { accepts, findRoute, pathnameOf, type Route } from "./Routes.js"

/** In the server's order of preference; other names that clients use for a format follow its own. */
const MEDIA_TYPES: Record<Exclude<Format, "columns">, readonly [string, ...Array<string>]> = {
  json: ["application/json"],
  ndjson: ["application/x-ndjson", "application/ndjson", "application/jsonl"],
  csv: ["text/csv"],
  parquet: ["application/vnd.apache.parquet", "application/x-parquet"],
  arrow: ["application/vnd.apache.arrow.stream"]
}

export const contentTypeOf = (format: Format): string =>
  format === "csv"
    ? "text/csv; charset=utf-8; header=present"
    : MEDIA_TYPES[format === "columns" ? "json" : format][0]

const ENDING = /\.(json|ndjson|jsonl|csv|parquet|arrow|arrows)(\/?)$/i
const ENDINGS: Readonly<Record<string, Format>> = {
  json: "json",
  ndjson: "ndjson",
  jsonl: "ndjson",
  csv: "csv",
  parquet: "parquet",
  arrow: "arrow",
  arrows: "arrow"
}

/** Whether a route answers rows: it takes `format`. */
export const isTabular = (route: Route): boolean => route.parameters.includes("format")

const withFormat = (path: string, query: string, format: Format): string =>
  `${path}?${query === "" ? "" : `${query}&`}format=${format}`

const isFormat = (text: string | null): text is Format => FORMATS.some((format) => format === text)

interface Range {
  readonly media: string
  readonly q: number
}

const rangesOf = (accept: string): ReadonlyArray<Range> =>
  accept
    .toLowerCase()
    .split(",")
    .map((range) => {
      const [media = "", ...parameters] = range.split(";").map((part) => part.trim())
      const q = parameters.find((parameter) => parameter.startsWith("q="))
      return { media, q: q === undefined ? 1 : Number(q.slice(2)) }
    })

/** How well a header takes a media type: its weight, then how exactly it was named. */
const weighed = (ranges: ReadonlyArray<Range>, type: string): readonly [q: number, rank: number] => {
  let best: readonly [q: number, rank: number] = [0, -1]
  for (const { media, q } of ranges) {
    const rank = media === type ? 2 : media === `${type.split("/")[0]}/*` ? 1 : media === "*/*" ? 0 : -1
    if (rank > best[1] || (rank === best[1] && q > best[0])) best = [Number.isFinite(q) ? q : 0, rank]
  }
  return best[1] === -1 ? [0, -1] : best
}

/** The format that an `Accept` header likes best; undefined: none that there is. */
export const acceptedFormat = (accept: string | undefined): Format | undefined => {
  if (accept === undefined || accept.trim() === "" || accept === "*/*") return "json"
  const ranges = rangesOf(accept)
  let best: Format | undefined
  let bestFit: readonly [number, number] = [0, -1]
  for (const [format, types] of Object.entries(MEDIA_TYPES)) {
    for (const type of types) {
      const [q, rank] = weighed(ranges, type)
      const better = q > bestFit[0] || (q === bestFit[0] && rank > bestFit[1])
      if (q > 0 && better && isFormat(format)) {
        best = format
        bestFit = [q, rank]
      }
    }
  }
  return best
}

/** Whether a client would rather have a page than JSON: a browser would; who takes anything would not. */
export const prefersHtml = (accept: string | undefined): boolean => {
  const ranges = rangesOf(accept ?? "*/*")
  const [page] = weighed(ranges, "text/html")
  const [json] = weighed(ranges, "application/json")
  return page > json
}

/** The routes of the contract that are pages too, for who prefers HTML. */
const PAGES_TOO: ReadonlySet<string> = new Set(["sensor", "rejectedMessage"])

/** Where else there is what a page shows, for who takes no HTML. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  catalog:
    " The catalogue is at /metadata/ as JSON, CSV and other formats, and at /catalog.jsonld as JSON-LD."
}

const unacceptable = (route: Route): Refusal =>
  new Refusal({
    kind: "not-acceptable",
    detail: isTabular(route)
      ? `This path answers ${Object.values(MEDIA_TYPES)
          .map(([type]) => type)
          .join(", ")}.`
      : `This path answers ${route.contentType} alone.${ELSEWHERE[route.name] ?? ""}`
  })

/** The address without its ending, where that names a format of a route with rows. */
const unended = (
  method: string,
  url: string
): { readonly url: string; readonly ending: Format } | undefined => {
  const path = pathnameOf(url)
  const [, ending = "", slash = ""] = ENDING.exec(path) ?? []
  const format = ENDINGS[ending.toLowerCase()]
  if (format === undefined || (method !== "GET" && method !== "HEAD")) return undefined
  const bare = path.slice(0, path.length - ending.length - 1 - slash.length)
  const found = findRoute(method, bare)
  if (found._tag !== "Found" || !isTabular(found.match.route)) return undefined
  const query = url.indexOf("?")
  return { url: query === -1 ? bare : bare + url.slice(query), ending: format }
}

/** The request's address as the routes know it: with its format as a parameter, without an ending. */
export const settledUrl = (request: HttpServerRequest): string => {
  const { method, url } = request
  const ended = unended(method, url)
  const plain = ended?.url ?? url
  const path = pathnameOf(plain)
  const start = plain.indexOf("?")
  const query = start === -1 ? "" : plain.slice(start + 1)
  if (new URLSearchParams(query).has("format")) return plain
  if (ended !== undefined) return withFormat(path, query, ended.ending)
  const found = findRoute(method, plain)
  if (found._tag !== "Found" || !isTabular(found.match.route)) return plain
  const accepted = acceptedFormat(request.headers.accept)
  return accepted === undefined || accepted === "json" ? plain : withFormat(path, query, accepted)
}

/** Refuses a request that takes nothing of what the route has; `url` is the settled one. */
export const acceptable = (
  request: HttpServerRequest,
  url: string,
  route: Route
): Either.Either<void, Refusal> => {
  const { accept } = request.headers
  if (isTabular(route)) {
    const start = url.indexOf("?")
    const settled = start !== -1 && new URLSearchParams(url.slice(start + 1)).has("format")
    return settled || acceptedFormat(accept) !== undefined ? Either.void : Either.left(unacceptable(route))
  }
  if (PAGES_TOO.has(route.name) && prefersHtml(accept)) return Either.void
  return accepts(accept, route.contentType) ? Either.void : Either.left(unacceptable(route))
}
