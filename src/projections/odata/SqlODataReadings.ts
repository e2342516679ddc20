/** Readings in force as of a position, for OData: the keys of a page first, then its columns. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { READINGS } from "../../domain/dataset/ReadingsDataset.js"
import { type Position, position, readingId } from "../../domain/Ids.js"
import { coldDays } from "../../eventlog/cold/ColdDays.js"
import { isArchived } from "../../eventlog/cold/ColdLog.js"
import {
  COLD_CELL,
  COLD_DAYS,
  ofTold,
  type Told,
  toldRows,
  unlessCold
} from "../../eventlog/cold/ColdTold.js"
import type { EventLogService, LogError } from "../../eventlog/EventLog.js"
import { ENTITY_SETS } from "../../odata/EntitySets.js"
import { condition } from "../../odata/Sql.js"
import { behind, orderBy } from "../../odata/SqlOrder.js"
import { timeSpanOf } from "../cold/FilterSpan.js"
import { type RowSource, type RowsFilter, type RowsQuery, readingRow } from "./ODataRows.js"
import { groupsOfEvents, usedByGroups } from "./SqlODataGroups.js"
import {
  asRowsError,
  contextOf,
  joinsOf,
  rowOf,
  selectedOf,
  selectList,
  usedBy,
  viewColumns
} from "./SqlODataParts.js"

const columns = (sql: SqlClient) => viewColumns(sql, READINGS.stored)

const joins = joinsOf(READINGS.stored, {
  v: "LEFT JOIN sensor_versions v ON v.sensor_id = e.sensor_id AND v.version = e.sensor_version",
  s: "LEFT JOIN sensors s ON s.id = e.sensor_id"
})

const inForceAsOf = (sql: SqlClient, asOf: Position): Fragment =>
  sql`e.type IN ('ReadingRecorded', 'ReadingCorrected') AND e.position <= ${asOf}
    AND (e.superseded_by IS NULL OR e.superseded_by > ${asOf})`

const page = (sql: SqlClient, database: DatabaseService, query: RowsQuery, asOf: Position) => {
  const { after, filter, limit, order, skip, wanted } = query
  const context = contextOf(sql, database, columns(sql))
  const selected = selectedOf(ENTITY_SETS.readings, wanted, order)
  const conditions = [inForceAsOf(sql, asOf)]
  if (filter !== undefined) conditions.push(condition(context, filter))
  if (after !== undefined) conditions.push(behind(context, order, after))
  const by = orderBy(context, order)
  return Effect.flatMap(
    toldRows(
      sql,
      database,
      sql`SELECT ${selectList(context, selected)}, ${sql.literal(COLD_CELL)}
      FROM (SELECT e.position FROM events e ${joins(sql, usedBy(filter, order))}
        WHERE ${sql.and(conditions)} ORDER BY ${by} LIMIT ${String(limit)} OFFSET ${String(skip)}) k
      CROSS JOIN events e ${joins(sql, usedBy(undefined, order, selected))}
      WHERE e.position = k.position ORDER BY ${by} LIMIT ${String(limit)}`,
      selected.length + 1
    ),
    ofTold(Rows.every((row) => rowOf(selected, row)))
  )
}

const count = (sql: SqlClient, database: DatabaseService, { filter }: RowsFilter, asOf: Position) => {
  const context = contextOf(sql, database, columns(sql))
  const conditions = [inForceAsOf(sql, asOf)]
  if (filter !== undefined) conditions.push(condition(context, filter))
  return Effect.flatMap(
    sql`SELECT COUNT(*) AS n, ${sql.literal(COLD_DAYS)} AS cold FROM events e ${joins(sql, usedBy(filter, []))}
      WHERE ${sql.and(conditions)}`,
    Rows.only(({ cold, n }): Told<number> => ({ answer: Rows.integer(n), cold: Rows.integer(cold) }))
  )
}

export const readingsSource = (database: DatabaseService, log: EventLogService): RowSource => {
  const head = Effect.map(log.head, (at) => at.position)
  const asOfOf = ({ asOf }: RowsFilter) => (asOf === undefined ? head : Effect.succeed(position(asOf)))
  /** Fails where what is asked for is not all in the log; the statement does not know. */
  const inLog = <A, E>(
    sql: SqlClient,
    { filter }: Pick<RowsFilter, "filter">,
    read: Effect.Effect<Told<A>, E>
  ) =>
    unlessCold(
      read,
      coldDays(sql, database, timeSpanOf(filter)),
      (days): Effect.Effect<A, LogError> =>
        Effect.fail(
          isArchived(
            days,
            "which OData does not read. Ask for a later time, or GET /data/range/. To have them here"
          )
        )
    )
  return {
    page: (query) =>
      Effect.flatMap(asOfOf(query), (asOf) =>
        Effect.map(
          asRowsError(database.read((sql) => inLog(sql, query, page(sql, database, query, asOf)))),
          (rows) => ({
            asOf,
            rows
          })
        )
      ),
    count: (filter) =>
      Effect.flatMap(asOfOf(filter), (asOf) =>
        asRowsError(database.read((sql) => inLog(sql, filter, count(sql, database, filter, asOf))))
      ),
    groups: (query) =>
      Effect.flatMap(head, (asOf) =>
        asRowsError(
          database.read((sql) => {
            const context = contextOf(sql, database, columns(sql))
            const where = [inForceAsOf(sql, asOf)]
            if (query.filter !== undefined) where.push(condition(context, query.filter))
            const from = sql`events e ${joins(sql, usedByGroups(query))} WHERE ${sql.and(where)}`
            return Effect.map(inLog(sql, query, groupsOfEvents(context, query, from)), (rows) => ({
              asOf,
              rows
            }))
          })
        )
      ),
    one: (id) =>
      Effect.flatMap(head, (asOf) => Effect.map(log.reading(readingId(id), asOf), Option.map(readingRow)))
  }
}
