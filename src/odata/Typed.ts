/** A filter whose names are properties, and whose parts have their kinds: what memory and SQL both know how to do. */

import type { Kind, Value } from "./Edm.js"
import type { FunctionName } from "./Functions.js"
import type { Arithmetic, Comparison } from "./syntax/Ast.js"

export type AnyKind = Kind | "null" | "duration"

/** A checked expression. `nullable`: it may be null for some row. */
export type TypedExpression =
  | { readonly _tag: "Constant"; readonly kind: AnyKind; readonly value: Value }
  | {
      readonly _tag: "Property"
      readonly kind: Kind
      readonly path: ReadonlyArray<string>
      readonly nullable: boolean
    }
  | {
      readonly _tag: "Call"
      readonly kind: Kind
      readonly name: FunctionName
      readonly args: ReadonlyArray<TypedExpression>
      readonly nullable: boolean
    }
  | {
      readonly _tag: "Arithmetic"
      readonly kind: "integer" | "number"
      readonly op: Arithmetic
      readonly left: TypedExpression
      readonly right: TypedExpression
      readonly nullable: boolean
    }
  | {
      readonly _tag: "Compare"
      readonly kind: "boolean"
      readonly op: Comparison
      readonly left: TypedExpression
      readonly right: TypedExpression
    }
  /** `items` are of the kind of `left`, and none is null: that one is null is in `orNull`. */
  | {
      readonly _tag: "In"
      readonly kind: "boolean"
      readonly left: TypedExpression
      readonly items: ReadonlyArray<Value>
      readonly orNull: boolean
    }
  | { readonly _tag: "And" | "Or"; readonly kind: "boolean"; readonly parts: ReadonlyArray<TypedExpression> }
  | { readonly _tag: "Not"; readonly kind: "boolean"; readonly operand: TypedExpression }

export const isNullable = (expression: TypedExpression): boolean => {
  if ("nullable" in expression) return expression.nullable
  if ("parts" in expression) return expression.parts.some(isNullable)
  if ("operand" in expression) return isNullable(expression.operand)
  return expression._tag === "Constant" && expression.value === null
}
