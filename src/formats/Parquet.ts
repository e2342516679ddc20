/**
 * Parquet, written in row groups as the rows come: what is held is one group, and a few hundred bytes for each group
 * that was written. Times are TIMESTAMP(MICROS, UTC). Doubles are stored plainly: a dictionary would make -0 a 0.
 */
import { ByteWriter, type ColumnSource, ParquetWriter, type SchemaElement } from "hyparquet-writer"
import type { ColumnKind } from "../domain/dataset/Column.js"
import { formatTime } from "../domain/Time.js"
import { type About, type Column, type Encoder, keyValues, type Table } from "./Table.js"

/** Rows of a group, and the bytes of text and binary in it: whichever is reached first ends it. */
export const GROUP_ROWS = 20_000
const GROUP_BYTES = 4_194_304
/** Of sorted rows a group of so many ends where the next value begins: who reads one value reads few others. */
const SORTED_GROUP_ROWS = 5_000
/** Bytes of a page of a sorted file, before it is packed: an index says what each one holds. */
const PAGE_BYTES = 65_536

/** Gives away what was written; `offset` goes on counting. */
class ChunkWriter extends ByteWriter {
  take(): ReadonlyArray<Uint8Array> {
    if (this.index === 0) return []
    const bytes = new Uint8Array(this.getBuffer())
    this.index = 0
    return [bytes]
  }
}

const ELEMENTS: Record<ColumnKind, Omit<SchemaElement, "name">> = {
  integer: { type: "INT64" },
  number: { type: "DOUBLE" },
  time: {
    type: "INT64",
    converted_type: "TIMESTAMP_MICROS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" }
  },
  text: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
  json: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
  boolean: { type: "BOOLEAN" },
  binary: { type: "BYTE_ARRAY" }
}

type Value = bigint | number | string | boolean | Uint8Array | null

/** A cell as the writer takes it, and how much it weighs. */
const valueOf = <Row>(column: Column<Row>): ((row: Row) => Value) => {
  switch (column.kind) {
    case "integer":
    case "time":
      return (row) => {
        const value = column.get(row)
        return value === null ? null : BigInt(value)
      }
    case "json":
      return (row) => {
        const value = column.get(row)
        return value === null || value === undefined ? null : JSON.stringify(value)
      }
    default:
      return column.get
  }
}

const weight = (value: Value): number =>
  typeof value === "string" ? value.length : value instanceof Uint8Array ? value.length : 0

const schemaOf = <Row>(table: Table<Row>): Array<SchemaElement> => [
  { name: table.name, num_children: table.columns.length },
  ...table.columns.map(
    ({ kind, name, nullable }): SchemaElement => ({
      name,
      repetition_type: nullable ? "OPTIONAL" : "REQUIRED",
      ...ELEMENTS[kind]
    })
  )
]

/** `sortedBy`: the name of a column by whose values the rows come sorted. */
export const parquetEncoder = <Row>(table: Table<Row>, about: About, sortedBy?: string): Encoder<Row> => {
  const writer = new ChunkWriter()
  const kvMetadata = [...keyValues(table, about, formatTime)].map(([key, value]) => ({ key, value }))
  const parquet = new ParquetWriter({
    writer,
    schema: schemaOf(table),
    codec: "SNAPPY",
    kvMetadata,
    createdBy: "tidemark"
  })
  const columns = table.columns.map((column) => ({
    column,
    heavy: column.kind === "text" || column.kind === "json" || column.kind === "binary",
    value: valueOf(column),
    values: [] as Value[]
  }))
  const keyOf = table.columns.find(({ name }) => name === sortedBy)?.get
  let lastKey: unknown
  let bufferedRows = 0
  let bytes = 0

  const flush = (): void => {
    if (bufferedRows === 0) return
    const columnData = columns.map(
      ({ column: { kind, name }, values }): ColumnSource => ({
        name,
        data: values,
        columnIndex: keyOf !== undefined,
        ...(kind === "text" ? {} : { encoding: "PLAIN" })
      })
    )
    const pages = keyOf === undefined ? {} : { pageSize: PAGE_BYTES }
    // Never asynchronous: the writer flushes nowhere.
    void parquet.write({ columnData, rowGroupSize: bufferedRows, ...pages })
    for (const column of columns) column.values = []
    bufferedRows = 0
    bytes = 0
  }

  return {
    start: () => writer.take(),
    rows: (rows) => {
      for (const row of rows) {
        const key = keyOf?.(row)
        if (bufferedRows >= SORTED_GROUP_ROWS && key !== lastKey) flush()
        lastKey = key
        for (const column of columns) {
          const value = column.value(row)
          column.values.push(value)
          if (column.heavy) bytes += weight(value)
        }
        bufferedRows += 1
        if (bufferedRows >= GROUP_ROWS || bytes >= GROUP_BYTES) flush()
      }
      return writer.take()
    },
    end: () => {
      flush()
      void parquet.finish()
      return writer.take()
    }
  }
}
