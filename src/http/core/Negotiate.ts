/**
 * Which format an answer comes in: `format=`, else an ending (`/data.csv`), else `Accept`. It is settled before a
 * handler is found, by writing it into the request's address: there it is a parameter like any other.
 */
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as Either from "effect/Either"
import { FORMATS, type Format } from "../../api/core/ListParameters.js"
import { Refusal } from "./Problems.js"
import { type Query, queryOf, withParameter } from "./RequestDecoding.js"
import { type Lookup, pathnameOf, type Route, type RouteTable } from "./Routes.js"

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

const withFormat = (path: string, query: string, format: Format): string =>
  `${path}?${query === "" ? "" : `${query}&`}format=${format}`

const isFormat = (text: string | null): text is Format => FORMATS.some((format) => format === text)

interface Range {
  readonly media: string
  readonly q: number
}

/** What a header takes, and how gladly. */
export const rangesOf = (accept: string): ReadonlyArray<Range> =>
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

/** Whether a client would rather have the one than the other; who takes anything would not. */
export const prefers = (accept: string | undefined, type: string, other: string): boolean => {
  if (accept === undefined || accept === "*/*") return false
  const ranges = rangesOf(accept)
  return weighed(ranges, type)[0] > weighed(ranges, other)[0]
}

/** Whether a client would rather have a page than JSON: a browser would. */
export const prefersHtml = (accept: string | undefined): boolean =>
  prefers(accept, "text/html", "application/json")

/** Whether a client would rather have JSON than a page: of a folder, tools that take anything read the page's links. */
export const prefersJson = (accept: string | undefined): boolean =>
  prefers(accept, "application/json", "text/html")

/** Whether an `Accept` header takes this media type: the most specific range that fits decides, q=0 refuses. */
export const accepts = (accept: string | undefined, contentType: string): boolean => {
  if (accept === undefined || accept.trim() === "" || accept === "*/*" || contentType === "*/*") return true
  return weighed(rangesOf(accept), contentType)[0] > 0
}

const unacceptable = ({ contentType, policy }: Route): Refusal =>
  new Refusal({
    kind: "not-acceptable",
    detail: policy.rows
      ? `This path answers ${Object.values(MEDIA_TYPES)
          .map(([type]) => type)
          .join(", ")}.`
      : `This path answers ${contentType} alone.${policy.elsewhere === "" ? "" : ` ${policy.elsewhere}`}`
  })

/** A path without its ending, where that names a format. */
const unended = (path: string): { readonly path: string; readonly format: Format } | undefined => {
  const [whole = "", ending = ""] = ENDING.exec(path) ?? []
  const format = ENDINGS[ending.toLowerCase()]
  return format === undefined ? undefined : { path: path.slice(0, path.length - whole.length), format }
}

/** A request's address, understood: what is at its path, and its format as a parameter like any other. */
export interface Negotiation<Entry> {
  readonly url: string
  readonly query: Query
  readonly found: Lookup<Entry>
}

/**
 * Finds what is asked for. `/data.csv` is what is at `/data`, where that has rows; of rows the format that is asked for
 * by an ending or by `Accept` is written into the address.
 */
export const settled = <Entry extends { readonly route: Route }>(
  table: RouteTable<Entry>,
  { headers, method, url }: HttpServerRequest
): Negotiation<Entry> => {
  const path = pathnameOf(url)
  const query = queryOf(url)
  const start = url.indexOf("?")
  const text = start === -1 ? "" : url.slice(start + 1)
  const having = (bare: string, lookup: Lookup<Entry>, format: Format | undefined): Negotiation<Entry> =>
    "format" in query || format === undefined
      ? { url: bare === path ? url : `${bare}${start === -1 ? "" : url.slice(start)}`, query, found: lookup }
      : { url: withFormat(bare, text, format), query: withParameter(query, "format", format), found: lookup }
  const ended = method === "GET" || method === "HEAD" ? unended(path) : undefined
  if (ended !== undefined) {
    const bareMatch = table.find(method, ended.path)
    if (bareMatch._tag === "Match" && bareMatch.entry.route.policy.rows)
      return having(ended.path, bareMatch, ended.format)
  }
  const match = table.find(method, path)
  if (match._tag !== "Match" || !match.entry.route.policy.rows) return having(path, match, undefined)
  const accepted = acceptedFormat(headers.accept)
  return having(path, match, accepted === "json" ? undefined : accepted)
}

/** Refuses a request that takes nothing of what the route has; `query` is the settled one. */
export const acceptable = (
  { headers: { accept } }: HttpServerRequest,
  query: Query,
  route: Route
): Either.Either<void, Refusal> => {
  const { contentType, policy } = route
  const takes = policy.rows
    ? "format" in query || acceptedFormat(accept) !== undefined
    : (policy.alsoPage && prefersHtml(accept)) || accepts(accept, contentType)
  return takes ? Either.void : Either.left(unacceptable(route))
}
