/** Can the data be trusted: scores, what failed, gaps, and how it went over time. */
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { CHECK_NAMES, type CheckName } from "../../domain/quality/QualityChecks.js"
import { QualityReport, QualityScores } from "../../domain/quality/QualityReport.js"
import { reads, writes } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { field, SAFE_INTEGER_MAX, SensorNumber, says, TimeText, Whole } from "../core/ContractFields.js"
import {
  limitUpTo,
  ordered,
  PAGE_LIMIT_DEFAULT,
  SensorIdText,
  sensorName,
  skip,
  tz,
  window
} from "../core/ContractParameters.js"
import { get, group, post } from "../core/Endpoint.js"
import { asOf } from "../core/ListParameters.js"
import { given, wholeText } from "../core/ParameterText.js"
import { problemOf } from "../core/Problem.js"
import { tag } from "../core/ShapingParameters.js"
import { UNITS } from "../document/DocumentFacts.js"

const ofSensor = { sensor_id: given(SensorIdText), sensor: sensorName }
const ofSensors = { ...ofSensor, tag }
const paged = {
  skip,
  limit: Schema.optionalWith(limitUpTo(PAGE_LIMIT_DEFAULT), { default: () => PAGE_LIMIT_DEFAULT })
}
const flag = (description: string) =>
  Schema.optionalWith(
    Schema.Literal("true", "false").annotations({ ...says("must be true or false"), description }),
    { default: () => "false" as const }
  )

const CheckNameText = Schema.String.pipe(
  Schema.filter((name): name is CheckName => CHECK_NAMES.some((check) => check === name))
).annotations({
  ...says(`must be one of ${CHECK_NAMES.join(", ")}`),
  description: "Name of the check, as the report has it.",
  jsonSchema: { type: "string", enum: [...CHECK_NAMES], description: "Name of the check." }
})

/** Seconds that a gap may be asked to last: ten years. */
const SECONDS_MAX = 315_360_000

export const QualityParams = Schema.Struct({
  ...window,
  ...ofSensors,
  as_of: asOf,
  fresh: flag("true: all of it is counted from the log again, hours that were counted before too.")
}).pipe(Schema.filter(ordered))
export const FailuresParams = Schema.Struct({ check: CheckNameText, ...window, ...ofSensors, ...paged }).pipe(
  Schema.filter(ordered)
)
export const GapsParams = Schema.Struct({
  ...window,
  ...ofSensors,
  ...paged,
  as_of: asOf,
  longer_than: Schema.optionalWith(
    wholeText(Schema.Int, 0, SECONDS_MAX, "Only gaps that last longer than this, in seconds.", 0),
    { default: () => 0 }
  )
}).pipe(Schema.filter(ordered))
export const HistoryParams = Schema.Struct({
  ...window,
  ...ofSensors,
  interval: Schema.optionalWith(
    Schema.Literal("1h", "1d", "1w", "1mo", "1q", "1y").annotations({
      ...says("must be 1h, 1d, 1w, 1mo, 1q or 1y"),
      description: "Length of the windows, on the clocks of `tz`."
    }),
    { default: () => "1d" as const }
  ),
  tz,
  sensors: flag("true: with the scores of each sensor.")
}).pipe(Schema.filter(ordered))

export const QualityFailure = Schema.Struct({
  check: field(Schema.String, "The check that it failed", "no_spikes"),
  sensor_id: field(Schema.NullOr(SensorNumber), "Null: a message that was rejected belongs to none", 1),
  timestamp: field(
    TimeText,
    "Device time of the row that failed, UTC; of a gap or a flat line: where it begins; of a rejected message: its arrival"
  ),
  end_time: field(Schema.NullOr(TimeText), "Where a gap, a flat line or a minute ends"),
  reading_id: field(Schema.NullOr(Whole), "`id` of the reading", 4711),
  value: field(Schema.NullOr(Schema.Finite), "Its value", 21.5),
  count: field(Whole, "How many of the check's failures it is", 1),
  reason: field(Schema.String, "What is wrong")
}).annotations({ identifier: "QualityFailure", description: "A row that fails a check" })
export type QualityFailure = typeof QualityFailure.Type

export const QualityGap = Schema.Struct({
  sensor_id: field(SensorNumber, "Number of the sensor", 1),
  name: field(Schema.NullOr(Schema.String), "Name of the sensor; null: it has none", "boiler/temperature"),
  start_time: field(
    TimeText,
    "Device time of the last reading before it, or where readings are expected from"
  ),
  end_time: field(TimeText, "Device time of the first reading after it, or up to where they are expected"),
  seconds: field(Schema.Finite, "How long it is, seconds", 2729.045269),
  missing: field(Whole, "How many readings would have fitted into it", 502),
  open: field(
    Schema.Boolean,
    "It reaches the edge of the window, the present, or planned downtime: no reading before it, or none after it, is in there",
    false
  ),
  interval_ms: field(Schema.Finite, "The interval that this is estimated by, ms", 5421.328)
}).annotations({ identifier: "QualityGap", description: "A spell in which readings are missing" })
export type QualityGap = typeof QualityGap.Type

