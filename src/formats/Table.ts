/**
 * Rows as a table: what its columns are called, hold and mean. Said once for each kind of row, and shared by every
 * format, so that a field is added in one place.
 *
 * Encoders are pure: rows go in by the chunk, bytes come out, and an encoder holds one bounded group of rows at most.
 */
import type { RowColumn } from "../domain/dataset/Column.js"
import type { Micros } from "../domain/Time.js"

export type Column<Row> = RowColumn<Row>

export interface Table<Row> {
  readonly name: string
  readonly columns: ReadonlyArray<Column<Row>>
}

/** What a file says of its data beside the columns. Equal for equal data: no time of export. */
export interface About {
  /** Under which terms the data may be used. */
  readonly licence: string
  /** The log position that the rows hold as of. */
  readonly position: number
  /** The newest event time among the rows; null: there are none. */
  readonly watermark: Micros | null
}

/** One run over rows: `start` first, then `rows` as often as there are some, then `end`; once each. */
export interface Encoder<Row> {
  readonly start: () => ReadonlyArray<Uint8Array>
  readonly rows: (rows: ReadonlyArray<Row>) => ReadonlyArray<Uint8Array>
  readonly end: () => ReadonlyArray<Uint8Array>
}

/** The columns with these names, in this order; the table itself when none are named. */
export const selectColumns = <Row>(
  table: Table<Row>,
  names: ReadonlyArray<string> | undefined
): Table<Row> =>
  names === undefined
    ? table
    : {
        ...table,
        columns: names.flatMap((name) => table.columns.filter((column) => column.name === name))
      }

/** What columnar files carry of the table as a whole: by key, all text. */
export const keyValues = <Row>(
  table: Table<Row>,
  about: About,
  formatTime: (time: number) => string
): ReadonlyMap<string, string> => {
  const units = Object.fromEntries(
    table.columns.flatMap(({ name, unit }) => (unit === null ? [] : [[name, unit]]))
  )
  const descriptions = Object.fromEntries(table.columns.map(({ description, name }) => [name, description]))
  return new Map([
    ["dataset", table.name],
    ["licence", about.licence],
    ["position", String(about.position)],
    ["watermark", about.watermark === null ? "" : formatTime(about.watermark)],
    ["time_zone", "UTC"],
    ["units", JSON.stringify(units)],
    ["descriptions", JSON.stringify(descriptions)]
  ])
}
