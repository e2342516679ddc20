/**
 * Exports as files: for readers that ask for a length first, and then for parts. Each is written once, as of one
 * position, and all parts that a reader asks for come from it.
 *
 * Invariants:
 * 1. A file has no name once it is open: nothing of it is left when the process ends, however that ends.
 * 2. All files together hold at most `bytesMax`. One that nobody reads gives way to a new one, the oldest first.
 * 3. A reader keeps its file while it goes on asking for parts.
 * 4. One file is written at a time.
 */
import { createHash, randomUUID } from "node:crypto"
import { type FileHandle, mkdir, open, unlink } from "node:fs/promises"
import { join } from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as LogLevel from "effect/LogLevel"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { nowMicros } from "../../telemetry/Instant.js"
import type { ByteFile } from "../bytes/ByteRanges.js"
import { disk, FileFailed, NoRoom, pieces } from "../bytes/DiskBytes.js"
import { type Asker, type Spool, Spools } from "./ExportSpools.js"
import type { RowsError } from "./Listing.js"

export interface FileRequest extends Asker {
  /** Whether a part may be of a new file: one that goes on must not be of another than those before it. */
  readonly mayBegin: boolean
  /** The validator of the bytes: a weak one is made strong by what they are. */
  readonly tag: string
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Stream.Stream<Uint8Array, RowsError>
}

export interface ExportFilesService {
  /** Null: there is none, and no room for it. */
  readonly file: (request: FileRequest) => Effect.Effect<ByteFile | null, RowsError>
}

/** Where none are kept, no reader is told a length. */
export class ExportFiles extends Context.Reference<ExportFiles>()("tidemark/ExportFiles", {
  defaultValue: (): ExportFilesService => ({ file: () => Effect.succeed(null) })
}) {}

const unnamed = (folder: string): Effect.Effect<FileHandle, FileFailed> =>
  disk(async () => {
    await mkdir(folder, { recursive: true })
    const path = join(folder, `${randomUUID()}.part`)
    const handle = await open(path, "wx+")
    await unlink(path)
    return handle
  })

const write = (spools: Spools, spool: Spool, folder: string, { bytes, headers, tag }: FileRequest) =>
  Effect.gen(function* () {
    const handle = yield* unnamed(folder)
    spool.handle = handle
    const hash = createHash("sha256")
    yield* Stream.runForEach(bytes, (piece): Effect.Effect<void, NoRoom | FileFailed> => {
      if (!spools.grow(spool, piece.length)) return Effect.fail(new NoRoom())
      hash.update(piece)
      return disk(() => handle.writeFile(piece))
    })
    const strong = tag.startsWith("W/") ? `"${hash.digest("base64url").slice(0, 22)}"` : tag
    spool.headers = { ...headers, etag: strong }
  })

const reading = (spools: Spools, spool: Spool, first: number, last: number) =>
  Stream.acquireRelease(
    Effect.suspend(() => {
      spool.readers += 1
      return spool.handle === null
        ? new FileFailed({ cause: "the file gave way to a new one" })
        : Effect.succeed(spool.handle)
    }),
    () => Effect.map(nowMicros, (now) => spools.release(spool, now))
  ).pipe(Stream.flatMap((handle) => pieces(handle, first, last)))

const make = (folder: string, bytesMax: number) =>
  Effect.gen(function* () {
    const spools = new Spools(bytesMax)
    const oneAtATime = yield* Effect.makeSemaphore(1)

    /** Makes it, where nobody has the same, and has it with the reader. */
    const begun = (request: FileRequest, now: number) =>
      Effect.suspend(() => {
        const other = spools.same(request.tag) ?? spools.held(request, now)
        if (other !== undefined) return Effect.sync(() => spools.give(request.reader, other))
        const { reader, tag } = request
        const spool: Spool = {
          tag,
          begunAt: now,
          handle: null,
          headers: { etag: tag },
          size: 0,
          usedAt: now,
          readers: 1
        }
        const givenUp = (error: NoRoom | FileFailed) =>
          Effect.zipRight(
            Effect.logWithLevel(
              error._tag === "NoRoom" ? LogLevel.Debug : LogLevel.Warning,
              "an export could not be kept as a file",
              error
            ),
            Effect.sync(() => spools.give(reader, { ...spool, handle: null, size: 0, readers: 0 }))
          )
        return write(spools, spool, folder, request).pipe(
          Effect.map(() => spools.give(reader, spool)),
          Effect.catchTags({ NoRoom: givenUp, FileFailed: givenUp }),
          Effect.ensuring(Effect.map(nowMicros, (then) => spools.release(spool, then)))
        )
      })

    const file = (request: FileRequest) =>
      Effect.gen(function* () {
        const now = yield* nowMicros
        spools.dropIdle(now)
        if (spools.held(request, now) === undefined && request.mayBegin) {
          yield* oneAtATime.withPermits(1)(begun(request, now))
        }
        const spool = spools.held({ ...request, asks: "part" }, now)
        if (spool === undefined) return null
        spool.usedAt = now
        const { handle, headers, size } = spool
        return handle === null
          ? null
          : { headers, size, part: (first: number, last: number) => reading(spools, spool, first, last) }
      })

    yield* Effect.addFinalizer(() => Effect.sync(() => spools.dropAll()))
    const idle = Effect.map(nowMicros, (now) => spools.dropIdle(now))
    yield* Effect.forkScoped(Effect.repeat(idle, Schedule.spaced("1 minute")))
    return { file } satisfies ExportFilesService
  })

/** Files in a folder of their own, which together hold so many bytes; 0: none. */
export const layer = (folder: string, bytesMax: number): Layer.Layer<ExportFiles> =>
  Layer.scoped(ExportFiles, make(folder, bytesMax))
