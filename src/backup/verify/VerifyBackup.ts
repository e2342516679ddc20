/** Is a backup what was written? Every part is read; all that is wrong is named. */
import * as Effect from "effect/Effect"
import { folderManifest, readPart } from "../BackupFolder.js"
import { BackupFault, type Manifest, type Part } from "../BackupFormat.js"
import { checkBytes, eachRows } from "../PartFile.js"
import type { BackupProgress } from "../TakeBackup.js"

/** Reads the part of the log that goes on behind `after`, as it must. */
const checkPart = (folder: string, part: Part, columns: Manifest["columns"], read: (rows: number) => void) =>
  Effect.gen(function* () {
    const bytes = yield* readPart(folder, part)
    yield* checkBytes(part, bytes)
    const at = (columns[part.table] ?? []).findIndex(({ name }) => name === "position")
    let next = part.first ?? 0
    yield* eachRows(part, bytes, (rows) =>
      Effect.suspend(() => {
        read(rows.length)
        if (part.first === null) return Effect.void
        const wrong = rows.find((row, index) => row[at] !== next + index)
        next += rows.length
        return wrong === undefined
          ? Effect.void
          : new BackupFault({ part: part.file, reason: `position ${wrong[at]} is out of order` })
      })
    )
  })

/** The parts of the log, one behind the other, up to the position of the backup. */
const gaps = ({ parts, position }: Manifest): ReadonlyArray<string> => {
  const found: Array<string> = []
  let last = 0
  for (const part of parts.filter(({ table }) => table === "events")) {
    if (part.first !== last + 1) found.push(`${part.file}: it does not follow position ${last}`)
    last = part.last ?? last
  }
  return last === position ? found : [...found, `the log ends at position ${last}, and not at ${position}`]
}

/** Answers all that is wrong, each in a line that names the file. */
export const verifyBackup = (
  folder: string,
  onProgress: (progress: BackupProgress) => void = () => undefined
) =>
  Effect.gen(function* () {
    const manifest = yield* folderManifest(folder)
    const total = manifest.parts.reduce((sum, { rows }) => sum + rows, 0)
    const faults: Array<string> = [...gaps(manifest)]
    let done = 0
    for (const part of manifest.parts) {
      yield* checkPart(folder, part, manifest.columns, (rows) => {
        done += rows
        onProgress({ done, total })
      }).pipe(Effect.catchTag("BackupFault", (fault) => Effect.sync(() => void faults.push(fault.message))))
    }
    return { manifest, faults: faults as ReadonlyArray<string> }
  })
