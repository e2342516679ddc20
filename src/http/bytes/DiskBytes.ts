/** Bytes on the disk: how they are read, and what goes wrong. */
import type { FileHandle } from "node:fs/promises"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/** Bytes read at a time. */
const PIECE_BYTES = 262_144

/** The disk does not take it, or does not give it back. */
export class FileFailed extends Data.TaggedError("FileFailed")<{ readonly cause: unknown }> {}
/** There is no room for it. */
export class NoRoom extends Data.TaggedError("NoRoom") {}

export const disk = <A>(run: () => Promise<A>) =>
  Effect.tryPromise({ try: run, catch: (cause) => new FileFailed({ cause }) })

/** The bytes of a file from one to another, the last included. */
export const pieces = (handle: FileHandle, first: number, last: number) =>
  Stream.paginateEffect(first, (at) =>
    Effect.gen(function* () {
      const length = Math.min(PIECE_BYTES, last + 1 - at)
      const { buffer, bytesRead } = yield* disk(() => handle.read(Buffer.allocUnsafe(length), 0, length, at))
      if (bytesRead === 0) return yield* new FileFailed({ cause: "the file ends too early" })
      const next = at + bytesRead
      return [buffer.subarray(0, bytesRead), next > last ? Option.none() : Option.some(next)] as const
    })
  )
