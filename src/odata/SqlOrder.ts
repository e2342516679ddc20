/** An order, and a place in it, as parts of a statement. */
import type { Fragment } from "@effect/sql/Statement"
import type { Value } from "./Edm.js"
import { ORDERED_LENGTH, type OrderKey } from "./Order.js"
import { balanced, column, compared, parameter, type SqlContext } from "./Sql.js"

/** What a key is ordered by. */
const ordered = (context: SqlContext, { kind, path }: OrderKey): Fragment => {
  const { sql } = context
  const value = column(context, path)
  return kind === "text"
    ? compared(context, kind, sql`SUBSTR(${value}, 1, ${sql.literal(String(ORDERED_LENGTH))})`)
    : value
}

export const orderBy = (context: SqlContext, keys: ReadonlyArray<OrderKey>): Fragment => {
  const { sql } = context
  return sql.csv(
    keys.map((key) => sql`${ordered(context, key)} ${sql.literal(key.descending ? "DESC" : "ASC")}`)
  )
}

/** Behind a place in the order. Expanded, with a bound of the first key: no range is made of a row comparison. */
export const behind = (
  context: SqlContext,
  keys: ReadonlyArray<OrderKey>,
  place: ReadonlyArray<Value>
): Fragment => {
  const { sql } = context
  const never = sql.literal("(1 = 0)")
  const side = (key: OrderKey, value: Value) =>
    compared(context, key.kind, parameter(context, key.kind, scalar(value)))
  const equal = (key: OrderKey, value: Value) =>
    value === null
      ? sql`(${ordered(context, key)} IS NULL)`
      : sql`(${ordered(context, key)} = ${side(key, value)})`
  const after = (key: OrderKey, value: Value, orEqual: "" | "="): Fragment => {
    const by = ordered(context, key)
    if (value === null) return key.descending ? never : sql`(${by} IS NOT NULL)`
    const symbol = sql.literal((key.descending ? "<" : ">") + orEqual)
    const beyond = sql`(${by} ${symbol} ${side(key, value)})`
    return key.descending && key.nullable ? sql`(${beyond} OR ${by} IS NULL)` : beyond
  }
  const ways = keys.map((key, index) =>
    balanced(
      sql,
      [
        ...keys.slice(0, index).map((before, at) => equal(before, place[at] ?? null)),
        after(key, place[index] ?? null, "")
      ],
      "AND"
    )
  )
  const [first] = keys
  const [value = null] = place
  const any = balanced(sql, ways, "OR")
  return first === undefined || first.nullable ? any : sql`(${after(first, value, "=")} AND ${any})`
}

/** A boolean as the column has it. */
const scalar = (value: Value): Value => (typeof value === "boolean" ? Number(value) : value)
