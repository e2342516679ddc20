/**
 * From the bytes of a file to its text. What says its encoding by a mark is read by it; else it is UTF-8, unless
 * another is asked for. Nothing is guessed: what is no UTF-8 is refused, with what it may be.
 */
import * as Either from "effect/Either"
import type { CsvRefusal } from "./CsvRefusal.js"

const GZIP = [0x1f, 0x8b]
const MARKS: ReadonlyArray<readonly [encoding: string, bytes: ReadonlyArray<number>]> = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]]
]

const begins = (bytes: Uint8Array, mark: ReadonlyArray<number>): boolean =>
  mark.every((byte, i) => bytes[i] === byte)

export const isGzip = (bytes: Uint8Array): boolean => begins(bytes, GZIP)

/** Text of single bytes has no NUL; in UTF-16 every other byte of plain letters is one. */
const looksWide = (bytes: Uint8Array): "utf-16le" | "utf-16be" | undefined => {
  const [first, second] = bytes
  return bytes.length < 2 || (first === 0) === (second === 0)
    ? undefined
    : first === 0
      ? "utf-16be"
      : "utf-16le"
}

/** The encoding of a text by its first bytes; `asked` is a name such as latin1. */
export const encodingOf = (
  beginning: Uint8Array,
  asked: string | undefined
): Either.Either<string, CsvRefusal> => {
  if (isGzip(beginning)) return Either.left({ reason: "it is compressed with gzip" })
  const marked = MARKS.find(([, bytes]) => begins(beginning, bytes))
  if (marked !== undefined) return Either.right(marked[0])
  if (asked !== undefined) {
    return Either.try({
      try: () => new TextDecoder(asked).encoding,
      catch: () => ({
        reason: `${asked} is no encoding that is known`,
        give: "--encoding utf-8, utf-16le, latin1 or another"
      })
    })
  }
  const wide = looksWide(beginning)
  return wide === undefined
    ? Either.right("utf-8")
    : Either.left({ reason: "it looks like UTF-16 without a mark", give: `--encoding ${wide}` })
}

const NOT_UTF8: CsvRefusal = {
  reason: "it is not valid UTF-8",
  give: "--encoding latin1, or the encoding that it has"
}

/** Reads a text in chunks; the last call is without one. A mark at the beginning is no part of the text. */
export const textDecoder = (
  encoding: string
): ((chunk?: Uint8Array) => Either.Either<string, CsvRefusal>) => {
  const decoder = new TextDecoder(encoding, { fatal: true })
  return (chunk) =>
    Either.try({
      try: () => (chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })),
      catch: () => (encoding === "utf-8" ? NOT_UTF8 : { reason: `it is not valid ${encoding}` })
    })
}

/** A whole text. */
export const textOf = (bytes: Uint8Array, asked?: string): Either.Either<string, CsvRefusal> =>
  Either.flatMap(encodingOf(bytes, asked), (encoding) => {
    const decode = textDecoder(encoding)
    return Either.flatMap(decode(bytes), (text) => Either.map(decode(), (rest) => text + rest))
  })
