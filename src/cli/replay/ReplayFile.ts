/**
 * A recorded data set as the messages that its devices sent: JSON array, JSON lines or CSV, streamed in constant
 * memory. JSON entries go as they are written; rows of a CSV become messages of our own form (ReplayCsv).
 */
import { basename, extname } from "node:path"
import { FileSystem } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type Micros, parseTime } from "../../domain/Time.js"
import { type CsvOptions, payloadOfRow, separatorOf } from "./ReplayCsv.js"
import { arrayElements, csvRows, lines, type Pieces } from "./TextPieces.js"

export interface ReplayFileOptions extends CsvOptions {
  /** Default: `sensors/{sensor}`, else `sensors/{name of the file}`. */
  readonly topic?: string | undefined
  /** Hears how many bytes were read, each time. */
  readonly onRead?: ((bytes: number) => void) | undefined
}

export interface ReplayMessage {
  readonly topic: string
  readonly payload: string
}

/** The file can't be read, or not as any of the three forms. */
export class ReplayFileError extends Schema.TaggedError<ReplayFileError>()("ReplayFileError", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.path}: ${this.reason}`
  }
}

/** How much of the file's beginning tells its form, in bytes. */
const SNIFF_BYTES = 65_536

export type ReplayForm = "array" | "lines" | "csv"

/** By the name's ending, else by the first character. */
export const formOf = (path: string, beginning: string): ReplayForm => {
  const ending = extname(path).toLowerCase()
  if (ending === ".csv" || ending === ".tsv") return "csv"
  if (ending === ".jsonl" || ending === ".ndjson") return "lines"
  const first = beginning.trimStart()[0]
  return first === "[" ? "array" : first === "{" ? "lines" : "csv"
}

/** A topic of this text: wildcards and the like are not allowed in one. */
const topicOf = (text: string): string => `sensors/${text.replace(/[+#\s\0]/g, "_")}`

/** The device time of a message; none where it says none that can be read. */
export const timeOf = (payload: string): Option.Option<Micros> => {
  try {
    const message: unknown = JSON.parse(payload)
    if (typeof message !== "object" || message === null) return Option.none()
    const named = new Map(Object.entries(message))
    const time = ["timestamp", "ts", "time"].map((key) => named.get(key)).find((value) => value !== undefined)
    return Either.getRight(parseTime(time))
  } catch {
    return Option.none()
  }
}

const inPieces = <A, E, R>(
  path: string,
  text: Stream.Stream<string, E, R>,
  pieces: Pieces<A>
): Stream.Stream<A, E | ReplayFileError, R> => {
  const cut = (take: () => ReadonlyArray<A>) =>
    Effect.try({
      try: take,
      catch: (fault) =>
        new ReplayFileError({ path, reason: fault instanceof Error ? fault.message : String(fault) })
    })
  return Stream.concat(
    Stream.flatMap(text, (chunk) => Stream.fromIterableEffect(cut(() => pieces.push(chunk)))),
    Stream.fromIterableEffect(cut(() => pieces.end()))
  )
}

/** The first row is the header, and says how the others are read. */
const rowsAsPayloads = <E, R>(
  path: string,
  rows: Stream.Stream<ReadonlyArray<string>, E, R>,
  options: CsvOptions
): Stream.Stream<string, E | ReplayFileError, R> => {
  let payload: ((row: ReadonlyArray<string>) => string) | undefined
  return Stream.filterMapEffect(rows, (row) => {
    if (payload !== undefined) return Option.some(Effect.succeed(payload(row)))
    const made = payloadOfRow(row, options)
    if (Either.isLeft(made)) return Option.some(new ReplayFileError({ path, reason: made.left }))
    payload = made.right
    return Option.none()
  })
}

const payloadsOf = (
  path: string,
  beginning: string,
  text: Stream.Stream<string, ReplayFileError>,
  options: ReplayFileOptions
): Stream.Stream<string, ReplayFileError> => {
  switch (formOf(path, beginning)) {
    case "array":
      return inPieces(path, text, arrayElements())
    case "lines":
      return inPieces(path, text, lines())
    case "csv": {
      const header = beginning.split("\n", 1)[0] ?? ""
      return rowsAsPayloads(path, inPieces(path, text, csvRows(separatorOf(header))), options)
    }
  }
}

const unreadable = (path: string, error: { readonly _tag: string; readonly message: string }) =>
  new ReplayFileError({
    path,
    reason: "reason" in error && error.reason === "NotFound" ? "there is no such file" : error.message
  })

/** The file's size in bytes, and its messages in their order. */
export const open = (path: string, options: ReplayFileOptions) =>
  Effect.gen(function* () {
    const files = yield* FileSystem
    const info = yield* files.stat(path).pipe(Effect.mapError((error) => unreadable(path, error)))
    if (info.type !== "File") return yield* new ReplayFileError({ path, reason: "it is not a file" })
    const bytes = files.stream(path).pipe(
      Stream.tap((chunk) => Effect.sync(() => options.onRead?.(chunk.length))),
      Stream.mapError((error) => unreadable(path, error))
    )
    const beginning = yield* files.stream(path, { bytesToRead: SNIFF_BYTES }).pipe(
      Stream.decodeText(),
      Stream.mkString,
      Effect.mapError((error) => unreadable(path, error))
    )
    const topic = options.topic ?? topicOf(options.sensor ?? basename(path, extname(path)))
    const payloads = payloadsOf(path, beginning, Stream.decodeText(bytes), options)
    const messages = Stream.map(payloads, (payload): ReplayMessage => ({ topic, payload }))
    return { bytes: Number(info.size), messages }
  })
