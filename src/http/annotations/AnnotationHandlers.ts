/** `/annotations/`: what people say of spells of time. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import {
  type AnnotationAnswer,
  AnnotationInput,
  type AnnotationVersion
} from "../../api/annotations/AnnotationsGroup.js"
import type { AnnotationFilter } from "../../domain/catalogue/Annotation.js"
import { ANNOTATIONS, type AnnotationRow } from "../../domain/dataset/AnnotationsDataset.js"
import { formatTime } from "../../domain/Time.js"
import { CatalogueLog, type CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import { EventLog, type EventLogService } from "../../eventlog/EventLog.js"
import { annotationIn, annotationsOf } from "../../projections/annotations/Annotations.js"
import { Contract } from "../core/Contract.js"
import { invalid } from "../core/Problems.js"
import { answerRows } from "../listing/Answer.js"
import type { Listing } from "../listing/Listing.js"
import { wholeListing } from "../listing/ReadingList.js"
import { byNumber } from "../listing/SensorFilter.js"
import { jsonBody } from "../writing/Body.js"
import { tagged, terms, versionOf } from "../writing/ChangeTerms.js"
import { decodeKnown, strangersIn } from "../writing/UnknownFields.js"
import {
  type AnnotationParts,
  changeAnnotation,
  makeAnnotation,
  noAnnotation,
  withdrawAnnotation
} from "./AnnotationChanges.js"

const KNOWN = new Set([
  ...Object.keys(AnnotationInput.fields),
  ...ANNOTATIONS.columns.map(({ name }) => name as string)
])
const decodeAnnotation = decodeKnown(AnnotationInput, (body) => strangersIn(body, KNOWN, "an annotation"))

/** They change without the log. */
const annotationList = (
  log: EventLogService,
  words: CatalogueLogService,
  filter: AnnotationFilter
): Listing<AnnotationRow> => ({
  ...wholeListing(log),
  kind: "annotations",
  filter: { ...filter },
  table: ANNOTATIONS,
  read: ({ after, limit, skip, standing }) =>
    Effect.map(annotationsOf(words, filter, standing.position), (rows) =>
      rows
        .filter(
          ({ id, start }) => after === null || start > after.time || (start === after.time && id > after.tie)
        )
        .slice(skip, skip + limit)
    ),
  place: ({ id, start }) => ({ time: start, tie: id }),
  watermark: (standing) =>
    Effect.map(annotationsOf(words, filter, standing.position), (rows) => rows.at(-1)?.start ?? null)
})

const jsonOf = (row: AnnotationRow): AnnotationAnswer => ({
  id: row.id,
  start_time: formatTime(row.start),
  end_time: row.end === null ? null : formatTime(row.end),
  kind: row.kind,
  text: row.text,
  sensor_ids: row.sensors,
  version: row.version,
  log_position: row.logPosition,
  recorded_at: formatTime(row.recordedAt),
  by: row.actor,
  reason: row.reason
})

const answered = (id: number, row: AnnotationRow | undefined) =>
  row === undefined ? Effect.fail(noAnnotation(id)) : tagged(jsonOf(row), row.version)

const eventsOf = (words: CatalogueLogService, id: number) => words.history("annotation", String(id))

const inputOf = Effect.gen(function* () {
  const body = yield* jsonBody
  const { reason: _why, ...input } = yield* Effect.mapError(decodeAnnotation(body), invalid)
  return { body, input }
})

const history = (words: CatalogueLogService, id: number) =>
  Effect.gen(function* () {
    const events = yield* eventsOf(words, id)
    if (events.length === 0) return yield* Effect.fail(noAnnotation(id))
    const versions = events.map((event): AnnotationVersion => {
      const row = annotationIn(event)
      const { end_time, kind, sensor_ids, start_time, text } =
        row === undefined
          ? { start_time: null, end_time: null, kind: null, text: null, sensor_ids: null }
          : jsonOf(row)
      return {
        ...versionOf(event),
        withdrawn: row === undefined,
        ...{ start_time, end_time, kind, text, sensor_ids }
      }
    })
    return yield* tagged(versions, versions.at(-1)?.version ?? 0)
  })

const make = (parts: AnnotationParts) =>
  Effect.gen(function* () {
    const { body, input } = yield* inputOf
    const row = yield* makeAnnotation(parts, input, yield* terms(undefined, body))
    return yield* answered(0, row)
  })

const change = (parts: AnnotationParts, id: number, parameter: string | undefined) =>
  Effect.gen(function* () {
    const { body, input } = yield* inputOf
    return yield* answered(id, yield* changeAnnotation(parts, id, input, yield* terms(parameter, body)))
  })

export const AnnotationsLive = HttpApiBuilder.group(Contract, "Annotations", (handlers) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const words = yield* CatalogueLog
    const parts = { log, words }
    return handlers
      .handle("listAnnotations", ({ urlParams }) =>
        Effect.flatMap(byNumber(log, words, urlParams), (query) => {
          const { end_time: end, kind, sensor_id: sensors, start_time: start } = query
          return answerRows(log, annotationList(log, words, { start, end, sensors, kind }), query)
        })
      )
      .handleRaw("annotate", () => make(parts))
      .handle("annotation", ({ path: { annotation_id: id } }) =>
        Effect.flatMap(eventsOf(words, id), (events) => {
          const last = events.at(-1)
          return answered(id, last === undefined ? undefined : annotationIn(last))
        })
      )
      .handleRaw("changeAnnotation", ({ path, urlParams }) =>
        change(parts, path.annotation_id, urlParams.reason)
      )
      .handle("withdrawAnnotation", ({ path: { annotation_id: id }, urlParams }) =>
        Effect.gen(function* () {
          const row = yield* withdrawAnnotation(parts, id, yield* terms(urlParams.reason, undefined))
          return row === undefined ? yield* Effect.fail(noAnnotation(id)) : jsonOf(row)
        })
      )
      .handle("annotationHistory", ({ path }) => history(words, path.annotation_id))
  })
)
