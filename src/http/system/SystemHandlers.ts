/**
 * The program itself: health and the description of the contract.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Effect from "effect/Effect"
import { TidemarkApi } from "../../api/TidemarkApi.js"
import { importKeyOf } from "../../domain/ImportKey.js"
import { EventLog, type EventLogService } from "../../eventlog/EventLog.js"
import { CurrentPrincipal } from "../core/Auth.js"
import { Contract } from "../core/Contract.js"
import { ClientTallies, HealthCheck } from "../core/Ports.js"
import { RETRY_AFTER_SECONDS } from "../core/Problems.js"
import { readinessOf } from "./Readiness.js"

/** Whoever has no key is told the status alone. */
const told = <A extends { readonly status: string }>(report: A) =>
  Effect.map(CurrentPrincipal, ({ permissions }) => {
    const away = report.status === "unavailable"
    return HttpServerResponse.unsafeJson(permissions.has("read") ? report : { status: report.status }, {
      status: away ? 503 : 200,
      headers: away ? { "retry-after": String(RETRY_AFTER_SECONDS) } : {}
    })
  })

/** What came of an import is counted in the log, whichever process took it; nothing: it is none's client. */
const importedBy = (log: EventLogService, clientId: string) =>
  Effect.gen(function* () {
    const key = importKeyOf(clientId)
    const [found] = key === undefined ? [] : yield* log.imports({ id: key.id, limit: 1 })
    return found === undefined
      ? {}
      : { stored: found.stored, repeated: found.repeated, rejected: found.rejected }
  })

export const SystemLive = HttpApiBuilder.group(Contract, "System", (handlers) =>
  Effect.gen(function* () {
    const check = yield* HealthCheck
    const tallies = yield* ClientTallies
    const log = yield* EventLog
    // Made once, when it is asked for first.
    const openapi = yield* Effect.cached(
      Effect.sync(() => HttpServerResponse.unsafeJson(OpenApi.fromApi(TidemarkApi)))
    )
    return handlers
      .handle("health", () => Effect.flatMap(check.report, told))
      .handle("live", () => Effect.succeed({ status: "ok" as const }))
      .handle("ready", () => Effect.flatMap(check.report, (report) => told(readinessOf(report))))
      .handle("openapi", () => openapi)
      .handle("clientTally", ({ path: { client_id } }) =>
        Effect.map(importedBy(log, client_id), (imported) => ({
          client_id,
          ...tallies.tally(client_id),
          ...imported
        }))
      )
  })
)
