/**
 * What OpenAPI says of a field beside its description: the unit of a number, and an example. By the name of the field
 * or parameter, which means the same wherever it stands; `Schema.field` where it does not.
 */
import { OF_SENSOR } from "../../domain/dataset/Column.js"
import { ALL_DATASETS } from "../../domain/dataset/Datasets.js"
import { DIMENSIONS } from "../../domain/quality/QualityChecks.js"

/** Of numbers that have no unit: names, ordinals, versions. */
export const NO_UNIT = "none"

/** The unit of what a reading measures. */
const UNIT_NOTE = "as `unit` says"

/** The unit of a column of a data set, by `schema.column`, and by its name alone for what else is named so. */
const columnUnits = Object.fromEntries(
  ALL_DATASETS.flatMap(({ columns, entity }) =>
    columns.flatMap(({ counts = NO_UNIT, name, unit }) => {
      const words = unit === OF_SENSOR ? UNIT_NOTE : (unit ?? counts)
      return [
        [`${entity}.${name}`, words],
        [name, words]
      ]
    })
  )
)

const each = <A>(fact: A, names: ReadonlyArray<string>) =>
  Object.fromEntries(names.map((name) => [name, fact]))

/** Units of numbers: of counts what they count. */
export const UNITS: Readonly<Record<string, string>> = {
  ...columnUnits,
  // Names and ordinals.
  ...each(NO_UNIT, [
    "data_id",
    "annotation_id",
    "last_event_id",
    "moved_from",
    "restored_from",
    "version",
    "calibration",
    "seq",
    "epoch",
    "row"
  ]),
  ...each(NO_UNIT, ["line", "statement_id", "bver", "log_position", "attempt", "reading", "as_of"]),
  "Problem.status": NO_UNIT,
  // Counts.
  ...each("rows", ["skip", "limit", "rows", "row_count", "rejected"]),
  max_points: "rows of a sensor",
  ...each("readings", [
    "matched",
    "deleted",
    "remaining",
    "DeletionInput.expected",
    "missing",
    "clockless_24h"
  ]),
  ...each("messages", ["messages", "pending", "dropped"]),
  bytes: "bytes",
  "ClientTally.rejected": "messages and metrics",
  "InfluxError.rejected": "readings and lines",
  restarts: "restarts",
  ...each("events", ["delivered", "failed", "lag"]),
  ...each("sensors", ["sensors_total", "AggregateGroup.sensors"]),
  left_out_before: "windows",
  ...each("items, as the check says", ["numerator", "denominator"]),
  ...each(
    "expectations",
    ["evaluated", "successful", "unsuccessful"].map((which) => `${which}_expectations`)
  ),
  ...each("values", ["element_count", "unexpected_count", "missing_count"]),
  ...each(
    "minutes",
    ["values", "missing", "undefined"].map((which) => `DerivedTally.${which}`)
  ),
  // Calibrations.
  ...each("unit of the result", ["offset"]),
  ...each("unit of the result by that of the value", ["scale"]),
  ...each("unit of the result by powers of that of the value", ["polynomial"]),
  // Shares.
  ...each("percent", ["score", ...DIMENSIONS, "success_percent", "unexpected_percent", "missing_percent"]),
  // Spells.
  ...each("seconds", ["seconds", "longer_than"]),
  // Alerts.
  ...each(
    "of its kind, or of the sensor",
    ["AlertRule", "AlertRuleInput", "AlertRuleState"].flatMap((of) =>
      ["min", "max", "hysteresis"].map((name) => `${of}.${name}`)
    )
  ),
  ...each("seconds", ["for_seconds", "recovery_seconds"]),
  attempts: "tries",
  ...each(NO_UNIT, ["ids", "sensor_ids"]),
  // SenML: seconds, and what the record's unit says.
  ...each("seconds", ["bt", "t", "ut"]),
  ...each("as `u` or `bu` says", ["v", "bv"]),
  ...each("as `u` or `bu` says, times seconds", ["s", "bs"])
}

const TIME = "2024-06-14T18:27:45.123456Z"

