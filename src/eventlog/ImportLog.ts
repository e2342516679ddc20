/** What the log's port has of imports. */
import type * as Effect from "effect/Effect"
import type { Import } from "../domain/dataset/ImportsDataset.js"
import type { ImportId } from "../domain/Ids.js"

export interface ImportStart {
  /** Name of the file, or kind of the body. */
  readonly source: string
  /** The name of the key. */
  readonly actor?: string | undefined
  /** What makes a key of it: whoever knows it can bring readings into the import. */
  readonly token: string
}

/** The newest first. */
export interface ImportPage {
  readonly limit: number
  readonly skip?: number | undefined
  /** Only this one. */
  readonly id?: ImportId | undefined
  /** The last of the page before. */
  readonly before?: ImportId | undefined
}

export interface ImportLog<LogError> {
  /** A new import: what is appended with its key counts for it, and names it as the one that brought it. */
  readonly beginImport: (start: ImportStart) => Effect.Effect<ImportId, LogError>

  readonly imports: (page: ImportPage) => Effect.Effect<ReadonlyArray<Import>, LogError>

  /** Notes that all that the import stored was deleted; the first time counts. */
  readonly importUndone: (id: ImportId) => Effect.Effect<void, LogError>
}
