/** The catalogue in public standards, made of what the catalogue says now. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { stringify } from "yaml"
import { JSON_LD_TYPE, YAML_TYPE } from "../api/Documents.js"
import { TidemarkApi } from "../api/TidemarkApi.js"
import type { CatalogDataset } from "../domain/Catalog.js"
import type { DatasetName } from "../domain/CatalogDatasets.js"
import { dataContract } from "../domain/standards/DataContract.js"
import { dataPackage } from "../domain/standards/DataPackage.js"
import type {
  DocumentDataset,
  DocumentTerms,
  FileColumn,
  MeasuredVariable
} from "../domain/standards/Document.js"
import { catalogJsonLd, datasetJsonLd } from "../domain/standards/JsonLd.js"
import { MICROS_PER_HOUR, micros } from "../domain/Time.js"
import { EventLog, type EventLogService } from "../eventlog/EventLog.js"
import { Catalog } from "../projections/Catalog.js"
import { Quality, type QualityService } from "../projections/Quality.js"
import { nowMicros } from "../telemetry/Now.js"
import { version } from "../version.js"
import { answering } from "./DataHandlers.js"
import { ExportTerms, PublishingTerms } from "./Limits.js"
import { originOf } from "./ODataAnswers.js"
import { notFound } from "./Problems.js"
import { SENSORS } from "./SensorHandlers.js"
import { AGGREGATES, EVENTS, READINGS, REJECTED } from "./Tables.js"

/** How long scores and what is measured are kept: each document would count them again. */
const KEPT = "60 seconds"
/** Sensors that are looked at for what is measured, and kinds of it that a document names. */
const SENSORS_MAX = 10_000
const PAGE = 1_000
const MEASURED_MAX = 200
const DATASETS_MAX = 1_000
/** Where a request does not say which address it came to. */
const NOWHERE = "http://localhost"

const COLUMNS: Readonly<Record<DatasetName, ReadonlyArray<FileColumn>>> = {
  sensor_data: READINGS.columns,
  aggregated_sensor_data: AGGREGATES.columns,
  sensors: SENSORS.columns,
  rejected_messages: REJECTED.columns,
  events: EVENTS.columns
}

/** A column of a file in the words that hold now: those of the column of SQL that it is. */
const given = (dataset: CatalogDataset): DocumentDataset => ({
  dataset,
  columns: COLUMNS[dataset.dataset_name].map(({ description, name, nullable, type, unit }) => ({
    name,
    type,
    nullable,
    unit,
    description: dataset.columns.find((column) => column.name === name)?.description ?? description
  }))
})

const wider = (a: number | null, b: number | null, pick: (a: number, b: number) => number) =>
  a === null || b === null ? null : pick(a, b)

/** Each kind of thing that the sensors measure, with the range that holds for all of its sensors. */
const measured = (log: EventLogService) =>
  Effect.gen(function* () {
    const kinds = new Map<string, MeasuredVariable>()
    let afterId: Parameters<EventLogService["sensors"]>[0]["afterId"]
    for (let seen = 0; seen < SENSORS_MAX; seen += PAGE) {
      const page = yield* log.sensors({ limit: PAGE, afterId })
      for (const { metadata } of page) {
        const { max, min, type, unit } = metadata
        if (type === null) continue
        const key = JSON.stringify([type, unit])
        const known = kinds.get(key)
        if (known === undefined && kinds.size >= MEASURED_MAX) continue
        kinds.set(
          key,
          known === undefined
            ? { type, unit, min, max }
            : { type, unit, min: wider(known.min, min, Math.min), max: wider(known.max, max, Math.max) }
        )
      }
      afterId = page.at(-1)?.id
      if (page.length < PAGE) break
    }
    return [...kinds.values()]
  })

/** The scores of the last hour; none where they can't be had: a document is of use without them. */
const lastHour = (quality: QualityService) =>
  Effect.gen(function* () {
    const end = yield* nowMicros
    const report = yield* quality.report({ start: micros(end - MICROS_PER_HOUR), end })
    return { start: report.start_time, end: report.end_time, scores: report.results }
  }).pipe(Effect.orElseSucceed(() => null))

export const DocumentsLive = HttpApiBuilder.group(TidemarkApi, "Documents", (handlers) =>
  Effect.gen(function* () {
    const catalog = yield* Catalog
    const log = yield* EventLog
    const { licence } = yield* ExportTerms
    const { latenessSeconds, publisher } = yield* PublishingTerms
    const scores = yield* Effect.cachedWithTTL(lastHour(yield* Quality), KEPT)
    const [kinds, forget] = yield* Effect.cachedInvalidateWithTTL(measured(log), KEPT)

    const terms = Effect.gen(function* () {
      const origin = originOf(yield* HttpServerRequest.HttpServerRequest)
      const made: DocumentTerms = {
        origin: origin === "" ? NOWHERE : origin,
        version,
        licence,
        publisher,
        latenessSeconds,
        // A failure is not kept.
        measured: yield* Effect.tapError(kinds, () => forget),
        quality: yield* scores
      }
      return made
    })
    const all = Effect.map(catalog.datasets({ skip: 0, limit: DATASETS_MAX }), (datasets) =>
      datasets.map(given)
    )
    const made = (make: (datasets: ReadonlyArray<DocumentDataset>, terms: DocumentTerms) => object) =>
      Effect.zipWith(all, terms, make)
    const json = (contentType: string) => (document: unknown) =>
      HttpServerResponse.text(JSON.stringify(document, null, 2), { contentType })

    const one = (name: string) =>
      Effect.gen(function* () {
        const dataset = Option.getOrUndefined(yield* catalog.dataset(name))
        if (dataset === undefined) return yield* Effect.fail(notFound(`There is no data set ${name}.`))
        return datasetJsonLd(given(dataset), yield* terms)
      })

    return handlers
      .handle("catalogJsonLd", () => answering(Effect.map(made(catalogJsonLd), json(JSON_LD_TYPE))))
      .handle("datasetJsonLd", ({ path }) =>
        answering(Effect.map(one(path.dataset_name), json(JSON_LD_TYPE)))
      )
      .handle("dataPackage", () => answering(Effect.map(made(dataPackage), json("application/json"))))
      .handle("dataContract", () =>
        answering(
          Effect.map(made(dataContract), (contract) =>
            HttpServerResponse.text(stringify(contract, { lineWidth: 0 }), { contentType: YAML_TYPE })
          )
        )
      )
  })
)
