/**
 * What a document in a public standard is made of, gathered once for all who answer with one: the data sets in the
 * words that hold now, what the sensors measure, and the scores of the last hour.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { CatalogDataset } from "../../domain/catalogue/CatalogueDataset.js"
import {
  type DocumentDataset,
  type DocumentTerms,
  fileColumnsOf,
  type MeasuredVariable
} from "../../domain/standards/Document.js"
import { datasetJsonLd, scriptText } from "../../domain/standards/JsonLd.js"
import { MICROS_PER_HOUR, micros } from "../../domain/Time.js"
import { EventLog, type EventLogService, type LogError } from "../../eventlog/EventLog.js"
import { Catalog } from "../../projections/catalogue/Catalogue.js"
import { Quality, type QualityService } from "../../projections/quality/Quality.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { version } from "../../telemetry/Version.js"
import { ExportTerms, PublishingTerms } from "../core/Limits.js"
import { originOf } from "../core/Origin.js"

/** How long scores and what is measured are kept: each document would count them again. */
const CACHE_SPAN = "60 seconds"
/** Sensors that are looked at for what is measured, and kinds of it that a document names. */
const SENSORS_MAX = 10_000
const PAGE = 1_000
const VARIABLES_MAX = 200
const DATASETS_MAX = 1_000
/** Where a request does not say which address it came to. */
const NOWHERE = "http://localhost"

const documentDataset = (dataset: CatalogDataset): DocumentDataset => ({
  dataset,
  columns: fileColumnsOf(dataset)
})

const wider = (a: number | null, b: number | null, pick: (a: number, b: number) => number) =>
  a === null || b === null ? null : pick(a, b)

/** Each kind of thing that the sensors measure, with the range that holds for all of its sensors. */
const variablesOf = (log: EventLogService) =>
  Effect.gen(function* () {
    const kinds = new Map<string, MeasuredVariable>()
    let afterId: Parameters<EventLogService["sensors"]>[0]["afterId"]
    for (let count = 0; count < SENSORS_MAX; count += PAGE) {
      const page = yield* log.sensors({ limit: PAGE, afterId })
      for (const { metadata } of page) {
        const { max, min, type, unit } = metadata
        if (type === null) continue
        const key = JSON.stringify([type, unit])
        const variable = kinds.get(key)
        if (variable === undefined && kinds.size >= VARIABLES_MAX) continue
        kinds.set(
          key,
          variable === undefined
            ? { type, unit, min, max }
            : { type, unit, min: wider(variable.min, min, Math.min), max: wider(variable.max, max, Math.max) }
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

/** A page is of use without scores, so it waits for them only a moment. */
const PAGE_WAITED = "500 millis"

type Request = HttpServerRequest.HttpServerRequest

export interface DocumentSourcesService {
  readonly datasets: Effect.Effect<ReadonlyArray<DocumentDataset>, LogError>
  /** None: there is no data set of this name. */
  readonly dataset: (name: string) => Effect.Effect<Option.Option<DocumentDataset>, LogError>
  /** As the client of this request reaches the server. */
  readonly terms: Effect.Effect<DocumentTerms, LogError, Request>
  /** A data set's JSON-LD as the text of a script in its page; none: there is no data set of this name. */
  readonly script: (name: string) => Effect.Effect<Option.Option<string>, LogError, Request>
}

export class DocumentSources extends Context.Tag("tidemark/DocumentSources")<
  DocumentSources,
  DocumentSourcesService
>() {}

export const layer = Layer.scoped(
  DocumentSources,
  Effect.gen(function* () {
    const catalog = yield* Catalog
    const log = yield* EventLog
    const { licence } = yield* ExportTerms
    const { latenessSeconds, publisher } = yield* PublishingTerms
    const scope = yield* Effect.scope
    // Counted apart from who asks: a client that goes away ends nobody else's count.
    const counting = yield* Effect.cachedWithTTL(Effect.forkIn(lastHour(yield* Quality), scope), CACHE_SPAN)
    const scores = Effect.flatMap(counting, Fiber.join)
    const [kinds, forget] = yield* Effect.cachedInvalidateWithTTL(variablesOf(log), CACHE_SPAN)

    const termsWith = (quality: Effect.Effect<DocumentTerms["quality"]>) =>
      Effect.gen(function* () {
        const origin = originOf(yield* HttpServerRequest.HttpServerRequest)
        const documentTerms: DocumentTerms = {
          origin: origin === "" ? NOWHERE : origin,
          version,
          licence,
          publisher,
          latenessSeconds,
          // A failure is not kept.
          measured: yield* Effect.tapError(kinds, () => forget),
          quality: yield* quality
        }
        return documentTerms
      })
    const dataset = (name: string) => Effect.map(catalog.dataset(name), Option.map(documentDataset))
    const soon = Effect.map(Effect.timeoutOption(scores, PAGE_WAITED), Option.getOrNull)
    return {
      datasets: Effect.map(catalog.datasets({ skip: 0, limit: DATASETS_MAX }), (datasets) =>
        datasets.map(documentDataset)
      ),
      dataset,
      terms: termsWith(scores),
      script: (name) =>
        Effect.gen(function* () {
          const entry = yield* dataset(name)
          if (Option.isNone(entry)) return Option.none()
          return Option.some(scriptText(datasetJsonLd(entry.value, yield* termsWith(soon))))
        })
    }
  })
)
