/**
 * From a row of a CSV to the message that a device would have sent. Pure.
 *
 * | column (its name in any case) | is |
 * |---|---|
 * | `timestamp`, `ts`, `time`, `datetime`, `date` (the first of them), else the first column | the time |
 * | `sensor_id`, else `name`, `device_id`, `device` | whose reading it is; `--sensor` where there is none |
 * | `lat`, `lng`, `unit`, `type`, `description` | metadata; `--unit` and `--type` where there is none |
 * | `value` | the value of a message of one reading; the other columns are passed over |
 * | else every other column | a metric of that name; one alone is a `value` |
 *
 * Cells are not judged here: what is no number goes as text, and is rejected and counted where it arrives. An
 * empty cell of several metrics is no reading.
 */
import * as Either from "effect/Either"

export interface CsvOptions {
  /** A number (the sensor's id) or a name, for rows that don't say whose they are. */
  readonly sensor?: string | undefined
  readonly unit?: string | undefined
  readonly type?: string | undefined
}

export type CsvRow = ReadonlyArray<string>

const TIMES = ["timestamp", "ts", "time", "datetime", "date"]
const IDENTITIES = ["sensor_id", "name", "device_id", "device"]
const PLACES = ["lat", "lng"]
const METADATA = ["unit", "type", "description"]
/** What a reading has besides, when it comes from our own answers. */
const PASSED_OVER = ["id", "position", "recorded_at"]

const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/

/** A cell as JSON: a number as it is written, anything else as text. */
const cell = (text: string): string =>
  text === "" ? "null" : JSON_NUMBER.test(text) ? text : JSON.stringify(text)

const member = (key: string, json: string): string => `${JSON.stringify(key)}:${json}`
const object = (members: ReadonlyArray<string>): string => `{${members.join(",")}}`

/** The separator of a CSV, by its first line. */
export const separatorOf = (header: string): string =>
  [",", ";", "\t"].reduce((best, one) => (header.split(one).length > header.split(best).length ? one : best))

interface Column {
  readonly name: string
  readonly index: number
}

/** The columns of a CSV, by what they are. */
interface Layout {
  readonly time: Column
  readonly identity: Column | undefined
  readonly values: ReadonlyArray<Column>
  readonly places: ReadonlyArray<Column>
  readonly metadata: ReadonlyArray<Column>
}

const layoutOf = (header: CsvRow, options: CsvOptions): Either.Either<Layout, string> => {
  const columns = header.map((name, index): Column => ({ name, index }))
  const named = (name: string) => columns.find((column) => column.name.toLowerCase() === name)
  const first = (names: ReadonlyArray<string>) => names.map(named).find((column) => column !== undefined)
  const among = (names: ReadonlyArray<string>) =>
    columns.filter(({ name }) => names.includes(name.toLowerCase()))
  const time = first(TIMES) ?? columns[0]
  const identity = first(IDENTITIES)
  const value = named("value")
  const known = new Set([...IDENTITIES, ...PLACES, ...METADATA, ...PASSED_OVER])
  const others = columns.filter((column) => column !== time && !known.has(column.name.toLowerCase()))
  const values = value === undefined ? others : [value]
  if (time === undefined || values.length === 0) return Either.left("its header names no column of values")
  if (identity === undefined && options.sensor === undefined) {
    return Either.left("no column says whose readings these are: give --sensor, a number or a name")
  }
  const numbered = identity?.name.toLowerCase() === "sensor_id" || /^\d+$/.test(options.sensor ?? "")
  if (values.length > 1 && numbered) {
    return Either.left(
      `it has ${values.length} columns of values, and a sensor's number is for one: give --sensor a name`
    )
  }
  return Either.right({ time, identity, values, places: among(PLACES), metadata: among(METADATA) })
}

const metadataOf = (row: CsvRow, layout: Layout, options: CsvOptions): ReadonlyArray<string> => {
  const filled = ({ index }: Column) => (row[index] ?? "") !== ""
  const columns = layout.metadata.filter(filled)
  const said = (name: string) => columns.some((column) => column.name.toLowerCase() === name)
  const members = columns.map(({ name, index }) => member(name.toLowerCase(), JSON.stringify(row[index])))
  if (!said("unit") && options.unit !== undefined) members.push(member("unit", JSON.stringify(options.unit)))
  if (!said("type") && options.type !== undefined) members.push(member("type", JSON.stringify(options.type)))
  const places = layout.places.filter(filled)
  if (places.length > 0) {
    const location = places.map(({ name, index }) => member(name.toLowerCase(), cell(row[index] ?? "")))
    members.push(member("location", object(location)))
  }
  return members.length === 0 ? [] : [member("metadata", object(members))]
}

const identityOf = (row: CsvRow, { identity }: Layout, { sensor }: CsvOptions): string => {
  const own = identity === undefined ? "" : (row[identity.index] ?? "")
  if (identity !== undefined && own !== "") return member(identity.name.toLowerCase(), JSON.stringify(own))
  const given = sensor ?? ""
  return member(/^\d+$/.test(given) ? "sensor_id" : "name", JSON.stringify(given))
}

const valuesOf = (row: CsvRow, values: ReadonlyArray<Column>): string => {
  const [only] = values
  if (values.length === 1 && only !== undefined) return member("value", cell(row[only.index] ?? ""))
  const metrics = values.filter(({ index }) => (row[index] ?? "") !== "")
  return member("data", object(metrics.map(({ name, index }) => member(name, cell(row[index] ?? "")))))
}

/** What makes a payload of each row under this header; left: why these rows can't be replayed. */
export const payloadOfRow = (
  header: CsvRow,
  options: CsvOptions
): Either.Either<(row: CsvRow) => string, string> =>
  Either.map(
    layoutOf(header, options),
    (layout) => (row) =>
      object([
        identityOf(row, layout, options),
        member("timestamp", JSON.stringify(row[layout.time.index] ?? "")),
        valuesOf(row, layout.values),
        ...metadataOf(row, layout, options)
      ])
  )
