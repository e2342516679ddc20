/** Rules of alerts, and silences. */
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { reads, writes } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { del, get, group, put } from "../core/Endpoint.js"
import { ReasonParams } from "../data/Writing.js"
import {
  AlertRuleAnswer,
  AlertRuleInput,
  AlertRuleVersion,
  RulePath,
  SilenceAnswer,
  SilenceInput,
  SilencePath
} from "./AlertRuleContract.js"

const VERSION = {
  words:
    "`version` as you know it, in quotes; 0 for a name that is free. Where it has changed meanwhile the answer is 412, " +
    "and nothing happens.",
  example: '"12"'
}

export class AlertRulesGroup extends group(
  "AlertRules",
  "When somebody wants to be told, and when not",
  get("listAlertRules", "/alerts/rules/", "All rules of alerts", reads("everything")).addSuccess(
    answer(Schema.Array(AlertRuleAnswer), "The rules, by their names")
  ),
  get("alertRule", "/alerts/rules/:rule_name", "One rule", reads("everything"))
    .setPath(RulePath)
    .addSuccess(answer(AlertRuleAnswer, "The rule")),
  put(
    "setAlertRule",
    "/alerts/rules/:rule_name",
    "Make or change a rule; what it was stays in its history",
    writes("everything", { ifMatch: VERSION, anyName: true })
  )
    .setPath(RulePath)
    .setUrlParams(ReasonParams)
    .setPayload(AlertRuleInput)
    .addSuccess(answer(AlertRuleAnswer, "The rule as it is now"))
    .annotate(OpenApi.Description, "What is absent has its default, and not what it was before."),
  del(
    "removeAlertRule",
    "/alerts/rules/:rule_name",
    "Remove a rule; its alerts are over",
    writes("everything", { ifMatch: VERSION })
  )
    .setPath(RulePath)
    .setUrlParams(ReasonParams)
    .addSuccess(answer(AlertRuleAnswer, "The rule as it was")),
  get(
    "alertRuleHistory",
    "/alerts/rules/:rule_name/history",
    "What was said of a rule, when, by whom and why",
    reads("everything")
  )
    .setPath(RulePath)
    .addSuccess(answer(Schema.Array(AlertRuleVersion), "What was said, oldest first")),
  get("listSilences", "/alerts/silences/", "Silences that hold", reads("everything")).addSuccess(
    answer(Schema.Array(SilenceAnswer), "The silences, by their names")
  ),
  put(
    "silenceAlerts",
    "/alerts/silences/:silence_name",
    "Tell nobody of some alerts for a while",
    writes("everything", { ifMatch: VERSION, anyName: true })
  )
    .setPath(SilencePath)
    .setUrlParams(ReasonParams)
    .setPayload(SilenceInput)
    .addSuccess(answer(SilenceAnswer, "The silence as it is now"))
    .annotate(
      OpenApi.Description,
      "Alerts are raised and kept all the same. What fires still when the silence ends is told of then."
    ),
  del(
    "endSilence",
    "/alerts/silences/:silence_name",
    "End a silence",
    writes("everything", { ifMatch: VERSION })
  )
    .setPath(SilencePath)
    .setUrlParams(ReasonParams)
    .addSuccess(answer(SilenceAnswer, "The silence as it was"))
) {}
