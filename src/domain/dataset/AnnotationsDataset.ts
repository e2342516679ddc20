/** What people said of spells of time. */
import { ANNOTATION_KINDS, type Annotation } from "../catalogue/Annotation.js"
import type { Micros } from "../Time.js"
import { columnsOf } from "./Column.js"
import type { Dataset } from "./Dataset.js"

/** An annotation that holds, and the event that says it. */
export interface AnnotationRow extends Annotation {
  /** The position of its first event, in the log of what people say. */
  readonly id: number
  /** The position of its last one. */
  readonly version: number
  readonly logPosition: number
  readonly recordedAt: Micros
  readonly actor: string | null
  readonly reason: string | null
}

const column = columnsOf<AnnotationRow>()

const columns = [
  column.integer("id", "The number of this annotation", (row) => row.id, {
    example: 12,
    rules: { unique: true, minimum: 1 }
  }),
  column.time("start_time", "When it starts", (row) => row.start, { answer: "When it starts, UTC" }),
  column.maybeTime(
    "end_time",
    "When it ends, exclusive; the same as its start: a moment; null: it goes on",
    (row) => row.end
  ),
  column.text("kind", "What it is about", (row) => row.kind, {
    values: ANNOTATION_KINDS,
    example: "maintenance"
  }),
  column.text("text", "What happened, in words", (row) => row.text, { example: "Probe replaced" }),
  column.json("sensor_ids", "Numbers of its sensors; [] for all sensors", (row) => row.sensors),
  column.integer("version", "Number of this version, for `If-Match`", (row) => row.version, { example: 12 }),
  column.integer("log_position", "The last position of the log when it was said", (row) => row.logPosition, {
    example: 4711
  }),
  column.time("recorded_at", "When it was said", (row) => row.recordedAt, {
    answer: "When it was said, UTC"
  }),
  column.maybeText("by", "Name of the key that said it; null: without a key", (row) => row.actor, {
    example: "ann"
  }),
  column.maybeText("reason", "Why it was changed; null: not said", (row) => row.reason)
] as const

export const ANNOTATIONS = {
  name: "annotations",
  entity: "Annotation",
  description:
    "What people said of spells of time: that sensors were served, broke down or were moved. Plots show them.",
  application: "Knowing why a curve looks as it does, and leaving such times out of an analysis.",
  grain: "One row an annotation that holds",
  key: ["id"],
  path: "/annotations",
  entitySet: null,
  inTime: true,
  columns
} as const satisfies Dataset<AnnotationRow>
