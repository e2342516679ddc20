/** `/data/data-quality/suite/`, `/data/data-quality/suites/run/`: expectations, ours and those of others. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { type SensorId, sensorId } from "../../domain/Ids.js"
import type { Dataset } from "../../domain/quality/QualityChecks.js"
import type { TagCondition } from "../../domain/shaping/Tags.js"
import { parseSuite, type Suite } from "../../domain/suite/ExpectationSuite.js"
import type { Micros } from "../../domain/Time.js"
import { CatalogueLog, type CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import { EventLog, type EventLogService } from "../../eventlog/EventLog.js"
import { type SuiteQuestion, Suites } from "../../projections/quality/Suites.js"
import { Contract } from "../core/Contract.js"
import { invalid, invalidField } from "../core/Problems.js"
import { sensorsAsked } from "../listing/SensorFilter.js"
import { jsonBody } from "../writing/Body.js"

interface Query {
  readonly dataset: Dataset
  readonly start_time?: Micros | undefined
  readonly end_time?: Micros | undefined
  readonly sensor_id?: SensorId | undefined
  readonly sensor?: string | undefined
  readonly tag?: ReadonlyArray<TagCondition> | undefined
}

const questionOf = (log: EventLogService, words: CatalogueLogService, query: Query) =>
  Effect.map(sensorsAsked(log, words, query), ({ sensorId: one, tagged }): SuiteQuestion => {
    const { dataset, end_time: end, start_time: start } = query
    const those = one === undefined ? tagged?.sensors : [one].filter((id) => tagged?.sensors.has(id) ?? true)
    return { dataset, start, end, sensorIds: those && [...those].map(sensorId) }
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
    const words = yield* CatalogueLog
    return handlers
      .handle("builtInSuite", ({ urlParams }) =>
        questionOf(log, words, urlParams).pipe(Effect.flatMap(suites.builtIn), Effect.map(suiteFile))
      )
      .handleRaw("runSuite", ({ urlParams }) =>
        Effect.gen(function* () {
          const question = yield* questionOf(log, words, urlParams)
          const suite = parseSuite(yield* jsonBody)
          if (Either.isLeft(suite)) return yield* invalid(suite.left)
          return yield* Effect.catchTag(suites.run(suite.right, question), "TooManyRows", ({ max }) =>
            invalidField("start_time", `must leave at most ${max} rows in the window: ask for a shorter one`)
          )
        })
      )
  })
)
