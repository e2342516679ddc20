/** Compression of text, as the client takes it. What is compressed already (Parquet) or packed (Arrow) is left alone. */
import { promisify } from "node:util"
import * as zlib from "node:zlib"
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Format } from "../../api/core/ListParameters.js"
import { rangesOf } from "./Negotiate.js"

export type Coding = "br" | "gzip" | "identity"

/** Below this many bytes compressing costs more than it saves. */
const COMPRESSED_BYTES_MIN = 1_024
/** Of 0 to 11: as small as gzip's best, at the speed of its default. */
const BROTLI_QUALITY = 4
/** log2 of the bytes that Brotli looks back over, and holds. */
const BROTLI_WINDOW = 19

const brotli = {
  params: {
    [zlib.constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
    [zlib.constants.BROTLI_PARAM_LGWIN]: BROTLI_WINDOW,
    [zlib.constants.BROTLI_PARAM_MODE]: zlib.constants.BROTLI_MODE_TEXT
  }
}

const TEXTS: ReadonlySet<Format> = new Set<Format>(["json", "columns", "ndjson", "csv"])
export const isText = (format: Format): boolean => TEXTS.has(format)

const weightOf = (header: string, coding: string): number => {
  const ranges = rangesOf(header)
  const one = ranges.find(({ media }) => media === coding) ?? ranges.find(({ media }) => media === "*")
  return one?.q ?? 0
}

/** The coding that the client likes best; Brotli where it likes both alike. */
export const codingFor = (request: HttpServerRequest, format: Format): Coding => {
  const header = request.headers["accept-encoding"]
  if (header === undefined || !isText(format)) return "identity"
  const [br, gzip] = [weightOf(header, "br"), weightOf(header, "gzip")]
  if (!(br > 0 || gzip > 0)) return "identity"
  return br >= gzip ? "br" : "gzip"
}

const brotliCompress = promisify<Uint8Array, zlib.BrotliOptions, Buffer>(zlib.brotliCompress)
const gzipCompress = promisify<Uint8Array, Buffer>(zlib.gzip)

/** A whole body, and the coding that it is in then. */
export const compressed = (
  bytes: Uint8Array,
  coding: Coding
): Effect.Effect<{ readonly bytes: Uint8Array; readonly coding: Coding }> =>
  coding === "identity" || bytes.length < COMPRESSED_BYTES_MIN
    ? Effect.succeed({ bytes, coding: "identity" })
    : Effect.map(
        Effect.promise(() => (coding === "br" ? brotliCompress(bytes, brotli) : gzipCompress(bytes))),
        (packed) => ({ bytes: packed, coding })
      )

/** The compressor fails, which it does for nothing that it is given. */
class CompressionFailed extends Data.TaggedError("CompressionFailed")<{ readonly cause: unknown }> {}

/** A stream, compressed as it goes. */
export const compressing = <E, R>(
  stream: Stream.Stream<Uint8Array, E, R>,
  coding: Coding
): Stream.Stream<Uint8Array, E | CompressionFailed, R> =>
  coding === "identity"
    ? stream
    : NodeStream.pipeThroughDuplex(
        stream,
        () => (coding === "br" ? zlib.createBrotliCompress(brotli) : zlib.createGzip()),
        (cause) => new CompressionFailed({ cause })
      )
