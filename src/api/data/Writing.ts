/**
 * What writing takes and answers beside a reading: bulk bodies with a result a row, reasons, conditions, and the
 * history of a reading.
 */
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { TIME_SOURCES } from "../../domain/Reading.js"
import { field, SAFE_INTEGER_MAX, SensorNumber, says, TimeText, Whole } from "../core/ContractFields.js"
import { headerParameter } from "../core/OperationFacts.js"
import { ReadingInput } from "./ReadingContract.js"

/** Bytes of a bulk body (NDJSON, CSV, SenML, line protocol), after its compression is undone. */
export const BULK_BYTES_MAX = 16_777_216
export const BULK_ROWS_MAX = 100_000
/** Longest `reason` and `Idempotency-Key`, in characters. */
export const REASON_LENGTH_MAX = 500
export const IDEMPOTENCY_KEY_LENGTH_MAX = 255

export const NDJSON_TYPE = "application/x-ndjson"
export const CSV_TYPE = "text/csv"
export const SENML_TYPE = "application/senml+json"

const LIMITS = `At most ${BULK_BYTES_MAX} bytes and ${BULK_ROWS_MAX} rows.`

export const NdjsonBody = HttpApiSchema.Text({ contentType: NDJSON_TYPE }).annotations({
  description: `A reading a line, in the JSON that POST takes. ${LIMITS} Empty lines are passed over.`,
  examples: ['{"sensor_id":1,"timestamp":"2024-06-14T18:27:45.123456Z","value":21.5}\n']
})
export const CsvBody = HttpApiSchema.Text({ contentType: CSV_TYPE }).annotations({
  description:
    `RFC 4180 in UTF-8 or the charset of the Content-Type, parted by commas, semicolons, tabs or bars; the first row ` +
    `names the fields in any case: the time, sensor_id (or name, of a device without a number) and value, or a column a ` +
    `metric of the device. Unknown columns beside a value are passed over, an empty cell says nothing. ${LIMITS}`,
  examples: ["sensor_id,timestamp,value,unit\n1,2024-06-14T18:27:45.123456Z,21.5,C\n"]
})

const optional = <A, I>(schema: Schema.Schema<A, I>, description: string) =>
  Schema.optional(schema).annotations({ description })

export const SenMlRecord = Schema.Struct({
  bn: optional(Schema.String, "Base name: stands before `n`, from here on"),
  bt: optional(Schema.Number, "Base time, seconds, added to `t`"),
  bu: optional(Schema.String, "Base unit, where a record has no `u`"),
  bv: optional(Schema.Number, "Base value, added to `v`"),
  bs: optional(Schema.Number, "Base sum, added to `s`"),
  bver: optional(Schema.Int, "Version of SenML: 10"),
  n: optional(Schema.String, "Name; `bn` and `n` together name the sensor"),
  u: optional(Schema.String, "Unit"),
  v: optional(Schema.Number, "Value"),
  vb: optional(Schema.Boolean, "Value: true is 1, false is 0"),
  vs: optional(Schema.String, "Text: rejected, as it is no number"),
  vd: optional(Schema.String, "Data: rejected, as it is no number"),
  s: optional(Schema.Number, "Sum: a reading of the sensor `name/sum`"),
  t: optional(Schema.Number, "Time, seconds; with `bt` below 2^28: relative to now"),
  ut: optional(Schema.Number, "Update time, seconds: passed over")
}).annotations({ identifier: "SenMlRecord", description: "A record of RFC 8428" })
export const SenMlBody = Schema.Array(SenMlRecord).pipe(
  HttpApiSchema.withEncoding({ kind: "Json", contentType: SENML_TYPE })
)

export const RowResult = Schema.Struct({
  row: field(Whole, "Of CSV the row behind the header, of NDJSON the line, of SenML the record; from 1", 1),
  status: field(
    Schema.Literal("stored", "repeated", "rejected"),
    "`repeated`: the log had it already; `rejected`: kept with its reason among the rejected messages"
  ),
  id: field(
    Schema.NullOr(Whole),
    "The reading's number; of a repeated one that of the reading in the log, deleted or not; null: rejected",
    4711
  ),
  reason: field(
    Schema.NullOr(Schema.String),
    "Why it was rejected, each bad field by its name; null: it was not",
    "value must be a finite number"
  )
}).annotations({ identifier: "RowResult", description: "What became of one row" })

