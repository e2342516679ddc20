/** Readings in force. */
import { type Reading, TIME_SOURCES } from "../Reading.js"
import { MICROS_PER_MILLI } from "../Time.js"
import { columnsOf, OF_SENSOR } from "./Column.js"
import { type StoredDataset, storedAs, withLast } from "./Dataset.js"
import { nameColumn, placeColumns } from "./Place.js"

const column = columnsOf<Reading>()

const columns = [
  column.integer("id", "Number of the reading; stays the same when it is corrected", (row) => row.id, {
    answer: "The reading's number, given by the log; it stays when the reading is corrected",
    example: 4711,
    rules: { unique: true, minimum: 1 },
    sql: "COALESCE(e.reading_id, e.position)"
  }),
  column.integer("sensor_id", "Number of the sensor", (row) => row.sensorId, {
    ofSensor: true,
    example: 1,
    rules: { minimum: 1 },
    sql: "e.sensor_id"
  }),
  column.time("timestamp", "When the device measured it", (row) => row.occurredAt, {
    answer: "When it was measured: device time, UTC",
    sql: "e.occurred_at"
  }),
  column.number("value", "The measured value", (row) => row.value, {
    unit: OF_SENSOR,
    answer: "The measured value, in `unit`",
    example: 21.5,
    sql: "e.value"
  }),
  ...placeColumns("that time", "e"),
  column.integer(
    "position",
    "Place in the log of the row in force: the recording or the last correction",
    (row) => row.position,
    {
      answer: "Place in the log's one order of the row that is in force",
      example: 4711,
      rules: { unique: true, minimum: 1 },
      sql: "e.position"
    }
  ),
  column.time("recorded_at", "When the log took this row; rises with the position", (row) => row.recordedAt, {
    answer: "When the log stored that row, UTC",
    sql: "e.recorded_at"
  }),
  column.text(
    "time_source",
    "Whose time `timestamp` is: device: as stated; arrival: no usable clock; adjusted: arrival less the stated age",
    (row) => row.timeSource,
    { values: TIME_SOURCES, example: "device", sql: "COALESCE(e.time_source, 'device')" }
  ),
  nameColumn
] as const

/** The view and expectations have these last, in this order. */
const LAST = ["recorded_at", "position", "time_source", "name"]

export const READINGS = {
  id: 1,
  name: "sensor_data",
  entity: "Reading",
  description:
    "Every reading in force: one number that one sensor measured at one time. A reading that was corrected shows its last correction; one that was deleted does not show.",
  application: "Detailed analysis, training data, audits, and whatever needs each single value.",
  grain: "One row a reading in force",
  key: ["id"],
  path: "/data",
  entitySet: "readings",
  inTime: true,
  columns,
  stored: storedAs(columns, {
    tables: { e: "events", v: "sensor_versions", s: "sensors" },
    newest: "timestamp DESC, position DESC",
    last: LAST
  })
} as const satisfies StoredDataset<Reading>

/** What expectations see: `lag_ms` beside, from the device time to when the log took it. */
export const CHECKED_READING_COLUMNS = [
  ...withLast(columns, LAST),
  column.number(
    "lag_ms",
    "From the device time to when the log took it",
    (row) => (row.recordedAt - row.occurredAt) / MICROS_PER_MILLI,
    { unit: "ms" }
  )
]
