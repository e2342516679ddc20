/** The keys of `.env` that are no setting: passed over by everything else, a misspelt one would have no effect. */
import { FileSystem } from "@effect/platform/FileSystem"
import * as PlatformConfigProvider from "@effect/platform/PlatformConfigProvider"
import type { ConfigError } from "effect/ConfigError"
import type * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as HashSet from "effect/HashSet"
import { SETTINGS } from "./AppConfig.js"

/** What others read from the same file: `replay`, docker-compose.yml, Node. */
const OTHERS = /^(TIDEMARK_(API_KEY|USERNAME|PASSWORD)|MYSQL_(ROOT_)?PASSWORD|NODE_\w+|TZ)$/
/** So many letters may differ in what is taken for a misspelling. */
const DIFFERENT_MAX = 2

/** Levenshtein's distance: letters added, left out or changed. */
const distance = (a: string, b: string): number => {
  let row = [...Array(b.length + 1).keys()]
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const changed = (row[j] ?? 0) + (letter === b[j] ? 0 : 1)
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

const nearest = (key: string): string | undefined =>
  [...SETTINGS]
    .map((name) => ({ name, far: distance(key.toUpperCase(), name) }))
    .filter(({ far }) => far <= DIFFERENT_MAX)
    .sort((a, b) => a.far - b.far)[0]?.name

/** One line a key that is no setting, with the setting that may be meant. Values are never told. */
export const unknownKeys = (keys: Iterable<string>): ReadonlyArray<string> =>
  [...keys]
    .filter((key) => !SETTINGS.has(key) && !OTHERS.test(key))
    .sort()
    .map((key) => {
      const near = nearest(key)
      return `${key} is no setting of Tidemark and has no effect${near === undefined ? "" : `: is ${near} meant?`}`
    })

/** The provider knows keys by their parts, as ["HTTP", "PORT"]. */
const keysBelow = (
  provider: ConfigProvider.ConfigProvider.Flat,
  path: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<string>, ConfigError> =>
  Effect.flatMap(provider.enumerateChildren(path), (parts) =>
    HashSet.size(parts) === 0 && path.length > 0
      ? Effect.succeed([path.join("_")])
      : Effect.map(
          Effect.forEach(parts, (part) => keysBelow(provider, [...path, part])),
          (keys) => keys.flat()
        )
  )

/** Warns of each key of the file that is no setting; of a file that is not there, of none. */
export const warnOfUnknown = (path: string): Effect.Effect<void, never, FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem
    if (!(yield* fs.exists(path))) return
    const { flattened } = yield* PlatformConfigProvider.fromDotEnv(path)
    yield* Effect.forEach(
      unknownKeys(yield* keysBelow(flattened, [])),
      (line) => Effect.logWarning(`${path}: ${line}`),
      {
        discard: true
      }
    )
  }).pipe(Effect.ignoreLogged)
