/**
 * The answer to who asks for the length of an export, or for a part of it (RFC 9110, 14): from a file that is written
 * for this reader. Other requests, and those that no file could be kept for, are answered as a stream.
 */
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { lengthAnswer, partsAnswer, rangesOf } from "../bytes/ByteRanges.js"
import { clientAddress } from "../core/Origin.js"
import type { Refusal } from "../core/Problems.js"
import { isMoving, queryOf } from "../core/RequestDecoding.js"
import { ExportFiles } from "./ExportFiles.js"
import type { RowsError } from "./Listing.js"

/** Whether the address names the same rows at any time. */
const isFixed = (url: string): boolean => {
  const query = queryOf(url)
  return query.as_of !== undefined && !isMoving(query)
}

/** Who reads what: programs on one machine are told apart as far as they say who they are. */
const readerOf = (request: HttpServerRequest): string => {
  const { authorization, "user-agent": agent, "x-api-key": key } = request.headers
  return JSON.stringify([request.url, clientAddress(request), agent, authorization, key])
}

export interface Exported {
  readonly contentType: string
  readonly tag: string
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Stream.Stream<Uint8Array, RowsError>
}

/** Null: it is to be answered as a stream. */
export const partialAnswer = (
  request: HttpServerRequest,
  { bytes, contentType, headers, tag }: Exported
): Effect.Effect<HttpServerResponse.HttpServerResponse | null, RowsError | Refusal> =>
  Effect.gen(function* () {
    const ranges = request.method === "GET" ? rangesOf(request.headers.range) : null
    // Several at once would hold the file while they are read: all of it is answered, which is allowed.
    const range = ranges?.length === 1 ? (ranges[0] ?? null) : null
    if (request.method !== "HEAD" && range === null) return null
    const files = yield* ExportFiles
    const isBeginning = range === null || range._tag === "Suffix" || range.first === 0
    const condition = request.headers["if-range"]
    const file = yield* files.file({
      reader: readerOf(request),
      asks: range === null ? "length" : "part",
      mayBegin: (isBeginning && condition === undefined) || condition === tag || isFixed(request.url),
      tag,
      headers: { ...headers, "accept-ranges": "bytes" },
      bytes
    })
    if (file === null || (condition !== undefined && condition !== file.headers.etag)) return null
    return range === null
      ? lengthAnswer(file, contentType)
      : yield* partsAnswer(request, file, [range], contentType)
  })
