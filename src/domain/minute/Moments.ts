/**
 * Mean and deviation of values that are counted in parts.
 */
import { PLAUSIBLE_DEVIATIONS } from "../quality/QualityChecks.js"

/** Count, mean and summed squared distance from the mean; merged after Chan et al. */
export interface Moments {
  readonly n: number
  readonly mean: number
  readonly m2: number
}
export const NO_MOMENTS: Moments = { n: 0, mean: 0, m2: 0 }

export const mergeMoments = (a: Moments, b: Moments): Moments => {
  if (a.n === 0) return b
  if (b.n === 0) return a
  const n = a.n + b.n
  const delta = b.mean - a.mean
  return { n, mean: a.mean + (delta * b.n) / n, m2: a.m2 + b.m2 + (delta * delta * a.n * b.n) / n }
}

/** The bounds of what is plausible; null when the moments say nothing (none, or beyond a double). */
export const plausibleBounds = ({
  m2,
  mean,
  n
}: Moments): { readonly low: number; readonly high: number } | null => {
  if (n === 0 || !Number.isFinite(mean) || !Number.isFinite(m2)) return null
  // A constant signal must not fail by the rounding of its own mean.
  const spread = Math.max(PLAUSIBLE_DEVIATIONS * Math.sqrt(m2 / n), Math.abs(mean) * 1e-9)
  return { low: mean - spread, high: mean + spread }
}
