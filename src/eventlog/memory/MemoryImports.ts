/** The imports of the log in memory. */
import type { Import } from "../../domain/dataset/ImportsDataset.js"
import { ImportId } from "../../domain/Ids.js"
import { type Micros, micros } from "../../domain/Time.js"
import type { AppendItem, AppendOutcome } from "../EventLog.js"
import { importCounts, NOTHING_IMPORTED } from "../ImportCounts.js"
import type { ImportPage, ImportStart } from "../ImportLog.js"

const LATEST = micros(Number.MAX_SAFE_INTEGER)

export class MemoryImports {
  private readonly imports = new Map<ImportId, Import>()
  private readonly tokens = new Map<ImportId, string>()

  begin({ actor, source, token }: ImportStart, startedAt: Micros): ImportId {
    const id = ImportId.make(this.imports.size + 1)
    this.imports.set(id, { ...NOTHING_IMPORTED, id, source, actor: actor ?? null, startedAt, undoneAt: null })
    this.tokens.set(id, token)
    return id
  }

  page({ before, id, limit, skip = 0 }: ImportPage): ReadonlyArray<Import> {
    return [...this.imports.values()]
      .filter((one) => (id === undefined || one.id === id) && (before === undefined || one.id < before))
      .reverse()
      .slice(skip, skip + limit)
  }

  undone(id: ImportId, at: Micros): void {
    const one = this.imports.get(id)
    if (one !== undefined) this.imports.set(id, { ...one, undoneAt: one.undoneAt ?? at })
  }

  readonly importOf = ({ importKey: key }: AppendItem): ImportId | undefined =>
    key !== undefined && this.tokens.get(key.id) === key.token ? key.id : undefined

  count(items: ReadonlyArray<AppendItem>, outcomes: ReadonlyArray<AppendOutcome>): void {
    for (const [id, { firstAt, lastAt, ...counts }] of importCounts(items, outcomes, this.importOf)) {
      const one = this.imports.get(id)
      if (one === undefined) continue
      this.imports.set(id, {
        ...one,
        stored: one.stored + counts.stored,
        repeated: one.repeated + counts.repeated,
        rejected: one.rejected + counts.rejected,
        firstAt: firstAt === null ? one.firstAt : micros(Math.min(one.firstAt ?? LATEST, firstAt)),
        lastAt: lastAt === null ? one.lastAt : micros(Math.max(one.lastAt ?? 0, lastAt))
      })
    }
  }
}
