/**
 * Pages that hold still while data arrive: the first fixes the log's position, and each next one goes on, as of that
 * position, behind the last row of the page before.
 */
import * as Effect from "effect/Effect"
import { isRelativeTime } from "../../api/core/ContractParameters.js"
import { formatTime } from "../../domain/Time.js"
import { columnsText, rowsText } from "../../formats/Json.js"
import type { Table } from "../../formats/Table.js"
import { pathnameOf } from "../core/Routes.js"
import { type Cursor, encodeCursor, type Place } from "./Cursor.js"
import type { Listing, ListQuery, RowsError, Standing } from "./Listing.js"

/** A page is cut short where its rows weigh more, in bytes; the next one goes on. */
const PAGE_BYTES_MAX = 8_388_608

/** The same request, going on at the cursor. A relative address, so that it holds behind any proxy. */
export const nextUrl = (
  url: string,
  cursor: string,
  filter: Readonly<Record<string, unknown>> = {}
): string => {
  const start = url.indexOf("?")
  const search = new URLSearchParams(start === -1 ? "" : url.slice(start + 1))
  search.delete("skip")
  // "-24h" means another time by then: the window stays that of the first page.
  for (const [name, key] of [
    ["start_time", "start"],
    ["end_time", "end"]
  ] as const) {
    const time = filter[key]
    if (isRelativeTime(search.get(name) ?? "") && typeof time === "number") {
      search.set(name, formatTime(time))
    }
  }
  search.set("cursor", cursor)
  return `${pathnameOf(url)}?${search}`
}

export interface PageRequest<Row> {
  readonly listing: Listing<Row>
  readonly table: Table<Row>
  readonly query: ListQuery
  readonly standing: Standing
  readonly cursor: Cursor | null
  readonly hash: string
  readonly url: string
  /** The rows that it begins with, where they were read already: `firstLimit` of them, or all that there are. */
  readonly first: ReadonlyArray<Row> | null
}

/** One row more than the page has, to know whether there is a next one. */
const rowsMaxOf = <Row>(listing: Listing<Row>, query: ListQuery): number =>
  (query.limit ?? listing.pageRows) + 1

/** Rows that a page begins with: of more, the others are read by the chunk. */
export const firstLimit = <Row>(listing: Listing<Row>, query: ListQuery): number =>
  Math.min(rowsMaxOf(listing, query), listing.chunkRows + 1)

const readPage = <Row>({ cursor, first, listing, query, standing }: PageRequest<Row>) =>
  Effect.gen(function* () {
    const rowsMax = rowsMaxOf(listing, query)
    const rows: Array<Row> = []
    let known = first
    let after: Place | null = cursor
    let skip = cursor === null ? query.skip : 0
    let bytes = 0
    for (;;) {
      const limit = Math.min(rowsMax - rows.length, listing.chunkRows + 1)
      const chunk: ReadonlyArray<Row> = known ?? (yield* listing.read({ standing, after, skip, limit }))
      known = null
      for (const row of chunk) {
        bytes += listing.weight?.(row) ?? 0
        if (bytes > PAGE_BYTES_MAX && rows.length > 0) return { rows, more: true }
        rows.push(row)
      }
      const last = chunk.at(-1)
      if (rows.length === rowsMax) return { rows: rows.slice(0, -1), more: true }
      if (last === undefined || chunk.length < limit) return { rows, more: false }
      after = listing.place(last)
      skip = 0
    }
  })

/** The page as JSON text, and the `Link` to the next one, where there is one. */
export const pageOf = <Row>(
  request: PageRequest<Row>
): Effect.Effect<{ readonly rows: number; readonly text: string; readonly link: string | null }, RowsError> =>
  Effect.map(readPage(request), ({ more, rows }) => {
    const { hash, listing, query, standing, table, url } = request
    const last = rows.at(-1)
    const cursor =
      more && last !== undefined
        ? encodeCursor({ asOf: standing.position, ...listing.place(last) }, hash)
        : null
    const next = cursor === null ? null : nextUrl(url, cursor, listing.filter)
    return {
      rows: rows.length,
      text:
        query.format === "columns"
          ? columnsText(table, rows, { next, position: standing.position })
          : rowsText(table, rows),
      link: next === null ? null : `<${next}>; rel="next"`
    }
  })
