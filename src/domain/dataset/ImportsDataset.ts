/** Imports: files that were replayed, and bodies of many rows. */
import type { ImportId } from "../Ids.js"
import type { Micros } from "../Time.js"
import { columnsOf } from "./Column.js"
import type { Dataset } from "./Dataset.js"

export interface Import {
  readonly id: ImportId
  /** The file's name, or the kind of the body. */
  readonly source: string
  /** The name of the key; null: it came without one. */
  readonly actor: string | null
  readonly startedAt: Micros
  readonly stored: number
  readonly repeated: number
  readonly rejected: number
  /** Device times of what it stored; null: nothing. */
  readonly firstAt: Micros | null
  readonly lastAt: Micros | null
  readonly undoneAt: Micros | null
}

const column = columnsOf<Import>()

const columns = [
  column.integer("id", "The number of this import, as `import_id` names it", (row) => row.id, {
    example: 12,
    rules: { unique: true, minimum: 1 }
  }),
  column.text("source", "Name of the file, or kind of the body", (row) => row.source, {
    example: "greenhouse.csv"
  }),
  column.maybeText(
    "actor",
    "Name of the key that brought it; null: it came without one",
    (row) => row.actor,
    {
      example: "importer"
    }
  ),
  column.time("started_at", "When it began", (row) => row.startedAt, {
    answer: "When it began, UTC"
  }),
  column.integer("stored", "Readings that it stored", (row) => row.stored, {
    counts: "readings",
    example: 990
  }),
  column.integer("repeated", "Readings that were there before", (row) => row.repeated, {
    counts: "readings",
    example: 8
  }),
  column.integer("rejected", "Rows, or metrics of a message, that were rejected", (row) => row.rejected, {
    counts: "rows",
    example: 2
  }),
  column.maybeTime(
    "start_time",
    "Device time of the first reading that it stored; null: none",
    (row) => row.firstAt
  ),
  column.maybeTime(
    "end_time",
    "Device time of the last reading that it stored; null: none",
    (row) => row.lastAt
  ),
  column.maybeTime(
    "undone_at",
    "When all that it stored had been deleted; null: it has not",
    (row) => row.undoneAt
  )
] as const

export const IMPORTS = {
  name: "imports",
  entity: "Import",
  description:
    "Every file that `tidemark replay` brought, and every CSV and NDJSON body of a POST. What one stored can be taken back.",
  application: "Seeing what came by which file, and taking back what was imported wrongly.",
  grain: "One row an import of a file or body",
  key: ["id"],
  path: "/imports",
  entitySet: null,
  inTime: false,
  columns
} as const satisfies Dataset<Import>
