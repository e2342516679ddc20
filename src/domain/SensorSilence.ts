/**
 * How long a sensor may be silent before it is gone. Until then its silence is an outage, and counts as missing; from
 * then on nothing is expected of it.
 */
import { MICROS_PER_DAY, MICROS_PER_MILLI, type Micros } from "./Time.js"

/** Longer than this, µs: a weekend, or a few days off, must not end an outage that nobody has looked at yet. */
export const SILENCE_MAX = 7 * MICROS_PER_DAY
/** And longer than so many of its intervals: what speaks once a day may miss a week. */
export const SILENCE_INTERVALS = 30
/** The longer of the two. */
export const SILENCE_WORDS = `${SILENCE_MAX / MICROS_PER_DAY} days or ${SILENCE_INTERVALS} of its intervals`

export interface Silence {
  readonly retired: boolean
  readonly intervalMs: number | null
  /** Its last reading; null: it never had one. */
  readonly lastAt: Micros | null
}

/** For how long after its last reading, µs, readings are expected; of a retired sensor none are. */
export const silenceAllowed = ({ intervalMs, retired }: Pick<Silence, "retired" | "intervalMs">): number =>
  retired ? 0 : Math.max(SILENCE_MAX, SILENCE_INTERVALS * (intervalMs ?? 0) * MICROS_PER_MILLI)

/** Its last reading, where it is gone by now; null: it is not. */
export const goneSince = (sensor: Silence, now: number): Micros | null =>
  sensor.lastAt !== null && now - sensor.lastAt > silenceAllowed(sensor) ? sensor.lastAt : null
