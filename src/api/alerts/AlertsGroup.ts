/** Alerts as they went, and what was told of them. */
import * as Schema from "effect/Schema"
import { ALERT_PHASES, NOTICE_EVENTS, NOTICE_STATES } from "../../domain/alert/Alert.js"
import { ALERT_KIND_NAMES } from "../../domain/alert/AlertKinds.js"
import { CHANNELS, SEVERITIES } from "../../domain/alert/AlertRule.js"
import { reads, writes } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { field, optional, SensorNumber, says, TimeText, Whole } from "../core/ContractFields.js"
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, skip } from "../core/ContractParameters.js"
import { get, group, post } from "../core/Endpoint.js"
import { boundedText, described, given, Once, wholeText } from "../core/ParameterText.js"
import { Reason } from "../data/Writing.js"

const maybeTime = (description: string) => field(Schema.NullOr(TimeText), description)

export const AlertAnswer = Schema.Struct({
  id: field(Schema.String, "Its id", "5f0c1d5f3d7f0a2a9b0e3c1d2e4f5a6b"),
  rule: field(Schema.String, "Name of the rule", "boiler-hot"),
  target: field(Schema.String, "The device or sensor; `tidemark`: this installation", "boiler"),
  kind: field(Schema.Literal(...ALERT_KIND_NAMES), "What the rule watches", "range"),
  severity: field(Schema.Literal(...SEVERITIES), "How bad it is", "warning"),
  state: field(
    Schema.Literal(...ALERT_PHASES),
    "`pending`: bad, and not for long enough yet; `resolved`: over",
    "firing"
  ),
  summary: field(Schema.String, "In words", "boiler: temperature 95, above 80"),
  sensor_ids: field(Schema.Array(SensorNumber), "The sensors that are the cause", [1]),
  since: field(TimeText, "When this state began, UTC"),
  raised_at: maybeTime("When it was raised, UTC; null: it is pending"),
  resolved_at: maybeTime("When it was over, UTC; null: it is not"),
  told: field(Schema.Boolean, "There are notices of it; false: it is pending, or was silenced", true),
  acknowledged_at: maybeTime("When somebody said that they know, UTC; null: nobody has"),
  acknowledged_by: field(Schema.NullOr(Schema.String), "Name of their key; null: without a key"),
  note: field(Schema.NullOr(Schema.String), "What they said; null: nothing")
}).annotations({ identifier: "Alert", description: "What a rule found, and how it went" })
export type AlertAnswer = typeof AlertAnswer.Type

export const NoticeAnswer = Schema.Struct({
  id: field(
    Schema.String,
    "Its id, the same over retries",
    "5f0c1d5f3d7f0a2a9b0e3c1d2e4f5a6b-raised-webhook"
  ),
  alert_id: field(Schema.String, "The alert", "5f0c1d5f3d7f0a2a9b0e3c1d2e4f5a6b"),
  channel: field(Schema.Literal(...CHANNELS), "By which way it goes", "webhook"),
  event: field(Schema.Literal(...NOTICE_EVENTS), "What it tells"),
  state: field(
    Schema.Literal(...NOTICE_STATES),
    "`dead`: it failed too often, and is not tried again by itself",
    "sent"
  ),
  summary: field(Schema.String, "What it says", "boiler: temperature 95, above 80"),
  created_at: field(TimeText, "When it was made, UTC"),
  next_at: field(TimeText, "While it waits: not tried before, UTC"),
  attempts: field(Whole, "How often it failed", 0),
  last_error: field(Schema.NullOr(Schema.String), "Why it failed last; null: it has not"),
  sent_at: maybeTime("When it was taken, UTC; null: it was not")
}).annotations({ identifier: "AlertNotice", description: "What is told of an alert, by one way" })
export type NoticeAnswer = typeof NoticeAnswer.Type

export const AcknowledgeInput = Schema.Struct({
  note: optional(
    Schema.NullOr(Reason).annotations(says("must be text of 1 to 500 characters, or null")),
    "What you know of it",
    "On my way"
  )
}).annotations({ identifier: "AcknowledgeInput", description: "That somebody knows of an alert" })

const page = {
  skip,
  limit: Schema.optionalWith(
    wholeText(Schema.Int, 1, PAGE_LIMIT_MAX, "How many at most.", PAGE_LIMIT_DEFAULT),
    { default: () => PAGE_LIMIT_DEFAULT }
  )
}

const ALERT_ID = /^[0-9a-f]{32}$/
const NOTICE_ID = new RegExp(`^[0-9a-f]{32}-(${NOTICE_EVENTS.join("|")})-(${CHANNELS.join("|")})$`)
const idText = (pattern: RegExp, must: string, description: string, example: string) =>
  Once.pipe(Schema.filter((text) => pattern.test(text) || must)).annotations(
    described(description, { type: "string", pattern: pattern.source, examples: [example] })
  )

export const AlertPath = Schema.Struct({
  alert_id: idText(
    ALERT_ID,
    "must be 32 hexadecimal digits",
    "`id` of the alert.",
    "5f0c1d5f3d7f0a2a9b0e3c1d2e4f5a6b"
  )
})

export class AlertsGroup extends group(
  "Alerts",
  "What the rules of alerts found, and who was told",
  get("listAlerts", "/alerts/", "Alerts, the newest first", reads("everything", { alsoPage: true }))
    .setUrlParams(
      Schema.Struct({
        state: given(
          Schema.Literal(...ALERT_PHASES).annotations({
            ...says(`must be one of ${ALERT_PHASES.join(", ")}`),
            ...described("Only those in this state.", { type: "string", enum: [...ALERT_PHASES] })
          })
        ),
        rule: given(boundedText(1, 64, "Only those of this rule.", "boiler-hot")),
        ...page
      })
    )
    .addSuccess(answer(Schema.Array(AlertAnswer), "The alerts")),
  post(
    "acknowledgeAlert",
    "/alerts/raised/:alert_id/acknowledge",
    "Say that you know of an alert; the first one counts",
    writes("everything")
  )
    .setPath(AlertPath)
    .setPayload(AcknowledgeInput)
    .addSuccess(answer(AlertAnswer, "The alert")),
  get("listNotices", "/alerts/notices/", "What was told, or is to be, the newest first", reads("everything"))
    .setUrlParams(
      Schema.Struct({
        state: given(
          Schema.Literal(...NOTICE_STATES).annotations({
            ...says(`must be one of ${NOTICE_STATES.join(", ")}`),
            ...described("Only those in this state.", { type: "string", enum: [...NOTICE_STATES] })
          })
        ),
        ...page
      })
    )
    .addSuccess(answer(Schema.Array(NoticeAnswer), "The notices")),
  post(
    "sendNoticeAgain",
    "/alerts/notices/:notice_id/send",
    "Send a notice again that is dead, or waits",
    writes("everything")
  )
    .setPath(
      Schema.Struct({
        notice_id: idText(
          NOTICE_ID,
          "must be the id of a notice",
          "`id` of the notice.",
          "5f0c1d5f3d7f0a2a9b0e3c1d2e4f5a6b-raised-webhook"
        )
      })
    )
    .addSuccess(answer(NoticeAnswer, "The notice: it waits to be sent now"))
) {}
