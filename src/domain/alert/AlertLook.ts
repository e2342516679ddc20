/** One look at everything: from what is measured and the alerts that are not over to what changes, and what is told. */
import { createHash } from "node:crypto"
import type { SensorId } from "../Ids.js"
import { formatTime, type Micros } from "../Time.js"
import type { Alert, AlertNotice, NoticeBody } from "./Alert.js"
import { factsOf } from "./AlertKinds.js"
import type { AlertRule, AlertSilence, Channel } from "./AlertRule.js"
import { type AlertStanding, combined, type Measure, step, type Verdict, verdictOf } from "./AlertState.js"

export interface AlertChange {
  /** As it is from here on; null: it was pending, and there is none any more. */
  readonly alert: Alert | null
  readonly before: Alert | null
  readonly notices: ReadonlyArray<AlertNotice>
}

/** What is measured of a target, sensor by sensor; a sensor without a number is one of which none is known. */
export interface TargetMeasures {
  readonly verdicts: ReadonlyMap<SensorId | null, Verdict>
  readonly measures: ReadonlyArray<Measure & { readonly label: string }>
}

export interface NamedRule {
  readonly name: string
  readonly rule: AlertRule
  /** By target; null: it could not be measured now, and all stays as it is. */
  readonly targets: ReadonlyMap<string, TargetMeasures> | null
}

export interface Look {
  readonly now: Micros
  readonly rules: ReadonlyArray<NamedRule>
  /** Whether a silence covers it. */
  readonly isSilenced: (rule: string, sensors: ReadonlyArray<SensorId>) => boolean
  /** Those that the settings name. */
  readonly channels: ReadonlyArray<Channel>
}

const hashOf = (...parts: ReadonlyArray<string>): string =>
  createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 32)

const CAUSES_SHOWN = 5
const figure = (value: number): string => String(Number(value.toPrecision(6)))

/** "boiler: temperature 95, above 80". */
export const summaryOf = (
  target: string,
  rule: AlertRule,
  measures: ReadonlyArray<Measure & { readonly label: string }>
): string => {
  const { max, min } = rule
  const unit = factsOf(rule.kind).unit
  const bad = measures.filter((measure) => verdictOf(rule, measure) === "bad")
  const causes = bad.slice(0, CAUSES_SHOWN).map(({ high, label, low }) => {
    const isHigh = max !== null && high > max
    const words = [label, figure(isHigh ? high : low), unit].filter((part) => part !== "").join(" ")
    return `${words}, ${isHigh ? `above ${max}` : `below ${min}`}`
  })
  const more = bad.length - causes.length
  return `${target}: ${[...causes, ...(more > 0 ? [`and ${more} more`] : [])].join("; ")}`
}

const noticesOf = (
  alert: Alert,
  event: NoticeBody["event"],
  description: string | null,
  channels: ReadonlyArray<Channel>,
  now: Micros
): ReadonlyArray<AlertNotice> =>
  channels.map((channel) => {
    const id = `${alert.id}-${event}-${channel}`
    const time = (at: Micros | null) => (at === null ? null : formatTime(at))
    return {
      id,
      alertId: alert.id,
      channel,
      thread: hashOf(alert.rule, alert.target),
      createdAt: now,
      body: {
        id,
        alert_id: alert.id,
        event,
        rule: alert.rule,
        kind: alert.kind,
        severity: alert.severity,
        target: alert.target,
        sensor_ids: alert.sensors,
        summary: alert.summary,
        description,
        raised_at: time(alert.raisedAt),
        resolved_at: time(alert.resolvedAt)
      }
    }
  })

const NO_MEASURES: TargetMeasures = { verdicts: new Map(), measures: [] }

const standingOf = (alert: Alert | undefined): AlertStanding | null =>
  alert === undefined || alert.phase === "resolved" ? null : { ...alert, phase: alert.phase }

