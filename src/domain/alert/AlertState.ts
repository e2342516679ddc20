/**
 * How an alert goes: inactive → pending → firing → resolved. Pure: what was, what is measured, and the time give what is.
 *
 * Invariants:
 * 1. A look changes the state at most once, and the same look twice changes it once.
 * 2. It is raised only from pending that was bad all the time, or at once where the rule waits for nothing.
 * 3. It is over only after being well for `recovery_seconds` without a break. What is not known ends nothing.
 */
import type { SensorId } from "../Ids.js"
import { MICROS_PER_SECOND, type Micros } from "../Time.js"
import type { AlertRule } from "./AlertRule.js"

/** `between`: within the bounds, and not far enough to be well again. `excused`: it is planned to be down. */
export type Verdict = "bad" | "between" | "well" | "unknown" | "excused"

/** What is measured of one sensor, or of the whole (`sensor` null), between its least and its most. */
export interface Measure {
  readonly sensor: SensorId | null
  readonly low: number
  readonly high: number
}

/** An alert that is not over; inactive is to have none. */
export interface AlertStanding {
  readonly phase: "pending" | "firing"
  /** When the phase began. */
  readonly since: Micros
  /** Since when it is well again; null: it is not. */
  readonly wellSince: Micros | null
  /** The sensors that are the cause; none: the whole. */
  readonly sensors: ReadonlyArray<SensorId>
}

export const verdictOf = ({ hysteresis, max, min }: AlertRule, { high, low }: Measure): Verdict =>
  (min !== null && low < min) || (max !== null && high > max)
    ? "bad"
    : (min === null || low >= min + hysteresis) && (max === null || high <= max - hysteresis)
      ? "well"
      : "between"

/** One verdict of all that an alert is of, and which sensors are its cause. */
export const combined = (
  verdicts: ReadonlyMap<SensorId | null, Verdict>,
  causes: ReadonlyArray<SensorId>
): { readonly verdict: Verdict; readonly sensors: ReadonlyArray<SensorId> } => {
  const bad = [...verdicts].flatMap(([id, verdict]) => (verdict === "bad" ? [id] : []))
  // A cause that is gone from the rule is none any more.
  const kept = causes.filter((id) => !["bad", "well", undefined].includes(verdicts.get(id)))
  const sensors = [...bad.filter((id) => id !== null), ...kept].sort((a, b) => a - b)
  if (bad.length > 0) return { verdict: "bad", sensors }
  if (kept.length > 0) {
    const held = kept.map((id) => verdicts.get(id))
    const all = (verdict: Verdict) => held.every((one) => one === verdict)
    return { verdict: all("excused") ? "excused" : all("unknown") ? "unknown" : "between", sensors }
  }
  const whole = verdicts.get(null)
  return { verdict: whole ?? "well", sensors: [] }
}

const isOver = (since: Micros, seconds: number, now: Micros) => now - since >= seconds * MICROS_PER_SECOND

/** The state after a look; null: inactive. Firing before and null now: it is resolved. */
export const step = (
  rule: Pick<AlertRule, "for_seconds" | "recovery_seconds">,
  before: AlertStanding | null,
  { sensors, verdict }: { readonly verdict: Verdict; readonly sensors: ReadonlyArray<SensorId> },
  now: Micros
): AlertStanding | null => {
  const firing = { phase: "firing", since: now, wellSince: null, sensors } as const
  if (before === null) {
    if (verdict !== "bad") return null
    return rule.for_seconds === 0 ? firing : { ...firing, phase: "pending" }
  }
  if (before.phase === "pending") {
    if (verdict === "unknown") return before
    if (verdict !== "bad") return null
    return isOver(before.since, rule.for_seconds, now) ? firing : { ...before, sensors }
  }
  switch (verdict) {
    case "unknown":
    case "excused":
      return before
    case "bad":
    case "between":
      return { ...before, wellSince: null, sensors }
    case "well": {
      const wellSince = before.wellSince ?? now
      return isOver(wellSince, rule.recovery_seconds, now) ? null : { ...before, wellSince }
    }
  }
}
