/**
 * A backup as a folder: a file a part, and `manifest.json`, which is written last and in one step. So a backup that is cut
 * off leaves the one before it whole.
 */
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { BackupFault, type Manifest, manifestText, type Part, parseManifest } from "./BackupFormat.js"
import type { RestoreSource } from "./RestoreBackup.js"
import type { BackupSink } from "./TakeBackup.js"

export const MANIFEST = "manifest.json"
const OURS = /^((events|table)-[a-z0-9_-]+\.ndjson\.gz|manifest\.json(\.new)?)$/

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause ? String(cause.code) : ""

const trying = <A>(part: string, run: () => Promise<A>) =>
  Effect.tryPromise({
    try: run,
    catch: (cause) =>
      new BackupFault({
        part,
        reason:
          codeOf(cause) === "ENOENT"
            ? "it is not there"
            : cause instanceof Error
              ? cause.message
              : String(cause)
      })
  })

/** What is written is on the disk when this ends. */
const writeWhole = (path: string, bytes: string | Uint8Array) =>
  trying(path, async () => {
    const file = await open(path, "w")
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
  })

/** The manifest of a folder; null: there is none. */
const manifestIn = (folder: string) =>
  Effect.gen(function* () {
    const path = join(folder, MANIFEST)
    const text = yield* trying(path, () =>
      readFile(path, "utf8").catch((cause) => (codeOf(cause) === "ENOENT" ? null : Promise.reject(cause)))
    )
    if (text === null) return null
    return yield* Either.match(parseManifest(text), {
      onLeft: (reason) => new BackupFault({ part: path, reason }),
      onRight: Effect.succeed
    })
  })

export const readPart = (folder: string, { file }: Part) => trying(file, () => readFile(join(folder, file)))

/** Writes into a folder, which is made, or is empty, or holds an earlier backup. */
export const folderSink = (folder: string): Effect.Effect<BackupSink<BackupFault>, BackupFault> =>
  Effect.gen(function* () {
    yield* trying(folder, () => mkdir(folder, { recursive: true, mode: 0o700 }))
    const strange = (yield* trying(folder, () => readdir(folder))).find((name) => !OURS.test(name))
    if (strange !== undefined) {
      return yield* new BackupFault({
        part: folder,
        reason: `it holds ${strange}, which is no part of a backup: give a folder of its own`
      })
    }
    return {
      before: yield* manifestIn(folder),
      start: () => Effect.void,
      part: ({ file }, bytes) => writeWhole(join(folder, file), bytes),
      end: (manifest) =>
        Effect.gen(function* () {
          yield* writeWhole(join(folder, `${MANIFEST}.new`), manifestText(manifest))
          yield* trying(folder, async () => {
            await rename(join(folder, `${MANIFEST}.new`), join(folder, MANIFEST))
            const needed = new Set([MANIFEST, ...manifest.parts.map(({ file }) => file)])
            const old = (await readdir(folder)).filter((name) => !needed.has(name))
            for (const name of old) await rm(join(folder, name))
          })
        })
    }
  })

/** The manifest of a folder that must hold a backup. */
export const folderManifest = (folder: string): Effect.Effect<Manifest, BackupFault> =>
  Effect.flatMap(manifestIn(folder), (manifest) =>
    manifest === null
      ? new BackupFault({ part: folder, reason: `it holds no ${MANIFEST}, and so no whole backup` })
      : Effect.succeed(manifest)
  )

export const folderSource = (folder: string): Effect.Effect<RestoreSource<BackupFault>, BackupFault> =>
  Effect.map(folderManifest(folder), (manifest) => ({
    start: manifest,
    total: manifest.parts.reduce((sum, { rows }) => sum + rows, 0),
    each: (take) =>
      Effect.forEach(
        manifest.parts,
        (part) => Effect.flatMap(readPart(folder, part), (bytes) => take(part, bytes)),
        { discard: true }
      )
  }))
