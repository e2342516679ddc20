/**
 * The files of closed days: made when they are first asked for, and kept on the disk while there is room.
 *
 * Invariants:
 * 1. A name stands for the same rows always: those of its day as of its position. What gave way is made again.
 * 2. A file has its name once all of it is on the disk. What was not finished is gone at the next start.
 * 3. A file is made once, whoever asks for it meanwhile; who goes away does not end it. One is made at a time.
 * 4. A day that may still get readings in time has no file.
 */
import { createHash, randomUUID } from "node:crypto"
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile
} from "node:fs/promises"
import { join } from "node:path"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { type DayFile, dayFileName, dayStart } from "../../domain/dataset/DayFile.js"
import { type Position, position } from "../../domain/Ids.js"
import { MICROS_PER_DAY, type Micros } from "../../domain/Time.js"
import { EventLog, type LogError } from "../../eventlog/EventLog.js"
import { FileDays } from "../../projections/files/FileDays.js"
import { Aggregates } from "../../projections/minutes/Aggregates.js"
import { disk, type FileFailed, NoRoom } from "../bytes/DiskBytes.js"
import { ExportTerms } from "../core/Limits.js"
import type { RowsError } from "../listing/Listing.js"
import { writeDay } from "./FileRows.js"
import { FileShelf, MadeFile } from "./FileShelf.js"

export type DayFileError = RowsError | FileFailed | NoRoom

export interface OpenFile {
  readonly made: MadeFile
  readonly handle: FileHandle
}

export interface DayFilesService {
  /** The closed days that there are files of, in order. */
  readonly days: Effect.Effect<ReadonlyArray<Micros>, LogError>
  /** The position of a day's newest files; null: it has none. */
  readonly newest: (day: Micros) => Effect.Effect<Position | null, LogError>
  /** Whether there is, or ever was, such a file. */
  readonly exists: (file: DayFile) => Effect.Effect<boolean, LogError>
  /** What is known of a file that is on the disk; undefined: it is not. */
  readonly known: (file: DayFile) => MadeFile | undefined
  /** The file, which must exist; closed with the scope. */
  readonly file: (file: DayFile) => Effect.Effect<OpenFile, DayFileError, Scope.Scope>
}

/** Where none are kept, there are none. */
export class DayFiles extends Context.Reference<DayFiles>()("tidemark/DayFiles", {
  defaultValue: (): DayFilesService => ({
    days: Effect.succeed([]),
    newest: () => Effect.succeed(null),
    exists: () => Effect.succeed(false),
    known: () => undefined,
    file: () => new NoRoom()
  })
}) {}

/** Beside each file, what is known of it. */
const FACTS = ".json"
const UNFINISHED = ".part"
const decodeFacts = Schema.decodeUnknownOption(Schema.parseJson(MadeFile))

/** The files of an earlier run, those that were asked for last at the end. */
const readFolder = (folder: string, shelf: FileShelf) =>
  disk(async () => {
    await mkdir(folder, { recursive: true })
    const names = await readdir(folder)
    const there: Array<readonly [name: string, made: MadeFile, at: number]> = []
    for (const name of names) {
      const path = join(folder, name)
      if (name.endsWith(UNFINISHED)) await rm(path, { force: true })
      if (!name.endsWith(FACTS)) continue
      const file = name.slice(0, -FACTS.length)
      const made = Option.getOrUndefined(decodeFacts(await readFile(path, "utf8")))
      const size = await stat(join(folder, file)).then(
        (found) => found,
        () => undefined
      )
      if (made !== undefined && size?.size === made.bytes) there.push([file, made, size.atimeMs])
      else await rm(path, { force: true })
    }
    for (const [name, made] of there.sort((a, b) => a[2] - b[2])) {
      if (shelf.reserve(made.bytes)) shelf.put(name, made)
    }
  })

