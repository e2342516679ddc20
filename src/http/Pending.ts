import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Dataset } from "../api/Dataset.js"
import type { LogError } from "../eventlog/EventLog.js"

export interface CatalogService {
  readonly datasets: (query: {
    readonly search: string
    readonly skip: number
    readonly limit: number
  }) => Effect.Effect<ReadonlyArray<Dataset>, LogError>
}
export class Catalog extends Context.Tag("tidemark/Catalog")<Catalog, CatalogService>() {}

import type { Position, SensorId } from "../domain/Ids.js"
import type { Interval } from "../domain/Minute.js"
import type { Micros } from "../domain/Time.js"
import type { AggregateFilter, MinuteKey, MinuteMetadata } from "../projections/MinuteStore.js"
export interface Aggregate extends MinuteMetadata {
  readonly id: number
  readonly sensorId: SensorId
  readonly start: Micros
  readonly interval: Interval
  readonly mean: number
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly stddev: number
  readonly first: number
  readonly last: number
  readonly expected: number | null
  readonly completeness: number | null
  readonly final: boolean
  readonly position: Position
}
export interface AggregatePage {
  readonly interval: Interval
  readonly asOf: Position
  readonly skip?: number
  readonly limit: number
  readonly after?: MinuteKey
}
export class Aggregates extends Context.Tag("tidemark/Aggregates")<Aggregates, AggregatesService>() {}
export interface AggregatesService {
  readonly aggregates: (
    filter: AggregateFilter,
    page: AggregatePage
  ) => Effect.Effect<ReadonlyArray<Aggregate>, LogError>
}
