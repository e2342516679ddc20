/** What people said of spells of time. */
import { ANNOTATION_KINDS, ANNOTATION_TEXT_MAX, type Annotation } from "../catalogue/Annotation.js"
import type { Micros } from "../Time.js"
import { columnsOf, type SqlFacts } from "./Column.js"
import { type StoredDataset, storedAs } from "./Dataset.js"

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

/** Times are whole µs in the payload. */
const time = (name: string): SqlFacts => ({
  expression:
    `strftime('%Y-%m-%dT%H:%M:%S', json_extract(c.payload, '$.${name}') / 1000000, 'unixepoch') || ` +
    `printf('.%06dZ', json_extract(c.payload, '$.${name}') % 1000000)`,
  mysql:
    `TIMESTAMPADD(MICROSECOND, CAST(NULLIF(JSON_UNQUOTE(JSON_EXTRACT(c.payload, '$.${name}')), 'null') AS SIGNED), ` +
    "TIMESTAMP '1970-01-01 00:00:00')"
})

const text = (name: string, length: number): SqlFacts => ({
  expression: `json_extract(c.payload, '$.${name}')`,
  mysql: `CAST(JSON_UNQUOTE(JSON_EXTRACT(c.payload, '$.${name}')) AS CHAR(${length}))`
})

const columns = [
  column.integer("id", "The number of this annotation", (row) => row.id, {
    example: 12,
    rules: { unique: true, minimum: 1 },
    sql: { expression: "CAST(c.subject AS INTEGER)", mysql: "CAST(c.subject AS SIGNED)" }
  }),
  column.time("start_time", "When it starts", (row) => row.start, {
    answer: "When it starts, UTC",
    sql: time("start")
  }),
  column.maybeTime(
    "end_time",
    "When it ends, exclusive; the same as its start: a moment; null: it goes on",
    (row) => row.end,
    { sql: time("end") }
  ),
  column.text("kind", "What it is about", (row) => row.kind, {
    values: ANNOTATION_KINDS,
    example: "maintenance",
    sql: text("kind", 16)
  }),
  column.text("text", "What happened, in words", (row) => row.text, {
    example: "Probe replaced",
    sql: text("text", ANNOTATION_TEXT_MAX)
  }),
  column.json("sensor_ids", "Numbers of its sensors; [] for all sensors", (row) => row.sensors, {
    sql: {
      expression: "json_extract(c.payload, '$.sensors')",
      mysql: "JSON_UNQUOTE(JSON_EXTRACT(c.payload, '$.sensors'))"
    }
  }),
  column.integer("version", "Number of this version, for `If-Match`", (row) => row.version, {
    example: 12,
    sql: "c.position"
  }),
  column.integer("log_position", "The last position of the log when it was said", (row) => row.logPosition, {
    example: 4711,
    sql: "c.log_position"
  }),
  column.time("recorded_at", "When it was said", (row) => row.recordedAt, {
    answer: "When it was said, UTC",
    sql: "c.recorded_at"
  }),
  column.maybeText("by", "Name of the key that said it; null: without a key", (row) => row.actor, {
    example: "ann",
    sql: "c.actor"
  }),
  column.maybeText("reason", "Why it was changed; null: not said", (row) => row.reason, {
    sql: "c.reason"
  })
] as const

export const ANNOTATIONS = {
  id: 8,
  name: "annotations",
  entity: "Annotation",
  description:
    "What people said of spells of time: that sensors were served, broke down or were moved. Plots show them.",
  application: "Knowing why a curve looks as it does, and leaving such times out of an analysis.",
  grain: "One row an annotation that holds",
  key: ["id"],
  path: "/annotations",
  entitySet: "annotations",
  inTime: true,
  columns,
  stored: storedAs(columns, { tables: { c: "catalogue_events" }, newest: "start_time DESC, id DESC" })
} as const satisfies StoredDataset<AnnotationRow>
