/** The manifest of a lake as a run changes it: what it names is what the lake holds. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import {
  LakeFault,
  type LakeFile,
  type LakeManifest,
  lakeManifestText,
  MANIFEST,
  parseLakeManifest
} from "./LakeFormat.js"
import { earlier, isOurs } from "./LakeLayout.js"
import type { LakeStore } from "./LakeStore.js"

/** The manifest of a lake, and its text; null: there is none. */
const readManifest = (store: LakeStore) =>
  Effect.gen(function* () {
    const text = yield* store.readText(MANIFEST)
    if (text === null) return null
    return yield* Either.match(parseLakeManifest(text), {
      onLeft: (reason) => new LakeFault({ path: MANIFEST, reason }),
      onRight: (manifest) => Effect.succeed({ manifest, text })
    })
  })

/** The manifest of what must be a lake. */
export const manifestOf = (store: LakeStore): Effect.Effect<LakeManifest, LakeFault> =>
  Effect.flatMap(readManifest(store), (known) =>
    known === null
      ? new LakeFault({ path: store.address, reason: `it holds no ${MANIFEST}, and so no lake` })
      : Effect.succeed(known.manifest)
  )

/** The files that are named as a lake's are, and that no manifest names: a run that was killed leaves such. */
export const strays = (store: LakeStore, files: ReadonlyArray<LakeFile>) =>
  Effect.map(store.list, (paths) => {
    const named = new Set(files.map(({ path }) => path))
    return paths.filter((path) => isOurs(path) && !named.has(path))
  })

const inOrder = (a: LakeFile, b: LakeFile): number =>
  a.dataset !== b.dataset
    ? a.dataset < b.dataset
      ? -1
      : 1
    : a.date !== b.date
      ? a.date < b.date
        ? -1
        : 1
      : a.position - b.position

/** A file that was made, and where it lies meanwhile. */
export interface NewFile {
  readonly file: LakeFile
  readonly made: string
}

/**
 * Puts files of one run after another into a lake.
 *
 * Invariants:
 * 1. Each file that the manifest names is there whole, before and after the manifest changes.
 * 2. Two runs at once do not undo each other's work: the manifest is replaced only where it is as this run knows it.
 */
export const lakeWriter = (store: LakeStore) =>
  Effect.gen(function* () {
    const known = yield* readManifest(store)
    const before = known?.manifest ?? null
    const left = yield* strays(store, before?.files ?? [])
    if (before === null && left.length > 0) {
      return yield* new LakeFault({
        path: store.address,
        reason: `it holds ${left[0]}, and no ${MANIFEST} that names it: give another place, or put its manifest back`
      })
    }
    yield* Effect.forEach(left, store.remove, { discard: true })
    let text = known?.text ?? null
    let files = before?.files ?? []

    const replace = (manifest: LakeManifest) =>
      Effect.gen(function* () {
        if ((yield* store.readText(MANIFEST)) !== text) {
          return yield* new LakeFault({
            path: MANIFEST,
            reason: "another run has changed it meanwhile: run again when that has ended"
          })
        }
        text = lakeManifestText(manifest)
        yield* store.writeText(MANIFEST, text)
        files = manifest.files
      })

    /** The files of one day; `manifest` says all else. */
    const put = (news: ReadonlyArray<NewFile>, manifest: (files: ReadonlyArray<LakeFile>) => LakeManifest) =>
      Effect.gen(function* () {
        const takesPlaceOf = (old: LakeFile) =>
          old.current && news.some(({ file }) => file.dataset === old.dataset && file.date === old.date)
        const replaced = files.filter(takesPlaceOf)
        for (const old of replaced) yield* store.copy(old.path, earlier(old).path)
        for (const { file, made } of news) yield* store.put(file.path, made)
        const all = [
          ...files.map((old) => (takesPlaceOf(old) ? earlier(old) : old)),
          ...news.map(({ file }) => file)
        ]
        yield* replace(manifest(all.toSorted(inOrder)))
        for (const old of replaced) yield* store.remove(old.path)
      })

    return { before, put }
  })
