/** What readings and aggregates say of their sensor, at the time of the reading. */
import { columnsOf } from "./Column.js"

/** A row that says it; null: not known. */
export interface Placed {
  readonly lat: number | null
  readonly lng: number | null
  readonly unit: string | null
  readonly type: string | null
  readonly description: string | null
  /** Of the sensor. */
  readonly name: string | null
  /** The version of the calibration that the values went through; absent or null: none. */
  readonly calibration?: number | null
}

const column = columnsOf<Placed>()

const degrees = <const Name extends "lat" | "lng">(
  name: Name,
  word: string,
  bound: number,
  of: string,
  alias: string
) =>
  column.maybeNumber(name, `${word} of the sensor at ${of}, WGS 84; null: not known`, (row) => row[name], {
    unit: "degrees",
    answer: `${word}, WGS 84, degrees; null: unknown`,
    example: 10,
    rules: { minimum: -bound, maximum: bound },
    sql: `COALESCE(${alias}.${name}, v.${name})`
  })

const DESCRIBED = [
  column.maybeText(
    "unit",
    "Unit of the values, as the sensor's owner gave it; null: not known",
    (row) => row.unit,
    { answer: "Unit of `value`; null: unknown", example: "C", sql: "v.unit" }
  ),
  column.maybeText("type", "What is measured; null: not known", (row) => row.type, {
    answer: "What is measured; null: unknown",
    example: "temperature",
    sql: "v.type"
  }),
  column.maybeText(
    "description",
    "Where the sensor is, or what it is for; null: not known",
    (row) => row.description,
    {
      answer: "The sensor in words, often its place; null: unknown",
      example: "Main Entrance",
      sql: "v.description"
    }
  )
] as const

/** The sensor's name, as of the answer's position: one that was renamed has one name in all of an answer's rows. */
export const nameColumn = column.maybeText(
  "name",
  "Name of the sensor: what a device without a number is known by; null: it has none",
  (row) => row.name,
  { answer: "Name of the sensor; null: it has none", example: "zigbee2mqtt/plug/power", sql: "s.name" }
)

/** Of calibrated rows alone. */
export const calibrationColumn = column.maybeInteger(
  "calibration",
  "Version of the calibration that the values went through, of those that were asked for calibrated; null: none held",
  (row) => row.calibration ?? null,
  { example: 7, sql: null }
)

/** `of`: when the sensor was there; `alias`: the rows that may have a place of their own, in SQL. */
export const placeColumns = (of: string, alias: string) =>
  [
    degrees("lat", "Latitude", 90, of, alias),
    degrees("lng", "Longitude", 180, of, alias),
    ...DESCRIBED
  ] as const
