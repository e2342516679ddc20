/**
 * What a column gives, on both databases, as the domain has it. This is the one place that knows how cells come back:
 * BIGINT, and sums of it, as a number or as text; JSON as text or parsed; BINARY as bytes; a time as text in UTC.
 *
 * Invariants:
 * 1. The reader of a cell throws where the cell is not of its kind. It is called within `every`, `first` or `only`
 *    alone: they answer whatever is thrown as a BadCell.
 * 2. A value is never guessed: a text is a number only where all of it is one, and null passes for nothing else.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Micros, micros, parseStoredTime } from "../domain/Time.js"

/** A row as a driver gives it. Whoever takes it apart reads only the columns that the query names. */
export type Row = Readonly<Record<string, unknown>>

/** A row that can't be what we stored: it was changed by hand, or by another program. */
export class BadCell extends Schema.TaggedError<BadCell>()("BadCell", { reason: Schema.String }) {
  override get message(): string {
    return this.reason
  }
}

class Mismatch extends TypeError {
  constructor(
    kind: string,
    readonly cell: unknown
  ) {
    super(
      `not ${kind}: ${typeof cell === "object" || cell === undefined ? Object.prototype.toString.call(cell) : cell}`
    )
  }
}

const mismatch = (kind: string, cell: unknown): never => {
  throw new Mismatch(kind, cell)
}

const parsed = (cell: unknown): number =>
  typeof cell === "bigint" || (typeof cell === "string" && cell.trim() !== "") ? Number(cell) : Number.NaN

export const double = (cell: unknown): number => {
  const value = typeof cell === "number" ? cell : parsed(cell)
  return Number.isNaN(value) ? mismatch("a number", cell) : value
}
export const maybeDouble = (cell: unknown): number | null => (cell === null ? null : double(cell))

export const integer = (cell: unknown): number => {
  const value = typeof cell === "number" ? cell : parsed(cell)
  return Number.isSafeInteger(value) ? value : mismatch("an integer", cell)
}
export const maybeInteger = (cell: unknown): number | null => (cell === null ? null : integer(cell))

/** A sum, or a maximum: 0 over no rows. */
export const total = (cell: unknown): number => (cell === null ? 0 : integer(cell))

/** 0 or 1. */
export const flag = (cell: unknown): boolean => integer(cell) === 1

export const text = (cell: unknown): string => (typeof cell === "string" ? cell : mismatch("a text", cell))
export const maybeText = (cell: unknown): string | null => (cell === null ? null : text(cell))

export const bytes = (cell: unknown): Uint8Array =>
  cell instanceof Uint8Array ? cell : mismatch("bytes", cell)
export const maybeBytes = (cell: unknown): Uint8Array | null => (cell === null ? null : bytes(cell))

/** A key of bytes, as hex digits. */
export const hex = (cell: unknown): string => {
  const key = bytes(cell)
  return (key instanceof Buffer ? key : Buffer.from(key)).toString("hex")
}

/** Of a text, or of the number that `timeCell` makes of it. */
export const time = (cell: unknown): Micros =>
  typeof cell === "number" ? micros(integer(cell)) : parseStoredTime(text(cell))
export const maybeTime = (cell: unknown): Micros | null => (cell === null ? null : time(cell))

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !(value instanceof Uint8Array)

/** The object of a column of JSON, whether or not the driver has parsed it. */
export const object = (cell: unknown): Readonly<Record<string, unknown>> => {
  const value: unknown = typeof cell === "string" ? JSON.parse(cell) : cell
  return isObject(value) ? value : mismatch("an object", cell)
}

const badCell = (row: Row, cause: unknown): BadCell => {
  const column =
    cause instanceof Mismatch ? Object.keys(row).find((name) => Object.is(row[name], cause.cell)) : undefined
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new BadCell({ reason: column === undefined ? reason : `${column}: ${reason}` })
}

export const every =
  <A>(take: (row: Row) => A) =>
  (rows: ReadonlyArray<Row>): Effect.Effect<ReadonlyArray<A>, BadCell> => {
    const values: Array<A> = []
    for (const row of rows) {
      try {
        values.push(take(row))
      } catch (cause) {
        return Effect.fail(badCell(row, cause))
      }
    }
    return Effect.succeed(values)
  }

/** The same of rows without names; `columns` names their cells, in order. */
export const everyOf =
  <A>(columns: ReadonlyArray<string>, take: (cells: ReadonlyArray<unknown>) => A) =>
  (rows: ReadonlyArray<ReadonlyArray<unknown>>): Effect.Effect<ReadonlyArray<A>, BadCell> => {
    const values: Array<A> = []
    for (const cells of rows) {
      try {
        values.push(take(cells))
      } catch (cause) {
        return Effect.fail(badCell(Object.fromEntries(columns.map((name, i) => [name, cells[i]])), cause))
      }
    }
    return Effect.succeed(values)
  }

export const first =
  <A>(take: (row: Row) => A) =>
  (rows: ReadonlyArray<Row>): Effect.Effect<A | undefined, BadCell> =>
    Effect.map(every(take)(rows.slice(0, 1)), ([one]) => one)

/** The first row, which must be there. */
export const only =
  <A>(take: (row: Row) => A) =>
  ([row]: ReadonlyArray<Row>): Effect.Effect<A, BadCell> => {
    if (row === undefined) return Effect.fail(new BadCell({ reason: "a row is gone that must be there" }))
    return Effect.map(every(take)([row]), ([one]) => one as A)
  }
