/** Groups of an entity set's rows, by the database. */
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import { COLD_CELL, ofTold, toldRows } from "../../eventlog/cold/ColdTold.js"
import type { Figure } from "../../odata/Grouping.js"
import { column, type SqlContext, valueOf } from "../../odata/Sql.js"
import type { GroupsQuery } from "./ODataRows.js"
import { rowOf, usedBy } from "./SqlODataParts.js"

const NAMES = { sum: "SUM", average: "AVG", min: "MIN", max: "MAX" } as const

const figureSql = (context: SqlContext, { method, of }: Figure): Fragment => {
  const { sql } = context
  if (method === "count" || of === null) return sql.literal("COUNT(*)")
  const value = valueOf(context, of)
  if (method === "countdistinct") return sql`COUNT(DISTINCT ${value})`
  // Doubles throughout: sums of whole numbers would overflow in their own ways.
  const summed = method === "sum" || method === "average" ? sql`0e0 + ${value}` : value
  return sql`${sql.literal(NAMES[method])}(${summed})`
}

/** The properties that it asks for, so that no table is joined for nothing. */
export const usedByGroups = ({ figures, filter, keys }: GroupsQuery): ReadonlySet<string> =>
  new Set([
    ...usedBy(filter, [], keys),
    ...figures.flatMap(({ of }) => (of === null ? [] : [...usedBy(of, [])]))
  ])

/** The statement, with `last` behind its cells, and what they are. */
const asking = (
  context: SqlContext,
  { figures, keys, limit }: GroupsQuery,
  from: Fragment,
  last: ReadonlyArray<string> = []
) => {
  const { sql } = context
  const selected = [
    ...keys.map(({ kind, path }) => ({ kind, path })),
    ...figures.map(({ alias, kind }) => ({ kind, path: [alias] }))
  ]
  const cells = [
    ...keys.map(({ path }) => column(context, path)),
    ...figures.map((figure) => figureSql(context, figure))
  ]
  const by = keys.map((_, index) => sql.literal(`c${index}`))
  const named = [
    ...cells.map((cell, index) => sql`${cell} AS ${sql.literal(`c${index}`)}`),
    ...last.map((cell) => sql.literal(cell))
  ]
  const statement = sql<Rows.Row>`SELECT ${sql.csv(named)} FROM ${from}
      ${by.length === 0 ? sql`` : sql`GROUP BY ${sql.csv(by)}`} LIMIT ${String(limit)}`
  return { selected, statement }
}

/** `from`: the tables of the rows, with what says which of them count. */
export const groupRows = (context: SqlContext, query: GroupsQuery, from: Fragment) => {
  const { selected, statement } = asking(context, query, from)
  return Effect.flatMap(
    statement,
    Rows.every((row) => rowOf(selected, row))
  )
}

/** The same of events, of the log alone. */
export const groupsOfEvents = (context: SqlContext, query: GroupsQuery, from: Fragment) => {
  const { selected, statement } = asking(context, query, from, [COLD_CELL])
  return Effect.flatMap(
    toldRows(context.sql, context, statement, selected.length + 1),
    ofTold(Rows.every((row) => rowOf(selected, row)))
  )
}
