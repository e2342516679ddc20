/** Suites of expectations in the JSON of Great Expectations: run here, and the built-in checks as one. */
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { SuiteInput, SuiteResult } from "../../domain/suite/ExpectationSuite.js"
import { reads, writes } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { field, says } from "../core/ContractFields.js"
import { ordered, SensorIdText, sensorName, window } from "../core/ContractParameters.js"
import { get, group, post } from "../core/Endpoint.js"
import { given } from "../core/ParameterText.js"
import { problemOf } from "../core/Problem.js"
import { tag } from "../core/ShapingParameters.js"

export const SuiteParams = Schema.Struct({
  ...window,
  sensor_id: given(SensorIdText),
  sensor: sensorName,
  tag,
  dataset: Schema.optionalWith(
    Schema.Literal("sensor_data", "aggregated_sensor_data").annotations({
      ...says("must be sensor_data or aggregated_sensor_data"),
      description: "The data set whose rows are looked at."
    }),
    { default: () => "sensor_data" as const }
  )
}).pipe(Schema.filter(ordered))

/** A suite as Great Expectations 1.x keeps it. */
const SuiteFile = Schema.Struct({
  name: field(Schema.String, "Name of the suite", "tidemark.sensor_data"),
  expectations: field(
    Schema.Array(
      Schema.Struct({
        type: field(Schema.String, "Type of the expectation", "expect_column_values_to_be_between"),
        kwargs: field(Schema.Object, "What the type is told: a column, bounds, a condition on rows", {
          column: "value",
          min_value: -40,
          max_value: 85
        }),
        meta: field(Schema.Object, "The built-in check that it stands for, and its dimension", {
          check: "in_range",
          dimension: "validity"
        })
      })
    ),
    "What the checks hold the rows to"
  ),
  meta: field(Schema.Object, "The form's version, the data set, and the checks that it has no type for", {
    great_expectations_version: "1.0.0",
    dataset: "sensor_data"
  })
}).annotations({ identifier: "BuiltInSuite" })

const missing = problemOf("not-found")

export class SuiteGroup extends group(
  "Suites",
  "Expectations in the form that people know",
  get(
    "builtInSuite",
    "/data/data-quality/suite/",
    "The built-in checks as a suite of Great Expectations 1.x",
    reads("everything")
  )
    .setUrlParams(SuiteParams)
    .addSuccess(answer(SuiteFile, "The suite"))
    .addError(missing),
  post(
    "runSuite",
    "/data/data-quality/suites/run/",
    "Run a suite of Great Expectations over the rows of a window",
    writes("everything")
  )
    .setUrlParams(SuiteParams)
    .setPayload(SuiteInput)
    .addSuccess(answer(SuiteResult, "The result of each expectation"))
    .addError(missing)
    .annotate(
      OpenApi.Description,
      "Types that are not known fail, with their name in the result and in `meta.unknown_expectation_types`."
    )
) {}
