/**
 * The descriptions of the data sets and of each of their columns, as people read them in the catalogue.
 */
import * as Schema from "effect/Schema"
import { lineageText, madeOf } from "./Pipeline.js"

/** What a column holds, whatever the database calls it. Times are UTC with microseconds. */
export type ColumnKind = "integer" | "number" | "text" | "time" | "binary" | "json"

export interface ColumnDefinition {
  readonly name: string
  readonly kind: ColumnKind
  /** Null where the column has none; "of the sensor" where each sensor has its own. */
  readonly unit: string | null
  readonly description: string
}

/** Where a data set can be had in a format, from this server. */
export interface DatasetFormat {
  readonly format: string
  readonly href: string
}

export interface DatasetDefinition {
  readonly id: number
  /** The table or view of the database. */
  readonly name: DatasetName
  readonly description: string
  readonly application: string
  readonly lineage: string
  /** The data sets, of these, that it is made from. */
  readonly madeFrom: ReadonlyArray<DatasetName>
  readonly columns: ReadonlyArray<ColumnDefinition>
  readonly formats: ReadonlyArray<DatasetFormat>
}

export const DATASET_NAMES = [
  "sensor_data",
  "aggregated_sensor_data",
  "sensors",
  "rejected_messages",
  "events"
] as const
export const DatasetName = Schema.Literal(...DATASET_NAMES)
export type DatasetName = typeof DatasetName.Type

const FORMATS = [
  ["JSON", ""],
  ["JSON by column", "?format=columns"],
  ["NDJSON", "?format=ndjson"],
  ["CSV", "?format=csv"],
  ["Parquet", "?format=parquet"],
  ["Arrow", "?format=arrow"]
] as const

const formatsAt = (path: string): ReadonlyArray<DatasetFormat> =>
  FORMATS.map(([format, query]) => ({ format, href: path + query }))

const column = (
  name: string,
  kind: ColumnKind,
  description: string,
  unit: string | null = null
): ColumnDefinition => ({ name, kind, unit, description })

const OF_SENSOR = "of the sensor"

const metadataColumns = (of: string): ReadonlyArray<ColumnDefinition> => [
  column("lat", "number", `Latitude of the sensor at ${of}, WGS 84; null: not known`, "degrees"),
  column("lng", "number", `Longitude of the sensor at ${of}, WGS 84; null: not known`, "degrees"),
  column("unit", "text", "Unit of the values, as the sensor's owner gave it; null: not known"),
  column("type", "text", "What is measured; null: not known"),
  column("description", "text", "Where the sensor is, or what it is for; null: not known")
]

/** A data set without its lineage: that is made from the pipeline. */
type Described = Omit<DatasetDefinition, "lineage" | "madeFrom">

const sensorData: Described = {
  id: 1,
  name: "sensor_data",
  description:
    "Every reading in force: one number that one sensor measured at one time. A reading that was corrected shows its last correction; one that was deleted does not show.",
  application: "Detailed analysis, training data, audits, and whatever needs each single value.",
  columns: [
    column("id", "integer", "Number of the reading; stays the same when it is corrected"),
    column("sensor_id", "integer", "Number of the sensor"),
    column("timestamp", "time", "When the device measured it", "UTC"),
    column("value", "number", "The measured value", OF_SENSOR),
    ...metadataColumns("that time"),
    column("recorded_at", "time", "When the log took this row; rises with the position", "UTC"),
    column(
      "position",
      "integer",
      "Place in the log of the row in force: the recording or the last correction"
    )
  ],
  formats: formatsAt("/data/")
}

const percentile = (name: string): string =>
  `${name}: the reading at the lower nearest rank, within 1 % of it; null in SQL: not folded again yet`

