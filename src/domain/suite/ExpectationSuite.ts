/**
 * A suite of expectations in the JSON of Great Expectations: of 1.x (`name`, `type`) and of 0.x
 * (`expectation_suite_name`, `expectation_type`); and the result of running one, in its form.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { field } from "../dataset/Field.js"
import { type FieldFault, fieldFaults } from "../FieldErrors.js"

// The platform's own words for a record have no fields at all, and give what may be anything one name each time.
const Json = Schema.Record({ key: Schema.String, value: Schema.Unknown }).annotations({
  jsonSchema: { type: "object" }
})
const AnyJson = Schema.Unknown.annotations({
  jsonSchema: { type: ["array", "boolean", "number", "object", "string", "null"] }
})
type Json = typeof Json.Type

export const EXPECTATIONS_MAX = 1_000

const optional = <A, I>(schema: Schema.Schema<A, I>, description: string) =>
  Schema.optional(Schema.NullOr(schema)).annotations({ description })

const ExpectationInput = Schema.Struct({
  type: optional(Schema.NonEmptyString, "Type of the expectation, as 1.x calls it"),
  expectation_type: optional(Schema.NonEmptyString, "The same, as 0.x calls it"),
  kwargs: optional(Json, "What the type asks to be told: a column, bounds, a condition on rows"),
  meta: optional(Json, "Words of your own; they are in the result again"),
  id: optional(Schema.String, "What you know it by; it is in the result again")
})

/** What a client sends; what we have no use for is left aside. */
export const SuiteInput = Schema.Struct({
  name: optional(Schema.String, "Name of the suite, as 1.x calls it"),
  expectation_suite_name: optional(Schema.String, "The same, as 0.x calls it"),
  expectations: Schema.Array(ExpectationInput)
    .pipe(Schema.maxItems(EXPECTATIONS_MAX))
    .annotations({ description: `What is expected of the rows, at most ${EXPECTATIONS_MAX}` }),
  suite_parameters: optional(Json, 'What `{"$PARAMETER": name}` in kwargs stands for, as 1.x calls it'),
  evaluation_parameters: optional(Json, "The same, as 0.x calls it"),
  meta: optional(Json, "What else is said of the suite")
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

export const parseSuite = (input: unknown): Either.Either<Suite, ReadonlyArray<FieldFault>> =>
  Either.flatMap(Either.mapLeft(decode(input), fieldFaults), (suite) => {
    const nameless = suite.expectations.flatMap((one, i) =>
      one.type == null && one.expectation_type == null
        ? [{ field: `expectations[${i}].type`, message: "is missing" }]
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
  })

const Nullable = Schema.NullOr(Schema.Number)
const maybe = <A, I>(schema: Schema.Schema<A, I>, description: string) =>
  Schema.optional(schema).annotations({ description })

export const ExpectationResult = Schema.Struct({
  success: field(Schema.Boolean, "The rows are as expected"),
  expectation_config: field(
    Schema.Struct({
      type: field(Schema.String, "Type of the expectation"),
      kwargs: field(Json, "What it was told, as it was sent"),
      meta: field(Json, "What was sent with it"),
      id: maybe(Schema.String, "What it was sent as; absent: it had none")
    }),
    "The expectation"
  ),
  result: field(
    Schema.Struct({
      element_count: maybe(Schema.Number, "How many values were looked at, missing ones too"),
      unexpected_count: maybe(Schema.Number, "How many of them are not as expected"),
      unexpected_percent: maybe(
        Nullable,
        "Their share of the values that are not missing; null: there are none"
      ),
      missing_count: maybe(Schema.Number, "How many of them are null"),
      missing_percent: maybe(Nullable, "Their share of all; null: there are none"),
      partial_unexpected_list: maybe(Schema.Array(AnyJson), "Some of those that are not as expected"),
      observed_value: maybe(AnyJson, "What was found of the column or the table as a whole")
    }),
    "What was found: fields that the type has no use for are absent"
  ),
  exception_info: field(
    Schema.Struct({
      raised_exception: field(Schema.Boolean, "It could not be run"),
      exception_message: field(Schema.NullOr(Schema.String), "Why not; null: it was run"),
      exception_traceback: field(Schema.Null, "Always null: it is there for those who know the form")
    }),
    "Whether it could be run"
  ),
  meta: field(Json, "What else is said of the result")
})
export type ExpectationResult = typeof ExpectationResult.Type

export const SuiteResult = Schema.Struct({
  success: field(Schema.Boolean, "All expectations are met"),
  suite_name: field(Schema.String, "Name of the suite"),
  statistics: field(
    Schema.Struct({
      evaluated_expectations: field(Schema.Int, "How many expectations there are"),
      successful_expectations: field(Schema.Int, "How many are met"),
      unsuccessful_expectations: field(Schema.Int, "How many are not met, or could not be run"),
      success_percent: field(Nullable, "The share of those that are met; null: there are none")
    }),
    "How many are met"
  ),
  results: field(Schema.Array(ExpectationResult), "The result of each expectation, in the suite's order"),
  suite_parameters: field(Json, "The parameters that the suite was run with"),
  meta: field(Json, "The data set, the window and the types that are not known")
}).annotations({
  identifier: "ExpectationSuiteResult",
  description: "What came of a suite, in the form of Great Expectations"
})
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
