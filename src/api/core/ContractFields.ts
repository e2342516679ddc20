/**
 * The fields that several answers and requests share: what a value may be, said once, for decoding, for messages
 * and for OpenAPI alike.
 */
import * as Schema from "effect/Schema"
import { SENSOR_ID_MAX } from "../../domain/Ids.js"
import {
  DESCRIPTION_LENGTH_MAX,
  Description,
  Latitude,
  Longitude,
  SensorType,
  TYPE_LENGTH_MAX,
  UNIT_LENGTH_MAX,
  Unit
} from "../../domain/Sensor.js"

/** The largest whole number that a double holds exactly: 2^53 - 1. */
export const SAFE_INTEGER_MAX = Number.MAX_SAFE_INTEGER

/** One message in place of whatever went wrong inside: it follows the field's name ("limit must be …"). */
export const says = (message: string) => ({ message: () => ({ message, override: true }) })

export const TimeText = Schema.String.pipe(
  Schema.pattern(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/)
).annotations({
  jsonSchema: { type: "string", format: "date-time", examples: ["2024-06-14T18:27:45.123456Z"] }
})

export const Whole = Schema.Int.pipe(Schema.between(0, SAFE_INTEGER_MAX)).annotations({
  jsonSchema: { type: "integer", minimum: 0, maximum: SAFE_INTEGER_MAX }
})

export const SensorNumber = Schema.Int.pipe(Schema.between(1, SENSOR_ID_MAX)).annotations({
  jsonSchema: { type: "integer", minimum: 1, maximum: SENSOR_ID_MAX }
})

export { field, optional } from "../../domain/dataset/Field.js"

const textUpTo = (max: number) => `must be text of 1 to ${max} characters`

// What a request says of the sensor: absent is "not said", null is "unknown".
export const LatitudeInput = Schema.NullOr(Latitude).annotations(
  says("must be a number from -90 to 90, or null")
)
export const LongitudeInput = Schema.NullOr(Longitude).annotations(
  says("must be a number from -180 to 180, or null")
)
export const UnitInput = Schema.NullOr(Unit).annotations(says(`${textUpTo(UNIT_LENGTH_MAX)}, or null`))
export const TypeInput = Schema.NullOr(SensorType).annotations(says(`${textUpTo(TYPE_LENGTH_MAX)}, or null`))
export const DescriptionInput = Schema.NullOr(Description).annotations(
  says(`${textUpTo(DESCRIPTION_LENGTH_MAX)}, or null`)
)
