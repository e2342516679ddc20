/** `/alerts/`: alerts as they went, acknowledged, and what was told of them. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import { AlertStore, type StoredAlert, type StoredNotice } from "../../alerts/AlertStore.js"
import { AcknowledgeInput, type AlertAnswer, type NoticeAnswer } from "../../api/alerts/AlertsGroup.js"
import { formatTime, type Micros } from "../../domain/Time.js"
import { CurrentPrincipal } from "../core/Auth.js"
import { Contract } from "../core/Contract.js"
import { prefersHtml } from "../core/Negotiate.js"
import { isOwnOrigin } from "../core/Origin.js"
import { pageAnswer, pageRequest } from "../core/PageAnswer.js"
import { Pages } from "../core/Ports.js"
import { invalid, notFound, Refusal } from "../core/Problems.js"
import { jsonBody } from "../writing/Body.js"
import { decodeKnown, strangersIn } from "../writing/UnknownFields.js"

const decodeInput = decodeKnown(AcknowledgeInput, (body) =>
  strangersIn(body, new Set(Object.keys(AcknowledgeInput.fields)), "an acknowledgement")
)

const maybe = (at: Micros | null) => (at === null ? null : formatTime(at))

export const alertJson = (alert: StoredAlert): AlertAnswer => ({
  id: alert.id,
  rule: alert.rule,
  target: alert.target,
  kind: alert.kind,
  severity: alert.severity,
  state: alert.phase,
  summary: alert.summary,
  sensor_ids: alert.sensors,
  since: formatTime(alert.since),
  raised_at: maybe(alert.raisedAt),
  resolved_at: maybe(alert.resolvedAt),
  told: alert.told,
  acknowledged_at: maybe(alert.acknowledgedAt),
  acknowledged_by: alert.acknowledgedBy,
  note: alert.note
})

export const noticeJson = (notice: StoredNotice): NoticeAnswer => ({
  id: notice.id,
  alert_id: notice.alertId,
  channel: notice.channel,
  event: notice.body.event,
  state: notice.state,
  summary: notice.body.summary,
  created_at: formatTime(notice.createdAt),
  next_at: formatTime(notice.nextAt),
  attempts: notice.attempts,
  last_error: notice.lastError,
  sent_at: maybe(notice.sentAt)
})

export const noAlert = (id: string) => notFound(`There is no alert ${id} that was raised.`)
export const noNotice = (id: string) => notFound(`There is no notice ${id} that is not sent.`)

/** A request without a body can be made by any web page without asking; a browser says where it comes from. */
const ownAlone = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
  const { origin } = request.headers
  return origin === undefined || isOwnOrigin(request, origin)
    ? Effect.void
    : Effect.fail(new Refusal({ kind: "forbidden", detail: "Pages of other sites can't send notices." }))
})

export const AlertsLive = HttpApiBuilder.group(Contract, "Alerts", (handlers) =>
  Effect.gen(function* () {
    const store = yield* AlertStore
    const pages = yield* Pages
    return handlers
      .handle("listAlerts", ({ request, urlParams: { limit, rule, skip, state } }) =>
        prefersHtml(request.headers.accept)
          ? Effect.gen(function* () {
              const { html, status } = yield* pages.alerts(yield* pageRequest)
              return yield* pageAnswer(pages, html, status)
            })
          : Effect.map(store.alerts({ phase: state, rule, limit, skip }), (alerts) => alerts.map(alertJson))
      )
      .handleRaw("acknowledgeAlert", ({ path: { alert_id: id } }) =>
        Effect.gen(function* () {
          const { note = null } = yield* Effect.mapError(decodeInput(yield* jsonBody), invalid)
          const { name } = yield* CurrentPrincipal
          const alert = yield* store.acknowledge(id, name ?? null, note)
          return alert === undefined ? yield* Effect.fail(noAlert(id)) : alertJson(alert)
        })
      )
      .handle("listNotices", ({ urlParams: { limit, skip, state } }) =>
        Effect.map(store.notices({ state, limit, skip }), (notices) => notices.map(noticeJson))
      )
      .handle("sendNoticeAgain", ({ path: { notice_id: id } }) =>
        Effect.gen(function* () {
          yield* ownAlone
          const notice = yield* store.sendAgain(id)
          return notice === undefined ? yield* Effect.fail(noNotice(id)) : noticeJson(notice)
        })
      )
  })
)
