/**
 * What is wrong with a request, all of it at once. The platform stops at the first bad field, so a request that it
 * refused is decoded again here with every error; and bodies are decoded here alone.
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { AST } from "effect/SchemaAST"
import { isRelativeTime, PAGE_LIMIT_MAX } from "../../api/core/ContractParameters.js"
import type { FieldError } from "../../api/core/Problem.js"
import { POST_READINGS_MAX, ReadingInput } from "../../api/data/ReadingContract.js"
import { fieldFaults } from "../../domain/FieldErrors.js"
import { clockNotSet, type Fault, fault, faultText } from "../../domain/rejected/RejectionFault.js"
import { isClockUnset, MICROS_PER_HOUR, type Micros, parseTime } from "../../domain/Time.js"
import type { Route } from "./Routes.js"

/** A body by its schema, or every bad field of it. */
export const decodeBody = <A, I>(
  schema: Schema.Schema<A, I>
): ((input: unknown) => Either.Either<A, ReadonlyArray<FieldError>>) => {
  const decode = Schema.decodeUnknownEither(schema, { errors: "all" })
  return (input) => Either.mapLeft(decode(input), fieldFaults)
}

const errorsBy = (ast: Option.Option<AST>, input: unknown): ReadonlyArray<FieldError> => {
  if (Option.isNone(ast)) return []
  const result = Schema.decodeUnknownEither(Schema.make<unknown, unknown, never>(ast.value), {
    errors: "all"
  })(input)
  return Either.isLeft(result) ? fieldFaults(result.left) : []
}

/** A query as the schemas take it: text, or an array where a parameter is given more than once. */
export type Query = Readonly<Record<string, string | Array<string>>>

const emptyQuery = (): Record<string, string | Array<string>> => Object.create(null)

export const queryOf = (url: string): Query => {
  const query = emptyQuery()
  const start = url.indexOf("?")
  if (start === -1) return query
  for (const [name, value] of new URLSearchParams(url.slice(start + 1))) {
    const before = query[name]
    query[name] =
      before === undefined ? value : typeof before === "string" ? [before, value] : [...before, value]
  }
  return query
}

export const withParameter = (query: Query, name: string, value: string): Query =>
  Object.assign(emptyQuery(), query, { [name]: value })

/** Whether the window of the query moves as time goes on. */
export const isMoving = ({ end_time: end, start_time: start }: Query): boolean =>
  [start, end].some((time) => typeof time === "string" && isRelativeTime(time))

/** Every bad parameter of a request, path and query alike. */
export const parameterErrors = (
  { pathAst, queryAst }: Route,
  pathParams: Readonly<Record<string, string>>,
  query: Query
): ReadonlyArray<FieldError> => [...errorsBy(pathAst, pathParams), ...errorsBy(queryAst, query)]

const PAGED_FORMATS: ReadonlyArray<unknown> = ["json", "columns"]

/**
 * What schemas let pass: parameters that the route does not have, which would else be ignored in silence, and a
 * page that is too long for its format.
 */
export const strayParameters = ({ parameters, policy }: Route, query: Query): ReadonlyArray<FieldError> => {
  if (policy.unknownParameters === "ignored") return []
  const strangers = Object.keys(query).filter((name) => !parameters.has(name))
  const { format = "json", limit } = query
  const tooLong =
    policy.rows &&
    PAGED_FORMATS.includes(format) &&
    typeof limit === "string" &&
    /^\d{1,15}$/.test(limit) &&
    Number(limit) > PAGE_LIMIT_MAX
  return [
    ...strangers.map((field) => ({ field, message: "is no parameter of this path" })),
    ...(tooLong
      ? [{ field: "limit", message: `must be an integer from 1 to ${PAGE_LIMIT_MAX} in ${String(format)}` }]
      : [])
  ]
}

const decodeInput = Schema.decodeUnknownEither(ReadingInput, { errors: "all" })

const isObject = (input: unknown): input is Readonly<Record<string, unknown>> =>
  typeof input === "object" && input !== null && !Array.isArray(input)

/** How a time that is too far in the future is refused: `now` and `futureMax` in µs. */
export interface TimeBound {
  readonly now: Micros
  readonly futureMax: number
  /** A new reading's time is not before it. */
  readonly minTime: Micros
}

