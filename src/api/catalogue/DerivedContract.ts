/** A derived sensor on the wire: what is said of it, and how far its minutes have got. */
import * as Schema from "effect/Schema"
import { EXPRESSION_LENGTH_MAX, SOURCES_MAX } from "../../domain/derived/Expression.js"
import {
  DescriptionInput,
  field,
  optional,
  SensorNumber,
  says,
  TimeText,
  TypeInput,
  UnitInput,
  Whole
} from "../core/ContractFields.js"
import { ReasonInput, versionFields } from "../data/Saying.js"

const ExpressionText = Schema.String.pipe(
  Schema.minLength(1),
  Schema.maxLength(EXPRESSION_LENGTH_MAX)
).annotations(says(`must be text of 1 to ${EXPRESSION_LENGTH_MAX} characters`))

export const DerivedInput = Schema.Struct({
  expression: field(
    ExpressionText,
    'What it is computed by, of one minute of other sensors: s1 or "a name" is the mean, s1.max the maximum',
    "dew_point(s1, s2)"
  ),
  unit: optional(UnitInput, "Unit of its values; absent: null"),
  type: optional(TypeInput, "What it tells; absent: null"),
  description: optional(DescriptionInput, "The sensor in words; absent: null"),
  reason: ReasonInput
}).annotations({
  identifier: "DerivedSensorInput",
  description: "What is said of a derived sensor; what GET gave can be put back whole"
})
export type DerivedInput = typeof DerivedInput.Type

const Source = Schema.Struct({
  sensor_id: field(SensorNumber, "Number of the sensor", 1),
  name: field(
    Schema.NullOr(Schema.String),
    "Its name: the one in the expression, or where that has its number, its name now; null: it has none"
  )
}).annotations({ identifier: "DerivedSource", description: "A sensor that another one is computed from" })

const said = {
  ...versionFields,
  expression: field(ExpressionText, "What it is computed by", "dew_point(s1, s2)"),
  sources: field(
    Schema.Array(Source),
    `The sensors that it is computed from, as the expression names them, at most ${SOURCES_MAX}`
  ),
  unit: field(Schema.NullOr(Schema.String), "Unit of its values; null: not said"),
  type: field(Schema.NullOr(Schema.String), "What it tells; null: not said"),
  description: field(Schema.NullOr(Schema.String), "The sensor in words; null: not said")
}

export const DerivedSensor = Schema.Struct({
  sensor_id: field(SensorNumber, "Its own number, by which its aggregates are asked for", 1_000_000_000),
  name: field(Schema.String, "Its name", "dew point"),
  ...said,
  up_to_date: field(
    Schema.Boolean,
    "Its minutes are kept with those of its sources; false: what there was before it was said is being computed"
  ),
  computed_to: field(
    Schema.NullOr(TimeText),
    "The last minute of that which is computed; null: none yet, or all of them",
    "2024-06-14T18:27:00.000000Z"
  )
}).annotations({ identifier: "DerivedSensor", description: "A sensor that is computed from others" })
export type DerivedSensor = typeof DerivedSensor.Type

export const DerivedDetail = Schema.Struct({
  ...DerivedSensor.fields,
  last_24h: field(
    Schema.Struct({
      values: field(Whole, "Minutes with a value", 1_438),
      missing: field(Whole, "Minutes without one, because a source has nothing there", 2),
      undefined: field(Whole, "Minutes without one, because it divides by zero or is no finite number", 0)
    }).annotations({ identifier: "DerivedTally", description: "What became of the minutes of a spell" }),
    "What became of the minutes of the last 24 hours in which a source has something"
  )
}).annotations({ identifier: "DerivedDetail", description: "A derived sensor, and how it has been doing" })
export type DerivedDetail = typeof DerivedDetail.Type

export const DerivedVersion = Schema.Struct(said).annotations({
  identifier: "DerivedVersion",
  description: "What was said of a derived sensor: it holds for answers as of `log_position` and later ones"
})
export type DerivedVersion = typeof DerivedVersion.Type
