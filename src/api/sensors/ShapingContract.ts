/** Calibrations and tags of sensors on the wire. */
import * as Schema from "effect/Schema"
import { COEFFICIENTS_MAX, SEGMENTS_MAX, startOf } from "../../domain/shaping/Calibration.js"
import {
  SENSOR_TAGS_MAX,
  TAG_KEY_LENGTH_MAX,
  TAG_KEY_PATTERN,
  TAG_VALUE_LENGTH_MAX,
  TagValue
} from "../../domain/shaping/Tags.js"
import { Timestamp } from "../../domain/Time.js"
import { field, optional, SensorNumber, says, TimeText, UnitInput, Whole } from "../core/ContractFields.js"
import { ReasonInput, versionFields } from "../data/Saying.js"

const Coefficient = Schema.Finite.annotations({
  ...says("must be a finite number"),
  jsonSchema: { type: "number" }
})
const maybe = <A, I>(schema: Schema.Schema<A, I>, message: string) =>
  Schema.NullOr(schema).annotations(says(message))

const LINEAR = "must be a finite number, or null"
const POLYNOMIAL = `must hold 1 to ${COEFFICIENTS_MAX} finite numbers, or be null`
const Coefficients = Schema.Array(Coefficient).pipe(Schema.minItems(1), Schema.maxItems(COEFFICIENTS_MAX))

const Scale = Coefficient.pipe(Schema.filter((scale) => scale !== 0))

const SegmentInput = Schema.Struct({
  from: optional(
    maybe(
      Timestamp.annotations({ jsonSchema: { type: "string", format: "date-time" } }),
      "must be a time, or null"
    ),
    "First device time that it holds for, to the next one's; absent or null, in the first alone: from ever on"
  ),
  offset: optional(maybe(Coefficient, LINEAR), "Added to scale × value; absent: 0", -0.4),
  scale: optional(
    maybe(Scale, "must be a finite number other than 0, or null"),
    "What the value is multiplied by; absent: 1",
    1.02
  ),
  polynomial: optional(
    maybe(Coefficients, POLYNOMIAL),
    "In place of both: coefficients of x⁰, x¹, x², …",
    [0.1, 0.98, 0.0003]
  )
}).annotations({
  identifier: "CalibrationSegmentInput",
  description: "What holds from a device time on"
})
type SegmentInput = typeof SegmentInput.Type

/** Either form, and not both. */
const formFaults = ({ offset = null, polynomial = null, scale = null }: SegmentInput, index: number) => {
  const linear = offset !== null || scale !== null
  if (polynomial === null)
    return linear ? [] : [{ path: [index], message: "must have offset, scale or polynomial" }]
  return linear ? [{ path: [index, "polynomial"], message: "goes without offset and scale" }] : []
}

const orderFaults = ({ from = null }: SegmentInput, before: SegmentInput | undefined, index: number) =>
  before === undefined || startOf({ from }) > startOf({ from: before.from ?? null })
    ? []
    : [{ path: [index, "from"], message: "must be after that of the segment before" }]

const Segments = Schema.Array(SegmentInput).pipe(
  Schema.filter(
    (segments) => segments.length <= SEGMENTS_MAX || `must hold at most ${SEGMENTS_MAX} segments`
  ),
  Schema.filter((segments) =>
    segments.flatMap((segment, index) => [
      ...formFaults(segment, index),
      ...orderFaults(segment, segments[index - 1], index)
    ])
  )
)

/** What PUT takes: what GET gave can be put back whole. */
export const CalibrationInput = Schema.Struct({
  unit: optional(UnitInput, "Unit of the results; absent or null: that of the reading", "Cel"),
  segments: field(
    Segments,
    "What holds from which device time on, in the order of time; []: nothing is calibrated. What is before the first is left as it is"
  ),
  reason: ReasonInput
}).annotations({ identifier: "CalibrationInput", description: "How readings of a sensor are put right" })
export type CalibrationInput = typeof CalibrationInput.Type

const Segment = Schema.Struct({
  from: field(Schema.NullOr(TimeText), "First device time that it holds for, UTC; null: from ever on"),
  offset: field(Schema.NullOr(Schema.Finite), "Added to scale × value; null: it is a polynomial", -0.4),
  scale: field(
    Schema.NullOr(Schema.Finite),
    "What the value is multiplied by; null: it is a polynomial",
    1.02
  ),
  polynomial: field(
    Schema.NullOr(Schema.Array(Schema.Finite)),
    "Coefficients of x⁰, x¹, x², …; null: it is scale × value + offset",
    [0.1, 0.98, 0.0003]
  )
}).annotations({ identifier: "CalibrationSegment", description: "What holds from a device time on" })

const calibrated = {
  sensor_id: field(SensorNumber, "Number of the sensor", 1),
  unit: field(Schema.NullOr(Schema.String), "Unit of the results; null: that of the reading", "Cel"),
  segments: field(Schema.Array(Segment), "What holds from which device time on; []: nothing is calibrated")
}

/** Version 0: nobody has said anything, and when and by whom is not there. */
const orNever = {
  version: field(Whole, "Number of this version, for `If-Match`; 0: nobody has said anything", 7),
  log_position: field(Whole, "It holds from this position of the log on; 0: nobody has said anything", 4711),
  recorded_at: field(
    Schema.NullOr(TimeText),
    "When it was said, UTC; null: never",
    "2026-11-29T18:27:45.123456Z"
  ),
  by: versionFields.by,
  reason: versionFields.reason
}

export const SensorCalibration = Schema.Struct({ ...calibrated, ...orNever }).annotations({
  identifier: "SensorCalibration",
  description: "How readings of a sensor are put right when they are asked for calibrated"
})
export type SensorCalibration = typeof SensorCalibration.Type

const TagRecord = Schema.Record({ key: Schema.String, value: Schema.String }).annotations({
  // The platform's own words for a record have no fields at all, as if it were empty.
  jsonSchema: { type: "object", additionalProperties: { type: "string" } }
})

const TAG_RULE =
  `must be text by key: at most ${SENSOR_TAGS_MAX}, keys of up to ${TAG_KEY_LENGTH_MAX} letters, digits, "_", "." and "-", ` +
  `values of 1 to ${TAG_VALUE_LENGTH_MAX} characters without spaces around them`

export const TagsInput = Schema.Struct({
  tags: field(
    // A key that is wrong is refused: a record of keys by a pattern would leave it out.
    Schema.Record({ key: Schema.String, value: TagValue })
      .pipe(
        Schema.filter((tags) => {
          const keys = Object.keys(tags)
          return keys.length <= SENSOR_TAGS_MAX && keys.every((key) => TAG_KEY_PATTERN.test(key))
        })
      )
      .annotations({
        ...says(TAG_RULE),
        jsonSchema: { type: "object", additionalProperties: { type: "string" } }
      }),
    "All tags of the sensor, by key; those that are not here are taken off",
    { site: "berlin", line: "3" }
  ),
  reason: ReasonInput
}).annotations({ identifier: "SensorTagsInput", description: "Where a sensor belongs" })

export const SensorTags = Schema.Struct({
  sensor_id: calibrated.sensor_id,
  tags: field(TagRecord, "Its tags, by key", { site: "berlin", line: "3" }),
  ...orNever
}).annotations({ identifier: "SensorTags", description: "Where a sensor belongs" })
export type SensorTags = typeof SensorTags.Type
