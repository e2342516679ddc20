/** Is a lake what was archived? Each file is read back, and compared with the manifest and the log; all that is wrong is named. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { BackupProgress } from "../backup/TakeBackup.js"
import { Database } from "../db/Transaction.js"
import { dateText } from "../domain/dataset/DayFile.js"
import { position } from "../domain/Ids.js"
import { micros, parseTime } from "../domain/Time.js"
import { type ColdDay, coldDays } from "../eventlog/cold/ColdDays.js"
import { tailAcross } from "../eventlog/cold/ColdEvents.js"
import { ColdLog } from "../eventlog/cold/ColdLog.js"
import { mapped } from "../eventlog/LogFailure.js"
import { bytesOf, factsOfFile, factsOfLog, type OnRows } from "./LakeFiles.js"
import { LakeFault, type LakeFile, type LakeManifest, MANIFEST } from "./LakeFormat.js"
import { manifestOf, strays } from "./LakeManifests.js"
import { type LakeDay, lakeRows, type ReadLakeDay } from "./LakeRows.js"
import type { LakeStore } from "./LakeStore.js"
import type { RowFacts } from "./RowDigest.js"

const dayOf = ({ dataset, date, position: at }: LakeFile): LakeDay => ({
  dataset,
  day: Either.getOrElse(parseTime(date), () => micros(0)),
  position: position(at)
})

/** The key of the event at a position, though a lake alone has it. */
export const eventKeyAt = (at: number) =>
  Effect.gen(function* () {
    const database = yield* Database
    const lake = yield* ColdLog
    const events = yield* mapped(
      database.read((sql) => tailAcross(sql, lake, position(Math.max(0, at - 1)), position(at), 1))
    )
    return events[0]?.eventId ?? null
  })

/** Fails where a lake is not of this log. */
export const checkLog = (manifest: LakeManifest) =>
  Effect.gen(function* () {
    if ((yield* eventKeyAt(manifest.position)) === manifest.event_id) return
    return yield* new LakeFault({
      path: MANIFEST,
      reason: `it is of another log, or of a later state of this one: they differ at position ${manifest.position}. Give another place`
    })
  })

/** How rows differ from what the manifest says of them; undefined: in nothing. */
export const difference = (where: string, { content_sha256, rows, sum }: RowFacts, file: LakeFile) =>
  rows !== file.rows
    ? `${where} ${rows} rows, and not ${file.rows}`
    : sum !== file.sum
      ? `${where} values of the sum ${sum}, and not ${file.sum}`
      : content_sha256 !== file.content_sha256
        ? `${where} other rows than were archived`
        : undefined

/** `read`: null: the log has not what the file has; the file stands for it. */
const checkFile = (store: LakeStore, read: ReadLakeDay | null, file: LakeFile, onRows: OnRows) =>
  Effect.gen(function* () {
    const wrong = (reason: string) => new LakeFault({ path: file.path, reason })
    const path = yield* store.local(file.path)
    const { bytes, sha256 } = yield* bytesOf(path, file.path)
    if (bytes !== file.bytes) return yield* wrong(`it has ${bytes} bytes, and not ${file.bytes}`)
    if (sha256 !== file.sha256) {
      return yield* wrong("it is damaged: its SHA-256 is not that of the manifest")
    }
    const { columns, facts } = yield* factsOfFile(path, file.path, onRows)
    const inFile = difference("it holds", facts, file)
    if (inFile !== undefined) return yield* wrong(inFile)
    if (read === null) return
    const ofLog = yield* factsOfLog(read, dayOf(file), columns, onRows)
    const inLog = difference(`as of position ${file.position} the log holds`, ofLog, file)
    if (inLog !== undefined) return yield* wrong(inLog)
  }).pipe(Effect.scoped)

/** Fails where a file of a day is not what it was, or not what the log says. */
export const checkDay = (store: LakeStore, read: ReadLakeDay, files: ReadonlyArray<LakeFile>) =>
  Effect.forEach(files, (file) => checkFile(store, read, file, () => undefined), { discard: true })

/** Fails where the file of a cold day is not that which it is read from. */
const checkCold = (file: LakeFile, cold: ColdDay | undefined) =>
  cold === undefined || !file.current || file.dataset !== "events" || file.sha256 === cold.sha256
    ? Effect.void
    : new LakeFault({
        path: file.path,
        reason: `${file.date} is read from another file: ${cold.lake}/${cold.path}`
      })

export interface VerifyOptions {
  readonly licence: string
  readonly onProgress?: (progress: BackupProgress) => void
}

/** Answers all that is wrong, each in a line that names the file. */
export const verifyLake = (store: LakeStore, { licence, onProgress }: VerifyOptions) =>
  Effect.gen(function* () {
    const database = yield* Database
    const manifest = yield* manifestOf(store)
    const faults: Array<string> = []
    const id = yield* eventKeyAt(manifest.position)
    const cold = new Map(
      (yield* mapped(database.read((sql) => coldDays(sql, database)))).map((one) => [dateText(one.day), one])
    )
    if (id !== manifest.event_id) {
      return {
        manifest,
        faults: [`${MANIFEST}: it is of another log: they differ at position ${manifest.position}`]
      }
    }
    for (const path of yield* strays(store, manifest.files)) {
      faults.push(`${path}: the manifest does not name it, and who reads the folder reads it too`)
    }
    const read = yield* lakeRows(licence)
    // Of the file, and of the log.
    const total = 2 * manifest.files.reduce((sum, { rows }) => sum + rows, 0)
    let done = 0
    const onRows = (rows: number) => {
      done += rows
      onProgress?.({ done, total: Math.max(done, total) })
    }
    for (const file of manifest.files) {
      const marked = cold.get(file.date)
      yield* checkCold(file, marked).pipe(
        Effect.zipRight(checkFile(store, marked === undefined ? read : null, file, onRows)),
        Effect.catchTag("LakeFault", ({ message }) => Effect.sync(() => void faults.push(message)))
      )
    }
    return { manifest, faults: faults as ReadonlyArray<string> }
  })
