/** Figures of this process and of all the others that tell theirs, as one. */
import * as Effect from "effect/Effect"
import { IngestRates, sumOfRates } from "../../ingest/IngestRates.js"
import { OtherProcesses } from "../../ownership/OtherProcesses.js"

/** How fast things went lately; of this process alone while the database does not tell of the others. */
export const ratesOfAll = Effect.gen(function* () {
  const { others } = yield* OtherProcesses
  const { rates } = yield* IngestRates
  return sumOfRates([yield* rates, ...((yield* others) ?? []).map((one) => one.rates)])
})
