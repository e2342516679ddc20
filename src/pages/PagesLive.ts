/**
 * What the pages show, gathered from the log and the read models (`pages/`, a file a page); how it looks is
 * web/'s.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { AlertStore } from "../alerts/AlertStore.js"
import { MICROS_PER_HOUR, micros } from "../domain/Time.js"
import type { CatalogueLog } from "../eventlog/CatalogueLog.js"
import type { EventLog } from "../eventlog/EventLog.js"
import type { RejectedReplays } from "../eventlog/RejectedReplays.js"
import * as SqlRejectedReplays from "../eventlog/SqlRejectedReplays.js"
import { type HealthCheck, Pages } from "../http/core/Ports.js"
import type { IngestRates } from "../ingest/IngestRates.js"
import type { IngestStatus } from "../ingest/IngestStatus.js"
import type { Catalog } from "../projections/catalogue/Catalogue.js"
import type { Aggregates } from "../projections/minutes/Aggregates.js"
import * as Corrections from "../projections/minutes/Corrections.js"
import { Quality } from "../projections/quality/Quality.js"
import type { SensorStatuses } from "../sensors/SensorStatuses.js"
import { nowMicros } from "../telemetry/Instant.js"
import { forReader, inZone, renderFolder, renderKeys, renderProblem } from "../web/Pages.js"
import { alertsPage } from "./alerts/AlertsContent.js"
import { catalogPage, cataloguePage, datasetPage } from "./catalogue/DatasetContent.js"
import { readAssets } from "./core/Assets.js"
import { makeLatest } from "./core/Latest.js"
import { explainPage } from "./explain/ExplainContent.js"
import { explore } from "./explore/ExploreContent.js"
import { start } from "./live/NowContent.js"
import { makeDaily } from "./quality/DailyScores.js"
import { qualityPage } from "./quality/QualityContent.js"
import { rejectedPage } from "./rejected/RejectedContent.js"
import { sensorPage } from "./sensors/SensorContent.js"
import { operationsPage } from "./system/OperationsContent.js"

const lastHour = Effect.gen(function* () {
  const quality = yield* Quality
  const end = yield* nowMicros
  return yield* quality.report({ start: micros(Math.max(0, end - MICROS_PER_HOUR)), end })
})

type Sources =
  | AlertStore
  | EventLog
  | Aggregates
  | Catalog
  | Corrections.Corrections
  | HealthCheck
  | IngestRates
  | IngestStatus
  | CatalogueLog
  | Quality
  | RejectedReplays
  | SensorStatuses

export const layer = Layer.scoped(
  Pages,
  Effect.gen(function* () {
    const sources = yield* Effect.context<Sources>()
    const assets = yield* readAssets
    const daily = yield* makeDaily
    const scores = yield* makeLatest(Effect.provide(lastHour, sources))
    const from = <A, E>(page: Effect.Effect<A, E, Sources>) => Effect.provide(page, sources)
    return {
      start: (request) => from(start(scores, request)),
      catalog: (query) => from(catalogPage(query)),
      catalogue: (request) => from(cataloguePage(request)),
      dataset: (name, request) => from(datasetPage(daily, name, request)),
      explore: (request) => from(explore(request)),
      explain: explainPage,
      quality: (request) => from(qualityPage(daily, request)),
      sensor: (id, request) => from(sensorPage(id, request)),
      operations: (request) => from(operationsPage(request)),
      alerts: (request) => from(alertsPage(request)),
      rejected: (id, request) => from(rejectedPage(id, request)),
      keys: renderKeys,
      folder: renderFolder,
      problem: renderProblem,
      inZone,
      forReader,
      asset: (name) => Option.fromNullable(assets.get(name))
    }
  })
).pipe(Layer.provide([Corrections.layer, SqlRejectedReplays.layer]))
