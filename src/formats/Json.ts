/** JSON: an array of rows, lines of rows (NDJSON), or columns. */
import { jsonCell } from "./Cells.js"
import type { Encoder, Table } from "./Table.js"

export const bytesOf = (text: string): Uint8Array => Buffer.from(text)

export const jsonRow = <Row>(table: Table<Row>): ((row: Row) => string) => {
  const cells = table.columns.map((column, index) => ({
    prefix: `${index === 0 ? "{" : ","}${JSON.stringify(column.name)}:`,
    cell: jsonCell(column)
  }))
  return (row) => {
    let text = ""
    for (const { cell, prefix } of cells) text += prefix + cell(row)
    return text === "" ? "{}" : `${text}}`
  }
}

/** Of tables that answers are made of again and again. */
const rowTexts = new WeakMap<object, (row: never) => string>()

const rowTextOf = <Row>(table: Table<Row>): ((row: Row) => string) => {
  const before = rowTexts.get(table)
  if (before !== undefined) return before as (row: Row) => string
  const rowText = jsonRow(table)
  rowTexts.set(table, rowText)
  return rowText
}

export const rowsText = <Row>(table: Table<Row>, rows: ReadonlyArray<Row>): string => {
  const rowText = rowTextOf(table)
  let text = ""
  for (const row of rows) text += text === "" ? rowText(row) : `,${rowText(row)}`
  return `[${text}]`
}

export interface ColumnsPage {
  /** Address of the next page, null on the last. */
  readonly next: string | null
  readonly position: number
}

/** `{columns: {name: [cells]}, next, position}`. */
export const columnsText = <Row>(table: Table<Row>, rows: ReadonlyArray<Row>, page: ColumnsPage): string => {
  const columns = table.columns.map(
    (column) => `${JSON.stringify(column.name)}:[${rows.map(jsonCell(column)).join(",")}]`
  )
  return `{"columns":{${columns.join(",")}},"next":${JSON.stringify(page.next)},"position":${page.position}}`
}

/** A line a row, each ended by a line feed. */
export const ndjsonEncoder = <Row>(table: Table<Row>): Encoder<Row> => {
  const line = jsonRow(table)
  return {
    start: () => [],
    rows: (rows) => {
      let text = ""
      for (const row of rows) text += `${line(row)}\n`
      return text === "" ? [] : [bytesOf(text)]
    },
    end: () => []
  }
}
