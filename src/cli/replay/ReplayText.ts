/** The text of a recorded file: unpacked where it is gzip, in the encoding that it has. */
import { createGunzip } from "node:zlib"
import { FileSystem } from "@effect/platform/FileSystem"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { SAMPLE_LENGTH } from "../../ingest/csv/CsvReader.js"
import { type CsvRefusal, refusalText } from "../../ingest/csv/CsvRefusal.js"
import { encodingOf, isGzip, textDecoder } from "../../ingest/csv/CsvText.js"

export class ReplayFileError extends Schema.TaggedError<ReplayFileError>()("ReplayFileError", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.path}: ${this.reason}`
  }
}

/** Bytes that tell what a file is. */
const MARK_BYTES = 4_096

const unreadable = (path: string, error: { readonly _tag: string; readonly message: string }) =>
  new ReplayFileError({
    path,
    reason: "reason" in error && error.reason === "NotFound" ? "there is no such file" : error.message
  })

const decoded = (
  path: string,
  bytes: Stream.Stream<Uint8Array, ReplayFileError>,
  encoding: string
): Stream.Stream<string, ReplayFileError> =>
  Stream.suspend(() => {
    const decode = textDecoder(encoding)
    const orRefused = Either.mapLeft(
      (refusal: CsvRefusal) => new ReplayFileError({ path, reason: refusalText(refusal) })
    )
    return Stream.concat(
      Stream.mapEffect(bytes, (chunk) => orRefused(decode(chunk))),
      Stream.fromEffect(Effect.suspend(() => orRefused(decode())))
    )
  })

export interface ReplayText {
  /** The file's size in bytes, as it lies there. */
  readonly bytes: number
  readonly beginning: string
  /** The beginning is all of it. */
  readonly whole: boolean
  readonly text: Stream.Stream<string, ReplayFileError>
}

/** The text may be read more than once; `onRead` hears how many bytes were read, each time. */
export const openText = (
  path: string,
  encoding: string | undefined,
  onRead: (bytes: number) => void
): Effect.Effect<ReplayText, ReplayFileError, FileSystem> =>
  Effect.gen(function* () {
    const files = yield* FileSystem
    const info = yield* files.stat(path).pipe(Effect.mapError((error) => unreadable(path, error)))
    if (info.type !== "File") return yield* new ReplayFileError({ path, reason: "it is not a file" })
    const stored = Stream.mapError(files.stream(path), (error) => unreadable(path, error))
    const mark = (bytes: Stream.Stream<Uint8Array, ReplayFileError>) =>
      Stream.runFoldWhile(
        bytes,
        new Uint8Array(),
        (all) => all.length < MARK_BYTES,
        (all, chunk) => Buffer.concat([all, chunk])
      )
    const packed = isGzip(yield* mark(stored))
    const unpacked = (bytes: typeof stored) =>
      packed
        ? NodeStream.pipeThroughDuplex(
            bytes,
            () => createGunzip(),
            () => new ReplayFileError({ path, reason: "its gzip is broken, or cut off" })
          )
        : bytes
    const known = encodingOf(yield* mark(unpacked(stored)), encoding)
    if (Either.isLeft(known)) return yield* new ReplayFileError({ path, reason: refusalText(known.left) })
    const counted = Stream.tap(stored, ({ length }) => Effect.sync(() => onRead(length)))
    const text = decoded(path, unpacked(counted), known.right)
    const beginning = yield* Stream.runFoldWhile(
      decoded(path, unpacked(stored), known.right),
      "",
      (all) => all.length <= SAMPLE_LENGTH,
      (all, chunk) => all + chunk
    )
    const whole = beginning.length <= SAMPLE_LENGTH
    return { bytes: Number(info.size), beginning: beginning.slice(0, SAMPLE_LENGTH), whole, text }
  })
