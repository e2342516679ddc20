/** What this process says of itself, so that the others answer for it: see ownership/OtherProcesses. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import { RefusedClients } from "../broker/embedded/RefusedClients.js"
import type { ProcessRoles } from "../config/ProcessRoles.js"
import { IngestRates } from "../ingest/IngestRates.js"
import { IngestStatus, totalsOf } from "../ingest/IngestStatus.js"
import { OtherProcesses, type OwnFigures } from "../ownership/OtherProcesses.js"
import { Ownership } from "../ownership/Ownership.js"
import { SensorStatuses } from "../sensors/SensorStatuses.js"
import { appendSeconds, mqttConnections } from "../telemetry/Metrics.js"
import { makeWarnings } from "./ProcessWarnings.js"

/** Simulated sensors of which the others are told: the first that were started. */
const ACTORS_MAX = 1_000
/** Characters of an error that they are told. */
const ERROR_LENGTH_MAX = 200

export interface ReportOptions {
  readonly roles: ProcessRoles
}

export const layer = ({ roles }: ReportOptions) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const { saying } = yield* OtherProcesses
      const ingest = yield* IngestStatus
      const { rates } = yield* IngestRates
      const ownership = yield* Ownership
      const refused = yield* RefusedClients
      const { all } = yield* SensorStatuses
      const warnings = yield* makeWarnings
      const figures = Effect.gen(function* () {
        const owned = yield* ownership.epochs
        const { buckets, count, max, sum } = yield* Metric.value(appendSeconds)
        const { value: connections } = yield* Metric.value(mqttConnections)
        const own: OwnFigures = {
          roles: [...roles],
          owns: [...(owned ?? new Map<string, number>()).keys()],
          warnings: yield* warnings,
          totals: { ...totalsOf(yield* ingest.get), connections },
          rates: yield* rates,
          appends: { count, max, sum, upTo: buckets.map(([, upTo]) => upTo) },
          refused: { total: refused.total, last: refused.last },
          actors: [...(yield* all)].slice(0, ACTORS_MAX).map(([id, status]) => ({
            id,
            ...status,
            lastError: status.lastError?.slice(0, ERROR_LENGTH_MAX).toWellFormed() ?? null
          }))
        }
        return own
      })
      yield* saying(figures)
    })
  )
