/** What an append did for each import: the same for every log. */
import type { Import } from "../domain/dataset/ImportsDataset.js"
import type { ImportId } from "../domain/Ids.js"
import type { ImportKey } from "../domain/ImportKey.js"
import { type Micros, micros } from "../domain/Time.js"
import type { AppendItem, AppendOutcome } from "./EventLog.js"

export type ImportCounts = Pick<Import, "stored" | "repeated" | "rejected" | "firstAt" | "lastAt">

export const NOTHING_IMPORTED: ImportCounts = {
  stored: 0,
  repeated: 0,
  rejected: 0,
  firstAt: null,
  lastAt: null
}

/** The keys that a batch names, each once. */
export const importKeys = (items: ReadonlyArray<AppendItem>): ReadonlyArray<ImportKey> => [
  ...new Map(items.flatMap(({ importKey: key }) => (key ? [[`${key.id} ${key.token}`, key]] : []))).values()
]

const earlier = (a: Micros | null, b: Micros): Micros => (a === null ? b : micros(Math.min(a, b)))
const later = (a: Micros | null, b: Micros): Micros => (a === null ? b : micros(Math.max(a, b)))

const counted = (
  before: ImportCounts,
  item: AppendItem,
  outcome: AppendOutcome | undefined
): ImportCounts => {
  if (outcome?._tag === "Repeated") return { ...before, repeated: before.repeated + 1 }
  if (outcome?._tag !== "Stored" || item._tag === "Rejected") {
    return { ...before, rejected: before.rejected + 1 }
  }
  const { occurredAt } = item.reading
  return {
    ...before,
    stored: before.stored + 1,
    firstAt: earlier(before.firstAt, occurredAt),
    lastAt: later(before.lastAt, occurredAt)
  }
}

/** `importOf`: the import of an item, where it has one and its key holds. */
export const importCounts = (
  items: ReadonlyArray<AppendItem>,
  outcomes: ReadonlyArray<AppendOutcome>,
  importOf: (item: AppendItem) => ImportId | undefined
): ReadonlyMap<ImportId, ImportCounts> => {
  const counts = new Map<ImportId, ImportCounts>()
  for (const [index, item] of items.entries()) {
    const id = importOf(item)
    if (id !== undefined) counts.set(id, counted(counts.get(id) ?? NOTHING_IMPORTED, item, outcomes[index]))
  }
  return counts
}
