/**
 * What a column is, by its name in the header: in any case, with spaces, `_`, `-` and `.` alike.
 *
 * | name | is |
 * |---|---|
 * | `timestamp`, `ts`, `time`, `datetime`, `date`, … | the time, or a part of it |
 * | `sensor_id`, `name`, `device_id`, `device`, … | whose reading it is |
 * | `metric`, `parameter`, `field`, … | what is measured, where each row is one reading |
 * | `value` | the value of a row of one reading; the other columns are passed over |
 * | `lat`, `latitude`, `lng`, `lon`, `long`, `longitude` | the place |
 * | `unit`, `type`, `description`, `seq`, `epoch` | as in a message |
 */

export type CsvRole = "time" | "sensor_id" | "name" | "metric" | "value" | "passed over" | SideField

/** What a row says beside its time and values. */
export const SIDE_FIELDS = ["lat", "lng", "unit", "type", "description", "seq", "epoch"] as const
export type SideField = (typeof SIDE_FIELDS)[number]

/** The times in the order in which they are chosen. */
const TIMES = [
  ...["timestamp", "ts", "time", "datetime", "date time", "date/time", "date", "measured at"],
  ...["observed at", "created at", "last changed", "last updated", "datum", "zeit", "uhrzeit", "zeitstempel"]
]
const NAMES: ReadonlyMap<string, CsvRole> = new Map<string, CsvRole>([
  ...TIMES.map((name) => [name, "time"] as const),
  ...["sensor id", "sensorid"].map((name) => [name, "sensor_id"] as const),
  ...["name", "device id", "device", "deviceid", "device name", "devicename", "sensor", "sensor name"].map(
    (name) => [name, "name"] as const
  ),
  ...["entity id", "deveui", "dev eui", "mac", "station", "station id", "stations id"].map(
    (name) => [name, "name"] as const
  ),
  ...["metric", "parameter", "field", "measurement", "variable", "quantity", "property"].map(
    (name) => [name, "metric"] as const
  ),
  ["value", "value"],
  ...["lat", "latitude"].map((name) => [name, "lat"] as const),
  ...["lng", "lon", "long", "longitude"].map((name) => [name, "lng"] as const),
  ...(["unit", "type", "description", "seq", "epoch"] as const).map((name) => [name, name] as const),
  ["unit of measurement", "unit"],
  // What a reading has besides when it comes from our own answers, and what rows are counted by.
  ...["id", "position", "recorded at", "record", "#", "row", "entry id"].map(
    (name) => [name, "passed over"] as const
  )
])

const UNIT_BEHIND = /^(.*\S)\s*[([]\s*([^()[\]]{0,64}?)\s*[)\]]$/

export interface CsvName {
  /** As it stands in the header. */
  readonly text: string
  /** Without its unit. */
  readonly plain: string
  readonly unit: string | null
  /** Undefined: a column of values. */
  readonly role: CsvRole | undefined
  /** Among several times the lowest is chosen. */
  readonly rank: number
}

const normal = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[\s_.-]+/g, " ")
    .trim()

/** The offset that a time's column names: `Timestamp (UTC)`, `Date Time, GMT+02:00`. */
const OFFSET = /[,\s]*\(?((?:UTC|GMT)(?:[+-]\d{1,2}(?::?\d{2})?)?)\)?$/i

export const offsetInName = (name: string): string | undefined => OFFSET.exec(name.trim())?.[1]

export const nameOf = (header: string): CsvName => {
  const text = header.trim()
  const [, before = text, unit = ""] = UNIT_BEHIND.exec(text) ?? []
  const role = (name: string) => NAMES.get(normal(name))
  const ofTime = [text, before, text.replace(OFFSET, "")].find((name) => role(name) === "time")
  if (ofTime !== undefined) {
    return { text, plain: text, unit: null, role: "time", rank: TIMES.indexOf(normal(ofTime)) }
  }
  const own = role(text) ?? role(before)
  return { text, plain: before, unit: unit === "" ? null : unit, role: own, rank: 0 }
}

/** A column of our own files with a column a sensor: its number. */
export const sensorOfName = (name: string): number | undefined => {
  const match = /^sensor_(\d{1,10})$/.exec(name)
  return match === null ? undefined : Number(match[1])
}