const aggregatedSensorData: Described = {
  id: 2,
  name: "aggregated_sensor_data",
  description:
    "One row a sensor and minute of device time: how many readings, and what they come to. It always agrees with the readings: late, corrected and deleted ones change it.",
  application: "Dashboards, trends and reports over long times, where a value a minute is enough.",
  columns: [
    column("id", "integer", "Number of the aggregate: position of the first event of its minute"),
    column("sensor_id", "integer", "Number of the sensor"),
    column("timestamp", "time", "Start of the minute; it ends before the next one starts", "UTC"),
    column("value", "number", "Mean of the readings", OF_SENSOR),
    ...metadataColumns("the minute's last reading"),
    column("count", "integer", "Number of readings in force"),
    column("sum", "number", "Their sum, rounded once; null: beyond the range of a double", OF_SENSOR),
    column("min", "number", "The smallest value", OF_SENSOR),
    column("max", "number", "The largest value", OF_SENSOR),
    column("stddev", "number", "Standard deviation of the population", OF_SENSOR),
    column("first", "number", "The first value by device time", OF_SENSOR),
    column("last", "number", "The last value by device time", OF_SENSOR),
    column(
      "expected",
      "number",
      "Readings that the sensor's interval leads to expect in a minute; null: no interval known"
    ),
    column(
      "completeness",
      "number",
      "Share of the expected readings that came, from 0 to 1; null: no interval known"
    ),
    column("position", "integer", "Place in the log of the last event folded into the row"),
    column("p50", "number", percentile("Median"), OF_SENSOR),
    column("p95", "number", percentile("95th percentile"), OF_SENSOR),
    column("p99", "number", percentile("99th percentile"), OF_SENSOR)
  ],
  formats: formatsAt("/aggregated_data/")
}

const sensors: Described = {
  id: 3,
  name: "sensors",
  description:
    "Every sensor that was ever seen or described, with the version of its metadata that is current.",
  application: "Which sensors there are, which are active, and how often each is expected to report.",
  columns: [
    column(
      "id",
      "integer",
      "Number of the sensor: below 1,000,000,000 claimed by a device; from there on given to a name"
    ),
    column("name", "text", "What a device without a number is known by; null: it has a number of its own"),
    column("version", "integer", "Current version of its metadata"),
    column("status", "text", "`active` or `retired`"),
    column("interval_ms", "number", "Declared time between readings; null: not declared", "ms"),
    column(
      "estimated_interval_ms",
      "number",
      "Median of the steps between its first readings; null: not estimated yet",
      "ms"
    ),
    column("version_since", "time", "Device time of the reading that last moved the version", "UTC")
  ],
  formats: formatsAt("/sensors/")
}

const rejectedMessages: Described = {
  id: 4,
  name: "rejected_messages",
  description:
    "Messages, or single metrics of them, that could not be decoded or stored, each with its reason.",
  application:
    "Finding devices that send what nobody can read, and proving that nothing was lost in silence.",
  columns: [
    column("id", "binary", "Hash of topic, bytes and metric: the same message is one row"),
    column("topic", "text", "MQTT topic that it came by"),
    column("metric", "text", "The metric within the message; null: all of it"),
    column("bytes", "binary", "Its first 64 KiB; null: the quota for rejected bytes was used up"),
    column("size", "integer", "Size of the whole message", "bytes"),
    column("truncated", "integer", "1: `bytes` is not all of it"),
    column("reason", "text", "Why it was rejected"),
    column("first_seen", "time", "When it came first", "UTC"),
    column("deliveries", "integer", "How often it came"),
    column("faults", "json", "What is wrong, one by one: code, field, detail; null: of an older version")
  ],
  formats: formatsAt("/rejected/")
}

const events: Described = {
  id: 5,
  name: "events",
  description:
    "The log: everything that ever happened, in one order, append only. The source of truth of all other data sets.",
  application: "Audits, history of a reading, the data as they were at any earlier position, rebuilding.",
  columns: [
    column("position", "integer", "Place in the log: one rising number, without a hole"),
    column("event_id", "binary", "Idempotency key: 48 bits of device time in ms, then a hash"),
    column("type", "text", "What happened, in the past tense"),
    column("sensor_id", "integer", "Number of the sensor"),
    column("sensor_version", "integer", "Version of the sensor's metadata that was in force"),
    column("occurred_at", "time", "Device time", "UTC"),
    column("recorded_at", "time", "When the log took it; never falls as the position rises", "UTC"),
    column("value", "number", "The measured value; null for events that carry none", OF_SENSOR),
    column("lat", "number", "Latitude, WGS 84; null: that of the version", "degrees"),
    column("lng", "number", "Longitude, WGS 84; null: that of the version", "degrees"),
    column("reading_id", "integer", "Of a correction or deletion: the reading; null: its own position"),
    column("superseded_by", "integer", "Position of the correction or deletion of this row; null: none"),
    column("payload", "json", "What did not fit the narrow row")
  ],
  formats: formatsAt("/events/")
}

/** All data sets, in the order of their ids. */
export const DATASETS: ReadonlyArray<DatasetDefinition> = [
  sensorData,
  aggregatedSensorData,
  sensors,
  rejectedMessages,
  events
].map((dataset) => ({
  ...dataset,
  lineage: lineageText(dataset.name),
  madeFrom: madeOf(dataset.name, DATASET_NAMES)
}))
