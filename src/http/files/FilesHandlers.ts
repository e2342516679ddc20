/** `/files/`: folders that list what there is, manifests, and the files themselves. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type FileEntry, type FileFacts, PARQUET_TYPE } from "../../api/files/FilesGroup.js"
import { FILE_DATASETS, type FileDatasetName } from "../../domain/dataset/Datasets.js"
import {
  type DayFile,
  dateText,
  dayFileName,
  dayFileNamed,
  dayFolder,
  dayOfFolder
} from "../../domain/dataset/DayFile.js"
import { formatTime, type Micros } from "../../domain/Time.js"
import type { LogError } from "../../eventlog/EventLog.js"
import { type ByteFile, fileAnswer } from "../bytes/ByteRanges.js"
import { pieces } from "../bytes/DiskBytes.js"
import { Contract } from "../core/Contract.js"
import { prefersJson } from "../core/Negotiate.js"
import { pageAnswer } from "../core/PageAnswer.js"
import { HttpAuth, Pages } from "../core/Ports.js"
import { internal, notFound, Refusal } from "../core/Problems.js"
import type { RowsError } from "../listing/Listing.js"
import { DayFiles, type DayFilesService, type OpenFile } from "./DayFiles.js"
import type { MadeFile } from "./FileShelf.js"

const ROOT = "/files/"
const MANIFEST = "manifest.json"

const folderOf = (dataset: string, day?: Micros): string =>
  `${ROOT}${dataset}/${day === undefined ? "" : `${dayFolder(day)}/`}`
const hrefOf = (file: DayFile): string => `${folderOf(file.dataset, file.day)}${dayFileName(file)}`

const directory = (parent: string, name: string): FileEntry => ({
  name: `${name}/`,
  type: "directory",
  href: `${parent}${name}/`,
  size: null
})
const manifestIn = (folder: string): FileEntry => ({
  name: MANIFEST,
  type: "file",
  href: `${folder}${MANIFEST}`,
  size: null
})

const timeText = (time: number | null | undefined): string | null =>
  time === null || time === undefined ? null : formatTime(time)

const factsOf = (file: DayFile, made: MadeFile | undefined): FileFacts => ({
  file: dayFileName(file),
  href: hrefOf(file),
  dataset: file.dataset,
  date: dateText(file.day),
  position: file.position,
  rows: made?.rows ?? null,
  bytes: made?.bytes ?? null,
  sha256: made?.sha256 ?? null,
  min_time: timeText(made?.minTime),
  max_time: timeText(made?.maxTime)
})

const datasetNamed = (name: string): Effect.Effect<FileDatasetName, Refusal> => {
  const dataset = FILE_DATASETS.find((one) => one.name === name)
  return dataset === undefined
    ? Effect.fail(notFound(`There are no files of a data set ${name}.`))
    : Effect.succeed(dataset.name)
}

interface FolderPath {
  readonly dataset_name: string
  readonly date: string
}

/** The newest file of a day. */
const newestIn = (
  files: DayFilesService,
  { dataset_name, date }: FolderPath
): Effect.Effect<DayFile, LogError | Refusal> =>
  Effect.gen(function* () {
    const dataset = yield* datasetNamed(dataset_name)
    const day = dayOfFolder(date)
    const position = day === undefined ? null : yield* files.newest(day)
    return day === undefined || position === null
      ? yield* Effect.fail(
          notFound(`There is no folder ${date}: only days that are closed and hold something have one.`)
        )
      : { dataset, day, position }
  })

const existing = (files: DayFilesService, path: FolderPath & { readonly file_name: string }) =>
  Effect.gen(function* () {
    const dataset = yield* datasetNamed(path.dataset_name)
    const day = dayOfFolder(path.date)
    const file = day === undefined ? undefined : dayFileNamed(dataset, day, path.file_name)
    return file !== undefined && (yield* files.exists(file))
      ? file
      : yield* Effect.fail(notFound(`There never was a file ${path.file_name}.`))
  })

