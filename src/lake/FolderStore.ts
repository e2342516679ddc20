/** A lake in a folder. What is there under its name is on the disk whole. */
import {
  access,
  constants,
  copyFile,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm
} from "node:fs/promises"
import { dirname, join, relative, sep } from "node:path"
import * as Effect from "effect/Effect"
import { faultOf, LakeFault } from "./LakeFormat.js"
import type { LakeStore } from "./LakeStore.js"

/** What a run that was killed has left begins so. */
const UNFINISHED = ".unfinished-"

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause ? String(cause.code) : ""

const trying = <A>(path: string, run: () => Promise<A>) =>
  Effect.tryPromise({
    try: run,
    catch: (cause) =>
      codeOf(cause) === "ENOENT" ? new LakeFault({ path, reason: "it is not there" }) : faultOf(path, cause)
  })

const synced = async (path: string): Promise<void> => {
  const file = await open(path, "r+")
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

const filesIn = async (folder: string): Promise<ReadonlyArray<string>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => relative(folder, join(parentPath, name)).replaceAll(sep, "/"))
    .filter((path) => !path.startsWith(UNFINISHED))
}

export const folderStore = (folder: string): LakeStore => {
  const at = (path: string) => join(folder, path)
  /** Gives a file its name, whose folder may be new. */
  const named = async (from: string, path: string) => {
    await mkdir(dirname(at(path)), { recursive: true })
    await rename(from, at(path))
  }
  return {
    address: folder,
    workFolder: Effect.acquireRelease(
      trying(folder, async () => {
        await mkdir(folder, { recursive: true })
        for (const name of await readdir(folder)) {
          if (name.startsWith(UNFINISHED)) await rm(at(name), { recursive: true, force: true })
        }
        return await mkdtemp(at(UNFINISHED))
      }),
      (path) => Effect.promise(() => rm(path, { recursive: true, force: true }).catch(() => {}))
    ),
    list: trying(folder, () => filesIn(folder)),
    readText: (path) =>
      trying(path, () =>
        readFile(at(path), "utf8").catch((cause) =>
          codeOf(cause) === "ENOENT" ? null : Promise.reject(cause)
        )
      ),
    writeText: (path, text) =>
      trying(path, async () => {
        const made = at(`${UNFINISHED}${path}`)
        const file = await open(made, "w")
        try {
          await file.writeFile(text)
          await file.sync()
        } finally {
          await file.close()
        }
        await named(made, path)
      }),
    put: (path, from) =>
      trying(path, async () => {
        await synced(from)
        await named(from, path)
      }),
    copy: (from, to) =>
      trying(from, async () => {
        const made = at(`${UNFINISHED}copy`)
        await copyFile(at(from), made, constants.COPYFILE_FICLONE)
        await synced(made)
        await named(made, to)
      }),
    remove: (path) => trying(path, () => rm(at(path), { force: true })),
    local: (path) =>
      Effect.as(
        trying(path, () => access(at(path))),
        at(path)
      )
  }
}
