/**
 * The answer to who asks for the length of an export, or for a part of it (RFC 9110, 14): from a file that is written
 * for this reader. Other requests, and those that no file could be kept for, are answered as a stream.
 */
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { LogError } from "../../eventlog/EventLog.js"
import { Refusal } from "../core/Problems.js"
import { isMoving, queryOf } from "../core/RequestDecoding.js"
import { guardedStream } from "./Export.js"
import { type ExportFile, ExportFiles } from "./ExportFiles.js"

/** A range of bytes as it is asked for; several at once are not answered, which is allowed. */
type ByteRange =
  | { readonly _tag: "From"; readonly first: number; readonly last: number }
  | { readonly _tag: "Suffix"; readonly length: number }

const RANGE = /^\s*bytes\s*=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i

/** Null: none that is understood, and all of it is answered. */
export const rangeOf = (header: string | undefined): ByteRange | null => {
  const [, first = "", last = ""] = RANGE.exec(header ?? "") ?? []
  if (first === "") return last === "" ? null : { _tag: "Suffix", length: Number(last) }
  const end = last === "" ? Number.POSITIVE_INFINITY : Number(last)
  return end < Number(first) ? null : { _tag: "From", first: Number(first), last: end }
}

/** The first and last byte; null: there is no such part. */
const bytesIn = (range: ByteRange, size: number): readonly [first: number, last: number] | null => {
  const first = range._tag === "From" ? range.first : Math.max(0, size - range.length)
  const last = range._tag === "From" ? Math.min(range.last, size - 1) : size - 1
  return first <= last ? [first, last] : null
}

/** Whether the address names the same rows at any time. */
const isFixed = (url: string): boolean => {
  const query = queryOf(url)
  return query.as_of !== undefined && !isMoving(query)
}

/** Who reads what: programs on one machine are told apart as far as they say who they are. */
const readerOf = ({ headers, remoteAddress, url }: HttpServerRequest): string =>
  JSON.stringify([
    url,
    Option.getOrNull(remoteAddress),
    headers["user-agent"],
    headers.authorization,
    headers["x-api-key"]
  ])

const partOf = (file: ExportFile, range: ByteRange, contentType: string, request: HttpServerRequest) => {
  const bytes = bytesIn(range, file.size)
  if (bytes === null) {
    return Effect.fail(
      new Refusal({
        kind: "range-not-satisfiable",
        detail: `The file has ${file.size} bytes.`,
        headers: { "content-range": `bytes */${file.size}` }
      })
    )
  }
  const [first, last] = bytes
  return Effect.succeed(
    HttpServerResponse.stream(guardedStream(file.part(first, last), request), {
      status: 206,
      contentType,
      contentLength: last - first + 1,
      headers: { ...file.headers, "content-range": `bytes ${first}-${last}/${file.size}` }
    })
  )
}

export interface Exported {
  readonly contentType: string
  readonly tag: string
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Stream.Stream<Uint8Array, LogError>
}

/** Null: it is to be answered as a stream. */
export const partialAnswer = (
  request: HttpServerRequest,
  { bytes, contentType, headers, tag }: Exported
): Effect.Effect<HttpServerResponse.HttpServerResponse | null, LogError | Refusal> =>
  Effect.gen(function* () {
    const range = request.method === "GET" ? rangeOf(request.headers.range) : null
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
    if (range !== null) return yield* partOf(file, range, contentType, request)
    return HttpServerResponse.empty({
      status: 200,
      headers: { ...file.headers, "content-type": contentType, "content-length": String(file.size) }
    })
  })
