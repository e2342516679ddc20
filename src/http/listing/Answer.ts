/**
 * The one way by which rows leave: any listing, in any format, as of any position, with its validators.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Format } from "../../api/core/ListParameters.js"
import type { Position } from "../../domain/Ids.js"
import type { EventLogService } from "../../eventlog/EventLog.js"
import type { Streamed } from "../../formats/Formats.js"
import { bytesOf } from "../../formats/Json.js"
import { selectColumns, type Table } from "../../formats/Table.js"
import { guardedStream } from "../bytes/GuardedStream.js"
import { sameAt } from "../core/AnswerMemory.js"
import { type Coding, codingFor, compressed, compressing, isText } from "../core/Compress.js"
import { entityTag, isKnown } from "../core/Headers.js"
import { ExportTerms } from "../core/Limits.js"
import { contentTypeOf } from "../core/Negotiate.js"
import { invalidField, type Refusal } from "../core/Problems.js"
import { isMoving, queryOf } from "../core/RequestDecoding.js"
import { standingAsOf } from "./AsOfParameter.js"
import { type Cursor, decodeCursor, filterHash } from "./Cursor.js"
import { exportStream, firstRows } from "./Export.js"
import { partialAnswer } from "./ExportPart.js"
import type { Listing, ListQuery, RowsError, Standing } from "./Listing.js"
import { firstLimit, pageOf } from "./Paging.js"

/** Where an answer stands, and where it goes on. */
interface AnswerStart {
  readonly hash: string
  readonly standing: Standing
  readonly cursor: Cursor | null
}

const asOfText = ({ as_of: asOf }: ListQuery): string | undefined =>
  asOf === undefined ? undefined : asOf._tag === "Position" ? `p${asOf.position}` : `t${asOf.time}`

/** The position that an answer stands for, with its first rows where both come by one look. */
const stand = <Row>(
  log: EventLogService,
  listing: Listing<Row>,
  query: ListQuery,
  cursor: Cursor | null,
  atOnce: boolean
): Effect.Effect<
  { readonly standing: Standing; readonly first: ReadonlyArray<Row> | null },
  RowsError | Refusal
> => {
  const at = (position: Position) => ({ standing: { position, asThen: null }, first: null })
  if (query.as_of !== undefined)
    return Effect.map(standingAsOf(log, query.as_of), (standing) => ({ standing, first: null }))
  if (cursor !== null) return Effect.succeed(at(cursor.asOf))
  return atOnce && listing.first !== undefined
    ? Effect.map(
        listing.first({ skip: query.skip, limit: firstLimit(listing, query) }),
        ({ position, rows }) => ({ ...at(position), first: rows })
      )
    : Effect.map(listing.now, at)
}

/** `atOnce`: its rows are wanted for sure. */
const begin = <Row>(log: EventLogService, listing: Listing<Row>, query: ListQuery, atOnce: boolean) =>
  Effect.gen(function* () {
    const { sensorIds, ...filter } = listing.filter
    const hash = filterHash(listing.kind, {
      ...filter,
      ...(query.identity ?? { sensorIds }),
      as_of: asOfText(query)
    })
    const cursor =
      query.cursor === undefined
        ? null
        : yield* Either.mapLeft(decodeCursor(query.cursor, hash), (why) => invalidField("cursor", why))
    if (cursor !== null && query.skip > 0) {
      return yield* invalidField("skip", "can't be given with cursor")
    }
    const { first, standing } = yield* stand(log, listing, query, cursor, atOnce)
    return { start: { hash, standing, cursor } satisfies AnswerStart, first }
  })

const tableOf = <Row>(listing: Listing<Row>, query: ListQuery): Either.Either<Table<Row>, Refusal> => {
  const { format = "json" } = query
  const rows = format === "json" || format === "ndjson"
  const table = rows ? (listing.nested ?? listing.table) : listing.table
  const names = table.columns.map(({ name }) => name)
  const strangers = query.fields?.filter((name) => !names.includes(name)) ?? []
  if (strangers.length > 0) {
    return Either.left(
      invalidField(
        "fields",
        `names what is not there (${strangers.join(", ")}): there are ${names.join(", ")}`
      )
    )
  }
  return new Set(query.fields).size === (query.fields?.length ?? 0)
    ? Either.right(selectColumns(table, query.fields))
    : Either.left(invalidField("fields", "names a column twice"))
}

