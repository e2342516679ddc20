/**
 * An expression against the properties of an entity set: names become properties, each part gets its kind, and what
 * does not depend on the row is computed once. What is left is what memory and SQL both know how to do.
 */
import * as Either from "effect/Either"
import { MICROS_PER_DAY } from "../domain/Time.js"
import type { EntitySet } from "./Edm.js"
import { arithmetic, compare } from "./Evaluate.js"
import { FUNCTIONS, isFunction, OTHER_FUNCTIONS } from "./Functions.js"
import { type ODataError, odataError } from "./ODataError.js"
import { reach } from "./Reach.js"
import type { Arithmetic, Comparison, Expr, Literal } from "./syntax/Ast.js"
import { orODataError } from "./syntax/Parser.js"
import { type AnyKind, isNullable, type TypedExpression } from "./Typed.js"

const NULL: TypedExpression = { _tag: "Constant", kind: "null", value: null }
const fails = (message: string): ODataError => odataError("TypeMismatch", message, "$filter")
const NAMES: Record<AnyKind, string> = {
  boolean: "a boolean",
  integer: "a whole number",
  number: "a number",
  text: "text",
  time: "a time",
  date: "a date",
  duration: "a duration",
  null: "null"
}

const isNumeric = (kind: AnyKind): kind is "integer" | "number" => kind === "integer" || kind === "number"
const isMoment = (kind: AnyKind): boolean => kind === "time" || kind === "date"

/** Whether the two can be compared. A date that is written out stands for its first instant beside a time. */
const comparable = (left: TypedExpression, right: TypedExpression): boolean =>
  left.kind === "null" ||
  right.kind === "null" ||
  left.kind === right.kind ||
  (isNumeric(left.kind) && isNumeric(right.kind)) ||
  (isMoment(left.kind) &&
    isMoment(right.kind) &&
    [left, right].some((one) => one.kind === "date" && one._tag === "Constant"))

class Checker {
  constructor(
    private readonly set: EntitySet,
    private readonly now: number
  ) {}

  check(expr: Expr): TypedExpression {
    switch (expr._tag) {
      case "Literal":
        return constant(expr.literal)
      case "Member":
        return {
          _tag: "Property",
          ...Either.getOrThrowWith(reach(this.set, expr.path, "$filter"), (error) => error)
        }
      case "Call":
        return this.call(
          expr.name,
          expr.args.map((arg) => this.check(arg))
        )
      case "Binary":
        return this.binary(expr)
      case "Not":
        return { _tag: "Not", kind: "boolean", operand: this.condition(expr.operand, "not") }
      case "Negate":
        return this.arithmetic(
          "sub",
          { _tag: "Constant", kind: "integer", value: 0 },
          this.check(expr.operand)
        )
      case "In":
        return this.within(this.check(expr.left), expr.items)
    }
  }

  condition(expr: Expr, what: string): TypedExpression {
    const expression = this.check(expr)
    if (expression.kind !== "boolean" && expression.kind !== "null") {
      throw fails(
        `${what} takes a condition, not ${NAMES[expression.kind]}: put parentheses around a comparison`
      )
    }
    return expression
  }

  private binary(expr: Expr & { readonly _tag: "Binary" }): TypedExpression {
    const { op } = expr
    switch (op) {
      case "and":
      case "or": {
        const [left, right] = [this.condition(expr.left, op), this.condition(expr.right, op)]
        const tag = op === "and" ? "And" : "Or"
        // One flat list: a chain of hundreds is as deep as the list alone.
        const parts = left._tag === tag ? [...left.parts, right] : [left, right]
        return { _tag: tag, kind: "boolean", parts }
      }
      case "add":
      case "sub":
      case "mul":
      case "div":
      case "mod":
        return this.arithmetic(op, this.check(expr.left), this.check(expr.right))
      default:
        return comparison(op, this.check(expr.left), this.check(expr.right))
    }
  }

  private within(left: TypedExpression, items: ReadonlyArray<Literal>): TypedExpression {
    const values = items.map(constant)
    for (const value of values) {
      if (!comparable(left, value)) throw fails(`${NAMES[left.kind]} is never ${NAMES[value.kind]}`)
    }
    const constants = values.map((value) => (value._tag === "Constant" ? value.value : null))
    if (left._tag === "Constant") {
      const value = constants.some((item) => compare("eq", left.value, item))
      return { _tag: "Constant", kind: "boolean", value }
    }
    return {
      _tag: "In",
      kind: "boolean",
      left,
      items: constants.filter((value) => value !== null),
      orNull: constants.includes(null)
    }
  }

