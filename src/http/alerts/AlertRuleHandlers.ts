/** `/alerts/rules/` and `/alerts/silences/`: what people say of alerts. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import {
  type AlertRuleAnswer,
  AlertRuleInput,
  type AlertRuleVersion,
  type SilenceAnswer,
  SilenceInput
} from "../../api/alerts/AlertRuleContract.js"
import {
  ALERT_RULES_MAX,
  ALL_SENSORS,
  type AlertRule,
  type AlertRuleSaying,
  type AlertSilence,
  ruleFaults,
  ruleOf,
  SILENCES_MAX
} from "../../domain/alert/AlertRule.js"
import type { CatalogueEvent, CatalogueSaying } from "../../domain/catalogue/CatalogueEdits.js"
import { formatTime, type Micros } from "../../domain/Time.js"
import { CatalogueLog, type CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { Contract } from "../core/Contract.js"
import { invalid, invalidField, notFound } from "../core/Problems.js"
import { jsonBody } from "../writing/Body.js"
import { type ChangeTerms, tagged, terms, versionOf } from "../writing/ChangeTerms.js"
import { decodeKnown, strangersIn } from "../writing/UnknownFields.js"

const SAID = ["name", "version", "log_position", "recorded_at", "by"]
const RULE_FIELDS = new Set([...Object.keys(AlertRuleInput.fields), ...SAID])
const SILENCE_FIELDS = new Set([...Object.keys(SilenceInput.fields), ...SAID])
const decodeRule = decodeKnown(AlertRuleInput, (body) => strangersIn(body, RULE_FIELDS, "a rule"))
const decodeSilence = decodeKnown(SilenceInput, (body) => strangersIn(body, SILENCE_FIELDS, "a silence"))

/** The rule that an event sets; undefined: it removes it. */
const ruleIn = (event: CatalogueEvent | undefined): AlertRule | undefined =>
  event?.type === "AlertRuleSet" ? event.payload : undefined
const silenceIn = (event: CatalogueEvent | undefined): AlertSilence | undefined =>
  event?.type === "AlertsSilenced" ? event.payload : undefined

const ruleJson = (event: CatalogueEvent): AlertRuleAnswer | undefined => {
  const rule = ruleIn(event)
  return rule === undefined ? undefined : { name: event.subject, ...rule, ...versionOf(event) }
}

/** What is over holds no longer. */
const silenceJson =
  (now: Micros) =>
  (event: CatalogueEvent): SilenceAnswer | undefined => {
    const silence = silenceIn(event)
    return silence === undefined || silence.until <= now
      ? undefined
      : { name: event.subject, ...silence, until: formatTime(silence.until), ...versionOf(event) }
  }

/** By their names. */
export const alertRules = (words: CatalogueLogService) =>
  Effect.map(words.current("alert-rule"), (events) =>
    events.map(ruleJson).filter((rule) => rule !== undefined)
  )

export const silences = (words: CatalogueLogService) =>
  Effect.zipWith(words.current("silence"), nowMicros, (events, now) =>
    events.map(silenceJson(now)).filter((silence) => silence !== undefined)
  )

const noRule = (name: string) => notFound(`There is no rule ${JSON.stringify(name)}.`)
const noSilence = (name: string) => notFound(`There is no silence ${JSON.stringify(name)}.`)

/** No more than so many at once, unless it is one of them. */
const bounded = (names: ReadonlyArray<string>, name: string, max: number, what: string) =>
  names.length >= max && !names.includes(name)
    ? Effect.fail(invalidField("", `there are ${max} ${what}: remove some first`))
    : Effect.void

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

export const setRule = (
  words: CatalogueLogService,
  name: string,
  saying: AlertRuleSaying,
  terms: ChangeTerms
) =>
  Effect.gen(function* () {
    const payload = ruleOf(saying)
    const faults = ruleFaults(payload)
    if (faults.length > 0) return yield* Effect.fail(invalid(faults))
    const names = (yield* alertRules(words)).map((rule) => rule.name)
    yield* bounded(names, name, ALERT_RULES_MAX, "rules")
    const { event } = yield* words.change({
      kind: "alert-rule",
      subject: name,
      ...terms,
      decide: (last) => (same(ruleIn(last), payload) ? null : { type: "AlertRuleSet", payload })
    })
    return Option.getOrUndefined(Option.map(event, ruleJson))
  })

