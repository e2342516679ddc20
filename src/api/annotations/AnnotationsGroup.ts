/** Annotations: what people say of spells of time, changed and withdrawn with their history kept. */
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import {
  ANNOTATION_KINDS,
  ANNOTATION_SENSORS_MAX,
  ANNOTATION_TEXT_MAX,
  AnnotationText
} from "../../domain/catalogue/Annotation.js"
import { ANNOTATIONS } from "../../domain/dataset/AnnotationsDataset.js"
import { sensorId } from "../../domain/Ids.js"
import { Timestamp } from "../../domain/Time.js"
import { reads, readsRows, writes } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { fieldsOf } from "../core/ColumnFields.js"
import { field, optional, SAFE_INTEGER_MAX, SensorNumber, says, TimeText } from "../core/ContractFields.js"
import { del, get, group, post, put } from "../core/Endpoint.js"
import { AnnotationListParams } from "../core/ListParameters.js"
import { wholeText } from "../core/ParameterText.js"
import { ReasonInput } from "../data/Saying.js"
import { ReasonParams } from "../data/Writing.js"

const FIELDS = fieldsOf(ANNOTATIONS.columns)
const Numbers = Schema.Array(SensorNumber)

export const AnnotationAnswer = Schema.Struct({
  ...FIELDS,
  sensor_ids: field(Numbers, "Numbers of its sensors; [] for all sensors", [1])
}).annotations({ identifier: ANNOTATIONS.entity, description: "What somebody said of a spell of time" })
export type AnnotationAnswer = typeof AnnotationAnswer.Type

const maybe = <A, I>(schema: Schema.Schema<A, I>, description: string, example?: A) =>
  field(Schema.NullOr(schema), `${description}, from here on; null: it was withdrawn`, example)

export const AnnotationVersion = Schema.Struct({
  version: FIELDS.version,
  log_position: FIELDS.log_position,
  recorded_at: FIELDS.recorded_at,
  by: FIELDS.by,
  reason: FIELDS.reason,
  withdrawn: field(Schema.Boolean, "It was withdrawn", false),
  start_time: maybe(TimeText, "When it starts"),
  end_time: field(Schema.NullOr(TimeText), "When it ends, from here on; null: it goes on, or was withdrawn"),
  kind: maybe(Schema.Literal(...ANNOTATION_KINDS), "What it is about", "maintenance"),
  text: maybe(Schema.String, "What happened"),
  sensor_ids: maybe(Numbers, "Its sensors; [] for all", [1])
}).annotations({ identifier: "AnnotationVersion", description: "What was said of a spell of time" })
export type AnnotationVersion = typeof AnnotationVersion.Type

const SENSORS_RULE = `must be at most ${ANNOTATION_SENSORS_MAX} numbers of sensors`
const time = Timestamp.annotations({
  jsonSchema: { type: "string", format: "date-time", examples: ["2024-06-14T18:00:00Z"] }
})

/** What GET gave can be put back whole. */
export const AnnotationInput = Schema.Struct({
  start_time: field(time, "When it starts"),
  end_time: optional(
    Schema.NullOr(time),
    "When it ends, exclusive; the same as its start: a moment; null or absent: it goes on"
  ),
  kind: optional(
    Schema.Literal(...ANNOTATION_KINDS).annotations(says(`must be one of ${ANNOTATION_KINDS.join(", ")}`)),
    "What it is about; absent: note"
  ),
  text: field(
    AnnotationText.annotations(says(`must be text of 1 to ${ANNOTATION_TEXT_MAX} characters`)),
    "What happened, in words",
    "Probe replaced"
  ),
  sensor_ids: optional(
    Schema.Array(SensorNumber).pipe(Schema.maxItems(ANNOTATION_SENSORS_MAX)).annotations(says(SENSORS_RULE)),
    "Numbers of its sensors; [] or absent: all sensors",
    [sensorId(1)]
  ),
  reason: ReasonInput
}).annotations({ identifier: "AnnotationInput", description: "What is said of a spell of time" })
export type AnnotationInput = typeof AnnotationInput.Type

export const AnnotationPath = Schema.Struct({
  annotation_id: wholeText(Schema.Int.pipe(Schema.positive()), 1, SAFE_INTEGER_MAX, "`id` of the annotation.")
})

const VERSION = {
  words:
    "`version` as you know it, in quotes. Where it has changed meanwhile the answer is 412, and nothing happens.",
  example: '"12"'
}

export class AnnotationsGroup extends group(
  "Annotations",
  "What people say of spells of time: maintenance, faults, changes, notes",
  get(
    "listAnnotations",
    "/annotations/",
    "Annotations that hold, by their start",
    readsRows("everything", ANNOTATIONS.name)
  )
    .setUrlParams(AnnotationListParams)
    .addSuccess(
      answer(Schema.Array(AnnotationAnswer), "The annotations. The next page is in the `Link` header.")
    )
    .annotate(
      OpenApi.Description,
      "With `start_time` and `end_time` those that hold at some time of the window. With sensors, those of these sensors, " +
        "and those of all sensors."
    ),
  post("annotate", "/annotations/", "Annotate a spell of time", writes("everything"))
    .setPayload(AnnotationInput)
    .addSuccess(answer(AnnotationAnswer, "The annotation", 201)),
  get("annotation", "/annotations/:annotation_id", "One annotation", reads("everything"))
    .setPath(AnnotationPath)
    .addSuccess(answer(AnnotationAnswer, "The annotation")),
  put(
    "changeAnnotation",
    "/annotations/:annotation_id",
    "Change an annotation; what it was stays in its history",
    writes("everything", { ifMatch: VERSION })
  )
    .setPath(AnnotationPath)
    .setUrlParams(ReasonParams)
    .setPayload(AnnotationInput)
    .addSuccess(answer(AnnotationAnswer, "The annotation as it is now")),
  del(
    "withdrawAnnotation",
    "/annotations/:annotation_id",
    "Withdraw an annotation; its history stays",
    writes("everything", { ifMatch: VERSION })
  )
    .setPath(AnnotationPath)
    .setUrlParams(ReasonParams)
    .addSuccess(answer(AnnotationAnswer, "The annotation as it was")),
  get(
    "annotationHistory",
    "/annotations/:annotation_id/history",
    "What was said in an annotation, when, by whom and why",
    reads("everything")
  )
    .setPath(AnnotationPath)
    .addSuccess(answer(Schema.Array(AnnotationVersion), "What was said, oldest first"))
) {}
