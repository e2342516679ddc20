/**
 * Parquet, written in row groups as the rows come: what is held is one group, and a few hundred bytes for each group
 * that was written. Times are TIMESTAMP(MICROS, UTC). Doubles are stored plainly: a dictionary would make -0 a 0.
 */
import { ByteWriter, type ColumnSource, ParquetWriter, type SchemaElement } from "hyparquet-writer"
import type { ColumnKind } from "../domain/dataset/Column.js"
import { formatTime } from "../domain/Time.js"
import { type About, type Column, type Encoder, keyValues, type Table } from "./Table.js"

/** When a group of rows ends. */
interface GroupBounds {
  readonly rows: number
  /** Of text and binary. */
  readonly bytes: number
  /** Of sorted rows a group of so many ends where the next value begins: who reads one value reads few others. */
  readonly sortedRows: number
}

/** Of what somebody waits for. */
export const GROUP_ROWS = 20_000
const QUICK: GroupBounds = { rows: GROUP_ROWS, bytes: 4_194_304, sortedRows: 5_000 }
/** Of what is written once, and read by others for years. */
const TIGHT: GroupBounds = { rows: 50_000, bytes: 16_777_216, sortedRows: 25_000 }
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

/** A cell as the writer takes it, and a reader gives it back. */
export type Value = bigint | number | string | boolean | Uint8Array | null

export const valueOf = <Row>(column: Column<Row>): ((row: Row) => Value) => {
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

export interface ParquetOptions {
  /** The name of a column by whose values the rows come sorted. */
  readonly sortedBy?: string
  /** Packs pages as gzip does; absent: as Snappy does, which is quick. */
  readonly gzip?: (bytes: Uint8Array) => Uint8Array
}

/** How the cells of a column are laid out. Integers and times differ little from the ones before. */
const encodingOf = (kind: ColumnKind, tight: boolean): Pick<ColumnSource, "encoding"> => {
  if (kind === "text") return {}
  return { encoding: tight && (kind === "integer" || kind === "time") ? "DELTA_BINARY_PACKED" : "PLAIN" }
}

export const parquetEncoder = <Row>(
  table: Table<Row>,
  about: About,
  { gzip, sortedBy }: ParquetOptions = {}
): Encoder<Row> => {
  const tight = gzip !== undefined
  const bounds = tight ? TIGHT : QUICK
  const writer = new ChunkWriter()
  const kvMetadata = [...keyValues(table, about, formatTime)].map(([key, value]) => ({ key, value }))
  const parquet = new ParquetWriter({
    writer,
    schema: schemaOf(table),
    ...(tight ? { codec: "GZIP", compressors: { GZIP: gzip } } : { codec: "SNAPPY" }),
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
        ...encodingOf(kind, tight)
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
        if (bufferedRows >= bounds.sortedRows && key !== lastKey) flush()
        lastKey = key
        for (const column of columns) {
          const value = column.value(row)
          column.values.push(value)
          if (column.heavy) bytes += weight(value)
        }
        bufferedRows += 1
        if (bufferedRows >= bounds.rows || bytes >= bounds.bytes) flush()
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
