/**
 * A checked filter as a part of a statement. Values are parameters, never text; columns
 * are those of a table of our own. Both databases give what `Evaluate.ts` gives: text is compared by its bytes
 * (UTF-8, so by code points), never by a collation, which would ignore blanks at the end.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import { formatTime, MICROS_PER_DAY, parseTime } from "../domain/Time.js"
import { type Kind, pathText, type Value } from "./Edm.js"
import type { FunctionName } from "./Functions.js"
import type { Comparison } from "./syntax/Ast.js"
import { isNullable, type TypedExpression } from "./Typed.js"

export interface SqlContext {
  readonly sql: SqlClient
  readonly dialect: "mysql" | "sqlite"
  readonly encodeTime: (time: number) => string
  /** The columns by the paths of their properties: every filterable property has one. Booleans are 1 and 0. */
  readonly columns: Readonly<Record<string, Fragment>>
}

const SYMBOLS: Record<Comparison, string> = { eq: "=", ne: "<>", gt: ">", ge: ">=", lt: "<", le: "<=" }

export const parameter = (
  { encodeTime, sql }: SqlContext,
  kind: TypedExpression["kind"],
  value: Value
): Fragment => {
  if (value === null) return sql.literal("NULL")
  if (typeof value === "boolean") return sql.literal(value ? "(1 = 1)" : "(1 = 0)")
  if (kind === "time") return sql`${encodeTime(Number(value))}`
  return kind === "date" ? sql`${formatTime(Number(value)).slice(0, 10)}` : sql`${value}`
}

export const column = ({ columns }: SqlContext, path: ReadonlyArray<string>): Fragment => {
  const name = pathText(path)
  const column = Object.hasOwn(columns, name) ? columns[name] : undefined
  if (column === undefined) throw new TypeError(`no column for the property ${name}`)
  return column
}

/** As it is compared. */
export const compared = (
  { dialect, sql }: SqlContext,
  kind: TypedExpression["kind"],
  value: Fragment
): Fragment => (kind === "text" && dialect === "mysql" ? sql`CAST(${value} AS BINARY)` : value)

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/** Letters from A to Z alone: what SQLite's functions do by themselves. */
const replacedLetters = (sql: SqlClient, text: Fragment, from: string, to: string): Fragment => {
  const before = sql.literal("REPLACE(".repeat(from.length))
  const after = sql.literal([...from].map((letter, i) => `, '${letter}', '${to[i]}')`).join(""))
  return sql`${before}${text}${after}`
}

type Spelling = (sql: SqlClient, a: Fragment, b: Fragment, c?: Fragment) => Fragment

const mysqlPart =
  (name: string): Spelling =>
  (sql, a) =>
    sql`${sql.literal(name)}(${a})`
const sqliteDigits =
  (from: number, length: number): Spelling =>
  (sql, a) =>
    sql`CAST(substr(${a}, ${sql.literal(`${from}, ${length}`)}) AS INTEGER)`

const BOTH = {
  contains: (sql, a, b) => sql`(INSTR(${a}, ${b}) > 0)`,
  startswith: (sql, a, b) => sql`(INSTR(${a}, ${b}) = 1)`,
  indexof: (sql, a, b) => sql`(INSTR(${a}, ${b}) - 1)`,
  substring: (sql, a, b, c) =>
    c === undefined ? sql`SUBSTR(${a}, ${b} + 1)` : sql`SUBSTR(${a}, ${b} + 1, ${c})`,
  trim: (sql, a) => sql`TRIM(${a})`
} satisfies Partial<Record<FunctionName, Spelling>>

