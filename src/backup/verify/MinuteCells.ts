/** Rows of minutes, hours and days as they are stored, cell by cell, beside what they should be. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { type Position, position, type SensorId } from "../../domain/Ids.js"
import { type Micros, micros } from "../../domain/Time.js"
import { columnsOf, type MinuteTable, valuesOf } from "../../projections/minutes/MinuteRows.js"
import { type Cells, cellsOf } from "../RowText.js"

/** A row as it is stored. */
export interface StoredRow {
  readonly minute: Micros
  readonly cells: Cells
  /** It was folded by a version that kept less of it, and will be folded again. */
  readonly stale: boolean
}

/** How far the minutes are folded, and which of them are live. */
export const checkpointOf = (sql: SqlClient) =>
  sql`SELECT position, generation FROM checkpoints WHERE projection = 'minutes'`.pipe(
    Effect.flatMap(
      Rows.only((row): { readonly asOf: Position; readonly generation: number } => ({
        asOf: position(Rows.integer(row.position)),
        generation: Rows.integer(row.generation)
      }))
    )
  )

const namesOf = (table: MinuteTable): ReadonlyArray<string> => columnsOf(table).map(([name]) => name)

/** A sensor's rows from a time on, before another one, in order; the first ones of them. */
export const storedRows = (
  sql: SqlClient,
  { encodeTime }: Pick<DatabaseService, "encodeTime">,
  table: MinuteTable,
  spell: {
    readonly generation: number
    readonly sensor: SensorId
    readonly from: number
    readonly to?: number
  },
  limit: number
) => {
  const { from, generation, sensor, to } = spell
  const names = namesOf(table)
  const [minute, sketch] = [names.indexOf("minute"), names.indexOf("sketch")]
  const end = to === undefined ? sql`1 = 1` : sql`minute < ${encodeTime(to)}`
  // Times as the database has them, and not as `timeCell` does: few rows are read.
  return sql`SELECT ${sql.literal(names.join(", "))} FROM ${sql.literal(table)}
    WHERE generation = ${generation} AND sensor_id = ${sensor} AND minute >= ${encodeTime(from)} AND ${end}
    ORDER BY minute LIMIT ${sql.literal(String(limit))}`.values.pipe(
    Effect.flatMap(cellsOf(columnsOf(table).map(([name, kind]) => ({ name, kind })))),
    Effect.map((rows) =>
      rows.map(
        (cells): StoredRow => ({
          minute: micros(Number(cells[minute])),
          cells,
          stale: cells[sketch] === null
        })
      )
    )
  )
}

const plain = (value: string | number | Uint8Array | null) =>
  value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value

/** The names of the columns that are not what they should be. */
export const differing = (
  table: MinuteTable,
  generation: number,
  { cells, stale }: StoredRow,
  row: Parameters<typeof valuesOf>[1]
): ReadonlyArray<string> => {
  if (stale) return []
  const values = valuesOf(generation, row).map(plain)
  return namesOf(table).filter((_, at) => cells[at] !== values[at])
}
