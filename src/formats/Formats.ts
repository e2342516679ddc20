/** The formats that there are: what each is called, and how rows are written in it. */
import { arrowEncoder } from "./Arrow.js"
import { type CsvOptions, csvEncoder } from "./Csv.js"
import { ndjsonEncoder } from "./Json.js"
import { parquetEncoder } from "./Parquet.js"
import type { About, Encoder, Table } from "./Table.js"

/** Formats that hold all rows, streamed. */
export const STREAMED = ["ndjson", "csv", "parquet", "arrow"] as const
export type Streamed = (typeof STREAMED)[number]

export interface EncoderOptions {
  readonly about: About
  readonly csv: CsvOptions
}

export const encoderOf = <Row>(
  format: Streamed,
  table: Table<Row>,
  { about, csv }: EncoderOptions
): Encoder<Row> => {
  switch (format) {
    case "ndjson":
      return ndjsonEncoder(table)
    case "csv":
      return csvEncoder(table, csv)
    case "parquet":
      return parquetEncoder(table, about)
    case "arrow":
      return arrowEncoder(table, about)
  }
}