/** The functions of filters in the words of each database. */
const SPELLINGS: Record<SqlContext["dialect"], Record<FunctionName, Spelling>> = {
  mysql: {
    ...BOTH,
    endswith: (sql, a, b) => sql`(CAST(RIGHT(${a}, CHAR_LENGTH(${b})) AS BINARY) = CAST(${b} AS BINARY))`,
    length: (sql, a) => sql`CHAR_LENGTH(${a})`,
    tolower: (sql, a) => replacedLetters(sql, a, ALPHABET, ALPHABET.toLowerCase()),
    toupper: (sql, a) => replacedLetters(sql, a, ALPHABET.toLowerCase(), ALPHABET),
    concat: (sql, a, b) => sql`CONCAT(${a}, ${b})`,
    date: mysqlPart("DATE"),
    year: mysqlPart("YEAR"),
    month: mysqlPart("MONTH"),
    day: mysqlPart("DAY"),
    hour: mysqlPart("HOUR"),
    minute: mysqlPart("MINUTE"),
    second: mysqlPart("SECOND")
  },
  sqlite: {
    ...BOTH,
    endswith: (sql, a, b) => sql`(substr(${a}, length(${a}) - length(${b}) + 1) = ${b})`,
    length: (sql, a) => sql`length(${a})`,
    tolower: (sql, a) => sql`lower(${a})`,
    toupper: (sql, a) => sql`upper(${a})`,
    concat: (sql, a, b) => sql`(${a} || ${b})`,
    date: (sql, a) => sql`substr(${a}, 1, 10)`,
    year: sqliteDigits(1, 4),
    month: sqliteDigits(6, 2),
    day: sqliteDigits(9, 2),
    hour: sqliteDigits(12, 2),
    minute: sqliteDigits(15, 2),
    second: sqliteDigits(18, 2)
  }
}

const call = (context: SqlContext, expression: TypedExpression & { readonly _tag: "Call" }): Fragment => {
  const { dialect, sql } = context
  const [a = sql``, b = sql``, c] = expression.args.map((arg) => valueOf(context, arg))
  return SPELLINGS[dialect][expression.name](sql, a, b, c)
}

/** Doubles throughout, as in memory: whole numbers would overflow in their own ways. */
const arithmetic = (
  context: SqlContext,
  expression: TypedExpression & { readonly _tag: "Arithmetic" }
): Fragment => {
  const { dialect, sql } = context
  const [left, right] = [valueOf(context, expression.left), valueOf(context, expression.right)]
  switch (expression.op) {
    case "add":
      return sql`((0e0 + ${left}) + ${right})`
    case "sub":
      return sql`((0e0 + ${left}) - ${right})`
    case "mul":
      return sql`((0e0 + ${left}) * ${right})`
    case "div": {
      const quotient = sql`((0e0 + ${left}) / ${right})`
      if (expression.kind === "number") return quotient
      return dialect === "mysql" ? sql`TRUNCATE(${quotient}, 0)` : sql`(0e0 + CAST(${quotient} AS INTEGER))`
    }
    case "mod":
      return dialect === "mysql"
        ? sql`MOD(0e0 + ${left}, 0e0 + ${right})`
        : sql`(CAST(${left} AS INTEGER) % CAST(${right} AS INTEGER))`
  }
}

/** What an expression comes to, in a row. */
export const valueOf = (context: SqlContext, expression: TypedExpression): Fragment => {
  switch (expression._tag) {
    case "Constant":
      return parameter(context, expression.kind, expression.value)
    case "Property":
      return column(context, expression.path)
    case "Call":
      return call(context, expression)
    case "Arithmetic":
      return arithmetic(context, expression)
    default:
      return condition(context, expression)
  }
}

/** The first instants of what is compared, and of what comes after it: a day, or a year. */
const periodOf = (
  left: TypedExpression,
  right: TypedExpression
): readonly [from: number, to: number] | undefined => {
  if (left._tag !== "Call" || right._tag !== "Constant" || typeof right.value !== "number") return undefined
  if (left.name === "date") return [right.value, right.value + MICROS_PER_DAY]
  const year = right.value
  if (left.name !== "year" || !Number.isInteger(year) || year < 1971 || year > 2253) return undefined
  const [from, to] = [parseTime(`${year}-01-01`), parseTime(`${year + 1}-01-01`)]
  return from._tag === "Right" && to._tag === "Right" ? [from.right, to.right] : undefined
}