export const BulkResult = Schema.Struct({
  rows: field(Whole, "Rows that say a reading, or should", 3),
  stored: field(Whole, "Readings that are new", 2),
  repeated: field(Whole, "Readings that the log had already", 0),
  rejected: field(Whole, "Rows that were rejected", 1),
  results: field(Schema.Array(RowResult), "In the order of the body")
}).annotations({ identifier: "BulkResult", description: "What became of a bulk body, row by row" })
export type BulkResult = typeof BulkResult.Type
export type RowResult = typeof RowResult.Type

const isPlainText = (text: string): boolean => !text.includes("\0") && text.isWellFormed()

export const Reason = Schema.String.pipe(
  Schema.minLength(1),
  Schema.maxLength(REASON_LENGTH_MAX),
  Schema.filter(isPlainText, { jsonSchema: {} })
).annotations({
  ...says(`must be text of 1 to ${REASON_LENGTH_MAX} characters, given once`),
  description: "Why, in your words: kept with the change, and shown in the reading's history.",
  examples: ["sensor was out of calibration"]
})

export const ReasonParams = Schema.Struct({ reason: Schema.optionalWith(Reason, { exact: true }) })

/** A reading as PUT takes it: with the reason of the change, where it is not a parameter. */
export const ReplacementInput = Schema.Struct({
  ...ReadingInput.fields,
  reason: Schema.optionalWith(Schema.NullOr(Reason), { exact: true }).annotations({
    description: "Why it is changed; may stand in the parameter `reason` instead"
  })
}).annotations({ identifier: "ReplacementInput", description: "A reading as PUT takes it" })

export const READING_VERSION = {
  words:
    "The `ETag` of the reading as you know it: its `position` in quotes. " +
    "Where it has changed meanwhile the answer is 412, and nothing happens.",
  example: '"4711"'
}
export const idempotencyHeader = headerParameter(
  "Idempotency-Key",
  `Text of 1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} visible characters of your choice. The same key with the same body ` +
    "gets the first answer again for a day, with another body 422, and 409 while the first is at work.",
  "8e03978e-40d5-43e8-bc93-6894a57f9324"
)

export const MaybeTimeSource = field(
  Schema.NullOr(Schema.Literal(...TIME_SOURCES)),
  "Whose time `timestamp` is, from here on; null: deleted",
  "device"
)

export const ReadingVersion = Schema.Struct({
  position: field(Whole, "Place of this row in the log's one order", 4711),
  type: field(
    Schema.Literal("recorded", "corrected", "deleted"),
    "What happened: the reading was recorded, corrected, deleted",
    "corrected"
  ),
  sensor_id: field(SensorNumber, "Number of the sensor", 1),
  timestamp: field(TimeText, "When it was measured: device time, UTC"),
  value: field(Schema.NullOr(Schema.Finite), "The value from here on; null: deleted", 21.5),
  lat: field(Schema.NullOr(Schema.Finite), "Latitude from here on, degrees"),
  lng: field(Schema.NullOr(Schema.Finite), "Longitude from here on, degrees"),
  unit: field(Schema.NullOr(Schema.String), "Unit from here on", "C"),
  sensor_type: field(Schema.NullOr(Schema.String), "What is measured, from here on", "temperature"),
  description: field(Schema.NullOr(Schema.String), "The sensor in words, from here on"),
  recorded_at: field(TimeText, "When the log stored this row, UTC"),
  time_source: MaybeTimeSource,
  device_time: field(
    Schema.NullOr(Schema.String),
    "What the device said of the time, in its own words, where `timestamp` is not that",
    "1970-01-01T00:00:09Z"
  ),
  superseded_by: field(
    Schema.NullOr(Schema.Int.pipe(Schema.between(1, SAFE_INTEGER_MAX))),
    "Position of the row that replaced this one; null: it is the last",
    4712
  ),
  reason: field(Schema.NullOr(Schema.String), "Why, as whoever did it said; null: not said"),
  by: field(Schema.NullOr(Schema.String), "Name of the key that did it; null: without a key, or not known"),
  moved_from: field(
    Schema.NullOr(Whole),
    "The reading that this one was, before a PUT gave it another sensor or time"
  ),
  restored_from: field(Schema.NullOr(Whole), "The deleted reading that this one restores")
}).annotations({ identifier: "ReadingVersion", description: "One row of a reading's history" })
export type ReadingVersion = typeof ReadingVersion.Type
export const ReadingVersions = Schema.Array(ReadingVersion)
