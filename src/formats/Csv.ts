/**
 * CSV as RFC 4180 has it: a header, lines ended by CRLF, quotes doubled. Null is an empty field, empty text is "".
 *
 * Text that a spreadsheet would take for a formula (it starts with = + - @, a tab or a CR) gets an apostrophe before
 * it; numbers and times are never touched.
 */
import { onceEach, plainCell } from "./Cells.js"
import { bytesOf } from "./Json.js"
import type { Column, Encoder, Table } from "./Table.js"

export const SEPARATORS = [",", ";", "\t", "|"] as const
export type Separator = (typeof SEPARATORS)[number]

export interface CsvOptions {
  readonly separator: Separator
  /** Begin with the byte order mark, by which Excel knows UTF-8. */
  readonly bom: boolean
}

const FORMULA = /^[=+\-@\t\r]/
const BOM = "\uFEFF"

const fieldOf = <Row>(column: Column<Row>, separator: string): ((row: Row) => string) => {
  const cell = plainCell(column)
  // Numbers, times and hex hold nothing that needs quotes, whatever the separator.
  if (column.kind !== "text" && column.kind !== "json") return (row) => cell(row) ?? ""
  const special = new RegExp(`[\\r\\n"${separator === "\t" ? "\\t" : separator}]`)
  const field = (text: string): string => {
    const safe = FORMULA.test(text) ? `'${text}` : text
    return safe === "" || special.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  const written = onceEach(field)
  return (row) => {
    const text = cell(row)
    return text === null ? "" : written(text)
  }
}

export const csvEncoder = <Row>(table: Table<Row>, { bom, separator }: CsvOptions): Encoder<Row> => {
  const fields = table.columns.map((column) => fieldOf(column, separator))
  const header = table.columns.map(({ name }) =>
    fieldOf<string>(
      { name, kind: "text", nullable: false, unit: null, description: "", get: (text) => text },
      separator
    )(name)
  )
  return {
    start: () => [bytesOf(`${bom ? BOM : ""}${header.join(separator)}\r\n`)],
    rows: (rows) => {
      let text = ""
      for (const row of rows) {
        let before = ""
        for (const field of fields) {
          text += before + field(row)
          before = separator
        }
        text += "\r\n"
      }
      return text === "" ? [] : [bytesOf(text)]
    },
    end: () => []
  }
}