const madeFile = (
  files: DayFilesService,
  file: DayFile
): Effect.Effect<OpenFile, RowsError | Refusal, Scope.Scope> =>
  files.file(file).pipe(
    Effect.catchTags({
      NoRoom: () =>
        Effect.fail(
          new Refusal({
            kind: "no-room",
            detail:
              "It is larger than all files may be together. The setting MAX_DAY_FILES says how large that is."
          })
        ),
      FileFailed: ({ cause }) =>
        Effect.zipRight(
          Effect.logError(`the file ${dayFileName(file)} could not be made or read`, cause),
          Effect.fail(internal)
        )
    })
  )

const bytesOf = (file: DayFile, { handle, made }: OpenFile, isOpen: boolean): ByteFile => ({
  size: made.bytes,
  headers: {
    etag: `"${Buffer.from(made.sha256, "hex").toString("base64url").slice(0, 22)}"`,
    "accept-ranges": "bytes",
    // Where keys are needed, no cache on the way may give it to others.
    "cache-control": `${isOpen ? "public" : "private"}, max-age=31536000, immutable`,
    "repr-digest": `sha-256=:${Buffer.from(made.sha256, "hex").toString("base64")}:`,
    "tidemark-position": String(file.position)
  },
  part: (first, last) => pieces(handle, first, last)
})

/** The file is open until the answer has ended: the scope is the request's. */
const dayFile = (files: DayFilesService, path: FolderPath & { readonly file_name: string }) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const auth = yield* HttpAuth
    const file = yield* existing(files, path)
    const answer = (opened: OpenFile) =>
      fileAnswer(request, bytesOf(file, opened, auth.open() === true), PARQUET_TYPE)
    return yield* Effect.flatMap(madeFile(files, file), answer)
  })

const listing = (path: string, entries: ReadonlyArray<FileEntry>) =>
  Effect.gen(function* () {
    const { headers } = yield* HttpServerRequest.HttpServerRequest
    if (prefersJson(headers.accept))
      return HttpServerResponse.unsafeJson(entries, { headers: { vary: "accept" } })
    const pages = yield* Pages
    return yield* pageAnswer(pages, pages.folder(path, entries))
  })

export const FilesLive = HttpApiBuilder.group(Contract, "Files", (handlers) =>
  Effect.gen(function* () {
    const files = yield* DayFiles
    return handlers
      .handle("listFiles", () =>
        listing(
          ROOT,
          FILE_DATASETS.map(({ name }) => directory(ROOT, name))
        )
      )
      .handle("listFileDays", ({ path }) =>
        Effect.gen(function* () {
          const folder = folderOf(yield* datasetNamed(path.dataset_name))
          const days = yield* files.days
          return yield* listing(folder, [
            ...days.map((day) => directory(folder, dayFolder(day))),
            manifestIn(folder)
          ])
        })
      )
      .handle("filesManifest", ({ path }) =>
        Effect.gen(function* () {
          const dataset = yield* datasetNamed(path.dataset_name)
          const facts: Array<FileFacts> = []
          for (const day of yield* files.days) {
            const position = yield* files.newest(day)
            if (position === null) continue
            const file = { dataset, day, position }
            facts.push(factsOf(file, files.known(file)))
          }
          return facts
        })
      )
      .handle("listDayFiles", ({ path }) =>
        Effect.gen(function* () {
          const file = yield* newestIn(files, path)
          const folder = folderOf(file.dataset, file.day)
          const size = files.known(file)?.bytes ?? null
          return yield* listing(folder, [
            { name: dayFileName(file), type: "file", href: hrefOf(file), size },
            manifestIn(folder)
          ])
        })
      )
      .handle("dayManifest", ({ path }) =>
        Effect.gen(function* () {
          const file = yield* newestIn(files, path)
          const { made } = yield* Effect.scoped(madeFile(files, file))
          return [factsOf(file, made)]
        })
      )
      .handle("dayFile", ({ path }) => dayFile(files, path))
  })
)
