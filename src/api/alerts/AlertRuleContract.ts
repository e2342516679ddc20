/** Rules and silences of alerts, as clients say and see them. */
import * as Schema from "effect/Schema"
import { ALERT_KIND_NAMES } from "../../domain/alert/AlertKinds.js"
import {
  ALERT_NAME_MAX,
  ALERT_NAME_PATTERN,
  ALERT_SENSORS_MAX,
  ALERT_TEXT_MAX,
  ALERT_WAIT_MAX,
  AlertRule,
  AlertSelection,
  AlertSilence,
  CHANNELS,
  SEVERITIES
} from "../../domain/alert/AlertRule.js"
import { DIMENSIONS } from "../../domain/quality/QualityChecks.js"
import { Timestamp } from "../../domain/Time.js"
import { field, optional, SensorNumber, says, TimeText } from "../core/ContractFields.js"
import { described, Once } from "../core/ParameterText.js"
import { ReasonInput, versionFields } from "../data/Saying.js"

const oneOf = <const A extends readonly [string, ...Array<string>]>(values: A) =>
  Schema.Literal(...values).annotations(says(`must be one of ${values.join(", ")}`))
const finite = Schema.NullOr(Schema.Finite).annotations(says("must be a number, or null"))
const tagMap = Schema.Record({ key: Schema.String, value: Schema.String })

const MIN = "It alerts below this; in the unit of its kind, or of the sensor; null: no bound"
const MAX = "It alerts above this; null: no bound"
const HYSTERESIS = "It is well again only so far within its bounds"
const FOR = "It must be bad for so many seconds before it is told of"
const RECOVERY = "It must be well for so many seconds before it is over"
const DIMENSION = "Of kind quality: the dimension whose score counts"
const PER = "What one alert is of. A device is what the name of a sensor has before its last slash"
const WAYS = "By which ways it is told, of those that the settings name"
const IDS = "Their numbers; [] for all"
const NAME = "A pattern of their names, in which * is any text; null for all"
const TAGS = "What they are tagged with; {} for anything"

const Selection = Schema.Struct({
  ids: field(Schema.Array(SensorNumber), IDS, [1]),
  name: field(Schema.NullOr(Schema.String), NAME, "boiler/*"),
  tags: field(tagMap, TAGS, { site: "berlin" })
}).annotations({ identifier: "AlertSelection", description: "Sensors for which all of this holds" })

const SelectionInput = Schema.Struct({
  ids: optional(
    AlertSelection.fields.ids.annotations(says(`must be at most ${ALERT_SENSORS_MAX} numbers of sensors`)),
    IDS
  ),
  name: optional(
    AlertSelection.fields.name.annotations(says("must be text of 1 to 190 characters, or null")),
    NAME,
    "boiler/*"
  ),
  tags: optional(
    AlertSelection.fields.tags.annotations(says("must be keys of tags with a value each")),
    TAGS,
    { site: "berlin" }
  )
}).annotations({ identifier: "AlertSelectionInput", description: "Sensors for which all of this holds" })

const RULE = AlertRule.fields
export const AlertRuleAnswer = Schema.Struct({
  name: field(Schema.String, "Its name", "boiler-hot"),
  kind: field(RULE.kind, "What it watches", "range"),
  severity: field(RULE.severity, "How bad it is", "warning"),
  min: field(RULE.min, MIN),
  max: field(RULE.max, MAX, 80),
  hysteresis: field(Schema.Number, HYSTERESIS, 2),
  for_seconds: field(Schema.Number, FOR, 60),
  recovery_seconds: field(Schema.Number, RECOVERY, 60),
  dimension: field(RULE.dimension, DIMENSION),
  sensors: field(Selection, "Which sensors; of a rule of the installation all is empty"),
  per: field(RULE.per, PER, "device"),
  channels: field(RULE.channels, WAYS, [...CHANNELS]),
  enabled: field(Schema.Boolean, "false: it is kept, and not looked at", true),
  description: field(Schema.NullOr(Schema.String), "What to do when it alerts, say; null: not said"),
  ...versionFields
}).annotations({ identifier: "AlertRule", description: "When somebody wants to be told" })
export type AlertRuleAnswer = typeof AlertRuleAnswer.Type

