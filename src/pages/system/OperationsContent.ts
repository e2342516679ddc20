/** What `/operations` shows. */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import { RefusedClients, refusedOfAll } from "../../broker/embedded/RefusedClients.js"
import { topicFilterFault } from "../../domain/access/Topic.js"
import { EventLog } from "../../eventlog/EventLog.js"
import { MessageLimits } from "../../http/core/Limits.js"
import { HealthCheck, type PageRequest } from "../../http/core/Ports.js"
import { needsPayload, replayBar } from "../../ingest/IngestReplay.js"
import { IngestStatus, totalsOf } from "../../ingest/IngestStatus.js"
import { OtherProcesses, type OwnFigures, type Totals } from "../../ownership/OtherProcesses.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { appendSeconds, mqttConnections } from "../../telemetry/Metrics.js"
import { renderOperations } from "../../web/Pages.js"
import { ratesOfAll } from "../core/AllProcesses.js"
import { type ParameterRule, pageOf, parameterProblems, wholeNumber } from "../core/PageParameters.js"

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

type Summed = Pick<OwnFigures, "totals" | "appends" | "refused">

const sumOfTotals = (a: Totals, b: Totals): Totals => ({
  messages: a.messages + b.messages,
  stored: a.stored + b.stored,
  repeated: a.repeated + b.repeated,
  rejected: a.rejected + b.rejected,
  dropped: a.dropped + b.dropped,
  pendingMessages: a.pendingMessages + b.pendingMessages,
  pendingBytes: a.pendingBytes + b.pendingBytes,
  connections: a.connections + b.connections
})

const sumOf = (a: Summed, b: Summed): Summed => ({
  totals: sumOfTotals(a.totals, b.totals),
  appends: {
    count: a.appends.count + b.appends.count,
    sum: a.appends.sum + b.appends.sum,
    max: Math.max(a.appends.max, b.appends.max),
    upTo: a.appends.upTo.map((upTo, index) => upTo + (b.appends.upTo[index] ?? 0))
  },
  refused: {
    total: a.refused.total + b.refused.total,
    last: refusedOfAll([a.refused.last, b.refused.last])
  }
})

/** Of all processes; `others`: how many those are beside this one, null: they can't be asked. */
const figuresOfAll = Effect.gen(function* () {
  const appends = yield* Metric.value(appendSeconds)
  const { value: connections } = yield* Metric.value(mqttConnections)
  const refused = yield* RefusedClients
  const processes = yield* Effect.flatMap(OtherProcesses, ({ others }) => others)
  const ingest = yield* Effect.flatMap(IngestStatus, ({ get }) => get)
  const own: Summed = {
    totals: { ...totalsOf(ingest), connections },
    appends: { ...appends, upTo: appends.buckets.map(([, upTo]) => upTo) },
    refused: { total: refused.total, last: refused.last }
  }
  const all = (processes ?? []).reduce<Summed>(sumOf, own)
  return {
    ...all,
    appends: {
      ...all.appends,
      buckets: appends.buckets.map(([bound], index) => [bound, all.appends.upTo[index] ?? 0] as const)
    },
    others: processes?.length ?? null
  }
})

/** Needs no database: in an outage this page is the one that is looked at. */
export const operationsPage = (request: PageRequest) =>
  Effect.gen(function* () {
    const health = yield* Effect.flatMap(HealthCheck, ({ report }) => report)
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
      rates: yield* ratesOfAll,
      ...(yield* figuresOfAll),
      rejected
    })
    return pageOf(html, problems)
  })
