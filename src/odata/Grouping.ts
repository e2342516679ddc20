/**
 * `$apply` against an entity set: what its rows are filtered by and grouped by, and the set of what comes of it, which
 * every other option of the request is about.
 */
import * as Either from "effect/Either"
import { checkFilter, checkValue } from "./Check.js"
import { type EntitySet, type Kind, type Property, type PropertyPath, primitive } from "./Edm.js"
import { type ODataError, odataError } from "./ODataError.js"
import { reach } from "./Reach.js"
import { type AggregateText, type Method, parseApply, type Transformation } from "./syntax/Apply.js"
import type { Expr } from "./syntax/Ast.js"
import type { TypedExpression } from "./Typed.js"

/** One figure of each group; `of`: null counts rows. */
export interface Figure {
  readonly alias: string
  readonly method: Method | "count"
  readonly of: TypedExpression | null
  readonly kind: Kind
}

export interface Grouping {
  /** Of the rows that are grouped. */
  readonly filter: TypedExpression | undefined
  readonly keys: ReadonlyArray<PropertyPath>
  readonly figures: ReadonlyArray<Figure>
  /** Of the groups. */
  readonly having: TypedExpression | undefined
  readonly result: EntitySet
}

const of = <A>(either: Either.Either<A, ODataError>): Either.Either<A, ODataError> =>
  Either.mapLeft(either, ({ code, message }) => odataError(code, message, "$apply"))
const fails = (message: string) => Either.left(odataError("BadRequest", message, "$apply"))

const NUMBERS: ReadonlyArray<string> = ["integer", "number"]
/** What sums and means are of; what has an order. */
const TAKES: Readonly<Record<Method, ReadonlyArray<string>>> = {
  sum: NUMBERS,
  average: NUMBERS,
  min: [...NUMBERS, "text", "time", "date"],
  max: [...NUMBERS, "text", "time", "date"],
  countdistinct: [...NUMBERS, "text", "time", "date", "boolean"]
}

const figureOf = (text: AggregateText, set: EntitySet, now: number): Either.Either<Figure, ODataError> => {
  const { alias, method } = text
  if (method === "count") return Either.right({ alias, method, of: null, kind: "integer" })
  return Either.flatMap(of(checkValue(text.expr, set, now)), (value): Either.Either<Figure, ODataError> => {
    const { kind } = value
    if (kind === "null" || kind === "duration" || !TAKES[method].includes(kind)) {
      return fails(`${method} takes ${TAKES[method].join(", ")}, not ${kind}`)
    }
    const made = method === "countdistinct" ? "integer" : method === "average" ? "number" : kind
    return Either.right({ alias, method, of: value, kind: made })
  })
}

/** Conditions that must all hold. */
const all = (parts: ReadonlyArray<TypedExpression>): TypedExpression | undefined =>
  parts.length < 2 ? parts[0] : { _tag: "And", kind: "boolean", parts }

const filtersOf = (transformations: ReadonlyArray<Transformation>, set: EntitySet, now: number) =>
  Either.gen(function* () {
    const exprs: ReadonlyArray<Expr> = transformations.flatMap((one) =>
      one._tag === "Filter" ? [one.expr] : []
    )
    const typed = yield* Either.all(exprs.map((expr) => of(checkFilter(expr, set, now))))
    return all(typed)
  })

const keyOf = (set: EntitySet, name: string): Either.Either<PropertyPath, ODataError> =>
  name.includes("/")
    ? Either.left(odataError("NotImplemented", `groupby can't take ${name}`, "$apply"))
    : reach(set, [name], "$apply")

const resultOf = (
  set: EntitySet,
  keys: ReadonlyArray<PropertyPath>,
  figures: ReadonlyArray<Figure>
): Either.Either<EntitySet, ODataError> => {
  const properties: ReadonlyArray<Property> = [
    ...keys.flatMap(({ path }) => set.properties.filter(({ name }) => name === path[0])),
    ...figures.map(({ alias, kind, method }) =>
      primitive(alias, kind, { nullable: method !== "count" && method !== "countdistinct" })
    )
  ]
  const names = properties.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  return twice === undefined
    ? Either.right({ ...set, properties, unique: [], completion: names, defaultOrder: names.slice(0, 10) })
    : fails(`${twice} is there twice`)
}

/** The groups of the set's rows that the text asks for. `now`: what `now()` is, in µs. */
export const groupingOf = (set: EntitySet, text: string, now: number): Either.Either<Grouping, ODataError> =>
  Either.gen(function* () {
    const transformations = yield* parseApply(text)
    const at = transformations.findIndex(({ _tag }) => _tag === "Group")
    const group = transformations[at]
    const after = transformations.slice(at + 1)
    if (group?._tag !== "Group" || after.some(({ _tag }) => _tag === "Group")) {
      return yield* Either.left(
        odataError(
          "NotImplemented",
          "$apply takes one groupby or aggregate, with filters around it",
          "$apply"
        )
      )
    }
    const keys = yield* Either.all(group.keys.map((name) => keyOf(set, name)))
    const figures = yield* Either.all(group.aggregates.map((one) => figureOf(one, set, now)))
    const result = yield* resultOf(set, keys, figures)
    return {
      filter: yield* filtersOf(transformations.slice(0, at), set, now),
      keys,
      figures,
      having: yield* filtersOf(after, result, now),
      result
    }
  })
