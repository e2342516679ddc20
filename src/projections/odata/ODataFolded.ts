/** The tables of aggregates, one for each length, as OData's pages read them: what is different about each. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import type * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { AGGREGATES } from "../../domain/dataset/AggregatesDataset.js"
import type { TableStorage } from "../../domain/dataset/Dataset.js"
import { type Position, sensorId } from "../../domain/Ids.js"
import { MICROS_PER_DAY, MICROS_PER_MINUTE, type Micros, minuteOf } from "../../domain/Time.js"
import type { LogError } from "../../eventlog/EventLog.js"
import type { EntitySet, Row } from "../../odata/Edm.js"
import { ENTITY_SETS } from "../../odata/EntitySets.js"
import type { ODataError } from "../../odata/ODataError.js"
import type { MinuteTable } from "../minutes/MinuteRows.js"
import type { MinuteKey, MinuteStoreService } from "../minutes/MinuteStore.js"
import { foldAgain } from "./ODataMinutes.js"
import { type Columns, viewColumns } from "./SqlODataParts.js"

export interface FoldedTable {
  readonly set: EntitySet
  readonly stored: TableStorage
  readonly name: MinuteTable
  /** Which of its rows are read, in SQL. */
  readonly live: string
  readonly columns: (sql: SqlClient, database: DatabaseService, finalBefore: number) => Columns
  /** The start of the interval that holds a time. */
  readonly startOf: (time: number) => Micros
  /** Rows may lack what their minutes got; null: they never do. */
  readonly lacking: Lacking | null
  /** Rows that one page makes again, at most; over it the walk must be begun anew. */
  readonly unsettledMax: number
  /** Those of the intervals that held a reading as of the position, each with its row as it was then. */
  readonly foldAgain: (
    keys: ReadonlyArray<MinuteKey>,
    asOf: Position,
    finalBefore: number
  ) => Effect.Effect<ReadonlyArray<FoldedRow>, LogError | ODataError>
}

export interface Lacking {
  /** That a row does, in SQL. */
  readonly condition: string
  /** Where marks on hours are selected from, in SQL. */
  readonly marks: string
  /** The intervals that marked hours are in. */
  readonly holding: (hours: ReadonlyArray<MinuteKey>) => ReadonlyArray<MinuteKey>
}

export interface FoldedRow {
  readonly key: MinuteKey
  readonly row: Row
}

export const keyOf = (row: Rows.Row): MinuteKey => ({
  sensorId: sensorId(Rows.integer(row.sensor)),
  minute: Rows.time(row.minute)
})

/** Minutes that one page folds again, at most. */
const UNSETTLED_MAX = 20_000

const INTERVAL_MS = "COALESCE(s.interval_ms, s.estimated_interval_ms)"

/** The columns of the view, and those that are computed as the JSON's are; `length`: in µs, as a double in SQL. */
export const foldedColumns = (
  sql: SqlClient,
  stored: TableStorage,
  {
    final,
    interval,
    length
  }: { readonly length: string; readonly interval: string; readonly final: Fragment }
): Columns => {
  // Doubles throughout, in the order in which the JSON's figures are computed.
  const expected = `(${length} / (${INTERVAL_MS} * 1e3))`
  const share = `((0e0 + m.readings) / ${expected})`
  return {
    ...viewColumns(sql, stored),
    interval: sql.literal(`'${interval}'`),
    expected: sql.literal(expected),
    completeness: sql.literal(`(CASE WHEN ${share} >= 1 THEN 1e0 ELSE ${share} END)`),
    final: sql`(CASE WHEN ${final} THEN 1 ELSE 0 END)`
  }
}

/** A time that may be before 1970, as one that databases have. */
export const timeOf = ({ encodeTime }: DatabaseService, time: number): string =>
  encodeTime(time < 0 ? -2 * MICROS_PER_DAY : time)

export const minutesTable = (store: MinuteStoreService): FoldedTable => ({
  set: ENTITY_SETS.aggregates,
  stored: AGGREGATES.stored,
  name: "sensor_minutes",
  live: "m.generation = (SELECT c.generation FROM checkpoints c WHERE c.projection = 'minutes')",
  columns: (sql, database, finalBefore) =>
    foldedColumns(sql, AGGREGATES.stored, {
      length: "6e7",
      interval: "1m",
      final: sql`m.minute <= ${timeOf(database, finalBefore - MICROS_PER_MINUTE)}`
    }),
  startOf: minuteOf,
  lacking: null,
  unsettledMax: UNSETTLED_MAX,
  foldAgain: (keys, asOf, finalBefore) => foldAgain({ store, finalBefore }, keys, asOf)
})