export interface InputBound extends TimeBound {
  /** Whether a number of the body is an integer that a double can't hold. */
  readonly isInexact?: (n: number) => boolean
}

const valueErrors = ({ value }: Readonly<Record<string, unknown>>, { isInexact }: InputBound) =>
  typeof value === "number" && isInexact?.(value) === true
    ? [{ field: "value", message: faultText(fault("number-inexact", null)) }]
    : []

const timeErrors = (input: Readonly<Record<string, unknown>>, { futureMax, now }: TimeBound) => {
  const time = parseTime(input.timestamp)
  return Either.isRight(time) && time.right > now + futureMax
    ? [{ field: "timestamp", message: `is more than ${futureMax / MICROS_PER_HOUR} h in the future` }]
    : []
}

// MQTT's form nests what a POST says flat: silence would drop it.
const nestingErrors = (input: Readonly<Record<string, unknown>>): ReadonlyArray<FieldError> =>
  isObject(input.metadata)
    ? [
        {
          field: "metadata",
          message: "must not be nested here: give lat, lng, unit, type and description beside value"
        }
      ]
    : []

const calibrationErrors = ({ calibration }: Readonly<Record<string, unknown>>): ReadonlyArray<FieldError> =>
  calibration == null
    ? []
    : [
        {
          field: "calibration",
          message: "says that the value is calibrated: the log takes what was measured"
        }
      ]

/** One reading of a body, or every bad field of it; fields are named from `prefix` ("[3]") on. */
export const decodeReading = (
  input: unknown,
  bound: InputBound,
  prefix = ""
): Either.Either<ReadingInput, ReadonlyArray<FieldError>> => {
  if (!isObject(input)) {
    return Either.left([{ field: prefix, message: faultText(fault("row-not-reading", null)) }])
  }
  const result = decodeInput(input)
  const errors = [
    ...(Either.isLeft(result) ? fieldFaults(result.left) : []),
    ...valueErrors(input, bound),
    ...timeErrors(input, bound),
    ...nestingErrors(input),
    ...calibrationErrors(input)
  ].map(({ field, message }) => ({ field: prefix === "" ? field : `${prefix}.${field}`, message }))
  return errors.length === 0 && Either.isRight(result) ? Either.right(result.right) : Either.left(errors)
}

/** Why a new reading is refused whose time nobody can mean; a correction may leave an old one as it is. */
export const clockFault = ({ timestamp }: ReadingInput, { minTime, now }: TimeBound): Fault | null =>
  isClockUnset(timestamp, now, minTime) ? clockNotSet("timestamp", timestamp, minTime) : null

const decodeNew = (
  input: unknown,
  bound: InputBound,
  prefix: string
): Either.Either<ReadingInput, ReadonlyArray<FieldError>> =>
  Either.flatMap(decodeReading(input, bound, prefix), (reading) => {
    const wrong = clockFault(reading, bound)
    if (wrong === null) return Either.right(reading)
    const field = prefix === "" ? "timestamp" : `${prefix}.timestamp`
    return Either.left([{ field, message: faultText({ ...wrong, field: "it" }) }])
  })

export interface PostBody {
  readonly many: boolean
  readonly readings: ReadonlyArray<ReadingInput>
}

/** A body of POST: one reading or an array, told apart before decoding, so that each bad field has its path. */
export const decodePost = (
  input: unknown,
  bound: InputBound
): Either.Either<PostBody, ReadonlyArray<FieldError>> => {
  if (!Array.isArray(input)) {
    return Either.map(decodeNew(input, bound, ""), (reading) => ({ many: false, readings: [reading] }))
  }
  if (input.length === 0 || input.length > POST_READINGS_MAX) {
    return Either.left([
      { field: "", message: `the array must hold 1 to ${POST_READINGS_MAX} readings, not ${input.length}` }
    ])
  }
  const results = input.map((item: unknown, i) => decodeNew(item, bound, `[${i}]`))
  const errors = results.flatMap((result) => (Either.isLeft(result) ? result.left : []))
  return errors.length > 0
    ? Either.left(errors)
    : Either.right({
        many: true,
        readings: results.flatMap((result) => Either.getRight(result).pipe(Option.toArray))
      })
}