/** `date(t) eq 2024-06-14` as the range of times that it is, so that an index of times serves it. */
const asRange = (
  context: SqlContext,
  op: Comparison,
  left: TypedExpression,
  right: TypedExpression
): Fragment | undefined => {
  const period = periodOf(left, right)
  const [time] = left._tag === "Call" ? left.args : []
  if (period === undefined || time === undefined || isNullable(time)) return undefined
  const { sql } = context
  const t = valueOf(context, time)
  const [from, to] = period.map((edge) => parameter(context, "time", edge))
  const ranges: Record<Comparison, Fragment> = {
    eq: sql`(${t} >= ${from} AND ${t} < ${to})`,
    ne: sql`(${t} < ${from} OR ${t} >= ${to})`,
    gt: sql`(${t} >= ${to})`,
    ge: sql`(${t} >= ${from})`,
    lt: sql`(${t} < ${from})`,
    le: sql`(${t} < ${to})`
  }
  return ranges[op]
}

const comparison = (
  context: SqlContext,
  op: Comparison,
  left: TypedExpression,
  right: TypedExpression
): Fragment => {
  const { dialect, sql } = context
  const range = asRange(context, op, left, right)
  if (range !== undefined) return range
  if (left.kind === "null" || right.kind === "null") {
    const other = valueOf(context, left.kind === "null" ? right : left)
    if (op === "eq") return sql`(${other} IS NULL)`
    return op === "ne" ? sql`(${other} IS NOT NULL)` : sql.literal("(1 = 0)")
  }
  // A date beside a time stands for its first instant.
  const moment: Kind | undefined = left.kind === "time" || right.kind === "time" ? "time" : undefined
  const side = (expression: TypedExpression) =>
    compared(
      context,
      expression.kind,
      expression._tag === "Constant"
        ? parameter(context, moment ?? expression.kind, expression.value)
        : valueOf(context, expression)
    )
  const [a, b] = [side(left), side(right)]
  const plain = sql`${a} ${sql.literal(SYMBOLS[op])} ${b}`
  if (!isNullable(left) && !isNullable(right)) return sql`(${plain})`
  if (op !== "eq" && op !== "ne") return sql`COALESCE(${plain}, 0)`
  if (!isNullable(left) || !isNullable(right))
    return sql`COALESCE(${plain}, ${sql.literal(op === "eq" ? "0" : "1")})`
  const same = dialect === "mysql" ? sql`(${a} <=> ${b})` : sql`(${a} IS ${b})`
  return op === "eq" ? same : sql`(NOT ${same})`
}

const within = (context: SqlContext, expression: TypedExpression & { readonly _tag: "In" }): Fragment => {
  const { sql } = context
  const { items, left, orNull } = expression
  const value = valueOf(context, left)
  const missing = sql`(${value} IS NULL)`
  if (items.length === 0) return orNull ? missing : sql.literal("(1 = 0)")
  const list = sql.csv(items.map((item) => compared(context, left.kind, parameter(context, left.kind, item))))
  const membership = sql`${compared(context, left.kind, value)} IN (${list})`
  if (!isNullable(left)) return sql`(${membership})`
  return orNull ? sql`(${missing} OR ${membership})` : sql`COALESCE(${membership}, 0)`
}

/** Halved again and again: databases count how deep an expression goes. */
export const balanced = (sql: SqlClient, parts: ReadonlyArray<Fragment>, word: "AND" | "OR"): Fragment => {
  const [only = sql.literal("(1 = 1)")] = parts
  if (parts.length < 2) return only
  const half = parts.length >> 1
  const [a, b] = [balanced(sql, parts.slice(0, half), word), balanced(sql, parts.slice(half), word)]
  return sql`(${a} ${sql.literal(word)} ${b})`
}

/** A condition, with its own parentheses. */
export const condition = (context: SqlContext, expression: TypedExpression): Fragment => {
  const { sql } = context
  switch (expression._tag) {
    case "Compare":
      return comparison(context, expression.op, expression.left, expression.right)
    case "In":
      return within(context, expression)
    case "And":
    case "Or":
      return balanced(
        sql,
        expression.parts.map((part) => condition(context, part)),
        expression._tag === "And" ? "AND" : "OR"
      )
    case "Not":
      return sql`(NOT ${condition(context, expression.operand)})`
    case "Property":
      return sql`(${valueOf(context, expression)} = 1)`
    default:
      return valueOf(context, expression)
  }
}
