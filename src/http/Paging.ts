/**
 * Pages that hold still while data arrive: the first fixes the log's position, and each next one goes on, as of that
 * position, behind the last row of the page before.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Position } from "../domain/Ids.js"
import { EventLog, type LogError } from "../eventlog/EventLog.js"
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
  readonly asOf: Position
  readonly limit: number
  readonly skip: number
  readonly after: Cursor | null
}

/** The same request, going on at the cursor. A relative address, so that it holds behind any proxy. */
export const nextLink = (url: string, cursor: string): string => {
  const start = url.indexOf("?")
  const search = new URLSearchParams(start === -1 ? "" : url.slice(start + 1))
  search.delete("skip")
  search.set("cursor", cursor)
  return `<${pathnameOf(url)}?${search}>; rel="next"`
}

const queryOf = (
  params: PageParams,
  hash: string
): Effect.Effect<PageQuery, LogError | Refusal, EventLog> => {
  const limit = params.limit + 1
  if (params.cursor === undefined) {
    return Effect.flatMap(EventLog, (log) =>
      Effect.map(log.head, ({ position }) => ({ asOf: position, limit, skip: params.skip, after: null }))
    )
  }
  if (params.skip > 0) return Effect.fail(invalidField("skip", "can't be given with cursor"))
  const cursor = decodeCursor(params.cursor, hash)
  return Either.isLeft(cursor)
    ? Effect.fail(invalidField("cursor", cursor.left))
    : Effect.succeed({ asOf: cursor.right.asOf, limit, skip: 0, after: cursor.right })
}

/** How a kind of row is paged: what is asked for, how it is read, placed and shown. */
export interface Paged<Row, E> {
  readonly kind: string
  readonly filter: Readonly<Record<string, unknown>>
  readonly read: (query: PageQuery) => Effect.Effect<ReadonlyArray<Row>, E>
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
    const rows = yield* paged.read(query)
    if (rows.length === 0) yield* whenEmpty
    const page = rows.length > params.limit ? rows.slice(0, params.limit) : rows
    const last = page[page.length - 1]
    const body = page.map(paged.json)
    if (rows.length <= params.limit || last === undefined) return HttpServerResponse.unsafeJson(body)
    const request = yield* HttpServerRequest.HttpServerRequest
    const cursor = encodeCursor({ asOf: query.asOf, ...paged.place(last) }, hash)
    return HttpServerResponse.unsafeJson(body, { headers: { link: nextLink(request.url, cursor) } })
  })
