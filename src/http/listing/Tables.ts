/**
 * The columns of each kind of row, once for all formats: JSON, CSV, Parquet and the rest have exactly these. What a
 * column means and its unit are taken from the catalogue where the catalogue has it.
 */
import { type CatalogDataset, findDataset } from "../../domain/catalogue/CatalogueDataset.js"
import type { DatasetName } from "../../domain/catalogue/DatasetDescriptions.js"
import type { Event } from "../../domain/Event.js"
import type { Reading } from "../../domain/Reading.js"
import type { RejectedMessage } from "../../domain/rejected/RejectedMessage.js"
import type { Column, Table } from "../../formats/Table.js"
import type { AggregateRow } from "../../projections/minutes/Aggregates.js"

interface Getter<Row> {
  readonly integer: (row: Row) => number | null
  readonly double: (row: Row) => number | null
  readonly time: (row: Row) => number | null
  readonly text: (row: Row) => string | null
  readonly boolean: (row: Row) => boolean | null
  readonly binary: (row: Row) => Uint8Array | null
  readonly json: (row: Row) => unknown
}

/** Makes the columns of a data set; what the catalogue does not know is described here. */
export const columnsOf = <Row>(dataset: DatasetName) => {
  const known = findDataset(dataset)?.columns ?? []
  const make =
    <K extends keyof Getter<Row>>(type: K, nullable: boolean) =>
    (name: string, get: Getter<Row>[K], description?: string, unit: string | null = null): Column<Row> => {
      const found = known.find((column) => column.name === name)
      return {
        name,
        nullable,
        type,
        get,
        description: description ?? found?.description ?? "",
        unit: found?.unit ?? unit
      } as Column<Row>
    }
  return {
    integer: make("integer", false),
    maybeInteger: make("integer", true),
    double: make("double", false),
    maybeDouble: make("double", true),
    time: make("time", false),
    maybeTime: make("time", true),
    text: make("text", false),
    maybeText: make("text", true),
    boolean: make("boolean", false),
    maybeBinary: make("binary", true),
    json: make("json", false),
    maybeJson: make("json", true)
  }
}

const reading = columnsOf<Reading>("sensor_data")
export const READINGS: Table<Reading> = {
  name: "sensor_data",
  columns: [
    reading.integer("id", (row) => row.id),
    reading.integer("sensor_id", (row) => row.sensorId),
    reading.time("timestamp", (row) => row.occurredAt),
    reading.double("value", (row) => row.value),
    reading.maybeDouble("lat", (row) => row.lat),
    reading.maybeDouble("lng", (row) => row.lng),
    reading.maybeText("unit", (row) => row.unit),
    reading.maybeText("type", (row) => row.type),
    reading.maybeText("description", (row) => row.description),
    reading.integer("position", (row) => row.position),
    reading.time("recorded_at", (row) => row.recordedAt)
  ]
}

const aggregate = columnsOf<AggregateRow>("aggregated_sensor_data")
export const AGGREGATES: Table<AggregateRow> = {
  name: "aggregated_sensor_data",
  columns: [
    aggregate.integer("id", (row) => row.id),
    aggregate.integer("sensor_id", (row) => row.sensorId),
    aggregate.time("timestamp", (row) => row.timestamp),
    aggregate.double("value", (row) => row.value),
    aggregate.maybeDouble("lat", (row) => row.lat),
    aggregate.maybeDouble("lng", (row) => row.lng),
    aggregate.maybeText("unit", (row) => row.unit),
    aggregate.maybeText("type", (row) => row.type),
    aggregate.maybeText("description", (row) => row.description),
    aggregate.text("interval", (row) => row.interval, "Length of the interval"),
    aggregate.integer("count", (row) => row.count),
    aggregate.maybeDouble("sum", (row) => row.sum),
    aggregate.double("min", (row) => row.min),
    aggregate.double("max", (row) => row.max),
    aggregate.double("stddev", (row) => row.stddev),
    aggregate.double("first", (row) => row.first),
    aggregate.double("last", (row) => row.last),
    aggregate.maybeDouble("expected", (row) => row.expected),
    aggregate.maybeDouble("completeness", (row) => row.completeness),
    aggregate.boolean(
      "final",
      (row) => row.final,
      "The interval is over, and so is the time allowed for late readings; later ones still count"
    ),
    aggregate.integer("position", (row) => row.position),
    aggregate.maybeDouble("p50", (row) => row.p50),
    aggregate.maybeDouble("p95", (row) => row.p95),
    aggregate.maybeDouble("p99", (row) => row.p99)
  ]
}

