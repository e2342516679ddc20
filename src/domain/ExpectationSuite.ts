/**
 * A suite of expectations in the JSON of Great Expectations: of 1.x (`name`, `type`) and of 0.x
 * (`expectation_suite_name`, `expectation_type`); and the result of running one, in its form.
 */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

const Json = Schema.Record({ key: Schema.String, value: Schema.Unknown })
type Json = typeof Json.Type

/** How many expectations a suite may have. */
export const EXPECTATIONS_MAX = 1_000

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

const ExpectationInput = Schema.Struct({
  type: optional(Schema.NonEmptyString),
  expectation_type: optional(Schema.NonEmptyString),
  kwargs: optional(Json),
  meta: optional(Json),
  id: optional(Schema.String)
})

/** What a client sends; what we have no use for is left aside. */
export const SuiteInput = Schema.Struct({
  name: optional(Schema.String),
  expectation_suite_name: optional(Schema.String),
  expectations: Schema.Array(ExpectationInput).pipe(Schema.maxItems(EXPECTATIONS_MAX)),
  suite_parameters: optional(Json),
  evaluation_parameters: optional(Json),
  meta: optional(Json)
}).annotations({
  identifier: "ExpectationSuite",
  description: "A suite of Great Expectations, 1.x or 0.x"
})

export interface Expectation {
  readonly type: string
  readonly kwargs: Json
  readonly meta: Json
  readonly id: string | null
}

export interface Suite {
  readonly name: string
  readonly expectations: ReadonlyArray<Expectation>
  /** What `{"$PARAMETER": name}` in kwargs stands for. */
  readonly parameters: Json
  readonly meta: Json
}

const decode = Schema.decodeUnknownEither(SuiteInput, { errors: "all" })

/** The suite, or what is wrong with it, each field by its path. */
export const parseSuite = (
  input: unknown
): Either.Either<Suite, ReadonlyArray<{ readonly field: string; readonly message: string }>> =>
  Either.flatMap(
    Either.mapLeft(decode(input), (error) =>
      ParseResult.ArrayFormatter.formatErrorSync(error).map(({ message, path }) => ({
        field: path.map(String).join("."),
        message
      }))
    ),
    (suite) => {
      const nameless = suite.expectations.flatMap((one, i) =>
        one.type == null && one.expectation_type == null
          ? [{ field: `expectations.${i}.type`, message: "is missing" }]
          : []
      )
      if (nameless.length > 0) return Either.left(nameless)
      return Either.right({
        name: suite.name ?? suite.expectation_suite_name ?? "suite",
        parameters: suite.suite_parameters ?? suite.evaluation_parameters ?? {},
        meta: suite.meta ?? {},
        expectations: suite.expectations.map((one) => ({
          type: one.type ?? one.expectation_type ?? "",
          kwargs: one.kwargs ?? {},
          meta: one.meta ?? {},
          id: one.id ?? null
        }))
      })
    }
  )

const Nullable = Schema.NullOr(Schema.Number)
export const ExpectationResult = Schema.Struct({
  success: Schema.Boolean,
  expectation_config: Schema.Struct({
    type: Schema.String,
    kwargs: Json,
    meta: Json,
    id: Schema.optional(Schema.String)
  }),
  result: Schema.Struct({
    element_count: Schema.optional(Schema.Number),
    unexpected_count: Schema.optional(Schema.Number),
    unexpected_percent: Schema.optional(Nullable),
    missing_count: Schema.optional(Schema.Number),
    missing_percent: Schema.optional(Nullable),
    partial_unexpected_list: Schema.optional(Schema.Array(Schema.Unknown)),
    observed_value: Schema.optional(Schema.Unknown)
  }),
  exception_info: Schema.Struct({
    raised_exception: Schema.Boolean,
    exception_message: Schema.NullOr(Schema.String),
    exception_traceback: Schema.Null
  }),
  meta: Json
})
export type ExpectationResult = typeof ExpectationResult.Type

export const SuiteResult = Schema.Struct({
  success: Schema.Boolean,
  suite_name: Schema.String,
  statistics: Schema.Struct({
    evaluated_expectations: Schema.Int,
    successful_expectations: Schema.Int,
    unsuccessful_expectations: Schema.Int,
    success_percent: Nullable
  }),
  results: Schema.Array(ExpectationResult),
  suite_parameters: Json,
  meta: Json
}).annotations({ identifier: "ExpectationSuiteResult" })
export type SuiteResult = typeof SuiteResult.Type

/** The result of a whole suite from those of its expectations; types that are not known are named in `meta`. */
export const suiteResult = (
  suite: Suite,
  results: ReadonlyArray<ExpectationResult>,
  meta: Json,
  unknownTypes: ReadonlyArray<string>
): SuiteResult => {
  const successful = results.filter(({ success }) => success).length
  return {
    success: successful === results.length,
    suite_name: suite.name,
    statistics: {
      evaluated_expectations: results.length,
      successful_expectations: successful,
      unsuccessful_expectations: results.length - successful,
      success_percent: results.length === 0 ? null : (100 * successful) / results.length
    },
    results,
    suite_parameters: suite.parameters,
    meta: { ...meta, unknown_expectation_types: unknownTypes }
  }
}
