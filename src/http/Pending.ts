import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { CatalogDataset } from "../domain/Catalog.js"
import type { LogError } from "../eventlog/EventLog.js"

export interface CatalogService {
  readonly datasets: (query: {
    readonly search: string
    readonly skip: number
    readonly limit: number
  }) => Effect.Effect<ReadonlyArray<CatalogDataset>, LogError>
}
export class Catalog extends Context.Tag("tidemark/Catalog")<Catalog, CatalogService>() {}
