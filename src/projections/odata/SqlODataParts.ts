/** What the entity sets that are read by SQL have in common: which columns, and rows from what comes back. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import { DatabaseError } from "../../db/Failure.js"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { type TableStorage, takenBy } from "../../domain/dataset/Dataset.js"
import { asLogError } from "../../eventlog/LogFailure.js"
import { type EntitySet, type Kind, type Property, pathText, type Row, type Value } from "../../odata/Edm.js"
import { type ODataError, odataError } from "../../odata/ODataError.js"
import type { OrderKey } from "../../odata/Order.js"
import type { SqlContext } from "../../odata/Sql.js"
import type { TypedExpression } from "../../odata/Typed.js"

export type Columns = SqlContext["columns"]

export const contextOf = (sql: SqlClient, database: DatabaseService, columns: Columns): SqlContext => ({
  sql,
  dialect: database.dialect,
  encodeTime: database.encodeTime,
  columns
})

/** The columns of a view, each by its expression. */
export const viewColumns = (sql: SqlClient, { columns }: TableStorage): Readonly<Record<string, Fragment>> =>
  Object.fromEntries(
    columns.map(({ expression = "", name }) => [
      name,
      sql.literal(/^\w+\.\w+$/.test(expression) ? expression : `(${expression})`)
    ])
  )

/** Whether any of the properties that are used is made of a column of the table with this alias. */
export const needs = ({ columns }: TableStorage, alias: string, names: ReadonlySet<string>): boolean =>
  columns.some(
    ({ expression = "", name }) => names.has(name) && takenBy(expression).some(([from]) => from === alias)
  )

interface SelectedColumn {
  readonly path: ReadonlyArray<string>
  readonly kind: Kind
}

const primitives = (property: Property, above: ReadonlyArray<string> = []): ReadonlyArray<SelectedColumn> => {
  const path = [...above, property.name]
  if (!property.filterable) return []
  return property.type._tag === "Primitive"
    ? [{ path, kind: property.type.kind }]
    : property.type.of.properties.flatMap((one) => primitives(one, path))
}

/** What a page selects: what is shown, and what it is ordered by. */
export const selectedOf = (
  set: EntitySet,
  names: ReadonlySet<string> | undefined,
  order: ReadonlyArray<OrderKey>
): ReadonlyArray<SelectedColumn> =>
  set.properties
    .flatMap((property) => primitives(property))
    .filter(
      ({ path }) =>
        names === undefined ||
        names.has(path[0] ?? "") ||
        order.some((key) => pathText(key.path) === pathText(path))
    )

/** `expression AS c0, …`: the names of properties are words of SQL. */
export const selectList = ({ columns, sql }: SqlContext, selected: ReadonlyArray<SelectedColumn>): Fragment =>
  sql.csv(
    selected.map(
      ({ path }, index) =>
        sql`${columns[pathText(path)] ?? sql.literal("NULL")} AS ${sql.literal(`c${index}`)}`
    )
  )

const cell = (kind: Kind, value: unknown): Value => {
  if (value === null) return null
  switch (kind) {
    case "time":
    case "date":
      return Rows.time(value)
    case "boolean":
      return Rows.flag(value)
    case "text":
      return Rows.text(value)
    default:
      return Rows.double(value)
  }
}

export const rowOf = (selected: ReadonlyArray<SelectedColumn>, cells: Rows.Row): Row => {
  const row: Record<string, Row[string]> = {}
  for (const [index, { kind, path }] of selected.entries()) {
    const value = cell(kind, cells[`c${index}`])
    const [name = "", inner] = path
    if (inner === undefined) row[name] = value
    else row[name] = { ...Object(row[name] ?? {}), [inner]: value }
  }
  return row
}

const pathsOf = (expression: TypedExpression): ReadonlyArray<string> => {
  switch (expression._tag) {
    case "Constant":
      return []
    case "Property":
      return [pathText(expression.path)]
    case "Call":
      return expression.args.flatMap(pathsOf)
    case "Arithmetic":
    case "Compare":
      return [...pathsOf(expression.left), ...pathsOf(expression.right)]
    case "In":
      return pathsOf(expression.left)
    case "And":
    case "Or":
      return expression.parts.flatMap(pathsOf)
    case "Not":
      return pathsOf(expression.operand)
  }
}

/** The properties that a filter, an order or a selection asks for, so that no table is joined for nothing. */
export const usedBy = (
  filter: TypedExpression | undefined,
  order: ReadonlyArray<OrderKey>,
  selected: ReadonlyArray<SelectedColumn> = []
): ReadonlySet<string> =>
  new Set([
    ...(filter === undefined ? [] : pathsOf(filter)),
    ...order.map(({ path }) => pathText(path)),
    ...selected.map(({ path }) => pathText(path))
  ])

/** MySQL refuses arithmetic beyond a double, which no column holds: only a filter can ask for it. */
const OUT_OF_RANGE = "1690"

/** Of a statement that goes deeper, or is longer, than the database takes: only a filter or an order can be so. */
const TOO_DEEP_CODES = /^(1436|1390|SQLITE_TOOBIG)\b/
const TOO_DEEP = /parser stack overflow|expression tree is too large|too many (SQL variables|terms)/i

const filterFault = ({ code, reason }: DatabaseError): ODataError | undefined => {
  if (code.startsWith(OUT_OF_RANGE)) {
    return odataError("BadRequest", "a number of the filter is beyond the range of a double", "$filter")
  }
  return TOO_DEEP_CODES.test(code) || TOO_DEEP.test(reason)
    ? odataError("TooComplex", "the filter is nested deeper, or longer, than the database takes", "$filter")
    : undefined
}

/** Failures as the port has them. */
export const asRowsError = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.mapError(
    effect,
    (error) => (error instanceof DatabaseError ? filterFault(error) : undefined) ?? asLogError(error)
  )
