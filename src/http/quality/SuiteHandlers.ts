/** `/data/data-quality/suite/`, `/data/data-quality/suites/run/`: expectations, ours and those of others. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { SensorId } from "../../domain/Ids.js"
import type { Dataset } from "../../domain/quality/QualityChecks.js"
import { parseSuite, type Suite } from "../../domain/suite/ExpectationSuite.js"
import type { Micros } from "../../domain/Time.js"
import { EventLog } from "../../eventlog/EventLog.js"
import { type SuiteQuestion, Suites } from "../../projections/quality/Suites.js"
import { Contract } from "../core/Contract.js"
import { invalid, invalidField } from "../core/Problems.js"
import { mustBeKnown } from "../data/DataHandlers.js"
import { jsonBody } from "../writing/Body.js"

interface Query {
  readonly dataset: Dataset
  readonly start_time?: Micros | undefined
  readonly end_time?: Micros | undefined
  readonly sensor_id?: SensorId | undefined
}

const questionOf = ({ dataset, end_time, sensor_id, start_time }: Query): SuiteQuestion => ({
  dataset,
  start: start_time,
  end: end_time,
  sensorId: sensor_id
})

/** As Great Expectations 1.x keeps it. */
const suiteFile = ({ expectations, meta, name }: Suite) => ({
  name,
  expectations: expectations.map(({ kwargs, meta: own, type }) => ({ type, kwargs, meta: own })),
  meta
})

export const SuitesLive = HttpApiBuilder.group(Contract, "Suites", (handlers) =>
  Effect.gen(function* () {
    const suites = yield* Suites
    const log = yield* EventLog
    const checkSensor = ({ sensor_id }: Query) =>
      sensor_id === undefined ? Effect.void : mustBeKnown(log, sensor_id)
    return handlers
      .handle("builtInSuite", ({ urlParams }) =>
        checkSensor(urlParams).pipe(
          Effect.zipRight(suites.builtIn(questionOf(urlParams))),
          Effect.map(suiteFile)
        )
      )
      .handleRaw("runSuite", ({ urlParams }) =>
        Effect.gen(function* () {
          yield* checkSensor(urlParams)
          const suite = parseSuite(yield* jsonBody)
          if (Either.isLeft(suite)) return yield* invalid(suite.left)
          return yield* Effect.catchTag(
            suites.run(suite.right, questionOf(urlParams)),
            "TooManyRows",
            ({ max }) =>
              invalidField(
                "start_time",
                `must leave at most ${max} rows in the window: ask for a shorter one`
              )
          )
        })
      )
  })
)
