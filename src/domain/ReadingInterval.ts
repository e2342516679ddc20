/** The time between readings of a sensor that never declared it, taken from its first readings. */
import { MICROS_PER_MILLI, type Micros } from "./Time.js"

/** Readings to look at: they make 100 steps. */
export const ESTIMATE_READINGS = 101

/** The median of the positive steps between these times, in ms; null when there is none. */
export const medianStep = (times: ReadonlyArray<Micros>): number | null => {
  const sorted = times.toSorted((a, b) => a - b)
  const steps = sorted
    .slice(1)
    .map((time, index) => time - (sorted[index] ?? time))
    .filter((step) => step > 0)
    .sort((a, b) => a - b)
  const upper = steps[Math.floor(steps.length / 2)]
  const lower = steps[Math.floor((steps.length - 1) / 2)]
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2 / MICROS_PER_MILLI
}