const make = (folder: string, bytesMax: number) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const aggregates = yield* Aggregates
    const days = yield* FileDays
    const { licence } = yield* ExportTerms
    const scope = yield* Effect.scope
    const write = writeDay(log, aggregates)
    const oneAtATime = yield* Effect.makeSemaphore(1)
    const making = new Map<string, Deferred.Deferred<MadeFile, DayFileError>>()
    const shelf = new FileShelf(bytesMax, (name) => {
      for (const path of [`${name}${FACTS}`, name])
        void rm(join(folder, path), { force: true }).catch(() => {})
    })

    /** Into a file without a name yet, which gets its name when all of it is there. */
    const made = (file: DayFile, name: string) =>
      Effect.gen(function* () {
        const path = join(folder, `${randomUUID()}${UNFINISHED}`)
        const hash = createHash("sha256")
        let bytes = 0
        const finish = Effect.gen(function* () {
          const handle = yield* Effect.acquireRelease(
            disk(async () => {
              await mkdir(folder, { recursive: true })
              return await open(path, "wx")
            }),
            (opened) => Effect.promise(() => opened.close().catch(() => {}))
          )
          const counts = yield* write(
            { file, sensors: yield* days.sensors(file.day), licence },
            (piece): Effect.Effect<void, NoRoom | FileFailed> => {
              if (!shelf.reserve(piece.length)) return Effect.fail(new NoRoom())
              bytes += piece.length
              hash.update(piece)
              return disk(() => handle.writeFile(piece))
            }
          )
          const facts: MadeFile = { ...counts, bytes, sha256: hash.digest("hex") }
          yield* disk(async () => {
            await handle.sync()
            await rename(path, join(folder, name))
            await writeFile(path, JSON.stringify(facts))
            await rename(path, join(folder, `${name}${FACTS}`))
          })
          shelf.put(name, facts)
          return facts
        })
        return yield* Effect.scoped(finish).pipe(
          Effect.onError(() =>
            Effect.zipRight(
              Effect.sync(() => shelf.release(bytes)),
              Effect.promise(() => rm(path, { force: true }).catch(() => {}))
            )
          )
        )
      })

    const begin = (file: DayFile, name: string) =>
      Effect.suspend(() => {
        const running = making.get(name)
        if (running !== undefined) return Deferred.await(running)
        const outcome = Deferred.unsafeMake<MadeFile, DayFileError>(FiberId.none)
        making.set(name, outcome)
        return oneAtATime
          .withPermits(1)(made(file, name))
          .pipe(
            Effect.intoDeferred(outcome),
            Effect.ensuring(Effect.sync(() => making.delete(name))),
            Effect.forkIn(scope),
            Effect.zipRight(Deferred.await(outcome))
          )
      })

    const opened = (name: string) =>
      Effect.acquireRelease(
        disk(() => open(join(folder, name), "r")),
        (handle) => Effect.promise(() => handle.close().catch(() => {}))
      )

    const file = (asked: DayFile, again = true): Effect.Effect<OpenFile, DayFileError, Scope.Scope> =>
      Effect.gen(function* () {
        const name = dayFileName(asked)
        const facts = shelf.use(name) ?? (yield* begin(asked, name))
        return yield* Effect.map(opened(name), (handle): OpenFile => ({ made: facts, handle })).pipe(
          // Somebody has taken it away, or it gave way just now.
          Effect.catchTag("FileFailed", (failure) => {
            shelf.forget(name)
            return again ? file(asked, false) : Effect.fail(failure)
          })
        )
      })

    const isClosed = (day: Micros) =>
      Effect.map(aggregates.standing, ({ finalBefore }) => day + MICROS_PER_DAY <= finalBefore)

    yield* Effect.catchAll(readFolder(folder, shelf), ({ cause }) =>
      Effect.logWarning(`the files of closed days in ${folder} could not be read`, cause)
    )
    const service: DayFilesService = {
      days: Effect.flatMap(aggregates.standing, ({ finalBefore }) => days.days(dayStart(finalBefore))),
      newest: (day) =>
        Effect.flatMap(isClosed(day), (closed) => (closed ? days.lastTouch(day) : Effect.succeed(null))),
      exists: (asked) =>
        Effect.gen(function* () {
          if (shelf.peek(dayFileName(asked)) !== undefined) return true
          const at = asked.position
          if (at === 0 || !(yield* isClosed(asked.day))) return false
          const { position: foldedTo } = yield* aggregates.standing
          if (at > foldedTo) return false
          const [event] = yield* log.tail(position(at - 1), at, 1)
          return event?.type.startsWith("Reading") === true && dayStart(event.occurredAt) === asked.day
        }),
      known: (asked) => shelf.peek(dayFileName(asked)),
      file
    }
    return service
  })

/** Files in a folder of their own, which together hold so many bytes; 0: none. */
export const layer = (folder: string, bytesMax: number) =>
  bytesMax === 0 ? Layer.empty : Layer.scoped(DayFiles, make(folder, bytesMax))
