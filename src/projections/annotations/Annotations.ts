/** Annotations, as the log of what people say has them. */
import * as Effect from "effect/Effect"
import { type AnnotationFilter, concerns } from "../../domain/catalogue/Annotation.js"
import type { CatalogueEvent } from "../../domain/catalogue/CatalogueEdits.js"
import type { AnnotationRow } from "../../domain/dataset/AnnotationsDataset.js"
import type { Position } from "../../domain/Ids.js"
import type { CatalogueLogService } from "../../eventlog/CatalogueLog.js"

/** What an event says that holds; undefined: it withdraws it, or is about something else. */
export const annotationIn = (event: CatalogueEvent): AnnotationRow | undefined =>
  event.type === "AnnotationMade" || event.type === "AnnotationChanged"
    ? {
        ...event.payload,
        id: Number(event.subject),
        version: event.position,
        logPosition: event.logPosition,
        recordedAt: event.recordedAt,
        actor: event.actor,
        reason: event.reason
      }
    : undefined

/** Those that hold, now or as of a position of the log, by their start. */
export const annotationsOf = (words: CatalogueLogService, filter: AnnotationFilter, asOf?: Position) =>
  Effect.map(words.current("annotation", asOf), (events) =>
    events
      .map(annotationIn)
      .filter((row): row is AnnotationRow => row !== undefined && concerns(filter, row))
      .sort((a, b) => a.start - b.start || a.id - b.id)
  )
