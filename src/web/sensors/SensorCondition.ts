/** How a sensor does, in one word: what must be looked at, what does well, and what is over. */
import { goneSince } from "../../domain/SensorSilence.js"
import { MICROS_PER_MILLI, MICROS_PER_MINUTE, type Micros } from "../../domain/Time.js"

/** A sensor is late after this many of its intervals, but not before a minute. */
const LATE_INTERVALS = 3

/**
 * `retired`: somebody said that it is over. `parked`: its simulation has given up. `late`: it owes readings.
 * `silent`: it says nothing, and nobody knows how often it should. `gone`: it has been silent for
 * so long that nothing is expected of it any more, as old recordings are once they are replayed. `derived`: it has no
 * readings; its minutes are computed from those of others.
 */
export type Condition = "parked" | "late" | "silent" | "fresh" | "gone" | "retired" | "derived"

export interface Observed {
  readonly retired: boolean
  readonly derived?: boolean
  /** How its simulated actor does; null for a real device. */
  readonly state: "running" | "restarting" | "parked" | null
  /** Of its last reading; null: it never had one. */
  readonly lastAt: Micros | null
  readonly intervalMs: number | null
}

export const conditionOf = (sensor: Observed, now: Micros): Condition => {
  const { derived = false, intervalMs, lastAt, retired, state } = sensor
  if (retired) return "retired"
  if (derived) return "derived"
  if (state === "parked") return "parked"
  if (lastAt === null) return "silent"
  const patience = Math.max(MICROS_PER_MINUTE, LATE_INTERVALS * (intervalMs ?? 0) * MICROS_PER_MILLI)
  if (now - lastAt <= patience) return "fresh"
  if (goneSince(sensor, now) !== null) return "gone"
  return intervalMs === null ? "silent" : "late"
}

/** Worst first. */
export const RANK: Readonly<Record<Condition, number>> = {
  parked: 0,
  late: 1,
  silent: 2,
  fresh: 3,
  derived: 3,
  gone: 4,
  retired: 5
}