  private arithmetic(op: Arithmetic, left: TypedExpression, right: TypedExpression): TypedExpression {
    if (left.kind === "null" || right.kind === "null") return NULL
    if (isMoment(left.kind) || left.kind === "duration") return shifted(op, left, right)
    if (!isNumeric(left.kind) || !isNumeric(right.kind)) {
      throw fails(`${op} takes numbers, not ${NAMES[left.kind]} and ${NAMES[right.kind]}`)
    }
    const kind = left.kind === "integer" && right.kind === "integer" ? "integer" : "number"
    if (op === "mod" && kind === "number")
      throw odataError("NotImplemented", "mod takes whole numbers alone", "$filter")
    if (left._tag === "Constant" && right._tag === "Constant") {
      const value = arithmetic(op, kind, left.value, right.value)
      if (value !== null && !Number.isFinite(value)) throw fails("a number is beyond the range of a double")
      return value === null ? NULL : { _tag: "Constant", kind, value }
    }
    const divides = op === "div" || op === "mod"
    const nullable =
      isNullable(left) || isNullable(right) || (divides && !(right._tag === "Constant" && right.value !== 0))
    return { _tag: "Arithmetic", kind, op, left, right, nullable }
  }

  private call(spelling: string, args: ReadonlyArray<TypedExpression>): TypedExpression {
    const name = spelling.toLowerCase()
    if (name === "now" && args.length === 0) return { _tag: "Constant", kind: "time", value: this.now }
    if (!isFunction(name)) {
      const isUnsupported = OTHER_FUNCTIONS.has(name) || name.startsWith("geo.") || name === "now"
      throw isUnsupported
        ? odataError("NotImplemented", `the function ${name} is not supported`, "$filter")
        : odataError("InvalidFilter", `there is no function ${spelling}`, "$filter")
    }
    const definition = FUNCTIONS[name]
    if (args.length > definition.args.length || args.length < definition.args.length - definition.optional) {
      throw odataError(
        "InvalidFilter",
        `${name} takes ${definition.args.length} arguments, not ${args.length}`,
        "$filter"
      )
    }
    for (const [index, arg] of args.entries()) {
      const argumentKind = definition.args[index] ?? "text"
      const fits =
        arg.kind === argumentKind || arg.kind === "null" || (argumentKind === "time" && arg.kind === "date")
      if (!fits) throw fails(`${name} takes ${NAMES[argumentKind]}, not ${NAMES[arg.kind]}`)
    }
    if (args.some(({ kind }) => kind === "null")) return NULL
    if (name === "substring") checkSubstring(args.slice(1))
    if (args.every((arg) => arg._tag === "Constant")) {
      const values = args.map((arg) => (arg._tag === "Constant" ? arg.value : null))
      return { _tag: "Constant", kind: definition.result, value: definition.compute(...values) }
    }
    return { _tag: "Call", kind: definition.result, name, args, nullable: args.some(isNullable) }
  }
}

/** Where it begins, and how long it is, are written out: databases disagree about anything else. */
const checkSubstring = (numbers: ReadonlyArray<TypedExpression>): void => {
  for (const number of numbers) {
    const fits = number._tag === "Constant" && Number(number.value) >= 0 && Number(number.value) <= 100_000
    if (!fits) throw odataError("NotImplemented", "substring takes numbers from 0 to 100000 alone", "$filter")
  }
}

const constant = (literal: Literal): TypedExpression =>
  literal.kind === "null" ? NULL : { _tag: "Constant", kind: literal.kind, value: literal.value }

const comparison = (op: Comparison, left: TypedExpression, right: TypedExpression): TypedExpression => {
  if (left.kind === "duration" || right.kind === "duration") {
    throw odataError("NotImplemented", "durations can't be compared", "$filter")
  }
  if (!comparable(left, right)) {
    const hint =
      [left.kind, right.kind].includes("text") &&
      (isMoment(left.kind) || isMoment(right.kind) || isNumeric(left.kind))
        ? "; times and numbers are written without quotes"
        : ""
    throw fails(`${NAMES[left.kind]} can't be compared with ${NAMES[right.kind]}${hint}`)
  }
  if (left._tag === "Constant" && right._tag === "Constant") {
    return { _tag: "Constant", kind: "boolean", value: compare(op, left.value, right.value) }
  }
  return { _tag: "Compare", kind: "boolean", op, left, right }
}

/** A time plus or minus a duration, both known: `now() sub duration'PT24H'`. */
const shifted = (op: Arithmetic, left: TypedExpression, right: TypedExpression): TypedExpression => {
  const isConstantShift = left._tag === "Constant" && right._tag === "Constant" && right.kind === "duration"
  if (!isConstantShift || !isMoment(left.kind) || (op !== "add" && op !== "sub")) {
    throw odataError(
      "NotImplemented",
      "of times, only a known one can be moved: `now() sub duration'PT24H'`",
      "$filter"
    )
  }
  const moved = Number(left.value) + (op === "add" ? 1 : -1) * Number(right.value)
  const value = Math.min(Math.max(moved, -2 * MICROS_PER_DAY), Number.MAX_SAFE_INTEGER)
  return { _tag: "Constant", kind: "time", value }
}

/** The expression as a value of each row of the set. `now`: as below. */
export const checkValue = (
  expr: Expr,
  set: EntitySet,
  now: number
): Either.Either<TypedExpression, ODataError> => orODataError(() => new Checker(set, now).check(expr))

/** The expression as a condition on the rows of the set. `now`: what `now()` is, in µs. */
export const checkFilter = (
  expr: Expr,
  set: EntitySet,
  now: number
): Either.Either<TypedExpression, ODataError> =>
  orODataError(() => new Checker(set, now).condition(expr, "$filter"))
