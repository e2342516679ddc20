/** Suites of expectations in the JSON of Great Expectations: run here, and the built-in checks as one. */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { SuiteInput, SuiteResult } from "../domain/ExpectationSuite.js"
import { says } from "./Fields.js"
import { ordered, SensorIdText, window } from "./Parameters.js"
import { problemOf } from "./Problem.js"

export const SuiteParams = Schema.Struct({
  ...window,
  sensor_id: Schema.optionalWith(SensorIdText, { exact: true }),
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
  name: Schema.String,
  expectations: Schema.Array(
    Schema.Struct({ type: Schema.String, kwargs: Schema.Object, meta: Schema.Object })
  ),
  meta: Schema.Object
}).annotations({
  ...HttpApiSchema.annotations({ status: 200, description: "The suite" }),
  identifier: "BuiltInSuite"
})

const invalid = problemOf("invalid-request")
const missing = problemOf("not-found")

export class SuiteGroup extends HttpApiGroup.make("Suites")
  .add(
    HttpApiEndpoint.get("builtInSuite", "/data/data-quality/suite/")
      .setUrlParams(SuiteParams)
      .addSuccess(SuiteFile)
      .addError(invalid)
      .addError(missing)
      .annotate(OpenApi.Summary, "The built-in checks as a suite of Great Expectations 1.x")
  )
  .add(
    HttpApiEndpoint.post("runSuite", "/data/data-quality/suites/run/")
      .setUrlParams(SuiteParams)
      .setPayload(SuiteInput)
      .addSuccess(
        SuiteResult.annotations({
          ...HttpApiSchema.annotations({ status: 200, description: "The result of each expectation" }),
          identifier: "ExpectationSuiteResult"
        })
      )
      .addError(invalid)
      .addError(missing)
      .addError(problemOf("body-too-large"))
      .addError(problemOf("unsupported-media-type"))
      .annotate(OpenApi.Summary, "Run a suite of Great Expectations over the rows of a window")
      .annotate(
        OpenApi.Description,
        "Types that are not known fail, with their name in the result and in `meta.unknown_expectation_types`."
      )
  )
  .annotate(OpenApi.Description, "Expectations in the form that people know") {}