export const silenceAlerts = (
  words: CatalogueLogService,
  name: string,
  {
    rules,
    sensors,
    until
  }: Pick<AlertSilence, "until"> & {
    readonly rules?: AlertSilence["rules"] | undefined
    readonly sensors?: AlertRuleSaying["sensors"]
  },
  terms: ChangeTerms
) =>
  Effect.gen(function* () {
    const now = yield* nowMicros
    if (until <= now) return yield* Effect.fail(invalidField("until", "must be in the future"))
    const payload: AlertSilence = {
      rules: [...new Set(rules ?? [])],
      sensors: { ...ALL_SENSORS, ...sensors },
      until
    }
    const names = (yield* silences(words)).map((silence) => silence.name)
    yield* bounded(names, name, SILENCES_MAX, "silences")
    const { event } = yield* words.change({
      kind: "silence",
      subject: name,
      ...terms,
      decide: (last) => (same(silenceIn(last), payload) ? null : { type: "AlertsSilenced", payload })
    })
    return Option.getOrUndefined(Option.map(event, silenceJson(now)))
  })

/** Removes what holds, and answers it as it was; undefined: nothing holds. */
const removing =
  <A extends { readonly version: number }>(
    kind: "alert-rule" | "silence",
    json: (event: CatalogueEvent) => A | undefined,
    saying: CatalogueSaying
  ) =>
  (words: CatalogueLogService, name: string, terms: ChangeTerms) =>
    Effect.gen(function* () {
      const last = (yield* words.history(kind, name)).at(-1)
      const before = last === undefined ? undefined : json(last)
      if (before === undefined) return undefined
      yield* words.change({
        kind,
        subject: name,
        ...terms,
        ifVersions: terms.ifVersions ?? [before.version],
        decide: () => saying
      })
      return before
    })

export const removeRule = removing("alert-rule", ruleJson, { type: "AlertRuleRemoved", payload: {} })
export const endSilence = (words: CatalogueLogService, name: string, terms: ChangeTerms) =>
  Effect.flatMap(nowMicros, (now) =>
    removing("silence", silenceJson(now), { type: "SilenceEnded", payload: {} })(words, name, terms)
  )

const answered = <A extends { readonly version: number }>(
  value: A | undefined,
  missing: ReturnType<typeof notFound>
) => (value === undefined ? Effect.fail(missing) : tagged(value, value.version))

const history = (words: CatalogueLogService, name: string) =>
  Effect.gen(function* () {
    const events = yield* words.history("alert-rule", name)
    if (events.length === 0) return yield* Effect.fail(noRule(name))
    return events.map((event): AlertRuleVersion => {
      const rule = ruleIn(event) ?? null
      return { ...versionOf(event), removed: rule === null, rule }
    })
  })

export const AlertRulesLive = HttpApiBuilder.group(Contract, "AlertRules", (handlers) =>
  Effect.map(CatalogueLog, (words) =>
    handlers
      .handle("listAlertRules", () => alertRules(words))
      .handle("alertRule", ({ path: { rule_name: name } }) =>
        Effect.flatMap(words.history("alert-rule", name), (events) => {
          const last = events.at(-1)
          return answered(last === undefined ? undefined : ruleJson(last), noRule(name))
        })
      )
      .handleRaw("setAlertRule", ({ path: { rule_name: name }, urlParams }) =>
        Effect.gen(function* () {
          const body = yield* jsonBody
          const { reason: _why, ...saying } = yield* Effect.mapError(decodeRule(body), invalid)
          const rule = yield* setRule(words, name, saying, yield* terms(urlParams.reason, body))
          return yield* answered(rule, noRule(name))
        })
      )
      .handle("removeAlertRule", ({ path: { rule_name: name }, urlParams }) =>
        Effect.gen(function* () {
          const before = yield* removeRule(words, name, yield* terms(urlParams.reason, undefined))
          return before ?? (yield* Effect.fail(noRule(name)))
        })
      )
      .handle("alertRuleHistory", ({ path }) => history(words, path.rule_name))
      .handle("listSilences", () => silences(words))
      .handleRaw("silenceAlerts", ({ path: { silence_name: name }, urlParams }) =>
        Effect.gen(function* () {
          const body = yield* jsonBody
          const { reason: _why, ...saying } = yield* Effect.mapError(decodeSilence(body), invalid)
          const silence = yield* silenceAlerts(words, name, saying, yield* terms(urlParams.reason, body))
          return yield* answered(silence, noSilence(name))
        })
      )
      .handle("endSilence", ({ path: { silence_name: name }, urlParams }) =>
        Effect.gen(function* () {
          const before = yield* endSilence(words, name, yield* terms(urlParams.reason, undefined))
          return before ?? (yield* Effect.fail(noSilence(name)))
        })
      )
  )
)
