/**
 * The bytes of a part: lines, compressed page by page. Pages of gzip one behind the other are one gzip file, so that a part
 * is made and read in pieces.
 */
import { createHash } from "node:crypto"
import { Readable } from "node:stream"
import { createGunzip, gzip } from "node:zlib"
import * as Effect from "effect/Effect"
import { BackupFault, type Part, sha256 } from "./BackupFormat.js"
import type { Cells } from "./RowText.js"

/** Rows that a reader of a part is given at once. */
const ROWS_AT_ONCE = 1_000

const compressed = (text: string): Effect.Effect<Buffer> =>
  Effect.async((resume) => {
    gzip(text, (error, bytes) => resume(error === null ? Effect.succeed(bytes) : Effect.die(error)))
  })

/** A part under construction. */
export class PartBuilder {
  private readonly pages: Array<Buffer> = []
  private readonly content = createHash("sha256")
  rows = 0
  /** Of the lines, before they are compressed. */
  characters = 0

  add(lines: string, rows: number): Effect.Effect<void> {
    this.content.update(lines)
    this.rows += rows
    this.characters += lines.length
    return Effect.map(compressed(lines), (page) => void this.pages.push(page))
  }

  done(of: Pick<Part, "file" | "table" | "first" | "last">): { readonly part: Part; readonly bytes: Buffer } {
    const bytes = Buffer.concat(this.pages)
    const { rows } = this
    const content_sha256 = this.content.digest("hex")
    return { part: { ...of, rows, bytes: bytes.length, sha256: sha256(bytes), content_sha256 }, bytes }
  }
}

/** Fails where the bytes are not those that the manifest has. */
export const checkBytes = (part: Part, bytes: Uint8Array): Effect.Effect<void, BackupFault> => {
  if (bytes.length !== part.bytes) {
    return new BackupFault({ part: part.file, reason: `it has ${bytes.length} bytes, and not ${part.bytes}` })
  }
  return sha256(bytes) === part.sha256
    ? Effect.void
    : new BackupFault({ part: part.file, reason: "it is damaged: its SHA-256 is not that of the manifest" })
}

const isRow = (row: unknown): row is Cells => Array.isArray(row)

const rowOf = (line: string): Cells => {
  const row: unknown = JSON.parse(line)
  if (!isRow(row)) throw new Error("a line is no row")
  return row
}

/** Gives the rows of a part to `each`, some at a time and in order; fails where they are not those that were written. */
export const eachRows = <E, R>(
  part: Part,
  bytes: Uint8Array,
  each: (rows: ReadonlyArray<Cells>) => Effect.Effect<void, E, R>
): Effect.Effect<void, E | BackupFault, R> =>
  Effect.gen(function* () {
    const fault = (cause: unknown) =>
      new BackupFault({ part: part.file, reason: cause instanceof Error ? cause.message : String(cause) })
    const source = Readable.from([bytes]).pipe(createGunzip()).setEncoding("utf8")
    const chunks: AsyncIterator<string> = source[Symbol.asyncIterator]()
    const content = createHash("sha256")
    let rest = ""
    let count = 0
    let waiting: Array<Cells> = []
    while (true) {
      const chunk = yield* Effect.tryPromise({ try: () => chunks.next(), catch: fault })
      if (chunk.done === true) break
      content.update(chunk.value)
      const lines = (rest + chunk.value).split("\n")
      rest = lines.pop() ?? ""
      waiting.push(...(yield* Effect.try({ try: () => lines.map(rowOf), catch: fault })))
      for (; waiting.length >= ROWS_AT_ONCE; waiting = waiting.slice(ROWS_AT_ONCE)) {
        yield* each(waiting.slice(0, ROWS_AT_ONCE))
        count += ROWS_AT_ONCE
      }
    }
    if (waiting.length > 0) yield* each(waiting)
    count += waiting.length
    if (count !== part.rows) return yield* fault(`it has ${count} rows, and not ${part.rows}`)
    if (rest !== "" || content.digest("hex") !== part.content_sha256) {
      return yield* fault("its lines are not those that were written")
    }
  })
