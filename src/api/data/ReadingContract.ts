/**
 * A reading on the wire: what answers hold, and what POST and PUT take. What GET gave can be PUT back.
 */
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { calibrationColumn } from "../../domain/dataset/Place.js"
import { READINGS } from "../../domain/dataset/ReadingsDataset.js"
import { SENSOR_ID_MAX, SensorId } from "../../domain/Ids.js"
import { Timestamp } from "../../domain/Time.js"
import { fieldsOf } from "../core/ColumnFields.js"
import {
  DescriptionInput,
  field,
  LatitudeInput,
  LongitudeInput,
  optional,
  SAFE_INTEGER_MAX,
  says,
  TypeInput,
  UnitInput,
  Whole
} from "../core/ContractFields.js"

export const POST_READINGS_MAX = 1_000
/** Longest `epoch` (boot id), in characters. */
export const EPOCH_LENGTH_MAX = 128

export const Reading = Schema.Struct(fieldsOf(READINGS.columns)).annotations({
  identifier: READINGS.entity,
  description: "One number that one sensor measured at one time"
})
export type Reading = typeof Reading.Type

/** The version of the calibration, of rows that are asked for calibrated. */
export const calibrationField = optional(Schema.NullOr(Whole), calibrationColumn.description, 7)

/** A row of a list, whose values are shaped as the request says. */
export const ShapedReading = Schema.Struct({
  ...Reading.fields,
  calibration: calibrationField
}).annotations({
  identifier: "ShapedReading",
  description:
    "One number that one sensor measured at one time, calibrated and converted where that was asked for"
})

const SENSOR_ID_BOUNDS = `must be an integer from 1 to ${SENSOR_ID_MAX}`
const NUMBER = /^\d{1,16}$/

const SensorIdInput = Schema.transformOrFail(
  Schema.Union(Schema.Number, Schema.String),
  Schema.typeSchema(SensorId),
  {
    strict: true,
    decode: (input, _, ast) => {
      const n = typeof input === "number" ? input : NUMBER.test(input) ? Number(input) : Number.NaN
      return Schema.is(SensorId)(n)
        ? ParseResult.succeed(n)
        : ParseResult.fail(new ParseResult.Type(ast, input))
    },
    encode: (id) => ParseResult.succeed(id)
  }
).annotations({
  ...says(SENSOR_ID_BOUNDS),
  jsonSchema: { type: "integer", minimum: 1, maximum: SENSOR_ID_MAX }
})

const TimestampInput = Timestamp.annotations({
  jsonSchema: { type: "string", format: "date-time", examples: ["2024-06-14T18:27:45.123456Z"] }
})

const SeqInput = Schema.Int.pipe(Schema.between(0, SAFE_INTEGER_MAX)).annotations(
  says(`must be an integer from 0 to ${SAFE_INTEGER_MAX}`)
)
const EpochInput = Schema.Union(
  Schema.String.pipe(
    Schema.minLength(1),
    Schema.maxLength(EPOCH_LENGTH_MAX),
    Schema.filter((text) => !text.includes("\0") && text.isWellFormed(), { jsonSchema: {} })
  ),
  Schema.Int
).annotations(says(`must be text of 1 to ${EPOCH_LENGTH_MAX} characters, or an integer`))

/** A reading as POST and PUT take it. Other fields (`id` and what else answers hold) are ignored. */
export const ReadingInput = Schema.Struct({
  sensor_id: field(SensorIdInput, "Number of the sensor; from 1000000000 up only where it is known already"),
  timestamp: field(
    TimestampInput,
    "When it was measured: RFC 3339 (UTC without an offset) or epoch seconds, ms or µs. Not before the server's " +
      "`MIN_TIME`, 2001 unless it is set otherwise; a correction may name one from 1970 on"
  ),
  value: field(
    Schema.Finite.annotations({ ...says("must be a finite number"), jsonSchema: { type: "number" } }),
    "The measured value",
    21.5
  ),
  lat: optional(LatitudeInput, "Latitude, WGS 84, degrees"),
  lng: optional(LongitudeInput, "Longitude, WGS 84, degrees"),
  unit: optional(UnitInput, "Unit of the value"),
  type: optional(TypeInput, "What is measured"),
  description: optional(DescriptionInput, "The sensor in words"),
  seq: optional(Schema.NullOr(SeqInput), "The device's own count of its messages, where it keeps one"),
  epoch: optional(Schema.NullOr(EpochInput), "What tells one boot of the device from another")
}).annotations({ identifier: "ReadingInput", description: "A reading as POST and PUT take it" })
export type ReadingInput = typeof ReadingInput.Type

export const ReadingInputs = Schema.Array(ReadingInput).pipe(
  Schema.minItems(1),
  Schema.maxItems(POST_READINGS_MAX)
)
