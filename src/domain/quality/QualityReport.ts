/**
 * What is reported of the quality of the data in a window of device time, in the seven dimensions of DAMA.
 *
 * Invariants:
 * 1. A score is 100 × numerator / denominator, from 0 to 100; null where nothing was looked at.
 * 2. The numerator counts what is right, the denominator what was looked at; a dimension sums its checks.
 * 3. `details` are the checks of sensor_data, `aggregated_details` those of aggregated_sensor_data, and `results`
 *    holds their scores, so the three never disagree.
 */
import * as Schema from "effect/Schema"
import { field } from "../dataset/Field.js"
import { SILENCE_WORDS } from "../SensorSilence.js"
import { type TagCondition, tagTexts } from "../shaping/Tags.js"
import { formatTime, MICROS_PER_SECOND, type Micros } from "../Time.js"
import {
  CHECK_NAMES,
  CHECKS,
  type CheckDefinition,
  type CheckName,
  type Dataset,
  DIMENSIONS,
  type Dimension
} from "./QualityChecks.js"
import { type Lack, lackWords } from "./Quantity.js"
import { addTallies, dimensionTally, score, type Tallies, type Tally } from "./Tally.js"

const Score = Schema.NullOr(Schema.Number.pipe(Schema.between(0, 100))).annotations({
  description: "0 to 100; null where nothing was looked at"
})
const byDimension = <A, I, R>(schema: Schema.Schema<A, I, R>, range = "") => {
  const is = (words: string) =>
    Schema.propertySignature(schema).annotations({ description: `${words}${range}` })
  return Schema.Struct({
    completeness: is("what was expected is there"),
    validity: is("values are of the right kind and range"),
    accuracy: is("values are believable"),
    consistency: is("nothing contradicts something else"),
    timeliness: is("readings came in time"),
    uniqueness: is("nothing is there twice"),
    integrity: is("what belongs together is together")
  })
}

export const QualityScores = byDimension(Score, "; 0 to 100, null where nothing was looked at").annotations({
  identifier: "QualityScores",
  description: "A score of each dimension"
})
export type QualityScores = typeof QualityScores.Type

const tallyFields = {
  score: Score,
  numerator: field(Schema.Int, "how many are right"),
  denominator: field(Schema.Int, "how many were looked at")
}
export const QualityCheck = Schema.Struct({
  name: field(Schema.String, "what the check is called"),
  description: field(Schema.String, "what it holds the data to"),
  ...tallyFields,
  failed: field(Schema.Int, "how many are not right: denominator less numerator"),
  severity: field(
    Schema.Literal("error", "warning"),
    "error: the data are wrong or missing; warning: somebody should look"
  ),
  link: field(Schema.String, "where the API lists what failed, a page at a time")
}).annotations({ identifier: "QualityCheck", description: "One check, with its score" })
export type QualityCheck = typeof QualityCheck.Type

export const QualityDetail = Schema.Struct({
  ...tallyFields,
  checks: field(Schema.Array(QualityCheck), "the checks that it is the sum of")
}).annotations({ identifier: "QualityDetail", description: "One dimension, with its checks" })
export type QualityDetail = typeof QualityDetail.Type

const QualityDetails = byDimension(QualityDetail).annotations({
  identifier: "QualityDetails",
  description: "Each dimension with its checks"
})

export const SensorFailure = Schema.Struct({
  check: field(Schema.String, "name of the check"),
  failed: field(Schema.Int, "how many are not right"),
  denominator: field(Schema.Int, "how many were looked at"),
  reason: field(
    Schema.NullOr(Schema.String),
    "what is wrong, where the sensor itself tells it, such as a unit that is not known; null: `link` has the reasons"
  ),
  link: field(Schema.String, "where the API lists what failed, a page at a time")
}).annotations({ identifier: "SensorFailure", description: "A check that one sensor's readings failed" })