const event = columnsOf<Event>("events")
export const EVENTS: Table<Event> = {
  name: "events",
  columns: [
    event.integer("position", (row) => row.position),
    event.text("event_id", (row) => row.eventId),
    event.text("type", (row) => row.type),
    event.integer("sensor_id", (row) => row.sensorId),
    event.integer("sensor_version", (row) => row.sensorVersion),
    event.time("occurred_at", (row) => row.occurredAt),
    event.time("recorded_at", (row) => row.recordedAt),
    event.maybeDouble("value", (row) => row.value),
    event.maybeDouble("lat", (row) => row.lat),
    event.maybeDouble("lng", (row) => row.lng),
    event.maybeInteger("reading_id", (row) => row.readingId),
    event.maybeInteger("superseded_by", (row) => row.supersededBy),
    event.maybeJson("payload", (row) => row.payload)
  ]
}

const rejected = columnsOf<RejectedMessage>("rejected_messages")
export const REJECTED: Table<RejectedMessage> = {
  name: "rejected_messages",
  columns: [
    rejected.text("id", (row) => row.id),
    rejected.text("topic", (row) => row.topic),
    rejected.maybeText("metric", (row) => row.metric),
    rejected.maybeBinary("bytes", (row) => row.bytes),
    rejected.integer("size", (row) => row.size),
    rejected.boolean("truncated", (row) => row.truncated, "`bytes` is not all of it"),
    rejected.text("reason", (row) => row.reason),
    rejected.time("first_seen", (row) => row.firstSeen),
    rejected.integer("deliveries", (row) => row.deliveries)
  ]
}

const dataset = columnsOf<CatalogDataset>("sensors")
export const DATASETS_TABLE: Table<CatalogDataset> = {
  name: "metadata",
  columns: [
    dataset.integer("id", (row) => row.id, "Number of the data set"),
    dataset.text("dataset_name", (row) => row.dataset_name, "Its name, as SQL knows it"),
    dataset.text("schema_used", (row) => row.schema_used, "The names of its columns"),
    dataset.text("data_types", (row) => row.data_types, "Each column with its type in this database"),
    dataset.text("description", (row) => row.description, "What a row is"),
    dataset.text("application", (row) => row.application, "What it is for"),
    dataset.text("lineage", (row) => row.lineage, "What it is made from, and how"),
    dataset.json("made_from", (row) => row.made_from, "The data sets that it is made from"),
    dataset.json("columns", (row) => row.columns, "Its columns, each with type, unit and meaning"),
    dataset.integer("row_count", (row) => row.row_count, "How many rows it has"),
    dataset.maybeText("start_time", (row) => row.start_time, "The earliest time in it"),
    dataset.maybeText("end_time", (row) => row.end_time, "The latest time in it"),
    dataset.json("formats", (row) => row.formats, "Where it can be had, in which formats"),
    dataset.text("title", (row) => row.title, "Its name for people"),
    dataset.maybeText("owner", (row) => row.owner, "Who answers for it"),
    dataset.maybeText("contact", (row) => row.contact, "How to reach them"),
    dataset.maybeText("publisher", (row) => row.publisher, "Who makes it available"),
    dataset.maybeText("licence", (row) => row.licence, "Under which terms it may be used"),
    dataset.json("tags", (row) => row.tags, "Words to find it by"),
    dataset.integer("version", (row) => row.version, "Of what people say of it, for If-Match; 0: nothing"),
    dataset.maybeText("described_at", (row) => row.described_at, "When that was last changed, UTC")
  ]
}
