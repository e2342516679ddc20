/**
 * A checked filter on a row in memory. Comparisons are true or false, also with null; functions and arithmetic of
 * null are null, and so are `and`, `or` and `not` where null decides: a row is taken where the whole is true.
 */

import { type Row, type Value, valueAt } from "./Edm.js"
import { compareText, FUNCTIONS } from "./Functions.js"
import type { Arithmetic, Comparison } from "./syntax/Ast.js"
import type { TypedExpression } from "./Typed.js"

/** Order of two values of one kind; null comes before all others. */
export const compareValues = (a: Value, b: Value): number => {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1)
  return typeof a === "string" && typeof b === "string" ? compareText(a, b) : Number(a) - Number(b)
}

export const compare = (op: Comparison, a: Value, b: Value): boolean => {
  const order = compareValues(a, b)
  if (op === "eq") return order === 0
  if (op === "ne") return order !== 0
  if (a === null || b === null) return false
  return op === "gt" ? order > 0 : op === "ge" ? order >= 0 : op === "lt" ? order < 0 : order <= 0
}

const OPERATIONS: Record<Arithmetic, (x: number, y: number, kind: "integer" | "number") => number | null> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y, kind) => (y === 0 ? null : kind === "integer" ? Math.trunc(x / y) : x / y),
  mod: (x, y) => (y === 0 ? null : x % y)
}

/** Null where an operand is, and for a division by 0. Whole numbers divide to whole numbers, towards 0. */
export const arithmetic = (op: Arithmetic, kind: "integer" | "number", a: Value, b: Value): number | null =>
  a === null || b === null ? null : OPERATIONS[op](Number(a), Number(b), kind)

/** `decisive` decides whatever the others are: false for `and`, true for `or`. */
const junction = (parts: ReadonlyArray<TypedExpression>, row: Row, decisive: boolean): Value => {
  let unknown = false
  for (const part of parts) {
    const value = evaluate(part, row)
    if (value === decisive) return decisive
    if (value === null) unknown = true
  }
  return unknown ? null : !decisive
}

export const evaluate = (expression: TypedExpression, row: Row): Value => {
  switch (expression._tag) {
    case "Constant":
      return expression.value
    case "Property":
      return valueAt(row, expression.path)
    case "Call": {
      const args = expression.args.map((arg) => evaluate(arg, row))
      return args.includes(null) ? null : FUNCTIONS[expression.name].compute(...args)
    }
    case "Arithmetic":
      return arithmetic(
        expression.op,
        expression.kind,
        evaluate(expression.left, row),
        evaluate(expression.right, row)
      )
    case "Compare":
      return compare(expression.op, evaluate(expression.left, row), evaluate(expression.right, row))
    case "In": {
      const value = evaluate(expression.left, row)
      return value === null
        ? expression.orNull
        : expression.items.some((item) => compareValues(item, value) === 0)
    }
    case "And":
      return junction(expression.parts, row, false)
    case "Or":
      return junction(expression.parts, row, true)
    case "Not": {
      const value = evaluate(expression.operand, row)
      return value === null ? null : value !== true
    }
  }
}

export const holds = (filter: TypedExpression | undefined, row: Row): boolean =>
  filter === undefined || evaluate(filter, row) === true
