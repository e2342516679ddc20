// The bare export: node:http, a loop over the rows that the driver streams, and the format's own library. Arguments:
// dialect and database. The path says the format and how many rows: /csv/1000.
import { once } from "node:events"
import { createServer } from "node:http"
import {
  Field,
  Float64,
  Int64,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMicrosecond,
  Utf8,
  vectorFromArray
} from "apache-arrow"
import { ByteWriter, ParquetWriter } from "hyparquet-writer"
import mysql from "mysql2"
import { openSqlite } from "../lib/sqlite.mjs"
import { allSql, HEAD, rfc3339OfMysql } from "./readings.mjs"

const [dialect, where] = process.argv.slice(2)
const WRITE_ROWS = 1_000
const GROUP_ROWS = 20_000

const INTEGER = "INT64"
const TIME = "TIME"
const NUMBER = "DOUBLE"
const TEXT = "UTF8"
const COLUMNS = [
  ["id", INTEGER],
  ["sensor_id", INTEGER],
  ["timestamp", TIME],
  ["value", NUMBER],
  ["lat", NUMBER],
  ["lng", NUMBER],
  ["unit", TEXT],
  ["type", TEXT],
  ["description", TEXT],
  ["position", INTEGER],
  ["recorded_at", TIME],
  ["time_source", TEXT],
  ["name", TEXT]
]
const TIMES = COLUMNS.flatMap(([, kind], index) => (kind === TIME ? [index] : []))

/** The rows as arrays, times as RFC 3339. */
const sqliteRows = async function* (limit) {
  const database = openSqlite(where)
  try {
    const { position } = database.prepare(HEAD).get()
    yield* database.arrays(allSql(limit), [position, position])
  } finally {
    database.close()
  }
}

const mysqlRows = async function* (limit) {
  const connection = mysql.createConnection({ uri: where, dateStrings: true, timezone: "Z" })
  try {
    const [[{ position }]] = await connection.promise().execute(HEAD)
    const sql = { sql: allSql(limit), rowsAsArray: true }
    for await (const row of connection
      .execute(sql, [position, position])
      .stream({ highWaterMark: WRITE_ROWS })) {
      for (const index of TIMES) row[index] = rfc3339OfMysql(row[index])
      yield row
    }
  } finally {
    connection.destroy()
  }
}

const rowsOf = dialect === "mysql" ? mysqlRows : sqliteRows

const csvCell = (cell) =>
  cell === null
    ? ""
    : typeof cell === "string" && /[",\r\n]/.test(cell)
      ? `"${cell.replaceAll('"', '""')}"`
      : cell

const lines = (textOf, first) => ({
  groupRows: WRITE_ROWS,
  start: () => first,
  rows: (rows) => rows.map(textOf).join(""),
  end: () => ""
})

const csv = () =>
  lines((row) => `${row.map(csvCell).join(",")}\r\n`, `${COLUMNS.map(([name]) => name).join(",")}\r\n`)

const ndjson = () =>
  lines((row) => {
    const object = {}
    for (const [index, [name]] of COLUMNS.entries()) object[name] = row[index]
    return `${JSON.stringify(object)}\n`
  }, "")

const micros = (text) => BigInt(Date.parse(`${text.slice(0, 23)}Z`)) * 1_000n + BigInt(text.slice(23, 26))
const whole = { [INTEGER]: BigInt, [TIME]: micros }
/** The cells of a column, as both libraries take them. */
const columnOf = (rows, index, kind) =>
  rows.map((row) => (row[index] === null ? null : (whole[kind]?.(row[index]) ?? row[index])))

const parquet = () => {
  const writer = new ByteWriter()
  const types = {
    [INTEGER]: { type: "INT64" },
    [TIME]: { type: "INT64", converted_type: "TIMESTAMP_MICROS" },
    [NUMBER]: { type: "DOUBLE" },
    [TEXT]: { type: "BYTE_ARRAY", converted_type: "UTF8" }
  }
  const schema = [
    { name: "readings", num_children: COLUMNS.length },
    ...COLUMNS.map(([name, kind]) => ({ name, repetition_type: "OPTIONAL", ...types[kind] }))
  ]
  const file = new ParquetWriter({ writer, schema, codec: "SNAPPY" })
  const take = () => {
    const bytes = Buffer.from(new Uint8Array(writer.getBuffer()))
    writer.index = 0
    return bytes
  }
  return {
    groupRows: GROUP_ROWS,
    start: take,
    rows: (rows) => {
      const columnData = COLUMNS.map(([name, kind], index) => ({
        name,
        data: columnOf(rows, index, kind),
        ...(kind === TEXT ? {} : { encoding: "PLAIN" })
      }))
      file.write({ columnData, rowGroupSize: rows.length })
      return take()
    },
    end: () => {
      file.finish()
      return take()
    }
  }
}

const arrow = () => {
  const types = {
    [INTEGER]: new Int64(),
    [TIME]: new TimestampMicrosecond("UTC"),
    [NUMBER]: new Float64(),
    [TEXT]: new Utf8()
  }
  const schema = new Schema(COLUMNS.map(([name, kind]) => new Field(name, types[kind], true)))
  const struct = new Struct(schema.fields)
  const writer = new RecordBatchStreamWriter()
  const chunks = []
  writer._write = (chunk) => {
    if (chunk.byteLength > 0) chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    return writer
  }
  const take = () => Buffer.concat(chunks.splice(0))
  return {
    groupRows: WRITE_ROWS,
    start: () => {
      writer.reset(undefined, schema)
      return take()
    },
    rows: (rows) => {
      const children = COLUMNS.map(([, kind], index) => {
        const cells = columnOf(rows, index, kind)
        if (whole[kind] === undefined) return vectorFromArray(cells, types[kind]).data[0]
        return makeData({
          type: types[kind],
          length: rows.length,
          nullCount: 0,
          data: BigInt64Array.from(cells)
        })
      })
      writer.write(
        new RecordBatch(schema, makeData({ type: struct, length: rows.length, nullCount: 0, children }))
      )
      return take()
    },
    end: () => {
      writer.finish()
      return take()
    }
  }
}

const FORMATS = { csv, ndjson, parquet, arrow }

const server = createServer(async ({ url }, response) => {
  const [, format, limit] = url.split("/")
  const { end, groupRows, rows, start } = FORMATS[format]()
  const put = async (bytes) => {
    if (bytes.length > 0 && !response.write(bytes)) await once(response, "drain")
  }
  await put(start())
  let group = []
  for await (const row of rowsOf(Number(limit))) {
    group.push(row)
    if (group.length < groupRows) continue
    await put(rows(group))
    group = []
  }
  if (group.length > 0) await put(rows(group))
  await put(end())
  response.end()
})
server.listen(0, "127.0.0.1", () => console.log(`http port ${server.address().port}`))
process.once("SIGTERM", () => process.exit(0))