const ended = (before: Alert, why: string, look: Look, rule: AlertRule | null): AlertChange => {
  if (before.phase === "pending") return { alert: null, before, notices: [] }
  const { now } = look
  const summary = `${before.target}: ${why}`
  const alert: Alert = { ...before, phase: "resolved", since: now, resolvedAt: now, summary }
  const channels = look.channels.filter((one) => rule?.channels.includes(one) ?? true)
  // Whoever was told that it is bad is told that it is over.
  const notices = before.told ? noticesOf(alert, "resolved", rule?.description ?? null, channels, now) : []
  return { alert, before, notices }
}

const begun = (name: string, rule: AlertRule, target: string, since: Micros): Alert => ({
  id: hashOf(name, target, String(since)),
  rule: name,
  target,
  kind: rule.kind,
  severity: rule.severity,
  phase: "pending",
  since,
  wellSince: null,
  raisedAt: null,
  resolvedAt: null,
  sensors: [],
  summary: "",
  told: false
})

const same = (a: Alert, b: Alert): boolean => JSON.stringify(a) === JSON.stringify(b)

const changeOf = (
  look: Look,
  { name, rule }: NamedRule,
  target: string,
  { measures, verdicts }: TargetMeasures,
  before: Alert | undefined
): AlertChange | null => {
  const { now } = look
  const next = step(rule, standingOf(before), combined(verdicts, before?.sensors ?? []), now)
  if (next === null) return before === undefined ? null : ended(before, "well again", look, rule)
  const was = before ?? begun(name, rule, target, now)
  const raised = next.phase === "firing" && was.phase !== "firing"
  const bad = measures.some((measure) => verdictOf(rule, measure) === "bad")
  const alert: Alert = {
    ...was,
    ...next,
    severity: rule.severity,
    raisedAt: raised ? now : was.raisedAt,
    // What it is told with stays: figures that change at each look would be written at each.
    summary: (raised || was.summary === "") && bad ? summaryOf(target, rule, measures) : was.summary
  }
  const tells = alert.phase === "firing" && !alert.told && !look.isSilenced(name, alert.sensors)
  const told: Alert = tells ? { ...alert, told: true } : alert
  if (before !== undefined && same(told, before)) return null
  const channels = look.channels.filter((one) => rule.channels.includes(one))
  const notices = tells ? noticesOf(told, "raised", rule.description, channels, now) : []
  return { alert: told, before: before ?? null, notices }
}

const keyOf = (rule: string, target: string): string => `${rule}\0${target}`

/** All that changes. `open`: the alerts that are not over. */
export const decide = (look: Look, open: ReadonlyArray<Alert>): ReadonlyArray<AlertChange> => {
  const byKey = new Map(open.map((alert) => [keyOf(alert.rule, alert.target), alert]))
  const names = new Set(look.rules.map(({ name }) => name))
  const gone = open
    .filter(({ rule }) => !names.has(rule))
    .map((alert) => ended(alert, "the rule was removed or switched off", look, null))
  const changes = look.rules.flatMap((named) => {
    const { name, targets } = named
    if (targets === null) return []
    const left = open.filter(({ rule, target }) => rule === name && !targets.has(target))
    return [
      ...[...targets].map(([target, measures]) =>
        changeOf(look, named, target, measures, byKey.get(keyOf(name, target)))
      ),
      // Nothing is measured of it any more: it is retired, or no longer selected.
      ...left.map((alert) => changeOf(look, named, alert.target, NO_MEASURES, alert))
    ].filter((change) => change !== null)
  })
  return [...gone, ...changes]
}

/** Silences that hold now, as a question. */
export const silencing = (
  silences: ReadonlyArray<AlertSilence>,
  now: Micros,
  covers: (silence: AlertSilence, sensors: ReadonlyArray<SensorId>) => boolean
): Look["isSilenced"] => {
  const holding = silences.filter(({ until }) => until > now)
  return (rule, sensors) =>
    holding.some(
      (silence) => (silence.rules.length === 0 || silence.rules.includes(rule)) && covers(silence, sensors)
    )
}