export const SensorQuality = Schema.Struct({
  sensor_id: field(Schema.Int, "number of the sensor"),
  ...QualityScores.fields,
  failing: field(Schema.Array(SensorFailure), "the checks of both data sets that failed for the sensor")
}).annotations({ identifier: "SensorQuality", description: "The scores of one sensor's readings" })
export type SensorQuality = typeof SensorQuality.Type

const GoneSensor = Schema.Struct({
  sensor_id: field(Schema.Int, "number of the sensor"),
  gone_since: field(Schema.String, "its last reading, device time, RFC 3339 in UTC")
}).annotations({
  identifier: "GoneSensor",
  description: `A sensor that is retired, or has been silent for longer than ${SILENCE_WORDS}, whichever is more: nothing is expected of it`
})

const DownSensor = Schema.Struct({
  sensor_id: field(Schema.Int, "number of the sensor"),
  seconds: field(Schema.Finite, "for how much of the window it was planned to be down", 7_200)
}).annotations({
  identifier: "DownSensor",
  description:
    "A sensor that was planned to be down, by an annotation of kind `downtime`: nothing is expected of it meanwhile"
})

export const QualityReport = Schema.Struct({
  status: field(Schema.Literal("success"), "the report is whole"),
  start_time: field(Schema.String, "inclusive, device time, RFC 3339 in UTC"),
  end_time: field(Schema.String, "exclusive, device time, RFC 3339 in UTC"),
  position: field(Schema.Int, "the log's position that the report is made as of"),
  results: Schema.Struct({
    sensor_data: field(QualityScores, "of the readings"),
    aggregated_sensor_data: field(QualityScores, "of the aggregates")
  }).annotations({ description: "the scores of each dataset" }),
  details: field(QualityDetails, "the checks of sensor_data"),
  aggregated_details: field(QualityDetails, "the checks of aggregated_sensor_data"),
  sensors: field(
    Schema.Array(SensorQuality),
    "the scores of each sensor's readings, worst first, at most 1,000"
  ),
  sensors_total: field(Schema.Int, "how many sensors were looked at"),
  gone: field(
    Schema.Array(GoneSensor),
    "sensors that are gone by the end of the window, the last one gone first, at most 1,000"
  ),
  downtime: field(
    Schema.Array(DownSensor),
    "sensors that were planned to be down in the window, which completeness leaves out: the longest first, at most 1,000"
  )
}).annotations({ identifier: "QualityReport", description: "What is right in the data of a window" })
export type QualityReport = typeof QualityReport.Type

/** How many sensors a report lists: the worst ones. */
export const SENSORS_LISTED_MAX = 1_000

const mapDimensions = <A>(f: (dimension: Dimension) => A) =>
  Object.fromEntries(DIMENSIONS.map((dimension) => [dimension, f(dimension)])) as Record<Dimension, A>

export const scoresOf = (tallies: Tallies, dataset: Dataset): QualityScores =>
  mapDimensions((dimension) => score(dimensionTally(tallies, dataset, dimension)))

export const failuresLink = (
  check: string,
  { end, sensorId, start, tags = [] }: Pick<ReportParts, "start" | "end" | "sensorId" | "tags">
): string => {
  const search = new URLSearchParams({
    check,
    start_time: formatTime(start),
    end_time: formatTime(end),
    ...(sensorId === undefined ? {} : { sensor_id: String(sensorId) })
  })
  if (sensorId === undefined) for (const tag of tagTexts(tags)) search.append("tag", tag)
  return `/data/data-quality/failures/?${search}`
}

const checkOf = (check: CheckDefinition, tally: Tally, link: string): QualityCheck => ({
  name: check.name,
  description: check.description,
  ...tally,
  score: score(tally),
  failed: tally.denominator - tally.numerator,
  severity: check.severity,
  link
})

const detailsOf = (tallies: Tallies, dataset: Dataset, parts: ReportParts) =>
  mapDimensions((dimension): QualityDetail => {
    const tally = dimensionTally(tallies, dataset, dimension)
    const checks = CHECKS.filter((check) => check.dataset === dataset && check.dimension === dimension)
    return {
      score: score(tally),
      ...tally,
      checks: checks.map((check) => checkOf(check, tallies[check.name], failuresLink(check.name, parts)))
    }
  })