const POSITION_HEADER = "tidemark-position"
export const ZONE_HEADER = "tidemark-time-zone"

const isStreamed = (format: Format): format is Streamed => format !== "json" && format !== "columns"

/**
 * Whether the head's position alone decides the answer. What a request names by sensors' names, and which sensors have a
 * column, is looked for before the position is fixed.
 */
const isOfHead = (url: string): boolean => {
  const query = queryOf(url)
  return !isMoving(query) && !["as_of", "cursor", "sensor", "tag", "shape"].some((name) => name in query)
}

/**
 * The answer to a request for rows. `known` fails where what is asked for is not there: it runs before anything is
 * sent, unless a page has shown that there are rows.
 */
export const answerRows = <Row, E>(
  log: EventLogService,
  listing: Listing<Row>,
  query: ListQuery,
  check: Effect.Effect<void, E> = Effect.void
): Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  RowsError | Refusal | E,
  HttpServerRequest.HttpServerRequest
> =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { format = "json" } = query
    const table = yield* tableOf(listing, query)
    // Who names a tag may have the answer: then nothing is read.
    const atOnce = !isStreamed(format) && request.headers["if-none-match"] === undefined
    const { first, start } = yield* begin(log, listing, query, atOnce)
    const { cursor, hash, standing } = start
    const coding = codingFor(request, format)
    const validity = yield* listing.validity
    const parts = [start, table.columns.map(({ name }) => name), format, query.sep, query.bom]
    const tagOf = (how: Coding) =>
      validity === null
        ? null
        : entityTag([...parts, query.limit, query.skip, how, validity], how !== "identity" || validity !== "")
    const tag = tagOf(coding)
    const headers = {
      [POSITION_HEADER]: String(standing.position),
      ...(listing.zone === undefined ? {} : { [ZONE_HEADER]: listing.zone }),
      ...(yield* listing.headers?.(standing.position) ?? Effect.succeed({})),
      vary: isText(format) ? "accept, accept-encoding" : "accept",
      ...(tag === null ? {} : { etag: tag })
    }
    if (tag !== null && isKnown(request.headers, tag))
      return HttpServerResponse.empty({ status: 304, headers })

    if (isStreamed(format)) {
      yield* check
      const named = { ...headers, "content-disposition": `attachment; filename="${table.name}.${format}"` }
      const contentType = contentTypeOf(format)
      const { licence } = yield* ExportTerms
      const exporting = { listing, table, query, standing, after: cursor, format, licence }
      const part = yield* partialAnswer(request, {
        contentType,
        // Parts are of the plain bytes, whatever coding the client takes.
        tag: tagOf("identity") ?? "W/",
        headers: named,
        bytes: exportStream(exporting)
      })
      if (part !== null) return part
      const all = { ...named, ...(coding === "identity" ? {} : { "content-encoding": coding }) }
      if (request.method === "HEAD") {
        return HttpServerResponse.empty({ status: 200, headers: { ...all, "content-type": contentType } })
      }
      const rows = exportStream({ ...exporting, begun: yield* firstRows(exporting) })
      return HttpServerResponse.stream(guardedStream(compressing(rows, coding), request), {
        contentType,
        headers: all
      })
    }

    const page = yield* pageOf({ listing, table, query, standing, cursor, hash, first, url: request.url })
    if (page.rows === 0) yield* check
    const { link, text } = page
    const plain = bytesOf(text)
    const contentTag = tag ?? entityTag([...parts, text, link, coding], coding !== "identity")
    const all = { ...headers, etag: contentTag, ...(link === null ? {} : { link }) }
    if (isKnown(request.headers, contentTag)) return HttpServerResponse.empty({ status: 304, headers: all })
    const packed = yield* compressed(plain, coding)
    const answer = HttpServerResponse.uint8Array(packed.bytes, {
      contentType: contentTypeOf(format),
      headers: packed.coding === "identity" ? all : { ...all, "content-encoding": packed.coding }
    })
    return validity === "" && isOfHead(request.url) ? sameAt(standing.position, answer) : answer
  })
