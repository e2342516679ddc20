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

const BRACKETS_BEHIND = /^(.*\S)\s*[([]\s*([^()[\]]{1,64}?)\s*[)\]]$/
const UNIT_BEHIND_COMMA = /^(.*\S)\s*,\s*([^,\s]{1,16})$/
/** What no word has: `°C`, `%`, `km/h`. */
const SIGNS = /[°%µμΩ²³‰]|^[A-Za-z0-9µ]+[/·^*][A-Za-z0-9/·^*-]+$/u
const UNITS: ReadonlySet<string> = new Set(
  (
    "C F K degC degF celsius fahrenheit kelvin V mV kV A mA W mW kW MW Wh kWh MWh VA kVA var kvar J kJ MJ N Nm Pa " +
    "hPa kPa MPa bar mbar psi atm mmHg inHg m mm cm km um nm ft in s ms us min h d Hz kHz MHz GHz rpm lx lux lm cd " +
    "ppm ppb g kg mg ug t l L ml mL m3 m2 dB dBm dBA RH %RH pH S mS uS ohm kohm deg rad cps cpm Bq Sv uSv mol mmol " +
    "knots kn mph kmh bpm bytes B kB MB GB index counts"
  ).split(" ")
)

/** Whether a text in brackets is a unit: what else stands there (a substance, a serial number) is of the name. */
const isUnit = (text: string): boolean =>
  text.length <= 16 && !text.includes(":") && (SIGNS.test(text) || UNITS.has(text.replace(/^deg\s+/i, "deg")))

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

const OFFSET = /[,\s]*[([]?((?:UTC|GMT)(?:[+-]\d{1,2}(?::?\d{2})?)?)[)\]]?$/i
const ZONE_NAME = /[([]\s*(local\b.*|lokal.*|[A-Z]{2,4}T|[A-Za-z]+\/[A-Za-z_/]+)\s*[)\]]$/

/**
 * The zone that a time's column names. Of `Timestamp (UTC)`, `Date Time, GMT+02:00` it is plain; a name such as
 * `(CET)` or `(local)` only tells that it is some other.
 */
export const zoneInName = (name: string): { readonly offset?: string; readonly other?: string } => {
  const offset = OFFSET.exec(name)?.[1]
  if (offset !== undefined) return { offset }
  const other = ZONE_NAME.exec(name)?.[1]
  return other === undefined ? {} : { other }
}

export const nameOf = (header: string): CsvName => {
  const text = header.trim()
  const [, before = text, bracketed = ""] = BRACKETS_BEHIND.exec(text) ?? []
  const role = (name: string) => NAMES.get(normal(name))
  const ofTime = [text, before, text.replace(OFFSET, "")].find((name) => role(name) === "time")
  if (ofTime !== undefined) {
    return { text, plain: text, unit: null, role: "time", rank: TIMES.indexOf(normal(ofTime)) }
  }
  const [, beforeComma = text, behind = ""] = UNIT_BEHIND_COMMA.exec(text) ?? []
  const [plain, unit] = isUnit(bracketed)
    ? [before, bracketed]
    : SIGNS.test(behind)
      ? [beforeComma, behind]
      : [text, null]
  return { text, plain, unit, role: role(text) ?? role(before), rank: 0 }
}

/** A column of our own files with a column a sensor: its number. */
export const sensorOfName = (name: string): number | undefined => {
  const match = /^sensor_(\d{1,10})$/.exec(name)
  return match === null ? undefined : Number(match[1])
}
