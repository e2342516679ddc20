/** What people say of a spell of time: that a sensor was served, broke down, or was moved. */
import * as Schema from "effect/Schema"
import { SensorId } from "../Ids.js"
import { Micros } from "../Time.js"
import { textOf } from "./StoredText.js"

export const ANNOTATION_TEXT_MAX = 2_000
/** Sensors that one annotation names. */
export const ANNOTATION_SENSORS_MAX = 100
/** Annotations that hold at once: each reader has all of them in memory for a moment. */
export const ANNOTATIONS_MAX = 10_000

/** `downtime` is planned: nobody is alerted for it. */
export const ANNOTATION_KINDS = ["note", "maintenance", "fault", "change", "downtime"] as const
export type AnnotationKind = (typeof ANNOTATION_KINDS)[number]

export const AnnotationText = textOf(ANNOTATION_TEXT_MAX)

export const Annotation = Schema.Struct({
  start: Micros,
  /** Exclusive; equal to the start: a moment; null: it goes on. */
  end: Schema.NullOr(Micros),
  /** Rising; none: all sensors. */
  sensors: Schema.Array(SensorId).pipe(Schema.maxItems(ANNOTATION_SENSORS_MAX)),
  kind: Schema.Literal(...ANNOTATION_KINDS),
  text: AnnotationText
})
export type Annotation = typeof Annotation.Type

/** What is asked for: what is absent limits nothing. */
export interface AnnotationFilter {
  readonly start?: Micros | undefined
  readonly end?: Micros | undefined
  readonly sensors?: ReadonlyArray<SensorId> | undefined
  readonly kind?: AnnotationKind | undefined
}

/** Whether it holds at some time of the window, and is of one of the sensors; what is of all is of each. */
export const concerns = ({ end, kind, sensors, start }: AnnotationFilter, one: Annotation): boolean =>
  (end === undefined || one.start < end) &&
  (start === undefined || one.end === null || one.end > start || one.start >= start) &&
  (sensors === undefined || one.sensors.length === 0 || one.sensors.some((id) => sensors.includes(id))) &&
  (kind === undefined || one.kind === kind)