const DESCRIBED: ReadonlyArray<CheckName> = ["described", "minutes_described"]

const failingOf = (
  { lack, sensorId, tallies }: MeasuredSensor,
  parts: ReportParts
): SensorQuality["failing"] => {
  const described = lack ? lackWords(lack) : "they came before the sensor's unit or type was known"
  return CHECK_NAMES.flatMap((check) => {
    const { denominator, numerator } = tallies[check]
    return numerator === denominator
      ? []
      : [
          {
            check,
            failed: denominator - numerator,
            denominator,
            reason: DESCRIBED.includes(check) ? described : null,
            link: failuresLink(check, { ...parts, sensorId })
          }
        ]
  })
}

const worst = (scores: QualityScores): number =>
  Math.min(...DIMENSIONS.map((dimension) => scores[dimension] ?? Number.POSITIVE_INFINITY))

interface MeasuredSensor {
  readonly sensorId: number
  readonly tallies: Tallies
  /** What is not known of it. */
  readonly lack?: Lack | null
  /** Its last reading, where it is gone. */
  readonly goneSince?: Micros | null
  /** For how much of the window it was planned to be down, µs. */
  readonly downtime?: number
}

export interface ReportParts {
  readonly start: Micros
  readonly end: Micros
  readonly position: number
  /** The one sensor that was asked for. */
  readonly sensorId?: number | undefined
  /** The tags that the sensors were chosen by. */
  readonly tags?: ReadonlyArray<TagCondition> | undefined
  /** The checks of each sensor that was looked at. */
  readonly sensors: ReadonlyArray<MeasuredSensor>
  /** Checks of what belongs to no sensor. */
  readonly others: Tallies
}

const goneOf = (sensors: ReportParts["sensors"]): QualityReport["gone"] =>
  sensors
    .flatMap(({ goneSince: since, sensorId }) => (since == null ? [] : [{ sensorId, since }]))
    .sort((a, b) => b.since - a.since || a.sensorId - b.sensorId)
    .slice(0, SENSORS_LISTED_MAX)
    .map(({ sensorId, since }) => ({ sensor_id: sensorId, gone_since: formatTime(since) }))

const downtimeOf = (sensors: ReportParts["sensors"]): QualityReport["downtime"] =>
  sensors
    .flatMap(({ downtime = 0, sensorId }) => (downtime === 0 ? [] : [{ sensorId, downtime }]))
    .sort((a, b) => b.downtime - a.downtime || a.sensorId - b.sensorId)
    .slice(0, SENSORS_LISTED_MAX)
    .map(({ downtime, sensorId }) => ({ sensor_id: sensorId, seconds: downtime / MICROS_PER_SECOND }))

export const makeReport = (parts: ReportParts): QualityReport => {
  const { end, others, position, sensors, start } = parts
  const total = sensors.reduce((sum, sensor) => addTallies(sum, sensor.tallies), others)
  const listed = sensors
    .map((sensor) => ({ ...sensor, scores: scoresOf(sensor.tallies, "sensor_data") }))
    .map((sensor) => ({ ...sensor, worst: worst(sensor.scores) }))
    .filter((sensor) => sensor.worst <= 100)
    .sort((a, b) => a.worst - b.worst || a.sensorId - b.sensorId)
  return {
    status: "success",
    start_time: formatTime(start),
    end_time: formatTime(end),
    position,
    results: {
      sensor_data: scoresOf(total, "sensor_data"),
      aggregated_sensor_data: scoresOf(total, "aggregated_sensor_data")
    },
    details: detailsOf(total, "sensor_data", parts),
    aggregated_details: detailsOf(total, "aggregated_sensor_data", parts),
    sensors: listed.slice(0, SENSORS_LISTED_MAX).map((sensor) => ({
      sensor_id: sensor.sensorId,
      ...sensor.scores,
      failing: failingOf(sensor, parts)
    })),
    sensors_total: listed.length,
    gone: goneOf(sensors),
    downtime: downtimeOf(sensors)
  }
}
