/** Annotations in the log of what people say: the same by the API and by the pages. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { AnnotationInput } from "../../api/annotations/AnnotationsGroup.js"
import { ANNOTATIONS_MAX, type Annotation } from "../../domain/catalogue/Annotation.js"
import type { CatalogueEvent } from "../../domain/catalogue/CatalogueEdits.js"
import { sensorId } from "../../domain/Ids.js"
import type { CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import type { EventLogService } from "../../eventlog/EventLog.js"
import { annotationIn, annotationsOf } from "../../projections/annotations/Annotations.js"
import { invalid, notFound } from "../core/Problems.js"
import type { ChangeTerms } from "../writing/ChangeTerms.js"

export const noAnnotation = (id: number) => notFound(`There is no annotation ${id}, or it was withdrawn.`)

/** The input as it is kept, where it makes sense: it ends after it starts, and there are such sensors. */
const checked = (log: EventLogService, input: Omit<AnnotationInput, "reason">) =>
  Effect.gen(function* () {
    const sensors = [...new Set(input.sensor_ids ?? [])].sort((a, b) => a - b).map(sensorId)
    const end = input.end_time ?? null
    const known = yield* Effect.forEach(sensors, (id) => log.sensor(id))
    const strangers = sensors.filter((_, index) => known[index]?._tag !== "Some")
    const faults = [
      ...(end !== null && end < input.start_time
        ? [{ field: "end_time", message: "must not be before start_time" }]
        : []),
      ...(strangers.length > 0
        ? [{ field: "sensor_ids", message: `names no sensor: ${strangers.join(", ")}` }]
        : [])
    ]
    if (faults.length > 0) return yield* Effect.fail(invalid(faults))
    const annotation: Annotation = {
      start: input.start_time,
      end,
      sensors,
      kind: input.kind ?? "note",
      text: input.text
    }
    return annotation
  })

export interface AnnotationParts {
  readonly log: EventLogService
  readonly words: CatalogueLogService
}

const stateIn = (event: CatalogueEvent | undefined): Annotation | undefined =>
  event?.type === "AnnotationMade" || event?.type === "AnnotationChanged" ? event.payload : undefined

/**
 * Completeness goes by planned downtime. So what is said of it moves the log, by an event of a sensor that it is of: what
 * was planned as of a position is known exactly.
 */
const movedBy = (log: EventLogService, ...states: ReadonlyArray<Annotation | undefined>) =>
  Effect.gen(function* () {
    const downtime = states.find((state) => state?.kind === "downtime")
    if (downtime === undefined) return {}
    const [sensor = (yield* log.sensors({ limit: 1 }))[0]?.id] = downtime.sensors
    return sensor === undefined ? {} : { sensor }
  })

const outcome = ({ event }: { readonly event: Option.Option<CatalogueEvent> }) =>
  Option.getOrUndefined(Option.map(event, annotationIn))

export const makeAnnotation = (
  { log, words }: AnnotationParts,
  input: Omit<AnnotationInput, "reason">,
  { actor, reason }: ChangeTerms
) =>
  Effect.gen(function* () {
    const payload = yield* checked(log, input)
    if ((yield* annotationsOf(words, {})).length >= ANNOTATIONS_MAX) {
      const message = `there are ${ANNOTATIONS_MAX} annotations: withdraw some first`
      return yield* Effect.fail(invalid([{ field: "", message }]))
    }
    return outcome(
      yield* words.change({
        kind: "annotation",
        subject: null,
        ...(yield* movedBy(log, payload)),
        // What is not there yet has no version that could be another one.
        ...{ actor, reason },
        decide: () => ({ type: "AnnotationMade", payload })
      })
    )
  })

/** Undefined: there is none such. */
export const changeAnnotation = (
  { log, words }: AnnotationParts,
  id: number,
  input: Omit<AnnotationInput, "reason">,
  terms: ChangeTerms
) =>
  Effect.gen(function* () {
    const payload = yield* checked(log, input)
    const before = stateIn((yield* words.history("annotation", String(id))).at(-1))
    return outcome(
      yield* words.change({
        kind: "annotation",
        subject: String(id),
        ...(yield* movedBy(log, payload, before)),
        ...terms,
        decide: (last) => {
          const state = stateIn(last)
          return state === undefined || JSON.stringify(state) === JSON.stringify(payload)
            ? null
            : { type: "AnnotationChanged", payload }
        }
      })
    )
  })

/** The annotation as it was; undefined: there is none such. */
export const withdrawAnnotation = ({ log, words }: AnnotationParts, id: number, terms: ChangeTerms) =>
  Effect.gen(function* () {
    const before = (yield* words.history("annotation", String(id))).at(-1)
    const row = before === undefined ? undefined : annotationIn(before)
    if (row === undefined) return undefined
    yield* words.change({
      kind: "annotation",
      subject: String(id),
      ...(yield* movedBy(log, stateIn(before))),
      // What is answered is what was withdrawn.
      ...terms,
      ifVersions: terms.ifVersions ?? [row.version],
      decide: (last) => (stateIn(last) === undefined ? null : { type: "AnnotationWithdrawn", payload: {} })
    })
    return row
  })
