/** Parts of something whose bytes do not change (RFC 9110, 14): one, or several in one answer. */
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { isKnown } from "../core/Headers.js"
import { Refusal } from "../core/Problems.js"
import type { FileFailed } from "./DiskBytes.js"
import { guardedStream } from "./GuardedStream.js"

/** Parts that one answer has; who asks for more gets all of it. */
const RANGES_MAX = 64

/** A range of bytes as it is asked for. */
type ByteRange =
  | { readonly _tag: "From"; readonly first: number; readonly last: number }
  | { readonly _tag: "Suffix"; readonly length: number }

export interface ByteFile {
  readonly size: number
  readonly headers: Readonly<Record<string, string>> & { readonly etag: string }
  /** Its bytes from one to another, the last included. */
  readonly part: (first: number, last: number) => Stream.Stream<Uint8Array, FileFailed>
}

const UNIT = /^\s*bytes\s*=(.*)$/i
const RANGE = /^\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/

const rangeOf = (text: string): ByteRange | null => {
  const [, first = "", last = ""] = RANGE.exec(text) ?? []
  if (first === "") return last === "" ? null : { _tag: "Suffix", length: Number(last) }
  const end = last === "" ? Number.POSITIVE_INFINITY : Number(last)
  return end < Number(first) ? null : { _tag: "From", first: Number(first), last: end }
}

/** Null: none that is understood, and all of it is answered. */
export const rangesOf = (header: string | undefined): ReadonlyArray<ByteRange> | null => {
  const ranges =
    UNIT.exec(header ?? "")?.[1]
      ?.split(",")
      .map(rangeOf) ?? []
  const understood = ranges.filter((range) => range !== null)
  return ranges.length === 0 || ranges.length > RANGES_MAX || understood.length < ranges.length
    ? null
    : understood
}

type Part = readonly [first: number, last: number]

/** The first and last byte; none: there is no such part. */
const bytesIn = (range: ByteRange, size: number): ReadonlyArray<Part> => {
  const first = range._tag === "From" ? range.first : Math.max(0, size - range.length)
  const last = range._tag === "From" ? Math.min(range.last, size - 1) : size - 1
  return first <= last ? [[first, last]] : []
}

const sumOf = (numbers: ReadonlyArray<number>): number => numbers.reduce((sum, one) => sum + one, 0)

/** How long it is, and nothing of it. */
export const lengthAnswer = ({ headers, size }: ByteFile, contentType: string) =>
  HttpServerResponse.empty({
    status: 200,
    headers: { ...headers, "content-type": contentType, "content-length": String(size) }
  })

const bytesAnswer = (
  request: HttpServerRequest,
  bytes: Stream.Stream<Uint8Array, FileFailed>,
  options: NonNullable<Parameters<typeof HttpServerResponse.stream>[1]>
) => HttpServerResponse.stream(guardedStream(bytes, request), options)

const wholeAnswer = (request: HttpServerRequest, { headers, part, size }: ByteFile, contentType: string) =>
  bytesAnswer(request, part(0, size - 1), { contentType, contentLength: size, headers })

/** As `multipart/byteranges`, in the order in which they were asked for. */
const severalAnswer = (
  request: HttpServerRequest,
  { headers, part, size }: ByteFile,
  parts: ReadonlyArray<Part>,
  contentType: string
) => {
  const boundary = `parts-${headers.etag.replace(/[^\w-]/g, "")}`
  const heads = parts.map(([first, last], index) =>
    Buffer.from(
      `${index === 0 ? "" : "\r\n"}--${boundary}\r\ncontent-type: ${contentType}\r\n` +
        `content-range: bytes ${first}-${last}/${size}\r\n\r\n`
    )
  )
  const end = Buffer.from(`\r\n--${boundary}--\r\n`)
  const pieces = parts.flatMap(([first, last], index) => [
    Stream.make<[Uint8Array]>(heads[index] ?? end),
    part(first, last)
  ])
  return bytesAnswer(
    request,
    Stream.concatAll(Chunk.fromIterable([...pieces, Stream.make<[Uint8Array]>(end)])),
    {
      status: 206,
      contentType: `multipart/byteranges; boundary=${boundary}`,
      contentLength:
        sumOf(heads.map(({ length }) => length)) +
        sumOf(parts.map(([first, last]) => last - first + 1)) +
        end.length,
      headers
    }
  )
}

/** These parts of it. Those that there are not are left out, and where none is left it says so. */
export const partsAnswer = (
  request: HttpServerRequest,
  file: ByteFile,
  ranges: ReadonlyArray<ByteRange>,
  contentType: string
): Effect.Effect<HttpServerResponse.HttpServerResponse, Refusal> => {
  const { headers, size } = file
  const parts = ranges.flatMap((range) => bytesIn(range, size))
  const [only] = parts
  if (only === undefined) {
    return Effect.fail(
      new Refusal({
        kind: "range-not-satisfiable",
        detail: `The file has ${size} bytes.`,
        headers: { "content-range": `bytes */${size}` }
      })
    )
  }
  if (parts.length > 1) {
    // What overlaps may come to more than there is.
    const isMore = sumOf(parts.map(([first, last]) => last - first + 1)) > size
    return Effect.succeed(
      isMore ? wholeAnswer(request, file, contentType) : severalAnswer(request, file, parts, contentType)
    )
  }
  const [first, last] = only
  return Effect.succeed(
    bytesAnswer(request, file.part(first, last), {
      status: 206,
      contentType,
      contentLength: last - first + 1,
      headers: { ...headers, "content-range": `bytes ${first}-${last}/${size}` }
    })
  )
}

/** The answer to a request for a file, with all conditions (RFC 9110, 13) that it may come with. */
export const fileAnswer = (
  request: HttpServerRequest,
  file: ByteFile,
  contentType: string
): Effect.Effect<HttpServerResponse.HttpServerResponse, Refusal> => {
  const { headers, method } = request
  const { etag } = file.headers
  const expected = headers["if-match"]
  if (
    expected !== undefined &&
    expected.trim() !== "*" &&
    !expected.split(",").some((one) => one.trim() === etag)
  ) {
    return Effect.fail(
      new Refusal({ kind: "precondition-failed", detail: "The file is another one.", headers: { etag } })
    )
  }
  if (isKnown(headers, etag))
    return Effect.succeed(HttpServerResponse.empty({ status: 304, headers: file.headers }))
  if (method === "HEAD") return Effect.succeed(lengthAnswer(file, contentType))
  const condition = headers["if-range"]
  const ranges = condition === undefined || condition === etag ? rangesOf(headers.range) : null
  return ranges === null
    ? Effect.succeed(wholeAnswer(request, file, contentType))
    : partsAnswer(request, file, ranges, contentType)
}
