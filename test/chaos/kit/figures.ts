/** Counts, chance and figures of a run. */

/** 1 is the full run; `CHAOS_SCALE=0.1` a tenth of its counts and times. */
export const SCALE = Number(process.env.CHAOS_SCALE || "1")
if (!(SCALE > 0)) throw new Error("CHAOS_SCALE must be a number above 0")

/** A full count, as this run does it: at least `min`. */
export const scaled = (full: number, min = 1): number => Math.max(min, Math.round(full * SCALE))

const SEED = Number(process.env.CHAOS_SEED || "1")

/** Numbers from 0 to below 1, the same in each run of one CHAOS_SEED (mulberry32). */
export const chance = (salt: number): (() => number) => {
  let state = (SEED * 7_919 + salt) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The value that the share `q` of all is not above (nearest rank). */
export const quantile = (values: ReadonlyArray<number>, q: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(q * values.length) - 1)] ?? Number.NaN

const show = (value: number | string): string =>
  typeof value === "number" ? String(Math.round(value * 1_000) / 1_000) : value

/** One line of figures. */
export const report = (title: string, figures: Readonly<Record<string, number | string>>): void => {
  const parts = Object.entries(figures).map(([name, value]) => `${name} ${show(value)}`)
  process.stdout.write(`chaos | ${title} | ${parts.join(" · ")}\n`)
}
