/** Readings in force as of a position, for OData: the keys of a page first, then its columns. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { READINGS } from "../../domain/dataset/ReadingsDataset.js"
import { type Position, position, readingId } from "../../domain/Ids.js"
import type { EventLogService } from "../../eventlog/EventLog.js"
import { ENTITY_SETS } from "../../odata/EntitySets.js"
import { condition } from "../../odata/Sql.js"
import { behind, orderBy } from "../../odata/SqlOrder.js"
import { type RowSource, type RowsFilter, type RowsQuery, readingRow } from "./ODataRows.js"
import { groupRows, usedByGroups } from "./SqlODataGroups.js"
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
    sql`SELECT ${selectList(context, selected)}
      FROM (SELECT e.position FROM events e ${joins(sql, usedBy(filter, order))}
        WHERE ${sql.and(conditions)} ORDER BY ${by} LIMIT ${String(limit)} OFFSET ${String(skip)}) k
      CROSS JOIN events e ${joins(sql, usedBy(undefined, order, selected))}
      WHERE e.position = k.position ORDER BY ${by}`,
    Rows.every((row) => rowOf(selected, row))
  )
}

const count = (sql: SqlClient, database: DatabaseService, { filter }: RowsFilter, asOf: Position) => {
  const context = contextOf(sql, database, columns(sql))
  const conditions = [inForceAsOf(sql, asOf)]
  if (filter !== undefined) conditions.push(condition(context, filter))
  return Effect.flatMap(
    sql`SELECT COUNT(*) AS n FROM events e ${joins(sql, usedBy(filter, []))}
      WHERE ${sql.and(conditions)}`,
    Rows.only(({ n }) => Rows.integer(n))
  )
}

export const readingsSource = (database: DatabaseService, log: EventLogService): RowSource => {
  const head = Effect.map(log.head, (at) => at.position)
  const asOfOf = ({ asOf }: RowsFilter) => (asOf === undefined ? head : Effect.succeed(position(asOf)))
  return {
    page: (query) =>
      Effect.flatMap(asOfOf(query), (asOf) =>
        Effect.map(asRowsError(database.read((sql) => page(sql, database, query, asOf))), (rows) => ({
          asOf,
          rows
        }))
      ),
    count: (filter) =>
      Effect.flatMap(asOfOf(filter), (asOf) =>
        asRowsError(database.read((sql) => count(sql, database, filter, asOf)))
      ),
    groups: (query) =>
      Effect.flatMap(head, (asOf) =>
        asRowsError(
          database.read((sql) => {
            const context = contextOf(sql, database, columns(sql))
            const where = [inForceAsOf(sql, asOf)]
            if (query.filter !== undefined) where.push(condition(context, query.filter))
            const from = sql`events e ${joins(sql, usedByGroups(query))} WHERE ${sql.and(where)}`
            return Effect.map(groupRows(context, query, from), (rows) => ({ asOf, rows }))
          })
        )
      ),
    one: (id) =>
      Effect.flatMap(head, (asOf) => Effect.map(log.reading(readingId(id), asOf), Option.map(readingRow)))
  }
}
