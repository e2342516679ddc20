/**
 * The Arrow IPC stream: a record batch for each chunk of rows. Times are Timestamp(µs, UTC); what the file says of
 * its data is metadata of the schema, and of each field its unit and meaning.
 */
import {
  Binary,
  Bool,
  type Data,
  type DataType,
  Field,
  Float64,
  Int64,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMicrosecond,
  Utf8
} from "apache-arrow"
import type { ColumnKind } from "../domain/dataset/Column.js"
import { formatTime } from "../domain/Time.js"
import { type About, type Column, type Encoder, keyValues, type Table } from "./Table.js"

/** Keeps what it writes until it is taken. */
class ChunkWriter extends RecordBatchStreamWriter {
  private chunks: Array<Uint8Array> = []

  begin(schema: Schema): void {
    this.reset(undefined, schema)
  }

  take(): ReadonlyArray<Uint8Array> {
    const pending = this.chunks
    this.chunks = []
    if (pending.length < 2) return pending
    // A batch is written in hundreds of small pieces: one for the socket.
    return [Buffer.concat(pending)]
  }

  protected override _write(chunk: ArrayBufferView | ArrayBuffer): this {
    const bytes = ArrayBuffer.isView(chunk)
      ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      : new Uint8Array(chunk)
    if (bytes.byteLength > 0) {
      this.chunks.push(bytes)
      this._position += bytes.byteLength
    }
    return this
  }
}

const TYPES: Record<ColumnKind, DataType> = {
  integer: new Int64(),
  number: new Float64(),
  time: new TimestampMicrosecond("UTC"),
  text: new Utf8(),
  json: new Utf8(),
  boolean: new Bool(),
  binary: new Binary()
}

/** A set bit for each row that has a value; none needed where all have one. */
const validity = (present: ReadonlyArray<boolean>): { nullCount: number; nullBitmap: Uint8Array | null } => {
  const bitmap = new Uint8Array(Math.ceil(present.length / 8))
  let nulls = 0
  present.forEach((here, index) => {
    if (here) bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7))
    else nulls += 1
  })
  return { nullCount: nulls, nullBitmap: nulls === 0 ? null : bitmap }
}

const encoder = new TextEncoder()

const variable = (type: DataType, values: ReadonlyArray<Uint8Array | null>): Data => {
  const valueOffsets = new Int32Array(values.length + 1)
  let total = 0
  values.forEach((bytes, index) => {
    total += bytes?.length ?? 0
    valueOffsets[index + 1] = total
  })
  const data = new Uint8Array(total)
  values.forEach((bytes, index) => {
    if (bytes !== null) data.set(bytes, valueOffsets[index] ?? 0)
  })
  return makeData({
    type: type as Binary,
    length: values.length,
    ...validity(values.map((bytes) => bytes !== null)),
    valueOffsets,
    data
  })
}

/** Texts as UTF-8; equal neighbours are encoded once. */
const textData = (values: ReadonlyArray<string | null>): Data => {
  let last: string | null = null
  let lastBytes: Uint8Array | null = null
  return variable(
    TYPES.text,
    values.map((text) => {
      if (text === null) return null
      if (text !== last || lastBytes === null) {
        last = text
        lastBytes = encoder.encode(text)
      }
      return lastBytes
    })
  )
}

const wholeData = (type: DataType, values: ReadonlyArray<number | null>): Data =>
  makeData({
    type: type as Int64,
    length: values.length,
    ...validity(values.map((value) => value !== null)),
    data: BigInt64Array.from(values, (value) => BigInt(value ?? 0))
  })

const dataOf = <Row>(column: Column<Row>, rows: ReadonlyArray<Row>): Data => {
  switch (column.kind) {
    case "integer":
    case "time":
      return wholeData(TYPES[column.kind], rows.map(column.get))
    case "number": {
      const values = rows.map(column.get)
      return makeData({
        type: new Float64(),
        length: rows.length,
        ...validity(values.map((value) => value !== null)),
        data: Float64Array.from(values, (value) => value ?? 0)
      })
    }
    case "boolean": {
      const values = rows.map(column.get)
      return makeData({
        type: new Bool(),
        length: rows.length,
        ...validity(values.map((value) => value !== null)),
        data:
          validity(values.map((value) => value === true)).nullBitmap ??
          new Uint8Array(Math.ceil(rows.length / 8)).fill(255)
      })
    }
    case "text":
      return textData(rows.map(column.get))
    case "json":
      return textData(
        rows.map((row) => {
          const value = column.get(row)
          return value === null || value === undefined ? null : JSON.stringify(value)
        })
      )
    case "binary":
      return variable(TYPES.binary, rows.map(column.get))
  }
}

const schemaOf = <Row>(table: Table<Row>, about: About): Schema =>
  new Schema(
    table.columns.map(
      ({ description, kind, name, nullable, unit }) =>
        new Field(
          name,
          TYPES[kind],
          nullable,
          new Map([["description", description], ...(unit === null ? [] : [["unit", unit] as const])])
        )
    ),
    new Map(keyValues(table, about, formatTime))
  )

export const arrowEncoder = <Row>(table: Table<Row>, about: About): Encoder<Row> => {
  const schema = schemaOf(table, about)
  const struct = new Struct(schema.fields)
  const writer = new ChunkWriter()
  return {
    start: () => {
      writer.begin(schema)
      return writer.take()
    },
    rows: (rows) => {
      if (rows.length === 0) return []
      const children = table.columns.map((column) => dataOf(column, rows))
      writer.write(
        new RecordBatch(schema, makeData({ type: struct, length: rows.length, nullCount: 0, children }))
      )
      return writer.take()
    },
    end: () => {
      writer.finish()
      return writer.take()
    }
  }
}
