/** What `/operations` shows. */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import { RefusedClients } from "../../broker/embedded/RefusedClients.js"
import { topicFilterFault } from "../../domain/access/Topic.js"
import { EventLog } from "../../eventlog/EventLog.js"
import { MessageLimits } from "../../http/core/Limits.js"
import { HealthCheck, type PageRequest } from "../../http/core/Ports.js"
import { needsPayload, replayBar } from "../../ingest/IngestReplay.js"
import { IngestStatus } from "../../ingest/IngestStatus.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { appendSeconds, mqttConnections } from "../../telemetry/Metrics.js"
import { renderOperations } from "../../web/Pages.js"
import { type ParameterRule, pageOf, parameterProblems, wholeNumber } from "../core/PageParameters.js"
import type { SamplerService } from "../core/Sampler.js"

const REJECTED_SHOWN = 25
/** How long the page waits for them: the rest of it is in memory. */
const REJECTED_WAITED = "2 seconds"

const RULES: Readonly<Record<string, ParameterRule>> = {
  skip: wholeNumber(0, 999_999_999),
  topic: topicFilterFault
}

const rejectedOf = (
  { origin }: PageRequest,
  { skip, topic }: { readonly skip: number; readonly topic: string }
) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const { bytes, messages: total } = yield* log.rejectedTotals
    const { payloadBytesMax } = yield* MessageLimits
    const under = topic === "" ? {} : { topic }
    // One more tells whether there is a next page.
    const page = yield* log.rejected({ ...under, limit: REJECTED_SHOWN + 1, skip })
    const messages = page.slice(0, REJECTED_SHOWN).map((message) => ({
      message,
      whyNot: replayBar(message, payloadBytesMax),
      needsPayload: needsPayload(message)
    }))
    return {
      ...{ total, bytes, skip, messages, origin, topic },
      limit: REJECTED_SHOWN,
      more: page.length > REJECTED_SHOWN
    }
  })

/** Needs no database: in an outage this page is the one that is looked at. */
export const operationsPage = (sampler: SamplerService, request: PageRequest) =>
  Effect.gen(function* () {
    const ingest = yield* Effect.flatMap(IngestStatus, ({ get }) => get)
    const health = yield* Effect.flatMap(HealthCheck, ({ report }) => report)
    const appends = yield* Metric.value(appendSeconds)
    const connections = yield* Metric.value(mqttConnections)
    const problems = parameterProblems(request.query, RULES)
    const text = (name: string) => (problems.length > 0 ? "" : (request.query.get(name) ?? ""))
    const away = health.database?.reachable === false
    const rejected = away
      ? null
      : yield* rejectedOf(request, { skip: Number(text("skip")), topic: text("topic") }).pipe(
          Effect.timeout(REJECTED_WAITED),
          Effect.catchAll((error) =>
            Effect.as(
              Effect.logDebug(
                `the page shows no rejected messages: ${"reason" in error ? error.reason : error.message}`
              ),
              null
            )
          )
        )
    const html = renderOperations({
      problems,
      now: yield* nowMicros,
      health,
      rates: yield* sampler.rates,
      totals: {
        messages: ingest.messagesTotal,
        stored: ingest.storedTotal,
        repeated: ingest.repeatedTotal,
        rejected: ingest.rejectedTotal,
        dropped: ingest.droppedQos0Total,
        pendingMessages: ingest.pendingMessages,
        pendingBytes: ingest.pendingBytes,
        connections: connections.value
      },
      appends: {
        count: appends.count,
        max: appends.max,
        sum: appends.sum,
        buckets: appends.buckets
      },
      refused: yield* RefusedClients,
      rejected
    })
    return pageOf(html, problems)
  })
