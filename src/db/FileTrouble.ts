/** Why the embedded database's file can't be opened, in words that say which file, why, and what to change. */
import { accessSync, constants, statSync } from "node:fs"
import { dirname } from "node:path"
import * as Either from "effect/Either"
import { DatabaseError, driverError } from "./Failure.js"

const ELSEWHERE = "set DATA_DIR to another folder (or DATABASE_URL, where that names the file)"
const AWAY = `move it away, or ${ELSEWHERE}`

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

/** The code with which the system refuses it; null: it does not. */
const refusal = (path: string, mode: number): string | null =>
  Either.match(
    Either.try(() => accessSync(path, mode)),
    { onLeft: (error) => driverError(error).code, onRight: () => null }
  )

const READ_ONLY = "is on a file system that is read-only"

const SYSTEM: Readonly<Record<string, string>> = {
  EROFS: READ_ONLY,
  EACCES: "may not be read and written by this user",
  EPERM: "may not be read and written by this user",
  ENOSPC: "has no space left",
  ENOTDIR: "lies below a file, which should be a folder",
  EEXIST: "is a file, and should be a folder"
}

const DRIVER: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: "it is no SQLite database",
  SQLITE_CORRUPT: "it is damaged: restore a backup",
  SQLITE_FULL: "the disk is full"
}

/** What the driver does not say: it only gives SQLite's number. */
const looked = (path: string): string | null => {
  if (isFolder(path)) return "it is a folder, and should be a file"
  const folder = dirname(path)
  const folderCode = refusal(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  if (folderCode !== null) return `its folder ${SYSTEM[folderCode] ?? `is not usable (${folderCode})`}`
  const code = refusal(path, constants.R_OK | constants.W_OK)
  return code === null || code === "ENOENT" ? null : `it ${SYSTEM[code] ?? `is not usable (${code})`}`
}

/** A file or folder of ours can't be made or opened. Permanent: waiting would not mend it. */
export const fileTrouble = (path: string, cause: unknown): DatabaseError => {
  const { code, message } = driverError(cause)
  const system = SYSTEM[code]
  const reason = DRIVER[code.split("_").slice(0, 2).join("_")]
  const why = system === undefined ? (reason ?? looked(path) ?? message) : `it ${system}`
  const cure = reason === undefined ? ELSEWHERE : AWAY
  return new DatabaseError({
    kind: "Permanent",
    code: code === "UNKNOWN" ? "" : code,
    reason: `can't open ${path}: ${why}; ${cure}`
  })
}
