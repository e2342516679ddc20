/**
 * Pages that hold still while data arrive: the first fixes the log's position, and each next one goes on, as of that
 * position, behind the last row of the page before.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Position } from "../domain/Ids.js"
import { type Cursor, decodeCursor, encodeCursor, filterHash } from "./Cursor.js"
import { invalidField, type Refusal } from "./Problems.js"
import { pathnameOf } from "./Routes.js"

export interface PageParams {
  readonly skip: number
  readonly limit: number
  readonly cursor?: string | undefined
}

/** What to read: one row more than the page has, to know whether there is a next one. */
export interface PageQuery {
  /** The position of the first page; absent on that page itself. */
  readonly asOf: Position | undefined
  readonly limit: number
  readonly skip: number
  readonly after: Cursor | null
}

/** Rows, and the position as of which they hold. */
export interface PageRows<Row> {
  readonly asOf: Position
  readonly rows: ReadonlyArray<Row>
}

/** The same request, going on at the cursor. A relative address, so that it holds behind any proxy. */
export const nextLink = (url: string, cursor: string): string => {
  const start = url.indexOf("?")
  const search = new URLSearchParams(start === -1 ? "" : url.slice(start + 1))
  search.delete("skip")
  search.set("cursor", cursor)
  return `<${pathnameOf(url)}?${search}>; rel="next"`
}

const queryOf = (params: PageParams, hash: string): Either.Either<PageQuery, Refusal> => {
  const limit = params.limit + 1
  if (params.cursor === undefined) {
    return Either.right({ asOf: undefined, limit, skip: params.skip, after: null })
  }
  if (params.skip > 0) return Either.left(invalidField("skip", "can't be given with cursor"))
  return Either.mapBoth(decodeCursor(params.cursor, hash), {
    onLeft: (why) => invalidField("cursor", why),
    onRight: (cursor) => ({ asOf: cursor.asOf, limit, skip: 0, after: cursor })
  })
}

/** How a kind of row is paged: what is asked for, how it is read, placed and shown. */
export interface Paged<Row, E> {
  readonly kind: string
  readonly filter: Readonly<Record<string, unknown>>
  readonly read: (query: PageQuery) => Effect.Effect<PageRows<Row>, E>
  readonly place: (row: Row) => Omit<Cursor, "asOf">
  readonly json: (row: Row) => unknown
}

/** The page as an answer, with its `Link`; `whenEmpty` runs when there is no row. */
export const pageResponse = <Row, E, E2, R2>(
  paged: Paged<Row, E>,
  params: PageParams,
  whenEmpty: Effect.Effect<void, E2, R2>
) =>
  Effect.gen(function* () {
    const hash = filterHash(paged.kind, paged.filter)
    const query = yield* queryOf(params, hash)
    const { asOf, rows } = yield* paged.read(query)
    if (rows.length === 0) yield* whenEmpty
    const page = rows.length > params.limit ? rows.slice(0, params.limit) : rows
    const last = page[page.length - 1]
    const body = page.map(paged.json)
    if (rows.length <= params.limit || last === undefined) return HttpServerResponse.unsafeJson(body)
    const request = yield* HttpServerRequest.HttpServerRequest
    const cursor = encodeCursor({ asOf, ...paged.place(last) }, hash)
    return HttpServerResponse.unsafeJson(body, { headers: { link: nextLink(request.url, cursor) } })
  })
