/** A filter as it is written, before anything is known of the names in it; and back to text. */
import { formatTime } from "../../domain/Time.js"

/** Times, dates (their first instant) and durations in µs. */
export type Literal =
  | { readonly kind: "null" }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "integer" | "number"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "time" | "date" | "duration"; readonly value: number }

export const COMPARISONS = ["eq", "ne", "gt", "ge", "lt", "le"] as const
export type Comparison = (typeof COMPARISONS)[number]
export const ARITHMETICS = ["add", "sub", "mul", "div", "mod"] as const
export type Arithmetic = (typeof ARITHMETICS)[number]
export type BinaryOperator = "and" | "or" | Comparison | Arithmetic

export type Expr =
  | { readonly _tag: "Literal"; readonly literal: Literal }
  | { readonly _tag: "Member"; readonly path: ReadonlyArray<string> }
  | { readonly _tag: "Call"; readonly name: string; readonly args: ReadonlyArray<Expr> }
  | { readonly _tag: "Binary"; readonly op: BinaryOperator; readonly left: Expr; readonly right: Expr }
  | { readonly _tag: "Not" | "Negate"; readonly operand: Expr }
  | { readonly _tag: "In"; readonly left: Expr; readonly items: ReadonlyArray<Literal> }

/** How tightly an operator binds; those of one rank go from left to right. */
export const RANK: Readonly<Record<BinaryOperator | "in", number>> = {
  or: 1,
  and: 2,
  eq: 3,
  ne: 3,
  gt: 4,
  ge: 4,
  lt: 4,
  le: 4,
  add: 5,
  sub: 5,
  mul: 6,
  div: 6,
  mod: 6,
  // It belongs to what stands before it, as a function's parentheses do: `not unit in ('C')` is a `not` of all that.
  in: 8
}
const UNARY = 7
const PRIMARY = 8

const numberText = (value: number, kind: "integer" | "number"): string => {
  const text = String(value)
  return kind === "number" && /^-?\d+$/.test(text) ? `${text}.0` : text
}

const durationText = (micros: number): string => {
  const size = Math.abs(micros)
  const seconds = Math.floor(size / 1e6)
  const fraction = String(size - seconds * 1e6).padStart(6, "0")
  return `duration'${micros < 0 ? "-" : ""}PT${seconds}.${fraction}S'`
}

export const printLiteral = (literal: Literal): string => {
  switch (literal.kind) {
    case "null":
      return "null"
    case "boolean":
      return String(literal.value)
    case "integer":
    case "number":
      return numberText(literal.value, literal.kind)
    case "text":
      return `'${literal.value.replaceAll("'", "''")}'`
    case "time":
      return formatTime(literal.value)
    case "date":
      return formatTime(literal.value).slice(0, 10)
    case "duration":
      return durationText(literal.value)
  }
}

const rankOf = (expr: Expr): number =>
  "op" in expr ? RANK[expr.op] : "items" in expr ? RANK.in : "operand" in expr ? UNARY : PRIMARY

const within = (expr: Expr, rank: number): string => {
  const text = print(expr)
  return rankOf(expr) < rank ? `(${text})` : text
}

/** The filter as text that parses back to the same expression, with no more parentheses than that takes. */
export const print = (expr: Expr): string => {
  switch (expr._tag) {
    case "Literal":
      return printLiteral(expr.literal)
    case "Member":
      return expr.path.join("/")
    case "Call":
      return `${expr.name}(${expr.args.map(print).join(",")})`
    case "Binary":
      return `${within(expr.left, RANK[expr.op])} ${expr.op} ${within(expr.right, RANK[expr.op] + 1)}`
    case "Not":
      return `not ${within(expr.operand, UNARY)}`
    case "Negate":
      return `-(${print(expr.operand)})`
    case "In":
      return `${within(expr.left, RANK.in)} in (${expr.items.map(printLiteral).join(",")})`
  }
}
