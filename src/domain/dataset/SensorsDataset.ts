/** Sensors: flat, as files have them; answers nest what is known, its actor's status and the last reading. */
import type { Reading } from "../Reading.js"
import type { Sensor } from "../Sensor.js"
import type { Micros } from "../Time.js"
import { columnsOf, OF_SENSOR } from "./Column.js"
import { type StoredDataset, storedAs } from "./Dataset.js"

export interface SensorRow {
  readonly sensor: Sensor
  readonly last: Reading | undefined
  /** Null: it is not gone. */
  readonly goneSince: Micros | null
  readonly status: { readonly state: string } | undefined
}

const column = columnsOf<SensorRow>()
const intervalOf = ({ sensor }: SensorRow) => sensor.intervalMs ?? sensor.estimatedIntervalMs

const columns = [
  column.integer(
    "id",
    "Number of the sensor: below 1,000,000,000 claimed by a device; from there on given to a name",
    ({ sensor }) => sensor.id,
    { rules: { unique: true, minimum: 1 } }
  ),
  column.integer("sensor_id", "The same number", ({ sensor }) => sensor.id, { sql: null }),
  column.maybeText(
    "name",
    "What a device without a number is known by; null: it has a number of its own",
    ({ sensor }) => sensor.name
  ),
  column.maybeNumber("lat", "Latitude, WGS 84", ({ sensor }) => sensor.metadata.lat, {
    unit: "degrees",
    rules: { minimum: -90, maximum: 90 },
    sql: null
  }),
  column.maybeNumber("lng", "Longitude, WGS 84", ({ sensor }) => sensor.metadata.lng, {
    unit: "degrees",
    rules: { minimum: -180, maximum: 180 },
    sql: null
  }),
  column.maybeText("unit", "Unit of its values", ({ sensor }) => sensor.metadata.unit, { sql: null }),
  column.maybeText("type", "What is measured", ({ sensor }) => sensor.metadata.type, { sql: null }),
  column.maybeText("description", "The sensor in words", ({ sensor }) => sensor.metadata.description, {
    sql: null
  }),
  column.maybeNumber("min", "Least value declared", ({ sensor }) => sensor.metadata.min, {
    unit: OF_SENSOR,
    sql: null
  }),
  column.maybeNumber("max", "Greatest value declared", ({ sensor }) => sensor.metadata.max, {
    unit: OF_SENSOR,
    sql: null
  }),
  column.integer("version", "Current version of its metadata", ({ sensor }) => sensor.version, {
    rules: { minimum: 1 }
  }),
  column.maybeNumber("interval_ms", "Time between two readings, declared or estimated", intervalOf, {
    unit: "ms",
    sql: { description: "Declared time between readings; null: not declared" }
  }),
  column.boolean(
    "interval_estimated",
    "Taken from the readings",
    ({ sensor }) => sensor.intervalMs === null && sensor.estimatedIntervalMs !== null,
    { sql: null }
  ),
  column.boolean(
    "retired",
    "Nothing is expected of it any more",
    ({ sensor }) => sensor.status === "retired",
    { sql: null }
  ),
  column.boolean(
    "derived",
    "It has no readings: its aggregates are computed from those of other sensors",
    ({ sensor }) => sensor.status === "derived",
    { sql: null }
  ),
  column.maybeTime(
    "gone_since",
    "Its last reading, where it is retired or has been silent for too long; null: it is not gone",
    (row) => row.goneSince,
    { sql: null }
  ),
  column.maybeText("state", "Of its simulation; null: a real device", ({ status }) => status?.state ?? null, {
    sql: null
  }),
  column.maybeTime("last_reading_at", "Its last reading, UTC", ({ last }) => last?.occurredAt ?? null, {
    sql: null
  }),
  column.maybeNumber("last_value", "What that was", ({ last }) => last?.value ?? null, {
    unit: OF_SENSOR,
    sql: null
  })
] as const

export const SENSORS = {
  id: 3,
  name: "sensors",
  entity: "Sensor",
  description:
    "Every sensor that was ever seen or described, with the version of its metadata that is current.",
  application: "Which sensors there are, which are active, and how often each is expected to report.",
  grain: "One row a sensor",
  key: ["id"],
  path: "/sensors",
  entitySet: "sensors",
  inTime: false,
  columns,
  stored: storedAs(columns, {
    newest: "id",
    also: [
      { name: "status", kind: "text", unit: null, description: "`active`, `retired` or `derived`" },
      {
        name: "estimated_interval_ms",
        kind: "number",
        unit: "ms",
        description: "Median of the steps between its first readings; null: not estimated yet"
      },
      {
        name: "version_since",
        kind: "time",
        unit: "UTC",
        description: "Device time of the reading that last moved the version"
      }
    ],
    last: ["status", "interval_ms", "estimated_interval_ms", "version_since"]
  })
} as const satisfies StoredDataset<SensorRow>
