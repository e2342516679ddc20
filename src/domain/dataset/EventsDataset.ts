/** The log. */
import { type Event, EventType } from "../Event.js"
import { TIME_SOURCES } from "../Reading.js"
import { columnsOf, OF_SENSOR } from "./Column.js"
import { type StoredDataset, storedAs } from "./Dataset.js"

const column = columnsOf<Event>()

const columns = [
  column.integer("position", "Place in the log: one rising number, without a hole", (row) => row.position, {
    example: 4711,
    rules: { unique: true, minimum: 1 }
  }),
  column.text(
    "event_id",
    "Idempotency key: 48 bits of device time in ms, then a hash",
    (row) => row.eventId,
    {
      answer: "Idempotency key: 48 bits of device time in ms, then a hash; hex",
      rules: { unique: true },
      sql: { kind: "binary" }
    }
  ),
  column.text("type", "What happened, in the past tense", (row) => row.type, {
    answer: "What happened",
    values: EventType.literals,
    example: "ReadingRecorded"
  }),
  column.integer("sensor_id", "Number of the sensor", (row) => row.sensorId, {
    ofSensor: true,
    example: 1,
    rules: { minimum: 1 }
  }),
  column.integer(
    "sensor_version",
    "Version of the sensor's metadata that was in force",
    (row) => row.sensorVersion,
    { example: 1 }
  ),
  column.time("occurred_at", "Device time", (row) => row.occurredAt, {
    answer: "Device time, UTC"
  }),
  column.time(
    "recorded_at",
    "When the log took it; never falls as the position rises",
    (row) => row.recordedAt,
    { answer: "When the log took it, UTC; never falls as the position rises" }
  ),
  column.maybeNumber("value", "The measured value; null for events that carry none", (row) => row.value, {
    unit: OF_SENSOR,
    example: 21.5
  }),
  column.maybeNumber("lat", "Latitude, WGS 84; null: that of the version", (row) => row.lat, {
    unit: "degrees",
    answer: "Latitude, WGS 84, degrees; null: that of the version",
    example: 10,
    rules: { minimum: -90, maximum: 90 }
  }),
  column.maybeNumber("lng", "Longitude, WGS 84; null: that of the version", (row) => row.lng, {
    unit: "degrees",
    answer: "Longitude, WGS 84, degrees; null: that of the version",
    example: 10,
    rules: { minimum: -180, maximum: 180 }
  }),
  column.maybeInteger(
    "reading_id",
    "Of a correction or deletion: the reading; null: its own position",
    (row) => row.readingId
  ),
  column.maybeInteger(
    "superseded_by",
    "Position of the correction or deletion of this row; null: none",
    (row) => row.supersededBy
  ),
  column.maybeJson("payload", "What did not fit the narrow row", (row) => row.payload),
  column.maybeText(
    "time_source",
    "Whose time a reading has: arrival, adjusted; null: the device's",
    (row) => row.timeSource,
    {
      answer: "Whose time `occurred_at` is, of an event that carries a value: device, arrival or adjusted",
      values: TIME_SOURCES,
      example: "device"
    }
  ),
  column.maybeInteger("import_id", "The import that brought it; null: none", (row) => row.importId, {
    example: 12
  })
] as const

export const EVENTS = {
  id: 5,
  name: "events",
  entity: "LogEvent",
  description:
    "The log: everything that ever happened, in one order, append only. The source of truth of all other data sets.",
  application: "Audits, history of a reading, the data as they were at any earlier position, rebuilding.",
  grain: "One row an event",
  key: ["position"],
  path: "/events",
  entitySet: null,
  inTime: false,
  columns,
  stored: storedAs(columns, { newest: "position DESC" })
} as const satisfies StoredDataset<Event>
