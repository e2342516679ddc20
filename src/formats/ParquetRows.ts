/** Parquet, read back: a group of rows at a time, each cell as the value that was written. */
import { type AsyncBuffer, parquetMetadataAsync, parquetRead } from "hyparquet"
import type { Value } from "./Parquet.js"

export interface ParquetRows {
  /** The names of the columns, in order. */
  readonly columns: ReadonlyArray<string>
  readonly groups: ReadonlyArray<{ readonly first: number; readonly end: number }>
  /** The rows from `first` on, before `end`. */
  readonly read: (first: number, end: number) => Promise<ReadonlyArray<ReadonlyArray<Value>>>
}

/** Times stay what they are in the file: a date of JavaScript has no microseconds. */
const parsers = { timestampFromMicroseconds: (time: bigint) => time }

/** `gunzip`: unpacks pages; Snappy needs none. */
export const parquetRows = async (
  file: AsyncBuffer,
  gunzip: (bytes: Uint8Array) => Uint8Array
): Promise<ParquetRows> => {
  const metadata = await parquetMetadataAsync(file)
  const ends: Array<number> = []
  for (const { num_rows } of metadata.row_groups) ends.push((ends.at(-1) ?? 0) + Number(num_rows))
  return {
    columns: metadata.schema.slice(1).map(({ name }) => name),
    groups: ends.map((end, index) => ({ first: ends[index - 1] ?? 0, end })),
    read: async (first, end) => {
      const rows: Array<ReadonlyArray<Value>> = []
      await parquetRead({
        file,
        metadata,
        rowStart: first,
        rowEnd: end,
        parsers,
        utf8: false,
        compressors: { GZIP: gunzip },
        onComplete: (cells) => {
          for (const row of cells) rows.push(row.map((cell) => cell ?? null))
        }
      })
      return rows
    }
  }
}
