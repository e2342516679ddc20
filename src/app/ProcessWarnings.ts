/** What is wrong with this process itself: what no other can see from the database. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { formatTime } from "../domain/Time.js"
import { type IngestState, IngestStatus } from "../ingest/IngestStatus.js"
import { LineageEvents } from "../lineage/LineageEvents.js"
import { Ownership } from "../ownership/Ownership.js"
import { Minutes } from "../projections/minutes/Minutes.js"
import { type BrokerLinkStatus, Intake } from "./Intake.js"

const ofIngest = ({ lastError, since, state }: IngestState): ReadonlyArray<string> =>
  state === "waiting"
    ? [
        `readings wait for the database since ${formatTime(since ?? 0)}, nothing is acknowledged: ${lastError}`
      ]
    : state === "failed"
      ? [`ingest has stopped for good: ${lastError}`]
      : []

const ofLink = ({ address, connected, reason, since }: BrokerLinkStatus): ReadonlyArray<string> =>
  reason === null
    ? []
    : connected
      ? [`the broker ${address} promises less than was asked for: ${reason}`]
      : [`no messages come from the broker ${address} since ${formatTime(since)}: ${reason}`]

/** Asks no database. */
export const makeWarnings = Effect.gen(function* () {
  const ingest = yield* IngestStatus
  const minutes = yield* Minutes
  const { link, sensorFileFault } = yield* Intake
  const lineage = yield* LineageEvents
  const { owns } = yield* Ownership
  return Effect.gen(function* () {
    const fold = yield* minutes.status
    const broker = Option.getOrUndefined(yield* link)
    const fileFault = yield* sensorFileFault
    const { lastError } = yield* lineage.status
    return [
      ...ofIngest(yield* ingest.get),
      ...(fold.lastError === null || !owns(minutes.name)
        ? []
        : [`minutes are not being folded: ${fold.lastError}`]),
      ...(broker === undefined ? [] : ofLink(broker)),
      ...(fileFault === null ? [] : [fileFault]),
      ...(lastError === null ? [] : [`lineage events are not delivered to ${lineage.target}: ${lastError}`])
    ]
  })
})
