/** `$apply` as it is written: filters and groupings, one behind the other. Parts of it are filters' expressions. */
import * as Either from "effect/Either"
import { type ODataError, odataError } from "../ODataError.js"
import type { Expr } from "./Ast.js"
import { parseFilter } from "./Parser.js"

export const METHODS = ["sum", "average", "min", "max", "countdistinct"] as const
export type Method = (typeof METHODS)[number]

/** `value with average as mean`; `$count as n` counts rows. */
export type AggregateText =
  | { readonly alias: string; readonly method: "count" }
  | { readonly alias: string; readonly method: Method; readonly expr: Expr }

export type Transformation =
  | { readonly _tag: "Filter"; readonly expr: Expr }
  | {
      readonly _tag: "Group"
      readonly keys: ReadonlyArray<string>
      readonly aggregates: ReadonlyArray<AggregateText>
    }

/** Keys and aggregates of one grouping. */
export const GROUP_PARTS_MAX = 50

const fails = (message: string) => Either.left(odataError("BadRequest", message, "$apply"))
const unsupported = (message: string) => Either.left(odataError("NotImplemented", message, "$apply"))

/** The parts between separators that stand in no parentheses and in no text. */
const split = (text: string, separator: "/" | ","): ReadonlyArray<string> => {
  const parts: Array<string> = []
  let [depth, from] = [0, 0]
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === "'") quoted = !quoted
    if (quoted) continue
    if (char === "(") depth += 1
    if (char === ")") depth -= 1
    if (char !== separator || depth > 0) continue
    parts.push(text.slice(from, at))
    from = at + 1
  }
  return [...parts, text.slice(from)].map((part) => part.trim())
}

/** An expression of `$apply`: what is wrong with it is said of that. */
const expression = (text: string): Either.Either<Expr, ODataError> =>
  Either.mapLeft(parseFilter(text), ({ code, message }) => odataError(code, message, "$apply"))

const COUNT = /^\$count\s+as\s+([\p{L}_][\p{L}\p{N}_]{0,127})$/iu
const AGGREGATE = /^(.+)\s+with\s+([\p{L}\p{N}_.]+)\s+as\s+([\p{L}_][\p{L}\p{N}_]{0,127})$/isu

const aggregate = (text: string): Either.Either<AggregateText, ODataError> => {
  const count = COUNT.exec(text)?.[1]
  if (count !== undefined) return Either.right({ alias: count, method: "count" })
  const [, of = "", spelling = "", alias = ""] = AGGREGATE.exec(text) ?? []
  if (alias === "")
    return fails(`${JSON.stringify(text)} is no aggregate: give \`value with average as mean\``)
  const method = METHODS.find((one) => one === spelling.toLowerCase())
  if (method === undefined) return unsupported(`aggregates take ${METHODS.join(", ")}, not ${spelling}`)
  return Either.map(expression(of), (expr) => ({ alias, method, expr }))
}

const CALL = /^(\w+)\s*\((.*)\)$/s

const aggregates = (text: string) => Either.all(split(text, ",").map(aggregate))

const grouped = (text: string): Either.Either<Transformation, ODataError> =>
  Either.gen(function* () {
    const [list = "", then, ...more] = split(text, ",")
    const inner = /^\((.*)\)$/s.exec(list)?.[1]
    if (inner === undefined || more.length > 0) {
      return yield* fails(
        "groupby takes properties in parentheses, and an aggregate: groupby((unit),aggregate(…))"
      )
    }
    const [, name, body = ""] = CALL.exec(then ?? "") ?? []
    if (then !== undefined && name !== "aggregate") {
      return yield* unsupported("groupby takes an aggregate behind its properties, and nothing else")
    }
    const keys = split(inner, ",")
    return { _tag: "Group", keys, aggregates: then === undefined ? [] : yield* aggregates(body) }
  })

const transformation = (text: string): Either.Either<Transformation, ODataError> => {
  const [, name = "", body = ""] = CALL.exec(text) ?? []
  switch (name) {
    case "filter":
      return Either.map(expression(body), (expr) => ({ _tag: "Filter", expr }))
    case "aggregate":
      return Either.map(aggregates(body), (all) => ({ _tag: "Group", keys: [], aggregates: all }))
    case "groupby":
      return grouped(body)
    default:
      return name === ""
        ? fails(`${JSON.stringify(text)} is no transformation`)
        : unsupported(`$apply takes filter, groupby and aggregate, not ${name}`)
  }
}

/** The transformations, in their order. */
export const parseApply = (text: string): Either.Either<ReadonlyArray<Transformation>, ODataError> =>
  Either.filterOrLeft(
    Either.all(split(text, "/").map(transformation)),
    (all) =>
      all.every((one) => one._tag !== "Group" || one.keys.length + one.aggregates.length <= GROUP_PARTS_MAX),
    () => odataError("TooComplex", `a grouping takes ${GROUP_PARTS_MAX} parts at most`, "$apply")
  )
