/** Makes a file of a lake, and reads one back. What is held is a page of rows, and a group of the file. */
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { type FileHandle, open, stat } from "node:fs/promises"
import { gunzipSync, gzipSync } from "node:zlib"
import * as Effect from "effect/Effect"
import { dateText } from "../domain/dataset/DayFile.js"
import { formatTime } from "../domain/Time.js"
import { parquetEncoder, valueOf } from "../formats/Parquet.js"
import { parquetRows } from "../formats/ParquetRows.js"
import { type About, selectColumns, type Table } from "../formats/Table.js"
import type { RowsError } from "../http/listing/Listing.js"
import { faultOf, type LakeFault, type LakeFile } from "./LakeFormat.js"
import { pathOf } from "./LakeLayout.js"
import type { LakeDay, ReadLakeDay } from "./LakeRows.js"
import { RowDigest, type RowFacts } from "./RowDigest.js"

/** Hears of rows that are done. */
export type OnRows = (rows: number) => void

const opened = (path: string, flags: "w" | "r") =>
  Effect.acquireRelease(
    Effect.tryPromise({ try: () => open(path, flags), catch: (cause) => faultOf(path, cause) }),
    (handle) => Effect.promise(() => handle.close().catch(() => {}))
  )

const timeText = (time: number | null) => (time === null ? null : formatTime(time))

/** Tells a digest of rows as they come. */
const digesting = <Row>(table: Table<Row>, digest: RowDigest, onRows: OnRows) => {
  const values = table.columns.map((column) => valueOf(column))
  digest.begin(table.columns.map(({ name }) => name))
  return (rows: ReadonlyArray<Row>) => {
    digest.add(rows.map((row) => values.map((value) => value(row))))
    onRows(rows.length)
  }
}

/** Writes the file of a day to `to`; answers what the manifest says of it. */
export const makeFile = (
  read: ReadLakeDay,
  of: LakeDay,
  to: string,
  onRows: OnRows
): Effect.Effect<LakeFile, RowsError | LakeFault> =>
  Effect.gen(function* () {
    const handle = yield* opened(to, "w")
    const hash = createHash("sha256")
    const digest = new RowDigest()
    let bytes = 0
    const put = (pieces: ReadonlyArray<Uint8Array>) =>
      Effect.tryPromise({
        try: async () => {
          for (const piece of pieces) {
            hash.update(piece)
            bytes += piece.length
            await handle.writeFile(piece)
          }
        },
        catch: (cause) => faultOf(to, cause)
      })
    const counts = yield* read(of, <Row>(table: Table<Row>, about: About) => {
      const encoder = parquetEncoder(table, about, { sortedBy: "sensor_id", gzip: gzipSync })
      const tell = digesting(table, digest, onRows)
      return Effect.as(put(encoder.start()), {
        rows: (rows: ReadonlyArray<Row>) => {
          tell(rows)
          return put(encoder.rows(rows))
        },
        end: Effect.suspend(() => put(encoder.end()))
      })
    })
    const { dataset, day, position } = of
    const { content_sha256, rows, sum } = digest.done()
    return {
      dataset,
      date: dateText(day),
      position,
      current: true,
      path: pathOf(dataset, day, position),
      rows,
      bytes,
      sum,
      min_time: timeText(counts.minTime),
      max_time: timeText(counts.maxTime),
      sha256: hash.digest("hex"),
      content_sha256
    }
  }).pipe(Effect.scoped)

/** What the rows of a day come to in the log, of these columns alone: a later version may have more. */
export const factsOfLog = (read: ReadLakeDay, of: LakeDay, columns: ReadonlyArray<string>, onRows: OnRows) =>
  Effect.suspend(() => {
    const digest = new RowDigest()
    return Effect.map(
      read(of, <Row>(table: Table<Row>) => {
        const tell = digesting(selectColumns(table, columns), digest, onRows)
        return Effect.succeed({
          rows: (rows: ReadonlyArray<Row>) => Effect.sync(() => tell(rows)),
          end: Effect.void
        })
      }),
      () => digest.done()
    )
  })

/** SHA-256 and length of a file. */
export const bytesOf = (path: string, named: string) =>
  Effect.tryPromise({
    try: async () => {
      const hash = createHash("sha256")
      for await (const piece of createReadStream(path)) hash.update(piece)
      return { sha256: hash.digest("hex"), bytes: (await stat(path)).size }
    },
    catch: (cause) => faultOf(named, cause)
  })

/** Some bytes of an open file. */
export const sliceOf = async (handle: FileHandle, start: number, end: number): Promise<ArrayBuffer> => {
  const bytes = new Uint8Array(end - start)
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, start)
  if (bytesRead !== bytes.length) throw new Error("it ends too early")
  return bytes.buffer
}

/** What the rows of a file come to, each unpacked and read; and the columns that it has. */
export const factsOfFile = (
  path: string,
  named: string,
  onRows: OnRows
): Effect.Effect<{ readonly facts: RowFacts; readonly columns: ReadonlyArray<string> }, LakeFault> =>
  Effect.gen(function* () {
    const handle = yield* opened(path, "r")
    const trying = <A>(run: () => Promise<A>) =>
      Effect.tryPromise({ try: run, catch: (cause) => faultOf(named, cause) })
    const { columns, groups, read } = yield* trying(async () => {
      const { size } = await handle.stat()
      return await parquetRows(
        { byteLength: size, slice: (start, end = size) => sliceOf(handle, start, end) },
        gunzipSync
      )
    })
    const digest = new RowDigest()
    digest.begin(columns)
    for (const { end, first } of groups) {
      const rows = yield* trying(() => read(first, end))
      digest.add(rows)
      onRows(rows.length)
    }
    return { facts: digest.done(), columns }
  }).pipe(Effect.scoped)
