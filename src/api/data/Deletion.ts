/** What `POST /data/delete` takes and answers: many readings that were stored wrongly, deleted by a filter. */
import * as Schema from "effect/Schema"
import { ImportId, SensorId } from "../../domain/Ids.js"
import { SensorName } from "../../domain/Sensor.js"
import { Timestamp } from "../../domain/Time.js"
import {
  field,
  optional,
  SAFE_INTEGER_MAX,
  SensorNumber,
  says,
  TimeText,
  Whole
} from "../core/ContractFields.js"
import { ordered, SENSORS_NAMED_MAX } from "../core/ContractParameters.js"
import { Reason } from "./Writing.js"

/** Readings that one request deletes, at most; it is made again for the rest. */
export const DELETED_MAX = 100_000
/** Sensors that an answer counts one by one. */
export const SENSORS_COUNTED_MAX = 1_000

const several = <A, I>(item: Schema.Schema<A, I>, what: string) =>
  Schema.Array(item)
    .pipe(Schema.minItems(1), Schema.maxItems(SENSORS_NAMED_MAX))
    .annotations(says(`must be a list of 1 to ${SENSORS_NAMED_MAX} ${what}`))

const Time = Timestamp.annotations({
  jsonSchema: { type: "string", format: "date-time", examples: ["2024-06-14T18:27:45.123456Z"] }
})

export const DeletionFilter = Schema.Struct({
  sensor_id: optional(several(Schema.typeSchema(SensorId), "numbers of sensors"), "Numbers of sensors", [
    SensorId.make(1)
  ]),
  sensor: optional(several(SensorName, "names of sensors"), "Names of sensors, exactly", ["boiler/temp"]),
  start_time: optional(Time, "Device times from here on"),
  end_time: optional(Time, "Device times before this one"),
  import_id: optional(
    Schema.typeSchema(ImportId).annotations(says("must be an import's number")),
    "What this import stored",
    ImportId.make(12)
  )
}).annotations({
  identifier: "DeletionFilter",
  description: "Which readings in force: all conditions hold together, and there must be one"
})

const count = Schema.Int.pipe(Schema.between(0, SAFE_INTEGER_MAX)).annotations(
  says(`must be an integer from 0 to ${SAFE_INTEGER_MAX}`)
)

export const DeletionInput = Schema.Struct({
  filter: field(DeletionFilter, "Which readings"),
  dry_run: optional(Schema.Boolean, "Only count; true when it is not given", false),
  expected: optional(count, "What `matched` must be, as the dry run counted it: needed to delete", 1_000),
  as_of: optional(count, "Readings that came behind this position stay: the dry run's `position`", 4711),
  reason: optional(Schema.NullOr(Reason), "Why, in your words: kept with each deletion")
}).annotations({ identifier: "DeletionInput", description: "Readings to delete" })
export type DeletionInput = typeof DeletionInput.Type

const MaybeTime = Schema.NullOr(TimeText)

export const DeletionResult = Schema.Struct({
  dry_run: field(Schema.Boolean, "Nothing was deleted", true),
  position: field(Whole, "Readings up to this position of the log were looked at", 4711),
  matched: field(Whole, "Readings in force that matched, before any was deleted", 1_000),
  deleted: field(Whole, "Readings that this request deleted", 0),
  remaining: field(Whole, `What is left: more than ${DELETED_MAX} take several requests`, 1_000),
  start_time: field(MaybeTime, "Device time of the first that matched; null: none did"),
  end_time: field(MaybeTime, "Device time of the last that matched; null: none did"),
  sensors: field(
    Schema.Array(
      Schema.Struct({
        sensor_id: field(SensorNumber, "Number of the sensor", 1),
        name: field(Schema.NullOr(Schema.String), "Its name; null: it has none", "boiler/temp"),
        matched: field(Whole, "Its readings that matched", 1_000),
        start_time: field(TimeText, "Device time of the first"),
        end_time: field(TimeText, "Device time of the last")
      })
    ),
    `The ${SENSORS_COUNTED_MAX} sensors with the most of them`
  )
}).annotations({ identifier: "DeletionResult", description: "What was deleted, or would be" })
export type DeletionResult = typeof DeletionResult.Type

/** A window that ends before it starts, and a filter that asks for nothing, so for all. */
export const deletionFaults = ({ dry_run: dryRun = true, expected, filter }: DeletionInput) => {
  const window = ordered(filter)
  return [
    ...(window === true ? [] : [{ field: "filter.start_time", message: window.message }]),
    ...(Object.keys(filter).length === 0
      ? [
          {
            field: "filter",
            message: "must name a sensor, a time or an import: all readings are never deleted"
          }
        ]
      : []),
    ...(dryRun || expected !== undefined
      ? []
      : [{ field: "expected", message: "must be what the dry run counted as `matched`" }])
  ]
}