const seconds = RULE.for_seconds.annotations(says(`must be a number from 0 to ${ALERT_WAIT_MAX}`))

/** What GET gave can be put back whole. */
export const AlertRuleInput = Schema.Struct({
  kind: field(oneOf(ALERT_KIND_NAMES), "What it watches", "range"),
  severity: optional(oneOf(SEVERITIES), "How bad it is; absent: warning"),
  min: optional(finite, MIN),
  max: optional(finite, MAX, 80),
  hysteresis: optional(RULE.hysteresis.annotations(says("must be a number of 0 or more")), HYSTERESIS),
  for_seconds: optional(seconds, FOR),
  recovery_seconds: optional(seconds, RECOVERY),
  dimension: optional(oneOf(DIMENSIONS), DIMENSION),
  sensors: optional(SelectionInput, "Which sensors; absent: all"),
  per: optional(oneOf(["device", "sensor"]), PER),
  channels: optional(
    Schema.Array(oneOf(CHANNELS)).annotations(says(`must be some of ${CHANNELS.join(", ")}`)),
    WAYS
  ),
  enabled: optional(
    Schema.Boolean.annotations(says("must be true or false")),
    "false: it is kept, and not looked at"
  ),
  description: optional(
    RULE.description.annotations(says(`must be text of 1 to ${ALERT_TEXT_MAX} characters, or null`)),
    "What to do when it alerts, say"
  ),
  reason: ReasonInput
}).annotations({ identifier: "AlertRuleInput", description: "When somebody wants to be told" })

export const AlertRuleVersion = Schema.Struct({
  ...versionFields,
  removed: field(Schema.Boolean, "It was removed", false),
  rule: field(
    Schema.NullOr(
      AlertRuleAnswer.omit("name", "version", "log_position", "recorded_at", "by", "reason").annotations({
        identifier: "AlertRuleState",
        description: "A rule as it was at some time"
      })
    ),
    "The rule from here on; null: it was removed"
  )
}).annotations({ identifier: "AlertRuleVersion", description: "What was said of a rule" })
export type AlertRuleVersion = typeof AlertRuleVersion.Type

export const SilenceAnswer = Schema.Struct({
  name: field(Schema.String, "Its name", "works-in-hall-3"),
  rules: field(Schema.Array(Schema.String), "Names of its rules; []: all", ["boiler-hot"]),
  sensors: field(Selection, "Which sensors; where all is empty, whatever an alert is of"),
  until: field(TimeText, "When it ends, UTC"),
  ...versionFields
}).annotations({ identifier: "AlertSilence", description: "Alerts that nobody is told of for a while" })
export type SilenceAnswer = typeof SilenceAnswer.Type

export const SilenceInput = Schema.Struct({
  rules: optional(
    AlertSilence.fields.rules.annotations(says("must be names of rules")),
    "Names of its rules; [] or absent: all"
  ),
  sensors: optional(SelectionInput, "Which sensors; absent: whatever an alert is of"),
  until: field(
    Timestamp.annotations({
      jsonSchema: { type: "string", format: "date-time", examples: ["2026-11-30T18:00:00Z"] }
    }),
    "When it ends"
  ),
  reason: ReasonInput
}).annotations({ identifier: "AlertSilenceInput", description: "Alerts that nobody is told of for a while" })

const nameText = (description: string, example: string) =>
  Once.pipe(
    Schema.filter(
      (text) =>
        ALERT_NAME_PATTERN.test(text) ||
        `must have 1 to ${ALERT_NAME_MAX} letters, digits, "_", "." or "-", and begin with a letter or digit`
    )
  ).annotations(
    described(description, { type: "string", pattern: ALERT_NAME_PATTERN.source, examples: [example] })
  )

export const RulePath = Schema.Struct({ rule_name: nameText("Name of the rule.", "boiler-hot") })
export const SilencePath = Schema.Struct({
  silence_name: nameText("Name of the silence.", "works-in-hall-3")
})
