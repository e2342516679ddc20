/** What `/alerts/` shows as a page. */
import * as Effect from "effect/Effect"
import { AlertStore } from "../../alerts/AlertStore.js"
import { CatalogueLog } from "../../eventlog/CatalogueLog.js"
import { alertRules, silences } from "../../http/alerts/AlertRuleHandlers.js"
import type { PageRequest } from "../../http/core/Ports.js"
import { annotationsOf } from "../../projections/annotations/Annotations.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { ALERTS_DONE, type AlertsDone, renderAlerts } from "../../web/Pages.js"
import { oneOf, pageOf, parameterProblems } from "../core/PageParameters.js"

const OPEN_SHOWN = 1_000
const PAST_SHOWN = 50
const NOTICES_SHOWN = 100
const DONE = Object.keys(ALERTS_DONE) as ReadonlyArray<AlertsDone>

export const alertsPage = ({ form, mayWrite, query }: PageRequest) =>
  Effect.gen(function* () {
    const store = yield* AlertStore
    const words = yield* CatalogueLog
    const problems = parameterProblems(query, { done: oneOf(DONE) })
    const now = yield* nowMicros
    const of = (phase: "pending" | "firing" | "resolved", limit: number) =>
      store.alerts({ phase, limit, skip: 0 })
    const firing = yield* of("firing", OPEN_SHOWN)
    const pending = yield* of("pending", OPEN_SHOWN)
    const dead = yield* store.notices({ state: "dead", limit: NOTICES_SHOWN, skip: 0 })
    const waiting = yield* store.notices({ state: "waiting", limit: NOTICES_SHOWN, skip: 0 })
    const downtimes = yield* annotationsOf(words, { kind: "downtime", start: now })
    const html = renderAlerts({
      problems,
      open: [...firing, ...pending],
      past: yield* of("resolved", PAST_SHOWN),
      rules: (yield* alertRules(words)).map((rule) => ({
        ...rule,
        firing: firing.filter((alert) => alert.rule === rule.name).length,
        pending: pending.filter((alert) => alert.rule === rule.name).length
      })),
      unsent: [...dead, ...waiting].map((notice) => ({ ...notice, summary: notice.body.summary })),
      silences: yield* silences(words),
      downtimes,
      done: DONE.find((word) => word === query.get("done")) ?? null,
      mayWrite,
      form
    })
    return pageOf(html, problems)
  })