const results = field(
  Schema.Struct({
    sensor_data: field(QualityScores, "Of the readings"),
    aggregated_sensor_data: field(QualityScores, "Of the aggregates")
  }),
  "The scores of each data set"
)

export const QualityHistory = Schema.Struct({
  start_time: field(TimeText, "inclusive, device time"),
  end_time: field(TimeText, "exclusive, device time"),
  position: field(Whole, "The log's position that it is made as of"),
  results,
  sensors: field(
    Schema.Array(
      Schema.Struct({ sensor_id: field(SensorNumber, "Number of the sensor", 1), ...QualityScores.fields })
    ),
    "The scores of each sensor's readings; [] where they are not asked for"
  ),
  left_out_before: field(
    Whole,
    "How many windows right before this one were asked for and are not in this answer, which has at most 400: only its first can have any. They are on the next page, in the `Link` header",
    0
  )
}).annotations({ identifier: "QualityHistory", description: "The scores of an hour or a day" })
export type QualityHistory = typeof QualityHistory.Type

const counted = (description: string, example: number) => ({
  type: "integer",
  minimum: 0,
  maximum: SAFE_INTEGER_MAX,
  description,
  examples: [example],
  "x-unit": UNITS.numerator
})
const Tallies = Schema.Record({
  key: Schema.String,
  value: Schema.Struct({ numerator: Whole, denominator: Whole })
}).annotations({
  // The platform's own words for a record have no fields at all, as if it were empty.
  jsonSchema: {
    type: "object",
    additionalProperties: {
      type: "object",
      required: ["numerator", "denominator"],
      properties: {
        numerator: counted("How many are right. Unit: items, as the check says.", 199),
        denominator: counted("How many were looked at. Unit: items, as the check says.", 200)
      }
    }
  }
})

export const QualityRun = Schema.Struct({
  measured_at: field(TimeText, "When it was measured"),
  start_time: field(TimeText, "inclusive, device time"),
  end_time: field(TimeText, "exclusive, device time"),
  sensor_id: field(Schema.NullOr(SensorNumber), "Null: all sensors"),
  position: field(Whole, "The log's position that it was made as of"),
  cause: field(Schema.String, "schedule or request", "schedule"),
  results,
  checks: field(Tallies, "What each check counted, by its name", {
    in_range: { numerator: 199, denominator: 200 }
  })
}).annotations({
  identifier: "QualityRun",
  description: "The scores of a window, as they were measured once"
})
export type QualityRun = typeof QualityRun.Type
export const RunsParams = Schema.Struct({ ...window, ...paged }).pipe(Schema.filter(ordered))
export const RunParams = Schema.Struct({ ...window, ...ofSensor }).pipe(Schema.filter(ordered))

const report = answer(QualityReport, "The scores, and what they were counted from")

const missing = problemOf("not-found")

export class QualityGroup extends group(
  "Quality",
  "Seven dimensions, each with its numerator and denominator",
  get(
    "dataQuality",
    "/data/data-quality/",
    "Quality of the data of a window: the last 24 hours when none is given",
    reads("own")
  )
    .setUrlParams(QualityParams)
    .addSuccess(report)
    .addError(missing)
    .annotate(
      OpenApi.Description,
      "With `as_of` the same request gives the same answer later. Then nothing is said of rejected messages and of the " +
        "stored minutes, which keep no past: their checks look at nothing."
    ),
  get(
    "qualityFailures",
    "/data/data-quality/failures/",
    "The rows of a window that fail a check",
    reads("own")
  )
    .setUrlParams(FailuresParams)
    .addSuccess(
      answer(Schema.Array(QualityFailure), "By sensor, then time. The next page is in the `Link` header.")
    )
    .addError(missing),
  get(
    "qualityGaps",
    "/data/data-quality/gaps/",
    "Spells in which readings are missing, with how many",
    reads("own")
  )
    .setUrlParams(GapsParams)
    .addSuccess(
      answer(Schema.Array(QualityGap), "By sensor, then time. The next page is in the `Link` header.")
    )
    .addError(missing),
  get(
    "qualityHistory",
    "/data/data-quality/history/",
    "The scores of each hour or day of a window",
    reads("own")
  )
    .setUrlParams(HistoryParams)
    .addSuccess(
      answer(
        Schema.Array(QualityHistory),
        "The oldest first; at most 400, the newest ones. Where older ones are left out, the first says how many, and the page before it is in the `Link` header."
      )
    )
    .addError(missing),
  get(
    "qualityRuns",
    "/data/data-quality/runs/",
    "Quality as it was measured, run by run: each hour, and when asked for",
    reads("everything")
  )
    .setUrlParams(RunsParams)
    .addSuccess(
      answer(Schema.Array(QualityRun), "The newest window first. The next page is in the `Link` header.")
    ),
  post(
    "runQuality",
    "/data/data-quality/runs/",
    "Measure a window now, all of it from the log, and keep the result",
    writes("own")
  )
    .setUrlParams(RunParams)
    .addSuccess(report)
    .addError(missing)
) {}
