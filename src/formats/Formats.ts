/** The formats that there are: what each is called, and how rows are written in it. */
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

/** The library of Arrow is loaded when it is first asked for: it takes memory, and most processes never need it. */
export const encoderOf = async <Row>(
  format: Streamed,
  table: Table<Row>,
  { about, csv }: EncoderOptions
): Promise<Encoder<Row>> => {
  switch (format) {
    case "ndjson":
      return ndjsonEncoder(table)
    case "csv":
      return csvEncoder(table, csv)
    case "parquet":
      return parquetEncoder(table, about)
    case "arrow": {
      const { arrowEncoder } = await import("./Arrow.js")
      return arrowEncoder(table, about)
    }
  }
}