/** Examples where the schema has none. */
export const EXAMPLES: Readonly<Record<string, unknown>> = {
  id: 4711,
  data_id: 4711,
  annotation_id: 12,
  sensor_id: 1,
  position: 4711,
  limit: 100,
  max_points: 1_000,
  lat: 52.52,
  lng: 13.405,
  unit: "C",
  type: "temperature",
  description: "Main Entrance",
  seq: 17,
  epoch: "boot-5",
  name: "press-4/temperature",
  reason: "sensor was out of calibration",
  by: "importer",
  message: "line 3: the fields are missing",
  last_error: "the signal gave no number",
  last_reading_at: TIME,
  undone_at: TIME,
  moved_from: 4711,
  restored_from: 4711,
  reading_id: 4711,
  superseded_by: 4712,
  event_id: "01901a8f2c4b5d6e7f8091a2b3c4d5e6",
  payload: { reason: "sensor was out of calibration" },
  version: "0.1.0",
  pending: 0,
  dropped: 0,
  lag: 0,
  start_time: TIME,
  end_time: TIME,
  expires_at: TIME,
  address: "mqtt://broker.example:1883",
  warnings: ["the database has not been reached for 3 s"],
  client_id: "tidemark-replay",
  metric: "temperature",
  "Health.database.reason": "connect ECONNREFUSED 127.0.0.1:3306",
  "Health.broker.reason": "connect ECONNREFUSED 127.0.0.1:1883",
  "Health.ingest.reason": "the database can't be reached",
  "RejectedMessage.id": "9f86d081884c7d659a2feaa0c55ad015",
  "RejectedMessage.bytes": "7b7d",
  "RejectedMessage.reason": "value must be a finite number",
  ...Object.fromEntries(
    ["AlertRule", "AlertRuleInput", "AlertRuleState"].flatMap((of) => [
      [`${of}.min`, 10],
      [`${of}.hysteresis`, 2],
      [`${of}.for_seconds`, 60],
      [`${of}.recovery_seconds`, 60],
      [`${of}.channels`, ["webhook", "mqtt"]]
    ])
  ),
  ids: [1],
  rules: ["boiler-hot"],
  attempts: 0,
  raised_at: TIME,
  resolved_at: TIME,
  sent_at: TIME,
  acknowledged_at: TIME,
  acknowledged_by: "ann",
  note: "On my way",
  "CalibrationSegment.from": TIME,
  "CalibrationSegmentInput.from": TIME,
  // The catalogue.
  schema_used: "id, sensor_id, timestamp, value",
  data_types: "id: INTEGER, value: REAL",
  application: "Trends and reports on single readings",
  lineage: "The log's readings that are in force",
  made_from: ["events"],
  row_count: 86_400,
  data_type: "REAL",
  format: "csv",
  href: "/data.csv",
  "CatalogDataset.id": 1,
  "CatalogDataset.description": "Every reading in force",
  "CatalogDataset.version": 3,
  "DatasetVersion.columns": { value: "The measured value" },
  title: "Readings in force",
  owner: "Data platform",
  contact: "data@example.org",
  publisher: "Example Works",
  licence: "CC-BY-4.0",
  tags: ["temperature", "hall"],
  described_at: TIME,
  definition: "The share of readings that came, of those that were due.",
  synonyms: ["coverage"],
  see_also: ["timeliness"],
  datasets: ["sensor_data"],
  "LineageGraph.nodes.id": "minutes",
  "LineageGraph.nodes.title": "Fold minutes",
  from: "events",
  to: "sensor_minutes",
  column: "aggregated_sensor_data.sum",
  stage: "aggregated_sensor_data",
  // Rejected messages.
  bytes_base64: "eyJ2YWx1ZSI6",
  payload_base64: "eyJ2YWx1ZSI6MX0=",
  text: '{"value":',
  why_not: "its bytes were cut off",
  delivered: 12,
  failed: 0,
  target: "file:data/lineage.jsonl",
  // Quality.
  score: 99.5,
  numerator: 199,
  denominator: 200,
  ...each(100, DIMENSIONS),
  completeness: 99.5,
  timeliness: 98.2,
  sensors_total: 5,
  gone_since: TIME,
  "QualityCheck.name": "in_range",
  "QualityCheck.description": "Of the readings whose sensor declares a range: those inside it.",
  link: "/data/data-quality/failures/?check=in_range",
  check: "in_range",
  // Suites of expectations.
  expectation_type: "expect_column_values_to_be_between",
  kwargs: { column: "value", min_value: -40, max_value: 85 },
  expectation_suite_name: "hall",
  suite_name: "hall",
  evaluated_expectations: 2,
  successful_expectations: 1,
  unsuccessful_expectations: 1,
  success_percent: 50,
  element_count: 200,
  unexpected_count: 1,
  unexpected_percent: 0.5,
  missing_count: 0,
  missing_percent: 0,
  partial_unexpected_list: [99.5],
  observed_value: 21.5,
  exception_message: "There is no column humidity.",
  exception_traceback: null,
  suite_parameters: { warmest: 85 },
  evaluation_parameters: { warmest: 85 },
  meta: { owner: "Data platform" },
  "ExpectationSuite.name": "hall",
  "ExpectationSuite.expectations.type": "expect_column_values_to_be_between",
  "ExpectationSuite.expectations.id": "8f3c2a51",
  "ExpectationSuiteResult.results.expectation_config.type": "expect_column_values_to_be_between",
  "ExpectationSuiteResult.results.expectation_config.id": "8f3c2a51",
  // SenML (RFC 8428).
  bn: "urn:dev:ow:10e2073a01080063:",
  bt: 1_718_389_665,
  bu: "Cel",
  bv: 20,
  bs: 0,
  bver: 10,
  n: "temperature",
  u: "Cel",
  v: 21.5,
  vs: "open",
  vd: "aGk",
  s: 0,
  t: -5,
  ut: 60
}
