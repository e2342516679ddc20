/**
 * What a route that answers rows must know: which table, which rows, how they are read in order, and how an answer
 * goes on where the one before ended.
 */
import type * as Effect from "effect/Effect"
import type { AsOf, Format } from "../../api/core/ListParameters.js"
import type { Position } from "../../domain/Ids.js"
import type { ShapeRefused } from "../../domain/shaping/Shaping.js"
import type { Micros } from "../../domain/Time.js"
import type { LogError } from "../../eventlog/EventLog.js"
import type { Separator } from "../../formats/Csv.js"
import type { Table } from "../../formats/Table.js"
import type { Place } from "./Cursor.js"

/** The parameters that all routes with rows share. */
export interface ListQuery {
  readonly skip: number
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
  readonly as_of?: AsOf | undefined
  /** JSON rows where it is not given. */
  readonly format?: Format | undefined
  /** A comma where it is not given. */
  readonly sep?: Separator | undefined
  readonly bom?: boolean | undefined
  readonly fields?: ReadonlyArray<string> | undefined
  /** What tells it from others where it was narrowed: sensors that come later do not make it another. */
  readonly identity?: Readonly<Record<string, unknown>>
}

export interface Standing {
  readonly position: Position
  /** When that position was recorded, where somebody asked for it; null: an answer of now. */
  readonly asThen: Micros | null
}

export interface RowQuery {
  readonly standing: Standing
  readonly after: Place | null
  readonly skip: number
  readonly limit: number
}

export interface FirstRows<Row> {
  readonly position: Position
  readonly rows: ReadonlyArray<Row>
}

/** Why rows can't be read. */
export type RowsError = LogError | ShapeRefused

export interface Listing<Row> {
  /** Of rows, order and shape: a cursor of another kind is refused. */
  readonly kind: string
  readonly filter: Readonly<Record<string, unknown>>
  readonly table: Table<Row>
  /** Where JSON rows are nested, and the columns of other formats are flat. */
  readonly nested?: Table<Row>
  /** Where an answer stands when nobody asks for a position. */
  readonly now: Effect.Effect<Position, LogError>
  /** At most `limit` rows. Fewer only where there are no more, unless `mayCut`. */
  readonly read: (query: RowQuery) => Effect.Effect<ReadonlyArray<Row>, RowsError>
  /** The first rows as of `now`, and that position, by one look; absent: it takes two. Whoever reads otherwise drops it. */
  readonly first?:
    | ((page: Pick<RowQuery, "skip" | "limit">) => Effect.Effect<FirstRows<Row>, RowsError>)
    | undefined
  readonly place: (row: Row) => Place
  /** The newest event time among the rows; null: none. */
  readonly watermark: (standing: Standing) => Effect.Effect<Micros | null, LogError>
  /** The name of the time zone that the rows are divided by; absent: they are not. */
  readonly zone?: string
  /** Of an answer that stands for a position; absent: none. */
  readonly headers?: (at: Position) => Effect.Effect<Readonly<Record<string, string>>, LogError>
  /** Rows read at a time. */
  readonly chunkRows: number
  /** Rows of a page when nobody says. */
  readonly pageRows: number
  /** About how many bytes a row holds, where that is no small number: pages are cut by it. */
  readonly weight?: (row: Row) => number
  /**
   * What else than the position an answer depends on, as text: with it the answer is known before a row is read.
   * Null: nothing is known but the answer itself.
   */
  readonly validity: Effect.Effect<string | null, LogError>
}

/** Rows of one chunk of an export: some milliseconds of the database's time. */
export const CHUNK_ROWS = 1_000
