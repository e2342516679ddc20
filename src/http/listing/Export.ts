/**
 * All rows of a listing as a stream of bytes.
 *
 * Invariants:
 * 1. Rows are read by the chunk, each behind the one before, as of one position: memory does not grow with them.
 * 2. The next chunk is read when the socket has taken the last one: a slow reader slows the reading down.
 * 3. A reader that goes away ends it before its next chunk.
 * 4. While others have work, it has a small part of the time: many rows for one reader never hold up ingest.
 * 5. What goes wrong on the way breaks the connection off: a client never takes half of the rows for all of them. Who has
 *    the first rows read before the answer begins tells what is wrong with those.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { encoderOf, type Streamed } from "../../formats/Formats.js"
import type { Encoder, Table } from "../../formats/Table.js"
import { LongWork } from "../../telemetry/EventLoop.js"
import type { Place } from "./Cursor.js"
import type { Listing, ListQuery, RowsError, Standing } from "./Listing.js"

type Step =
  | { readonly _tag: "Start" }
  | { readonly _tag: "Rows"; readonly after: Place | null; readonly skip: number; readonly left: number }
  | { readonly _tag: "End" }

export interface ExportRequest<Row> {
  readonly listing: Listing<Row>
  readonly table: Table<Row>
  readonly query: ListQuery
  readonly standing: Standing
  readonly after: Place | null
  readonly format: Streamed
  readonly licence: string
  /** Its first rows, where they were read already: what is wrong with them is told, and breaks nothing off. */
  readonly begun?: ReadonlyArray<Row>
}

const skipOf = ({ after, query }: Pick<ExportRequest<never>, "after" | "query">) =>
  after === null ? query.skip : 0

/** The rows that an export begins with. */
export const firstRows = <Row>({ after, listing, query, standing }: ExportRequest<Row>) => {
  const limit = Math.min(listing.chunkRows, query.limit ?? Number.POSITIVE_INFINITY)
  return listing.read({ standing, after, skip: skipOf({ after, query }), limit })
}

const stepOf = <Row>(request: ExportRequest<Row>, encoder: Encoder<Row>) => {
  const { after, listing, query, standing } = request
  let { begun } = request
  const long = new LongWork()
  const rows = (step: Extract<Step, { readonly _tag: "Rows" }>) => {
    const piece = Effect.gen(function* () {
      const limit = Math.min(listing.chunkRows, step.left)
      const chunk =
        begun ??
        (limit === 0 ? [] : yield* listing.read({ standing, after: step.after, skip: step.skip, limit }))
      begun = undefined
      const last = chunk.at(-1)
      const rest = step.left - chunk.length
      const next: Step =
        last === undefined || chunk.length < limit || rest === 0
          ? { _tag: "End" }
          : { _tag: "Rows", after: listing.place(last), skip: 0, left: rest }
      return Option.some([Chunk.unsafeFromArray(encoder.rows(chunk)), next as Step | null] as const)
    })
    return long.piece(piece)
  }
  return (
    step: Step | null
  ): Effect.Effect<Option.Option<readonly [Chunk.Chunk<Uint8Array>, Step | null]>, RowsError> => {
    switch (step?._tag) {
      case undefined:
        return Effect.succeedNone
      case "Start": {
        const first: Step = {
          _tag: "Rows",
          after,
          skip: skipOf({ after, query }),
          left: query.limit ?? Number.POSITIVE_INFINITY
        }
        return Effect.sync(() => Option.some([Chunk.unsafeFromArray(encoder.start()), first] as const))
      }
      case "Rows":
        return rows(step)
      case "End":
        return Effect.sync(() => Option.some([Chunk.unsafeFromArray(encoder.end()), null] as const))
    }
  }
}

/** The bytes of an export; `watermark` is asked for only where the format says it. */
export const exportStream = <Row>(request: ExportRequest<Row>): Stream.Stream<Uint8Array, RowsError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { format, licence, listing, query, standing, table } = request
      const says = format === "parquet" || format === "arrow"
      const watermark = says ? yield* listing.watermark(standing) : null
      const encoder = yield* Effect.promise(() =>
        encoderOf(format, table, {
          about: { licence, position: standing.position, watermark },
          csv: { separator: query.sep ?? ",", bom: query.bom ?? false }
        })
      )
      return Stream.unfoldChunkEffect({ _tag: "Start" } as Step | null, stepOf(request, encoder))
    })
  )
