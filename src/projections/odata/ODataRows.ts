/**
 * The port by which OData reads rows of an entity set.
 *
 * Invariants:
 * 1. Readings and aggregates hold as of one position, that of the first page: the pages of one walk together are
 *    exactly the rows that there were then, each once, whatever is appended, corrected or folded meanwhile.
 * 2. A filter and an order give what `odata/Evaluate.ts` and `odata/Order.ts` give on the same rows.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import {
  AGGREGATES,
  HOURS,
  LOCAL_TIME,
  type LocalAggregateRow
} from "../../domain/dataset/AggregatesDataset.js"
import { ANNOTATIONS, type AnnotationRow } from "../../domain/dataset/AnnotationsDataset.js"
import type { ColumnKind } from "../../domain/dataset/Column.js"
import { rowMaker } from "../../domain/dataset/Dataset.js"
import { READINGS } from "../../domain/dataset/ReadingsDataset.js"
import type { Position } from "../../domain/Ids.js"
import type { AggregateRow } from "../../domain/minute/AggregateRow.js"
import type { Reading } from "../../domain/Reading.js"
import type { Micros } from "../../domain/Time.js"
import type { LogError } from "../../eventlog/EventLog.js"
import type { Row, Value } from "../../odata/Edm.js"
import type { EntitySetName } from "../../odata/EntitySets.js"
import type { Grouping } from "../../odata/Grouping.js"
import type { ODataError } from "../../odata/ODataError.js"
import type { OrderKey } from "../../odata/Order.js"
import type { TypedExpression } from "../../odata/Typed.js"

export interface RowsFilter {
  readonly filter?: TypedExpression | undefined
  /** The position of the first page; absent on that page itself. */
  readonly asOf?: Position | undefined
  /** The time of the first page: what `final` goes by. */
  readonly now: Micros
}

export interface RowsQuery extends RowsFilter {
  /** No two rows are equal in it. */
  readonly order: ReadonlyArray<OrderKey>
  /** The place in the order of the last row of the page before. */
  readonly after?: ReadonlyArray<Value> | undefined
  readonly skip: number
  readonly limit: number
  /** Names of the properties that are shown; absent: all of them. A row may have more. */
  readonly wanted?: ReadonlySet<string> | undefined
}

/** What the rows are grouped by, and what is wanted of each group; at most `limit` groups, in any order. */
export interface GroupsQuery extends Pick<Grouping, "filter" | "keys" | "figures"> {
  readonly now: Micros
  readonly limit: number
}

export interface RowsPage {
  readonly asOf: Position
  readonly rows: ReadonlyArray<Row>
}

export interface RowSource {
  readonly page: (query: RowsQuery) => Effect.Effect<RowsPage, LogError | ODataError>
  readonly count: (filter: RowsFilter) => Effect.Effect<number, LogError | ODataError>
  /** Groups of the rows as they stand, hours and days that are behind their minutes too. */
  readonly groups: (query: GroupsQuery) => Effect.Effect<RowsPage, LogError | ODataError>
  /** The row with this key, as it is now. */
  readonly one: (id: number, now: Micros) => Effect.Effect<Option.Option<Row>, LogError | ODataError>
}

/** Of a sensor, what its actor and its readings say is left out. */
export class ODataRows extends Context.Tag("tidemark/ODataRows")<
  ODataRows,
  Readonly<Record<EntitySetName, RowSource>>
>() {}

const asIs = (_kind: ColumnKind, value: unknown): Value => value as Value

export const annotationRow: (annotation: AnnotationRow) => Row = rowMaker(ANNOTATIONS.columns, asIs)
export const readingRow: (reading: Reading) => Row = rowMaker(READINGS.columns, asIs)
export const aggregateRow: (aggregate: AggregateRow) => Row = rowMaker(AGGREGATES.columns, asIs)
/** Days have the columns of hours. */
export const localAggregateRow: (aggregate: LocalAggregateRow) => Row = rowMaker<LocalAggregateRow, Value>(
  [...HOURS.columns, LOCAL_TIME],
  asIs
)
