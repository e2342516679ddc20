/** The port to where a lake lies: a folder, or a bucket. Paths go from the lake's own root on. */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { LakeFault } from "./LakeFormat.js"

export interface LakeStore {
  /** For messages. */
  readonly address: string
  /** A folder on this machine where files are made; gone with the scope. */
  readonly workFolder: Effect.Effect<string, LakeFault, Scope.Scope>
  /** The paths of all files. */
  readonly list: Effect.Effect<ReadonlyArray<string>, LakeFault>
  /** The text of a file; null: it is not there. */
  readonly readText: (path: string) => Effect.Effect<string | null, LakeFault>
  /** Writes a file whole: readers see what was there before, or all of it. */
  readonly writeText: (path: string, text: string) => Effect.Effect<void, LakeFault>
  /** The same of a file of the work folder, which is no more there afterwards. */
  readonly put: (path: string, from: string) => Effect.Effect<void, LakeFault>
  readonly copy: (from: string, to: string) => Effect.Effect<void, LakeFault>
  readonly remove: (path: string) => Effect.Effect<void, LakeFault>
  /** A file on this machine with these bytes, which is to be read alone. */
  readonly local: (path: string) => Effect.Effect<string, LakeFault, Scope.Scope>
}
