/**
 * A backup as one stream, for a pipe: a line of JSON for what it is, then for each part its line and its bytes, then the
 * manifest as a line. Without that last line the stream was cut off.
 */
import { once } from "node:events"
import type { Writable } from "node:stream"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { BackupFault, FORMAT_VERSION, Manifest, Part, Start } from "./BackupFormat.js"
import type { RestoreSource } from "./RestoreBackup.js"
import type { BackupSink } from "./TakeBackup.js"

const STREAM = "the stream"
/** Longer than the line of any manifest. */
const LINE_BYTES_MAX = 268_435_456

const Line = Schema.parseJson(
  Schema.Union(
    Schema.Struct({ start: Start }),
    Schema.Struct({ part: Part }),
    Schema.Struct({ end: Manifest })
  )
)
const decodeLine = Schema.decodeUnknown(Line)

const fault = (cause: unknown) =>
  new BackupFault({ part: STREAM, reason: cause instanceof Error ? cause.message : String(cause) })

export const streamSink = (out: Writable): BackupSink<BackupFault> => {
  const write = (bytes: string | Uint8Array) =>
    Effect.tryPromise({
      try: async () => {
        if (!out.write(bytes)) await once(out, "drain")
      },
      catch: fault
    })
  const line = (value: unknown) => write(`${JSON.stringify(value)}\n`)
  return {
    before: null,
    start: (start) => line({ start }),
    part: (part, bytes) => Effect.zipRight(line({ part }), write(bytes)),
    end: (end) => line({ end })
  }
}

/** Takes lines and counted bytes from chunks of any size. */
class StreamReader {
  private readonly chunks: AsyncIterator<Uint8Array>
  private buffer: Buffer = Buffer.alloc(0)

  constructor(input: AsyncIterable<Uint8Array>) {
    this.chunks = input[Symbol.asyncIterator]()
  }

  private async more(): Promise<Uint8Array> {
    const { done, value } = await this.chunks.next()
    if (done === true) throw new Error("it ends before the backup does")
    return value
  }

  async line(): Promise<string> {
    let end = this.buffer.indexOf(0x0a)
    while (end < 0) {
      if (this.buffer.length > LINE_BYTES_MAX) throw new Error("it is no backup")
      const chunk = await this.more()
      const at = Buffer.from(chunk).indexOf(0x0a)
      end = at < 0 ? -1 : this.buffer.length + at
      this.buffer = Buffer.concat([this.buffer, chunk])
    }
    const text = this.buffer.subarray(0, end).toString("utf8")
    this.buffer = this.buffer.subarray(end + 1)
    return text
  }

  async bytes(count: number): Promise<Uint8Array> {
    const pieces: Array<Uint8Array> = [this.buffer]
    let length = this.buffer.length
    while (length < count) {
      const chunk = await this.more()
      pieces.push(chunk)
      length += chunk.length
    }
    const all = Buffer.concat(pieces)
    this.buffer = all.subarray(count)
    return all.subarray(0, count)
  }
}

export const streamSource = (
  input: AsyncIterable<Uint8Array>
): Effect.Effect<RestoreSource<BackupFault>, BackupFault> =>
  Effect.gen(function* () {
    const reader = new StreamReader(input)
    const next = Effect.tryPromise({ try: () => reader.line(), catch: fault }).pipe(
      Effect.flatMap((text) => Effect.mapError(decodeLine(text), () => fault("a line of it is damaged")))
    )
    const first = yield* next
    if (!("start" in first) || first.start.format_version > FORMAT_VERSION) {
      return yield* fault("it is no backup that this version reads")
    }
    return {
      start: first.start,
      total: null,
      each: (take) =>
        Effect.gen(function* () {
          const came: Array<Part> = []
          while (true) {
            const line = yield* next
            if ("end" in line) {
              if (JSON.stringify(line.end.parts) === JSON.stringify(came)) return
              return yield* fault("its parts are not those of its manifest")
            }
            if (!("part" in line)) return yield* fault("it begins twice")
            const { part } = line
            const bytes = yield* Effect.tryPromise({ try: () => reader.bytes(part.bytes), catch: fault })
            yield* take(part, bytes)
            came.push(part)
          }
        })
    }
  })
