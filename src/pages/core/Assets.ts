/**
 * The files that pages ask for: the style sheet, and what `npm run build` bundled from `web/islands`. The one
 * executable has them in itself. Without that build the pages work all the same, as without scripts.
 */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { entityTag, isKnown } from "../../http/core/Headers.js"
import { packed } from "../../http/core/PageAnswer.js"
import type { Asset } from "../../http/core/Ports.js"
import { STYLES_PATH, styles } from "../../web/Pages.js"

const TYPES: Readonly<Record<string, string>> = { js: "text/javascript", css: "text/css" }
const FILE = /^[a-z-]+\.(js|css)$/

/** This file's folder: of the one bundled file too, where modules have no address. */
const here = typeof __dirname === "string" ? __dirname : dirname(fileURLToPath(import.meta.url))
/** Beside the bundle; beside what was compiled; from the sources on. */
const FOLDERS = [join(here, "assets"), join(here, "../../assets"), join(here, "../../dist/assets")]

type Files = ReadonlyArray<readonly [string, Asset]>

const filesOf = (names: ReadonlyArray<string>, read: (name: string) => string): Files =>
  names.flatMap((name) => {
    const contentType = TYPES[FILE.exec(name)?.[1] ?? ""]
    return contentType === undefined ? [] : [[name, { contentType, text: read(name) }] as const]
  })

const filesBelow = (folder: string): Files => {
  try {
    return filesOf(readdirSync(folder), (name) => readFileSync(join(folder, name), "utf8"))
  } catch {
    return []
  }
}

/** The types of Node 20 lack the list of names. */
type Executable = typeof import("node:sea") & {
  getAssetKeys(): ReadonlyArray<string>
}

/** None, where this is no executable of its own. */
const filesWithin = (): Files => {
  const executable = process.getBuiltinModule("node:sea") as Executable | undefined
  return executable?.isSea()
    ? filesOf(executable.getAssetKeys(), (name) => executable.getAsset(name, "utf8"))
    : []
}

/** By name, read once. */
export const readAssets: Effect.Effect<ReadonlyMap<string, Asset>> = Effect.gen(function* () {
  const within = filesWithin()
  const bundled =
    within.length > 0 ? within : (FOLDERS.map(filesBelow).find((files) => files.length > 0) ?? [])
  if (bundled.length === 0) yield* Effect.logWarning("the pages' scripts were not built: npm run build")
  return new Map([
    ...bundled,
    [STYLES_PATH.replace("/assets/", ""), { contentType: "text/css", text: styles }] as const
  ])
})

/** A file of ours: asked for again, it is sent again only when it has changed. */
export const assetAnswer = ({ contentType, text }: Asset) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    // Weak: the same file, whichever way it was compressed.
    const headers = { etag: entityTag([text], true), vary: "accept-encoding" }
    return isKnown(request.headers, headers.etag)
      ? HttpServerResponse.empty({ status: 304, headers })
      : yield* packed(text, contentType, headers)
  })
