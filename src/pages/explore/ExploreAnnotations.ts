/** Annotations on `/explore`: those of what is shown, and the forms that make, change and withdraw them. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { AnnotationInput } from "../../api/annotations/AnnotationsGroup.js"
import type { Sensor } from "../../domain/Sensor.js"
import { formatTime } from "../../domain/Time.js"
import { CatalogueLog } from "../../eventlog/CatalogueLog.js"
import {
  type AnnotationParts,
  changeAnnotation,
  makeAnnotation,
  noAnnotation,
  withdrawAnnotation
} from "../../http/annotations/AnnotationChanges.js"
import { invalid } from "../../http/core/Problems.js"
import { decodeBody } from "../../http/core/RequestDecoding.js"
import type { ChangeTerms } from "../../http/writing/ChangeTerms.js"
import { annotationsOf } from "../../projections/annotations/Annotations.js"
import { timeIn } from "./ExploreQuery.js"
import type { Moment, Window } from "./ExploreWindow.js"

/** Annotations of one plot. */
const ANNOTATIONS_SHOWN_MAX = 100

export const annotationsShown = (
  { end, start }: Window,
  sensors: ReadonlyArray<Sensor>,
  pinned: Moment["pinned"]
) =>
  Effect.gen(function* () {
    if (sensors.length === 0) return { annotations: [], left: 0 }
    const filter = { start, end, sensors: sensors.map(({ id }) => id) }
    const all = yield* annotationsOf(yield* CatalogueLog, filter, pinned?.position)
    return {
      annotations: all.slice(0, ANNOTATIONS_SHOWN_MAX),
      left: Math.max(0, all.length - ANNOTATIONS_SHOWN_MAX)
    }
  })

const decode = decodeBody(AnnotationInput)

/** A time of a form: what nobody changed is meant to the microsecond. Browsers leave seconds out where they are 0. */
const timeText = (form: URLSearchParams, name: string): string => {
  const value = form.get(name) ?? ""
  const before = form.get(`${name}.was`)
  if (before !== null && (value === before || `${value}:00` === before))
    return form.get(`${name}.utc`) ?? value
  const time = timeIn(form, name)
  return time === null ? value : formatTime(time)
}

const inputOf = (form: URLSearchParams) => ({
  start_time: timeText(form, "start_time"),
  end_time: form.has("open") ? null : timeText(form, "end_time"),
  kind: form.get("kind") ?? "note",
  text: (form.get("text") ?? "").trim(),
  sensor_ids: form.getAll("sensor_ids").map(Number)
})

const wholeIn = (form: URLSearchParams, name: string): number => {
  const text = form.get(name) ?? ""
  return /^\d{1,15}$/.test(text) ? Number(text) : 0
}

/** What became of it, in a word that the page knows. */
export const annotationForm = (parts: AnnotationParts, form: URLSearchParams, actor: string | undefined) =>
  Effect.gen(function* () {
    const id = wholeIn(form, "id")
    const terms: ChangeTerms = { actor, ...(id === 0 ? {} : { ifVersions: [wholeIn(form, "version")] }) }
    if (form.get("action") === "withdraw") {
      const row = yield* withdrawAnnotation(parts, id, terms)
      return row === undefined ? yield* Effect.fail(noAnnotation(id)) : ("withdrawn" as const)
    }
    const input = yield* Either.mapLeft(decode(inputOf(form)), invalid)
    if (id === 0) {
      yield* makeAnnotation(parts, input, terms)
      return "annotated" as const
    }
    const row = yield* changeAnnotation(parts, id, input, terms)
    return row === undefined ? yield* Effect.fail(noAnnotation(id)) : ("changed" as const)
  })
